"""The report in a real browser: it opens without an error, and a pair plays from its start to its end."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mining.corpus import report
from mining.corpus.report import sound

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium")
client = pytest.importorskip("websockets.sync.client", reason="needs the package websockets to speak with chromium")


class Browser:
    """A tab of headless Chromium, driven over its DevTools socket."""

    def __init__(self, address: str) -> None:
        self._socket = client.connect(address, max_size=None)
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=30))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def evaluate(self, script: str) -> Any:
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def open(self, path: Path) -> None:
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=path.resolve().as_uri())
        _wait(lambda: self.evaluate("document.readyState") == "complete")

    def complaints(self) -> list[dict[str, Any]]:
        self.evaluate("1")  # reads what is still under way
        wrong = ("Runtime.exceptionThrown", "Log.entryAdded")
        errors = [e for e in self.events if e["method"] == "Runtime.consoleAPICalled" and e["params"]["type"] == "error"]
        return errors + [event for event in self.events if event["method"] in wrong]

    def requests(self) -> list[str]:
        urls = [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith(("data:", "blob:", "file:"))]


def _wait(done: Any, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "the browser did not get there in time"
        time.sleep(0.1)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    home = tmp_path / "chromium"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio"]
    command = [str(CHROMIUM), *flags, "--remote-debugging-port=0", f"--user-data-dir={home}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port_file = home / "DevToolsActivePort"
        _wait(lambda: port_file.exists() and len(port_file.read_text().splitlines()) == 2, 60)
        yield Browser(_tab(int(port_file.read_text().splitlines()[0])))
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _tab(port: int) -> str:
    from urllib.request import urlopen

    with urlopen(f"http://127.0.0.1:{port}/json") as answer:
        return next(tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page")


def _hear(browser: Browser, selector: str) -> list[float]:
    """Click and note where the player is at every frame, until it stops by itself."""
    return browser.evaluate(
        f"""new Promise((done) => {{
          const places = [];
          const look = () => {{
            if (!player.paused) places.push(player.currentTime);
            else if (places.length) return done([...places, player.currentTime]);
            requestAnimationFrame(look);
          }};
          document.querySelector({json.dumps(selector)}).dispatchEvent(new MouseEvent("click", {{ bubbles: true }}));
          look();
        }})"""
    )


def test_a_pair_plays_from_its_start_to_its_end(run: Path, browser: Browser) -> None:
    browser.open(report.write_report(run))
    places = _hear(browser, ".row:nth-child(2) .play")
    assert abs(places[0] - 3.5) < 0.05
    assert 0 <= places[-1] - 5.25 < 0.5  # a frame late at most, on a busy machine a few
    assert browser.evaluate("document.querySelectorAll('.on').length") == 0
    assert browser.complaints() == []
    assert browser.requests() == []


def test_a_text_with_markup_is_shown_as_text(run: Path, browser: Browser) -> None:
    browser.open(report.write_report(run))
    assert browser.evaluate("document.title") == "Shruti: what was mined"
    assert "<script>document.title" in browser.evaluate("document.querySelector('.reason:last-of-type .text').textContent")


def test_a_long_run_plays_files_beside_the_page(run: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "MAX_EMBEDDED", 10.0)
    browser.open(report.write_report(run))
    places = _hear(browser, ".recording:last-of-type rect.mined:nth-of-type(4)")
    assert abs(places[0] - 3.5) < 0.05
    assert 0 <= places[-1] - 5.25 < 0.5
    assert browser.complaints() == []


def test_the_page_fits_a_phone(run: Path, browser: Browser) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    browser.open(report.write_report(run))
    assert browser.evaluate("document.documentElement.scrollWidth") == 360
