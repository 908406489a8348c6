"""The calibrator that is shipped: fitted by benchmarks/calibrate.py, read once."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from align.confidence import Calibrator
from mining import store

PATH = Path(__file__).parents[1] / "data" / "calibrator.json"


@cache
def load(path: Path = PATH) -> Calibrator:
    """The fitted calibrator."""
    row: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in store.read_json(path).items()}
    return Calibrator(**row)


def save(fitted: Calibrator, path: Path = PATH) -> None:
    """Write a calibrator as JSON, indented, so that a change can be read."""
    store.write_json(path, asdict(fitted))
