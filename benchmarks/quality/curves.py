"""Precision against yield: pairs in the order of their score, and what is kept at each cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from mining.models.evaluate import MIN_COVERED, tally

GRID = tuple(k / 20 for k in range(1, 21))
"""Yields at which strategies are compared."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair: its score, whether it is right, and the spoken sentences (any hashable) that it mines, with their seconds."""

    score: float
    right: bool
    mines: tuple[tuple[tuple[str, int], float], ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """What is kept down to some score."""

    pairs: int
    precision: float
    share: float  # yield


Curve = tuple[Point, ...]


def minable(gold: dict) -> float:
    """Seconds of spoken sentences that the page has."""
    return tally([], gold).minable


def judge(pair: dict, score: float, gold: dict, recording: str) -> Judged:
    """A pair (`start`, `end` in seconds, `text`) against the truth, by the project's own measure."""
    if not tally([pair], gold).correct:
        return Judged(score, False)
    mines = []
    for index, one in enumerate(gold["spoken"]):
        seconds = one["end"] - one["start"]
        if one["printed"] and min(pair["end"], one["end"]) - max(pair["start"], one["start"]) >= MIN_COVERED * seconds:
            mines.append(((recording, index), seconds))
    return Judged(score, True, tuple(mines))


def curve(pairs: Iterable[Judged], total: float) -> Curve:
    """A point for every score that some pair has, from the highest down; pairs of one score come and go together.

    Args:
        total: seconds that could be mined.
    """
    points: list[Point] = []
    count = right = 0
    mined: dict[tuple[str, int], float] = {}
    for _, group in groupby(sorted(pairs, key=lambda pair: -pair.score), key=lambda pair: pair.score):
        for pair in group:
            count, right = count + 1, right + pair.right
            mined.update(pair.mines)
        points.append(Point(count, right / count, sum(mined.values()) / max(1e-9, total)))
    return tuple(points)


def envelope(points: Curve) -> Curve:
    """The points that no other beats in both, by rising yield: up to a point's yield its precision can be had."""
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (-point.share, -point.precision)):
        if point.share > 0 and (not best or point.precision > best[-1].precision):
            best.append(point)
    return tuple(reversed(best))


def at_yield(points: Curve, share: float) -> Point | None:
    """The cut of the best precision among those that yield as much; None where none does."""
    return next((point for point in envelope(points) if point.share >= share - 1e-9), None)


def at_precision(points: Curve, precision: float) -> float | None:
    """The greatest yield of the cuts that are so precise; None where none is, or where it is nothing."""
    return max((point.share for point in envelope(points) if point.precision >= precision), default=None)


def average(points: Curve) -> float:
    """Average precision: the area under the curve, each gain in yield at the precision that it came with."""
    before, area = 0.0, 0.0
    for point in points:
        area += (point.share - before) * point.precision
        before = point.share
    return area


@dataclass(frozen=True, slots=True)
class Worse:
    """Where a rival is better: at this yield, by so much precision, of `pairs` kept there (None: only the rival gets there)."""

    share: float
    rival: str
    by: float | None
    pairs: int


def exceptions(curves: dict[str, Curve], champion: str, grid: Sequence[float] = GRID) -> list[Worse]:
    """The yields of the grid at which the champion's precision is not the best, with the best rival at each."""
    found = []
    for share in grid:
        reached = {name: point for name, points in curves.items() if (point := at_yield(points, share))}
        own = reached.pop(champion, None)
        if not reached:
            continue
        rival = max(sorted(reached), key=lambda name: reached[name].precision)
        best = reached[rival]
        if own is None:
            found.append(Worse(share, rival, None, best.pairs))
        elif best.precision > own.precision + 1e-9:
            found.append(Worse(share, rival, best.precision - own.precision, own.pairs))
    return found
