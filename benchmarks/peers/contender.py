"""What takes part: a package, and a function that loads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Loaded = tuple[Callable[..., Any], Callable[[Any], Any]]
"""A function that is timed, and one that reads its answer, which is not."""


@dataclass(frozen=True, slots=True)
class Contender:
    """`package` is the name that it is installed by, None for ours; `load` imports it, which may fail."""

    package: str | None
    load: Callable[[], Loaded]
