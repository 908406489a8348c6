"""Whose turn it is on a GPU that several processes of one machine share.

A GPU that two recordings are heard on at once holds two batches and two networks' activations. That it hears neither faster is
expected, and was not measured.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mining import store
from mining.errors import UsageError

JOBS = "SHRUTI_GPU_JOBS"
"""Environment variable: how many may work on one GPU at a time; 1 where it is not set."""

_POLL = 0.05  # seconds between looks, where more than one place may fall free


@contextlib.contextmanager
def gpu_turn(device: str) -> Iterator[None]:
    """Wait until fewer than `SHRUTI_GPU_JOBS` others of this user and machine work on a device, and be one of them.

    Nobody is waited for on the processor. A turn ends with its block, or with its process, however that ends. It must
    not be asked for again within the block.

    Args:
        device: as torch calls it: cpu, cuda (the first), cuda:1, mps.

    Raises:
        UsageError: `SHRUTI_GPU_JOBS` is no number from 1 up.
    """
    if device.split(":")[0] == "cpu":
        yield
        return
    with contextlib.ExitStack() as stack:
        places = _places(device)
        if len(places) == 1:
            stack.enter_context(store.locked(places[0]))
        while len(places) > 1:
            if any(_take(stack, place) for place in places):
                break
            time.sleep(_POLL)
        yield


def _take(stack: contextlib.ExitStack, place: Path) -> bool:
    """Keep a place until the stack unwinds, if nobody has it."""
    with contextlib.ExitStack() as own:
        held = own.enter_context(store.locked(place, wait=False))
        if held:
            stack.push(own.pop_all())
        return held


def _places(device: str) -> list[Path]:
    """The folders that stand for the places on a device; each user has their own, since others' cannot be opened."""
    said = os.environ.get(JOBS, "").strip() or "1"
    if not said.isdigit() or int(said) < 1:
        raise UsageError(f"{JOBS} is {said!r}.", "Give how many recordings may be heard on one GPU at a time, such as 1.")
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    name = device if ":" in device else f"{device}:0"
    folder = Path(tempfile.gettempdir()) / f"shruti-gpu-{user}"
    return [folder / f"{name.replace(':', '-')}-{number}" for number in range(int(said))]
