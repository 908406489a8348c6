"""Histograms: numbers into bins with round edges, as bars to be drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

WIDTH, HEIGHT = 300.0, 96.0
"""Of the room for the bars; `templates/histogram.svg.j2` puts the axis below."""

SURE = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 1.0)
"""Edges of the bins of confidence: about twice as sure from bin to bin, since nearly all that is kept lies close to 1."""

LEAST = 1.0
"""The height of a bar of whatever is there, if little: one pair of ten thousand is to be seen as well."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Numbers in [start, end): `count` of them, `parts` of each series; `tops` and `heights` in the drawing likewise."""

    start: float
    end: float
    count: int
    parts: tuple[int, ...]
    left: float
    width: float
    tops: tuple[float, ...]
    heights: tuple[float, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars from left to right, all as wide; `ticks` are (place, label); `count` and `median` are of all numbers."""

    bars: list[Bar]
    ticks: list[tuple[float, str]]
    edges: list[float]
    count: int
    median: float

    def place(self, value: float) -> float:
        """Where a number lies on the axis, 0 to `WIDTH`."""
        return float(np.interp(value, self.edges, np.linspace(0.0, WIDTH, len(self.edges))))


def histogram(series: Sequence[Sequence[float]], edges: Sequence[float] = ()) -> Histogram | None:
    """Count the numbers of some series, which are stacked; None where there is no number.

    Args:
        edges: of the bins, which are drawn as wide as each other, with a tick at each inner one; all numbers lie within.
            Else some twenty bins of a round width take all numbers, but for the largest two in a hundred, if they lie far
            out: those come into the last bin.
    """
    arrays = [np.asarray(values, float) for values in series]
    every = np.concatenate(arrays)
    if not len(every):
        return None
    bounds = np.asarray(edges, float) if len(edges) else _edges(every)
    placed = [np.clip(np.searchsorted(bounds, values, side="right") - 1, 0, len(bounds) - 2) for values in arrays]
    counts = np.stack([np.bincount(where, minlength=len(bounds) - 1) for where in placed])
    found = Histogram(_bars(counts, bounds, float(every.max())), [], bounds.tolist(), len(every), float(np.median(every)))
    values = list(edges[1:-1]) or _round_values(float(bounds[0]), float(bounds[-1]))
    return replace(found, ticks=[(found.place(value), f"{value:g}") for value in values])


def sure(share: float) -> float:
    """Where a share lies on an axis whose edges are those of `SURE`, 0 to 1.

    >>> sure(0.95), sure(1.0)
    (0.4, 1.0)
    """
    return float(np.interp(share, SURE, np.linspace(0.0, 1.0, len(SURE))))


def _edges(values: np.ndarray) -> np.ndarray:
    """Round edges of bins for some numbers."""
    low, high = float(values.min()), float(np.quantile(values, 0.98))
    step = round_step((high - low) / 20)
    first, last = math.floor(low / step), math.floor(high / step) + 1
    return np.round(np.arange(first, last + 1) * step, 9)


def round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is at least so much; 0.1 for next to nothing.

    >>> [round_step(x) for x in (0.3, 1.0, 1.2, 30.0)]
    [0.5, 1.0, 2.0, 50.0]
    """
    if least < 1e-6:  # all numbers are the same, but for their last digits
        return 0.1
    power = 10.0 ** math.floor(math.log10(least) + 1e-9)
    return round(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9)), 12)


def _bars(counts: np.ndarray, edges: np.ndarray, most: float) -> list[Bar]:
    """The bars of (S, B) counts; the last is open to above where `most` lies there."""
    tallest, width = max(1, int(counts.sum(axis=0).max())), WIDTH / counts.shape[1]
    bars = []
    for number, column in enumerate(counts.T):
        heights = [max(LEAST, HEIGHT * int(count) / tallest) if count else 0.0 for count in column]
        tops = [HEIGHT - sum(heights[: i + 1]) for i in range(len(heights))]
        start, end = float(edges[number]), float(edges[number + 1])
        parts = tuple(int(count) for count in column)
        more = number == counts.shape[1] - 1 and most > end
        bars.append(Bar(start, end, sum(parts), parts, number * width, width, tuple(tops), tuple(heights), more))
    return bars


def _round_values(start: float, end: float) -> list[float]:
    """Round numbers from `start` to `end`, some six."""
    step = round_step((end - start) / 6)
    return [round(i * step, 9) for i in range(math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9) + 1)]
