"""What tests of the page do with it: begin, go on to another pair, read what was saved."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from mining import store
from mining.corpus.review.app import application
from tests.browser import Browser, wait

JSON = {"Content-Type": "application/json"}
PAIR = "document.body.dataset.pair || ''"


def served(out: Path, **how: Any) -> TestClient:
    """The page's server, without a browser."""
    return TestClient(application(out, **how), base_url="http://127.0.0.1:8765")


def as_sent(pair: str, person: str = "Asha", verdict: str = "right", **more: Any) -> dict[str, Any]:
    """A verdict as the page sends it."""
    return {"pair": pair, "person": person, "verdict": verdict, "how": "stratified", "seconds": 4.21, **more}


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
