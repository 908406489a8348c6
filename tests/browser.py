"""A headless Chromium for tests: opened, driven over its DevTools socket, and ended again."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WITHOUT = "needs chromium: apt-get install chromium"
"""Why a test is skipped where there is no browser."""

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--mute-audio",
    "--disable-background-networking",
    "--disable-component-update",
]
_LOCAL = ("data:", "blob:", "file:")
MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}


class Browser:
    """A tab of headless Chromium, driven over its DevTools socket."""

    def __init__(self, address: str, port: int) -> None:
        from websockets.sync.client import connect

        self._socket = connect(address, max_size=None)
        self._numbers = itertools.count(1)
        self._port = port
        self.events: list[dict[str, Any]] = []
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.call(f"{domain}.enable")

    def another(self) -> Browser:
        """A further tab of the same Chromium, which shares its storage."""
        with urlopen(Request(f"http://127.0.0.1:{self._port}/json/new", method="PUT")) as answer:
            return Browser(json.load(answer)["webSocketDebuggerUrl"], self._port)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the browser for something and wait for the answer; what it tells meanwhile goes to `events`."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression, as JSON can hold it; promises are waited for."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def open(self, place: Path | str) -> None:
        """Open a file or an address, and wait until it is loaded."""
        address = place if isinstance(place, str) else place.resolve().as_uri()
        self.evaluate("window.formerPage = true")
        self.call("Page.navigate", url=address)
        wait(lambda: self.evaluate("!window.formerPage && document.readyState === 'complete'"))

    def press(self, key: str, *modifiers: str) -> None:
        """Press a key and let it go, as a person does; `key` is as in KeyboardEvent.key."""
        codes = {
            "Enter": ("Enter", 13),
            "Escape": ("Escape", 27),
            " ": ("Space", 32),
            "[": ("BracketLeft", 219),
            "]": ("BracketRight", 221),
        }
        arrows = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9}
        code, number = codes.get(key, (key if key in arrows else f"Key{key.upper()}", arrows.get(key, ord(key[0].upper()))))
        about = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        about["modifiers"] = sum(MODIFIERS[name] for name in modifiers)
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        down = (
            {"type": "keyDown", "text": text}
            if text and not {"Alt", "Control", "Meta"} & {*modifiers}
            else {"type": "rawKeyDown"}
        )
        self.call("Input.dispatchKeyEvent", **about, **down)
        self.call("Input.dispatchKeyEvent", **about, type="keyUp")

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 5) -> None:
        """Press the mouse at one place of the window (CSS pixels), move it to another and let go."""
        self._mouse("mouseMoved", start, 0)
        self._mouse("mousePressed", start, 1)
        for step in range(1, steps + 1):
            share = step / steps
            self._mouse("mouseMoved", (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share), 1)
        self._mouse("mouseReleased", end, 0)

    def click(self, selector: str) -> None:
        """Click with the mouse into the middle of an element, scrolled into view first."""
        place = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'nearest'}});"
            " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        self.drag(place, place, 1)

    def phone(self, width: int = 390, height: int = 844) -> None:
        """Show what a phone's screen of so many CSS pixels would."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)

    def complaints(self) -> list[dict[str, Any]]:
        """Errors that the console shows: exceptions, blocked or failed loads, console.error."""
        self.evaluate("1")  # reads what is still under way
        wrong = ("Runtime.exceptionThrown", "Log.entryAdded")
        errors = [e for e in self.events if e["method"] == "Runtime.consoleAPICalled" and e["params"]["type"] == "error"]
        return errors + [event for event in self.events if event["method"] in wrong]

    def requests(self, home: str = "file:") -> list[str]:
        """The addresses asked for that lie neither in the page nor below `home`."""
        self.evaluate("1")
        urls = [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith((*_LOCAL, home))]

    def picture(self) -> bytes:
        """What the window shows, as a PNG."""
        import base64

        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def _mouse(self, kind: str, place: tuple[float, float], buttons: int) -> None:
        which = "left" if buttons or kind == "mouseReleased" else "none"
        self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button=which, buttons=buttons, clickCount=1)


def wait(done: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: it is not after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "the browser did not get there in time"
        time.sleep(0.05)


@contextlib.contextmanager
def chromium(home: Path) -> Iterator[Browser]:
    """A Chromium with a fresh profile in `home`, ended afterwards."""
    command = [str(CHROMIUM), *_FLAGS, "--remote-debugging-port=0", f"--user-data-dir={home}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port_file = home / "DevToolsActivePort"
        wait(lambda: port_file.exists() and len(port_file.read_text().splitlines()) == 2, 60)
        port = int(port_file.read_text().splitlines()[0])
        yield Browser(_tab(port), port)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _tab(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/json") as answer:
        return next(tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page")
