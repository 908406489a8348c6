"""The cells: one factor at a time away from a base, and mixtures of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

SEED = 20260  # of the mixed cells
MIXED = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """What a bulletin of this cell is like.

    Attributes:
        ocr: share of the document's characters that are misread.
        cer: character error rate that the model is brought to; None: the model as it is.
        unspoken: of the document's sentences, those that nobody reads.
        untranscribed: of the spoken sentences, those that the document lacks.
        reordered: of the document's sentences, those that stand elsewhere than they are read.
    """

    name: str
    ocr: float = 0.02
    cer: float | None = None
    unspoken: float = 0.15
    untranscribed: float = 0.15
    reordered: float = 0.0


BASE = Cell("base")

FACTORS: dict[str, tuple[float | None, ...]] = {
    "ocr": (0.0, 0.02, 0.05, 0.10, 0.20),
    "cer": (None, 0.10, 0.20, 0.40, 0.60, 0.80),
    "unspoken": (0.0, 0.15, 0.30, 0.60),
    "untranscribed": (0.0, 0.15, 0.30, 0.60),
    "reordered": (0.0, 0.30, 0.60),
}
"""What each factor is turned to. The base's own value is among them, and is the cell `base`."""

TITLES = {
    "ocr": "OCR errors",
    "cer": "errors of the model",
    "unspoken": "text that nobody reads",
    "untranscribed": "speech without text",
    "reordered": "changed order",
    "mixed": "mixed cells",
}


def panels(factor: str) -> list[Cell]:
    """The cells of one factor in the order of its values, or those of "mixed"."""
    if factor == "mixed":
        return list(_mixed())
    cells = []
    for value in FACTORS[factor]:
        same = value == getattr(BASE, factor)
        cells.append(BASE if same else replace(BASE, name=f"{factor}-{round(100 * (value or 0)):02d}", **{factor: value}))
    return cells


def cells(wanted: Sequence[str] = ("*",)) -> list[Cell]:
    """Every cell once, of those whose name is one of the patterns (as of a shell)."""
    every = {cell.name: cell for factor in (*FACTORS, "mixed") for cell in panels(factor)}
    every = {"base": every.pop("base"), **every}
    return [cell for name, cell in every.items() if any(fnmatchcase(name, pattern) for pattern in wanted)]


def _mixed() -> Iterator[Cell]:
    """Every factor drawn evenly from between its least and greatest value."""
    rng = np.random.default_rng(SEED)
    for number in range(1, MIXED + 1):
        drawn = {}
        for factor, values in FACTORS.items():
            known = [value for value in values if value is not None]
            drawn[factor] = round(float(rng.uniform(min(known), max(known))), 3)
        yield Cell(f"mixed-{number:02d}", **drawn)
