"""A folder that appears whole or not at all, and never in place of something that is not ours."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from mining import store
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
    target = target.absolute()
    # Names, not random ones: what a killed run left behind is cleared by the next.
    new, old = target.parent / f".{target.name}.new", target.parent / f".{target.name}.old"
    try:
        _clear(new)
        new.mkdir(parents=True)
        yield new
        _clear(old)
        if target.exists():
            target.rename(old)
        new.rename(target)
        _clear(old)
    except FileNotFoundError:  # a program or an input that the block wants, and no fault of the folder
        raise
    except OSError as error:
        raise store.unwritable(target, error) from error
    finally:
        _clear(new)


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
        _clear(target)
    with contextlib.suppress(OSError):
        target.parent.rmdir()


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and ((folder / MARKER).is_file() or not any(folder.iterdir()))


def _clear(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        shutil.rmtree(folder)
