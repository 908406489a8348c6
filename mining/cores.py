"""How many processor cores this process may use."""

from __future__ import annotations

import os

CORES = "SHRUTI_CORES"
"""Environment variable: the share of the cores that a process has where several work side by side."""


def cores() -> int:
    """What `SHRUTI_CORES` says; else all cores that the system lets this process use."""
    said = os.environ.get(CORES, "")
    if said.isdigit() and int(said) > 0:
        return int(said)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
