"""How many processor cores torch may use, for the length of a block."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from mining.cores import cores


@contextlib.contextmanager
def torch_threads(count: int = 0) -> Iterator[int]:
    """Let torch use `count` threads (0: OMP_NUM_THREADS, or all cores that are this process's), and restore after.

    Packages change torch's number of threads behind one's back (importing silero_vad sets it to 1),
    so each stage says what it wants. Never more than OMP_THREAD_LIMIT, which people set for Tesseract: OpenMP gives
    fewer threads than torch has shared its work out to, part of it is not done, and the model hears nonsense.
    """
    import torch

    before = torch.get_num_threads()
    wanted = count or _number("OMP_NUM_THREADS") or cores()
    torch.set_num_threads(min(wanted, _number("OMP_THREAD_LIMIT") or wanted))
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)


def _number(variable: str) -> int:
    """A number in the environment; 0 where there is none ("4,2" is OpenMP's for nested regions: the first counts)."""
    first = os.environ.get(variable, "").split(",")[0].strip()
    return int(first) if first.isdigit() else 0
