"""The local page on which people listen to pairs and judge them: its addresses, and the server.

    GET  /                              the page; its parts below /static/
    GET  /api/pairs                     all pairs, short: recordings, and [id, recording, start, end, confidence, kept, text]
    GET  /api/said?person=              what this person says of which pair
    GET  /api/next?person=&tab=&fresh=  the next pair to judge: its id, and how it came; without an id at the end
    GET  /api/pair/{id}                 all that is shown of a pair
    GET  /api/summary?tab=              what all verdicts say together
    GET  /sound/{id}.wav                a pair with what lies around it; the header Excerpt-Start says from which second on
    GET  /page/{id}/{number}.jpg        a page of its document
    POST /api/verdicts                  {pair, person, verdict, how, new_start, new_end, seconds, token}: saved when answered
    POST /api/undo                      {person, tab}: takes their last verdict back: its pair, how that came, what they say now

An error is {"error": one or two sentences}.
"""

from __future__ import annotations

import errno
import functools
import json
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mining import store
from mining.corpus.review import shown
from mining.corpus.review.desk import Desk
from mining.corpus.review.excerpt import Sounds
from mining.corpus.review.guard import Guard
from mining.corpus.review.pages import image
from mining.corpus.review.verdicts import DamagedLog, check_person
from mining.errors import EnvironmentProblem, InputError, ShrutiError, UsageError

PAGE = Path(__file__).parent / "page"
_LOCAL = ("127.0.0.1", "localhost", "::1")


def serve(
    out: Path,
    host: str = "127.0.0.1",
    port: int = 8765,
    how: str = "stratified",
    rejected: bool = False,
    open_browser: bool = True,
    tell: Callable[[str], None] = print,
) -> None:
    """Serve the page until it is interrupted (Ctrl-C).

    Args:
        out: the folder of a run.
        host: on which of the machine's names or addresses; on any but 127.0.0.1 others in the network reach it.
        port: 0 for one that is free.
        how: "stratified" or "active".
        rejected: whether pairs that were not sure enough are judged, too.
        open_browser: whether to open the page.
        tell: called with each line for the person who started it.

    Raises:
        InputError: the folder holds no run.
        UsageError: there is nothing to judge, or the machine has no such address.
        EnvironmentProblem: the port is taken.
    """
    import uvicorn

    app = application(out, host=host, how=how, rejected=rejected)
    with listen(host, port) as listening:
        anywhere = host in ("0.0.0.0", "::", "")
        name = "127.0.0.1" if anywhere else f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listening.getsockname()[1]}/"
        tell(f"Judge at {address} (Ctrl-C ends it; every verdict is saved at once)")
        if host not in _LOCAL:
            tell(f"Everybody in the network who reaches {host if not anywhere else 'this machine'} can see and judge the pairs.")
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()  # one in the terminal does not return
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=2)
        with suppress(KeyboardInterrupt):  # uvicorn has ended what was under way
            uvicorn.Server(config).run(sockets=[listening])


def application(out: Path, *, host: str = "127.0.0.1", how: str = "stratified", rejected: bool = False) -> Starlette:
    """The page as an ASGI application.

    Raises:
        InputError: the folder holds no run.
        UsageError: there is nothing to judge.
    """
    routes = _Routes(Desk(out, how, rejected), Sounds(out))
    return Starlette(
        routes=[
            Route("/", lambda _: FileResponse(PAGE / "index.html")),
            Route("/api/pairs", routes.pairs),
            Route("/api/said", routes.said),
            Route("/api/next", routes.next),
            Route("/api/pair/{id}", routes.pair),
            Route("/api/summary", routes.summary),
            Route("/sound/{id}.wav", routes.sound),
            Route("/page/{id}/{number:int}.jpg", routes.page),
            Route("/api/verdicts", routes.add, methods=["POST"]),
            Route("/api/undo", routes.undo, methods=["POST"]),
            Mount("/static", StaticFiles(directory=PAGE)),
        ],
        middleware=[Middleware(Guard, host=host)],
        exception_handlers={ShrutiError: _told},
    )


