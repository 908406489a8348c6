"""The folder of an export: never put in place of something that is not one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from mining import store
from mining.corpus.folder import appearing, clear
from mining.errors import UsageError

MARKER = "export.json"
"""In every export: what it is. A folder without it is not replaced."""


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a new folder beside `target` that takes its place if, and only if, the block succeeds.

    Raises:
        UsageError: `target` holds something that is not an export.
        EnvironmentProblem: the place cannot be written.
    """
    check(target)
    with appearing(target) as new:
        yield new


@contextlib.contextmanager
def together(folder: Path, names: Iterable[str]) -> Iterator[dict[str, TextIO]]:
    """Yield files of UTF-8 text, open side by side under their names; they appear if, and only if, the block succeeds."""
    with contextlib.ExitStack() as stack:
        paths = {name: stack.enter_context(store.writing(folder / name)) for name in names}
        yield {name: stack.enter_context(path.open("w", encoding="utf8")) for name, path in paths.items()}


def check(target: Path) -> None:
    """Ask before the work whether an export may take a place.

    Raises:
        UsageError: it holds something that is not an export.
    """
    if target.exists() and not _is_ours(target):
        raise UsageError(f"{target}: holds files that are no export of Shruti.", "Move them, or give another folder with -o.")


def discard(target: Path) -> None:
    """Remove an export, and nothing that is not one; the folder that it lies in too, where nothing else is left there."""
    if target.exists() and _is_ours(target):
        clear(target)
    with contextlib.suppress(OSError):
        target.parent.rmdir()


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and ((folder / MARKER).is_file() or not any(folder.iterdir()))
