"""The calibrators that are shipped, one a strategy: fitted by benchmarks/calibrate.py, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from align.confidence import Calibrator
from mining import store

PATH = Path(__file__).parents[1] / "data" / "calibrator.json"


@cache
def load(strategy: str, path: Path = PATH) -> Calibrator:
    """The calibrator of a strategy, since the margin of one is not that of another."""
    stored = store.read_json(path)[strategy]
    row: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    return Calibrator(**row)


def save(fitted: Mapping[str, Calibrator], path: Path = PATH) -> None:
    """Write the calibrators by strategy as JSON, indented, so that a change can be read."""
    store.write_json(path, {strategy: asdict(one) for strategy, one in sorted(fitted.items())})
