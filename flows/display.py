"""How far the work is, on stderr: live bars on a terminal; in a log lines, of which few are enough."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from flows import screen
from flows.counts import Counts
from flows.pace import Stage

EVERY = 60.0  # seconds between two lines of a log that tell how far something is
_NAME = 16  # columns at most
_BARS = (24, 12, 6, 0)  # columns: as many as the words leave


class Recordings:
    """A run over an archive as a row: recordings, failures, hours."""

    name = "recordings"

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._end: list[str] = []

    @property
    def share(self) -> float:
        """Of the recordings, those that nothing is left to do for."""
        return min(1.0, self._counts.passed / max(1, self._counts.total))

    @property
    def going(self) -> bool:
        """Whether it has not ended."""
        return not self._end

    @property
    def begun(self) -> float | None:
        """When it began."""
        return self._counts.begun

    def stop(self, now: float) -> None:
        """Take in that it goes on no more: what is said of it then stands still."""
        self._end = self._counts.words(ended=now)

    def words(self, now: float) -> list[str]:
        """What is to be said of it, the most important first."""
        return self._end or self._counts.words()


Row = Stage | Recordings


class Display:
    """A row for every stage: `with Display(["hear"]) as display: work(progress=display)`.

    Stages that are named beforehand are there from the beginning, the others come as they begin. A display that is made
    while another one is there is a part of it: there is one on the screen.
    """

    def __init__(
        self,
        stages: Sequence[str] = (),
        *,
        console: Console | None = None,
        live: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Show nothing yet.

        Args:
            stages: names in their order.
            console, live, clock: where to, whether as bars, and what tells the time; as stderr and the machine have it.
        """
        self._console = console or screen.STDERR
        self._live = is_live(self._console) if live is None else live
        self._clock, self._lock = clock, threading.RLock()
        self._rows: dict[str, Row] = {name: Stage(name) for name in stages}
        self._last = clock()  # when a log had its last line
        self._shown: Live | None = None

    def __enter__(self) -> Display:
        if _OPEN:
            _OPEN.append(_OPEN[-1])
            return _OPEN[-1]
        if self._live:
            # Streams are left as they are: where colorama is installed numba swaps sys.stdout and sys.stderr, in a thread, while
            # it compiles, and what Live put back after that could be a stream of numba's. Notes go through the same console.
            self._shown = Live(self, console=self._console, redirect_stdout=False, redirect_stderr=False)
            self._shown.start()
        _OPEN.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        shown = _OPEN.pop()
        if _OPEN:
            return
        for row in shown._rows.values():
            if row.going:
                row.stop(shown._clock())
                shown._log(row)
        if shown._shown is not None:
            shown._shown.stop()
            shown._shown = None

    def __call__(self, stage: str, done: int, total: int, *, audio: float = 0.0, failed: int = 0, told: str = "") -> None:
        """Show how far a stage has come: see `mining.telling.Progress`; `told` is what else there is to be told of it."""
        with self._lock:
            row = self._rows.get(stage)
            if not isinstance(row, Stage):
                row = self._rows[stage] = Stage(stage)
            was = row.going
            inside = any(other.going for other in self._rows.values() if other is not row)
            row.tell(self._clock(), done, total, audio=audio, failed=failed, told=told)
            if row.going == was and not row.before:
                self._now_and_then()
            elif not inside:  # of the stages of one recording among many a log says nothing
                self._log(row)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show a stage that tells nothing while it lasts."""
        self(name, 0, 1)
        yield
        self(name, 1, 1)

    @contextlib.contextmanager
    def recordings(self, counts: Counts) -> Iterator[None]:
        """Show a run over an archive, which tells its `counts`."""
        row = self._rows[Recordings.name] = Recordings(counts)
        self._log(row)
        counts.watchers.append(self._now_and_then)
        try:
            yield
        finally:
            counts.watchers.remove(self._now_and_then)
            row.stop(self._clock())
            self._log(row)

    def _now_and_then(self) -> None:
        """A line of a log, if the last one is old enough: of what began first and goes on, as the rest is a part of that."""
        if not self._live and self._clock() - self._last >= EVERY:
            with self._lock:
                if going := [row for row in self._rows.values() if row.going]:
                    self._log(min(going, key=lambda row: row.begun or 0.0))

    def _log(self, row: Row) -> None:
        if self._live:
            return
        self._last = self._clock()
        begins = isinstance(row, Stage) and row.going and not row.share
        line = "begins" if begins else ", ".join(row.words(self._last))
        self._console.print(f"{row.name} {line}", markup=False)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self._lock:
            yield table(self._that_fit(options.height or console.height), options.max_width, self._clock())

    def _that_fit(self, height: int) -> list[Row]:
        """All rows; or, where the screen is too low, those that go on, and the last that have ended."""
        rows = list(self._rows.values())
        for needless in (lambda row: row.begun is None, lambda row: not row.going):
            for row in [row for row in rows if needless(row)][: max(0, len(rows) - max(1, height - 1))]:
                rows.remove(row)
        return rows


_OPEN: list[Display] = []
"""The display on the screen, as often as it was entered."""


def is_live(console: Console) -> bool:
    """Whether somebody looks on: a terminal that can move its cursor. FORCE_COLOR makes none of a log."""
    return bool(getattr(console.file, "isatty", lambda: False)()) and console.is_interactive and not console.is_dumb_terminal


def table(rows: Sequence[Row], width: int, now: float) -> Table:
    """Rows of name, bar and words, no wider than `width` columns; words that find no room are left out, from the last on."""
    names = min(_NAME, max(10, width // 3), max((cell_len(row.name) for row in rows), default=0))
    longest = max((cell_len(", ".join(row.words(now))) for row in rows), default=0)
    bar = next((size for size in _BARS if names + size + longest + 3 <= width), 0)
    room = max(1, width - names - 2 - (bar + 1 if bar else 0))
    grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    for size in (names, bar, room) if bar else (names, room):
        grid.add_column(width=size, no_wrap=True, overflow="ellipsis")
    for row in rows:
        style = "bold" if row.going else "dim" if row.begun is None else ""
        name = Text(row.name, style)
        name.align("right", names)
        words = Text(fitting(row.words(now), room), style)
        grid.add_row(*((name, _bar(row, bar, now), words) if bar else (name, words)))
    return grid


def _bar(row: Row, width: int, now: float) -> ProgressBar:
    """It pulses where the work goes on and nothing is known yet."""
    styles = {"complete_style": "cyan", "finished_style": "cyan", "pulse_style": "cyan"}
    return ProgressBar(1.0, row.share, width, pulse=row.going and not row.share, animation_time=now, **styles)


def fitting(words: Sequence[str], room: int) -> str:
    """As many of the words as there is room for, the first ones; the first itself may be cut.

    >>> fitting(["45%", "3 min left", "12 x real time"], 20)
    '45%, 3 min left'
    """
    text = ""
    for word in words:
        longer = f"{text}, {word}" if text else word
        if cell_len(longer) > room:
            break
        text = longer
    return text or "".join(words[:1])[:room]
