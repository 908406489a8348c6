"""Memory that C's heap holds although nothing lies in it any more, given back to the system."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable


def trim() -> None:
    """Give back whole free pages of the heap, wherever in it they lie.

    A network's layers ask for room of other sizes with every batch of another length, and by itself glibc gives back the
    heap's end only: ten hours of speech left 1.7 GB of holes behind. Does nothing where the C library has no such function.
    """
    trimmer = _trimmer()
    if trimmer is not None:
        trimmer(0)


@functools.cache
def _trimmer() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # no glibc
        return None
