"""What tests of the page do with it: begin, go on to another pair, read what was saved."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mining import store
from tests.browser import Browser, wait

PAIR = "document.body.dataset.pair || ''"


def begin(browser: Browser, address: str, person: str = "Asha") -> str:
    """Open the page and wait for the first pair; its id."""
    browser.open(f"{address}?person={person}")
    wait(lambda: browser.evaluate(PAIR))
    return browser.evaluate(PAIR)


def after(browser: Browser, act: Callable[[], Any]) -> str:
    """Do something after which another pair comes; its id."""
    time.sleep(0.25)  # what is pressed at once is taken for a second press of the key before
    before = browser.evaluate(PAIR)
    act()
    wait(lambda: browser.evaluate(PAIR) not in ("", before))
    return browser.evaluate(PAIR)


def saved(browser: Browser) -> None:
    """Wait until the page says that nothing is on its way any more."""
    wait(lambda: browser.evaluate("saved.textContent") == "Saved")


def log(out: Path, person: str = "Asha") -> list[dict[str, Any]]:
    """The lines of a person's log; none before the first verdict."""
    return store.read_rows(out / "review" / f"{person}.jsonl")


def clean(browser: Browser, address: str) -> None:
    """Nothing went wrong, and nothing was asked of anybody but the page's own server."""
    assert browser.complaints() == []
    assert browser.requests(address) == []
