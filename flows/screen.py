"""What a person is told: tables and paths when the work is done (stdout), notes and errors (stderr). Bars: `flows.display`."""

from __future__ import annotations

import json
import logging
from typing import Any

from rich.console import Console, RenderableType

from mining.errors import ShrutiError

# Paths and ids are printed as they are: not wrapped, not coloured by what rich takes them for.
STDOUT = Console(soft_wrap=True, highlight=False)
STDERR = Console(stderr=True, soft_wrap=True, highlight=False)
"""Of notes as well as of bars, so that notes come above them."""


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


def say(*things: RenderableType) -> None:
    """Print to stdout: text with rich's markup, or tables."""
    for thing in things:
        STDOUT.print(thing, soft_wrap=isinstance(thing, str))


def plain(text: str) -> None:
    """Print text to stdout exactly as it is."""
    print(text)


def as_json(value: Any) -> None:
    """Print one JSON value to stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def note(text: str) -> None:
    """Tell something by the way, on stderr."""
    STDERR.print(text, style="dim", markup=False)


def complain(error: ShrutiError) -> None:
    """Say what went wrong, and what to do about it, on stderr."""
    STDERR.print(f"shruti: {error.message}", style="bold red", markup=False)
    if error.advice:
        STDERR.print(error.advice, markup=False)