class _Routes:
    """What each address answers. Plain functions run in threads of their own, so that decoding holds up nobody else."""

    def __init__(self, desk: Desk, sounds: Sounds) -> None:
        self._desk, self._sounds = desk, sounds

    def pairs(self, _: Request) -> Response:
        return Response(self._short, media_type="application/json")

    def said(self, request: Request) -> Response:
        return JSONResponse(self._desk.said(request.query_params.get("person", "")))

    def next(self, request: Request) -> Response:
        ask = request.query_params
        tab = ask.get("tab", "")
        found = self._desk.next(ask.get("person", ""), tab, bool(ask.get("fresh")))
        return JSONResponse({"id": found, "how": self._desk.how, "held": 0 if found else self._desk.held(tab)})

    def pair(self, request: Request) -> Response:
        return JSONResponse(shown.pair(self._desk, self._sounds, self._row(request)))

    def summary(self, request: Request) -> Response:
        self._desk.present(request.query_params.get("tab", ""))
        return JSONResponse({"run": store.key(str(self._desk.out.resolve())), **self._desk.summary()})

    def sound(self, request: Request) -> Response:
        row = self._row(request)
        start = {"Excerpt-Start": str(self._sounds.excerpt(row).start)}  # seconds in the recording
        return Response(self._sounds.wav(row), media_type="audio/wav", headers=start)

    def page(self, request: Request) -> Response:
        found = image(self._desk.out, self._row(request), request.path_params["number"])
        return Response(found, media_type="image/jpeg")

    async def add(self, request: Request) -> Response:
        told = await _object(request)
        await run_in_threadpool(self._desk.add, told)
        return JSONResponse(await run_in_threadpool(self._desk.summary), status_code=201)

    async def undo(self, request: Request) -> Response:
        told = await _object(request)
        return JSONResponse(await run_in_threadpool(self._undone, check_person(told.get("person")), str(told.get("tab", ""))))

    def _undone(self, person: str, tab: str) -> dict[str, Any]:
        taken = self._desk.undo(person, tab)
        now = self._desk.said(person).get(taken.pair) if taken else None
        return {"pair": taken and taken.pair, "how": taken and taken.how, "said": now, "summary": self._desk.summary()}

    @functools.cached_property
    def _short(self) -> bytes:
        return json.dumps(_short(self._desk), ensure_ascii=False, separators=(",", ":")).encode()

    def _row(self, request: Request) -> dict[str, Any]:
        return self._desk.row(request.path_params["id"])


def _short(desk: Desk) -> dict[str, Any]:
    """All pairs in few bytes: recordings by number."""
    names = list(dict.fromkeys(row["recording"] for row in desk.rows))
    number = {name: i for i, name in enumerate(names)}
    return {
        "recordings": names,
        "rows": [
            [r["id"], number[r["recording"]], r["start"], r["end"], r["confidence"], int(r["kept"]), r["text"]] for r in desk.rows
        ],
    }


async def _object(request: Request) -> dict[str, Any]:
    """The JSON object that a request holds."""
    try:
        told = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"That is no JSON ({error}).") from error
    if not isinstance(told, dict):
        raise UsageError("That is no JSON object.")
    return told


def _told(_: Request, error: Exception) -> Response:
    """An expected failure as the page tells it: 404 for what is not there, 400 for a wrong request, 500 for this machine.

    After 500 the page asks again: once there is room, or the log is mended.
    """
    wanting = isinstance(error, InputError) and not isinstance(error, DamagedLog)
    status = 404 if wanting else 400 if isinstance(error, UsageError) else 500
    return JSONResponse({"error": str(error)}, status_code=status)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens already: the browser may be opened before the server runs."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OverflowError as error:
        raise UsageError(f"--port is {port}.", "Give a number from 0 to 65535.") from error
    except PermissionError as error:
        raise EnvironmentProblem(f"Port {port} may not be used.", "Choose one from 1024 on with --port.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise EnvironmentProblem(f"Port {port} is taken.", "Choose another with --port, or end what uses it.") from error
        raise UsageError(
            f"--host is {host!r}: {error.strerror or error}.", "Give a name or an address of this machine."
        ) from error
