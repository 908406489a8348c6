"""How long, how fast, how sure and how clear the pairs of a run are: numbers gathered pair by pair, then binned."""

from __future__ import annotations

import hashlib
import heapq
from array import array
from dataclasses import dataclass
from pathlib import Path

from mining.corpus.report import loudness
from mining.corpus.report.facts import Pair, Part
from mining.corpus.report.histogram import SURE, Histogram, histogram

SAMPLE = 1000
"""Pairs whose clips are opened to measure how clear they are: two seconds of work, and a median to a fraction of a decibel."""


@dataclass(frozen=True, slots=True)
class Distributions:
    """The histograms of a run, each None where there is nothing to count.

    `confidence` has two series, kept pairs and those dropped as too unsure. `thresholds` are the lowest and the highest
    confidence from which on pairs were kept, over recordings in which any could be. `measured` of `drawn` clips were there to
    be opened for `clear`.
    """

    duration: Histogram | None
    rate: Histogram | None
    confidence: Histogram | None
    clear: Histogram | None
    thresholds: tuple[float, float] | None
    drawn: int
    measured: int


class Gathered:
    """Numbers of all pairs, added recording by recording; eight bytes each."""

    def __init__(self) -> None:
        self._durations, self._rates, self._kept, self._dropped = (array("d") for _ in range(4))
        self._thresholds: list[float] = []
        self._drawn: list[tuple[int, str, str]] = []

    def add(self, part: Part) -> None:
        """Add a recording's pairs, kept and dropped."""
        for pair in part.pairs:
            self._durations.append(pair.row["duration"])
            self._rates.append(pair.rate)
            self._kept.append(pair.row["confidence"])
            self._draw(pair)
        self._dropped.extend(row["confidence"] for row in part.rejected if row["reason"] == "low_confidence")
        if part.threshold is not None and part.threshold <= 1:
            self._thresholds.append(part.threshold)

    def _draw(self, pair: Pair) -> None:
        """Keep the pairs whose ids have the lowest hashes: the same every time, and from all over the run."""
        rank = -int.from_bytes(hashlib.sha256(pair.row["id"].encode()).digest()[:8])
        item = (rank, pair.row["recording"], pair.row["id"])
        heapq.heappush(self._drawn, item) if len(self._drawn) < SAMPLE else heapq.heappushpop(self._drawn, item)

    def distributions(self, out: Path) -> Distributions:
        """All of it in bins; opens the clips of the pairs that were drawn."""
        pairs = sorted((recording, id) for _, recording, id in self._drawn)
        levels = [level for recording, id in pairs if (level := loudness.of_clip(out, recording, id)) is not None]
        return Distributions(
            duration=histogram([self._durations]),
            rate=histogram([self._rates]),
            confidence=histogram([self._kept, self._dropped], SURE),
            clear=histogram([levels]),
            thresholds=(min(self._thresholds), max(self._thresholds)) if self._thresholds else None,
            drawn=len(pairs),
            measured=len(levels),
        )
