"""A picture of what became of everything: bands from the audio and from the text, on the left, to their fates on the right.

Audio and text have units that do not add up, seconds and sentences; each fills the same height, and a band is as wide as its
share of its own. Geometry only: `templates/flow.svg.j2` draws it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from mining.corpus.stats import MINED, by_reason

HEIGHT = 170.0  # of all audio, and of all text
SLOT = 36.0  # two lines of a label
GAP = 10.0
TOP = 26.0  # above the first box: its label


@dataclass(frozen=True, slots=True)
class Band:
    """From `left` on the left to `right` on the right, both the upper edge, `width` wide; `share` of its `side`, 0 to 1."""

    side: str
    fate: str
    share: float
    left: float
    right: float
    width: float


@dataclass(frozen=True, slots=True)
class Box:
    """An end of bands: from `top` on, `height` high. A fate's says in `shares` how much of each side it got."""

    name: str
    top: float
    height: float
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flow:
    """The whole picture, `height` high; what is from left to right, the template decides."""

    sides: list[Box]
    fates: list[Box]
    bands: list[Band]
    height: float


def amounts(figures: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Seconds of audio and sentences of text by fate, of the figures of `stats`; fates that got nothing are left out."""
    audio = {MINED: figures["hours_mined"] * 3600} | {name: sums["seconds"] for name, sums in figures["reasons"].items()}
    text = {MINED: figures["sentences_mined"]} | {name: sums["sentences"] for name, sums in figures["reasons"].items()}
    sides = {"audio": audio, "text": text}
    return {side: {fate: value for fate, value in of.items() if value > 0} for side, of in sides.items() if any(of.values())}


def flow(figures: dict[str, Any]) -> Flow | None:
    """Lay the picture out; None where there is neither audio nor text."""
    flows = amounts(figures)
    if not flows:
        return None
    totals = {side: sum(of.values()) for side, of in flows.items()}
    shares = {side: {fate: of[fate] / totals[side] for fate in of} for side, of in flows.items()}
    fates = _fates(shares)
    lower = sum(max(SLOT, fate.height) + GAP for fate in fates) - GAP + TOP
    sides = _sides(list(shares), lower)
    bands = _bands(shares, sides, fates)
    return Flow(sides, fates, bands, max(lower, sides[-1].top + sides[-1].height) + 4.0)


def _order(shares: dict[str, dict[str, float]]) -> list[str]:
    """Fates of audio alone first, then those of both, then those of text alone: so hardly any bands cross."""
    audio, text = shares.get("audio", {}), shares.get("text", {})
    groups = (audio.keys() - text.keys(), audio.keys() & text.keys(), text.keys() - audio.keys())
    return [fate for group in groups for fate in by_reason(group)]


def _fates(shares: dict[str, dict[str, float]]) -> list[Box]:
    boxes, top = [], TOP
    for fate in _order(shares):
        own = {side: of[fate] for side, of in shares.items() if fate in of}
        height = HEIGHT * sum(own.values())
        boxes.append(Box(fate, top + max(0.0, SLOT - height) / 2, height, own))
        top += max(SLOT, height) + GAP
    return boxes


def _sides(names: list[str], lower: float) -> list[Box]:
    """Audio and text spread over the height of the fates: each in the middle of its half."""
    free = max(GAP + TOP, (lower - TOP - HEIGHT * len(names)) / len(names))
    return [Box(name, TOP + free / 4 + number * (HEIGHT + free), HEIGHT) for number, name in enumerate(names)]


def _bands(shares: dict[str, dict[str, float]], sides: list[Box], fates: list[Box]) -> list[Band]:
    right = {fate.name: fate.top for fate in fates}
    bands = []
    for side in sides:
        own = [(fate.name, shares[side.name][fate.name]) for fate in fates if fate.name in shares[side.name]]
        lefts = itertools.accumulate((HEIGHT * share for _, share in own), initial=side.top)
        for (fate, share), left in zip(own, lefts, strict=False):
            bands.append(Band(side.name, fate, share, left, right[fate], HEIGHT * share))
            right[fate] += HEIGHT * share
    return bands
