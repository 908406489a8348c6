"""A folder that appears whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from mining import store


@contextlib.contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Yield a new folder beside `target` that takes its place if, and only if, the block succeeds.

    Raises:
        EnvironmentProblem: the place cannot be written.
    """
    target = target.absolute()
    # Names, not random ones: what a killed run left behind is cleared by the next.
    new, old = target.parent / f".{target.name}.new", target.parent / f".{target.name}.old"
    try:
        mend(target)
        clear(new)
        new.mkdir(parents=True)
        yield new
        clear(old)
        if target.exists():
            target.rename(old)
        new.rename(target)
        clear(old)
    except FileNotFoundError:  # a program or an input that the block wants, and no fault of the folder
        raise
    except OSError as error:
        raise store.unwritable(target, error) from error
    finally:
        clear(new)


def mend(target: Path) -> None:
    """Put back what was killed between its two names: the former folder, where the new one had not taken its place yet."""
    old = target.parent / f".{target.name}.old"
    if old.exists() and not target.exists():
        old.rename(target)


def clear(folder: Path) -> None:
    """Remove a folder and all that is in it, if it is there."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        shutil.rmtree(folder)
