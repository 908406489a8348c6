"""How many threads torch computes with, for the length of a block."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def torch_threads(count: int) -> Iterator[int]:
    """Let torch use `count` threads, and restore after.

    Never more than OMP_THREAD_LIMIT, which people set for Tesseract: OpenMP gives fewer threads than torch has shared its
    work out to, part of it is not done, and the model hears nonsense.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(min(count, _number("OMP_THREAD_LIMIT") or count))
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)


class _Single:
    """Those who compute with one thread now, and how many torch had before the first of them."""

    lock = threading.Lock()
    users = 0
    before = 1


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute with one thread, in all of the program, until the last block that asked for it has ended.

    Several threads round a sum otherwise than one does, so what is heard would depend on the machine's cores; and where those
    have other work as well, they wait for each other (ten times as long, measured on two busy cores). Who wants to use
    several cores works on several things at a time.
    """
    import torch

    with _Single.lock:
        if not _Single.users:
            _Single.before = torch.get_num_threads()
        _Single.users += 1
    torch.set_num_threads(1)  # in each thread that asks: OpenMP has a number for each
    try:
        yield
    finally:
        with _Single.lock:
            _Single.users -= 1
            if not _Single.users:
                torch.set_num_threads(_Single.before)


def _number(variable: str) -> int:
    """A number in the environment; 0 where there is none ("4,2" is OpenMP's for nested regions: the first counts)."""
    first = os.environ.get(variable, "").split(",")[0].strip()
    return int(first) if first.isdigit() else 0
