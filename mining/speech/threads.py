"""How many processor cores torch may use, for the length of a block."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def torch_threads(count: int = 0) -> Iterator[int]:
    """Let torch use `count` threads (0: OMP_NUM_THREADS, or all cores of this process), and restore after.

    Packages change torch's number of threads behind one's back (importing silero_vad sets it to 1),
    so each stage says what it wants.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or int(os.environ.get("OMP_NUM_THREADS") or 0) or _cores())
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
