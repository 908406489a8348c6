"""The calibrator that is shipped: fitted by benchmarks/calibrate.py, read once."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path

from align.confidence import Calibrator
from mining import store

PATH = Path(__file__).parents[1] / "data" / "calibrator.json"


@cache
def load(path: Path = PATH) -> Calibrator:
    """The fitted calibrator."""
    row = store.read_json(path)
    return Calibrator(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})


def save(fitted: Calibrator, path: Path = PATH) -> None:
    """Write a calibrator as JSON, indented, so that a change can be read."""
    store.write_json(path, asdict(fitted))
