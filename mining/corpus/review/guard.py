"""What keeps the page to those for whom it is: no other site's page may write a verdict, read a pair, or run anything here."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADERS = {
    "Cache-Control": "no-cache",  # the run may be made anew, and another be served under the same address
    # Everything comes from here; sound and pictures also from what the page itself has made.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
MOST_BYTES = 100_000  # of a request; a verdict has 500


class Guard:
    """Lets a request pass only if it was sent by this page, and says in every answer what the page may do.

    A name in the header Host that is not this machine's tells that another site's name was made to point here (DNS
    rebinding); an address of digits cannot be that. Nothing but the page itself is given to what another site has asked for.
    What is written must be JSON, which a browser sends across sites only if it is allowed to, and nothing here allows it.

    Args:
        app: what answers.
        host: the name under which the page is served.
    """

    def __init__(self, app: App, host: str) -> None:
        self._app = app
        self._names = {"localhost", socket.gethostname().lower(), host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        wrong = self._wrong(scope["method"], scope["path"], Headers(scope=scope))
        answer = JSONResponse({"error": wrong}, status_code=403) if wrong else self._app
        await answer(scope, receive, with_headers)

    def _wrong(self, method: str, path: str, headers: Headers) -> str:
        """Why a request is not answered; "" if it is."""
        host = headers.get("host", "")
        if not self._is_here(host):
            return f"The page is not served under the name {host!r}."
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            return f"The page at {origin} has no business here."
        if path != "/" and headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return "The page of another site has no business here."
        if method != "POST":
            return ""
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return "What is written must be JSON."
        length = headers.get("content-length", "")
        return "" if length.isdigit() and int(length) <= MOST_BYTES else f"A request has a length, of at most {MOST_BYTES} bytes."

    def _is_here(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:  # such as [::1
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return bool(name) and name in self._names
        return True
