"""What a person sees: bars while the work goes on (stderr), tables and paths when it is done (stdout)."""

from __future__ import annotations

import json
import logging
import time
from types import TracebackType
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from flows.counts import Counts
from mining.errors import ShrutiError

# Paths and ids are printed as they are: not wrapped, not coloured by what rich takes them for.
_OUT = Console(soft_wrap=True, highlight=False)
_ERROR = Console(stderr=True, soft_wrap=True, highlight=False)


class Notes(logging.Handler):
    """Warnings as notes above the bars, each text once; Prefect's own logs are for its pages."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record that was not printed before."""
        text = record.getMessage()
        if text not in self._told and not record.name.startswith("prefect"):
            self._told.add(text)
            note(text)


class Bars:
    """A bar for every stage, in the order in which they begin: `with Bars() as bars: work(progress=bars)`."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description:>10}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=_ERROR)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage has come, in whatever units it counts."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage)
        self._progress.update(self._tasks[stage], completed=done, total=total)


class Archive:
    """How far a run over an archive is: a live line on a terminal, and now and then a line in a log."""

    EVERY = 60.0  # seconds between two lines in a log

    def __init__(self, counts: Counts) -> None:
        self._counts, self._noted = counts, time.monotonic()
        columns = (TextColumn("{task.description:>10}"), BarColumn(), TextColumn("{task.fields[line]}"))
        self._progress = Progress(*columns, console=_ERROR)
        self._task = self._progress.add_task("mine", total=counts.total, line="")

    def __enter__(self) -> Archive:
        if _ERROR.is_terminal:
            self._progress.start()
        self._counts.watchers.append(self._show)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._counts.watchers.remove(self._show)
        self._progress.stop()
        note(self._counts.line())

    def _show(self) -> None:
        if _ERROR.is_terminal:
            self._progress.update(self._task, completed=self._counts.passed, line=self._counts.line())
        elif time.monotonic() - self._noted > self.EVERY:
            self._noted = time.monotonic()
            note(self._counts.line())


def say(*things: RenderableType) -> None:
    """Print to stdout: text with rich's markup, or tables."""
    for thing in things:
        _OUT.print(thing, soft_wrap=isinstance(thing, str))


def plain(text: str) -> None:
    """Print text to stdout exactly as it is."""
    print(text)


def as_json(value: Any) -> None:
    """Print one JSON value to stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def note(text: str) -> None:
    """Tell something by the way, on stderr."""
    _ERROR.print(text, style="dim", markup=False)


def complain(error: ShrutiError) -> None:
    """Say what went wrong, and what to do about it, on stderr."""
    _ERROR.print(f"shruti: {error.message}", style="bold red", markup=False)
    if error.advice:
        _ERROR.print(error.advice, markup=False)
