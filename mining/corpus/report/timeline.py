"""A recording drawn as lanes of a few minutes, each second coloured by its fate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mining.corpus.rows import Source

LANE = 300.0  # seconds; on a wide screen a sentence is then some 15 pixels long


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds [start, end) of one fate, cut at the ends of its lane; `whole` is the uncut interval."""

    start: float
    end: float
    fate: str
    whole: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Lane:
    """Seconds [start, end) of a recording; `share` is its length against a full lane, 0..1."""

    start: float
    end: float
    share: float
    stretches: tuple[Stretch, ...]


def lanes(source: Source) -> list[Lane]:
    """Cut a recording into lanes of `LANE` seconds; a shorter recording fills its only lane."""
    full = min(LANE, source.duration)
    count = math.ceil(source.duration / LANE)
    edges = [(i * LANE, min((i + 1) * LANE, source.duration)) for i in range(count)]
    return [Lane(start, end, (end - start) / full, _within(source, start, end)) for start, end in edges]


def shares(figures: dict[str, Any]) -> list[tuple[str, float, float]]:
    """(fate, seconds, share of all audio) of a whole run, mined first, for one stacked bar."""
    seconds = {"mined": figures["hours_mined"] * 3600, **{k: v["seconds"] for k, v in figures["reasons"].items()}}
    total = sum(seconds.values())
    return [(fate, value, value / total) for fate, value in seconds.items() if value > 0]


def _within(source: Source, start: float, end: float) -> tuple[Stretch, ...]:
    return tuple(
        Stretch(max(start, left), min(end, right), fate, (left, right))
        for left, right, fate in source.audio
        if left < end and right > start
    )
