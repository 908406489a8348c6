"""Confidence beside what people said: of pairs that claim to be right so often, how many are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST, LEAST = 10, 20
"""Bins, and judged pairs in each; fewer pairs make fewer bins."""

_Z = 1.959964  # of a normal distribution, 95% lie within so many deviations


@dataclass(frozen=True, slots=True)
class Bin:
    """Judged pairs of like confidence: its mean, the share that is right, and the 95% interval of that share."""

    confidence: float
    right: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """What `people` said of `judged` pairs, kept or not, in `bins` of equal mass from unsure to sure.

    `precision` is what they say of all kept pairs together: `estimate`, `low` and `high` of its 95% interval; None where
    nobody judged in the fair order.
    """

    judged: int
    people: int
    bins: list[Bin]
    precision: Mapping[str, float] | None


def reliability(out: Path) -> Reliability | None:
    """Read the verdicts of a run's review; None where nobody has judged a pair.

    Raises:
        InputError: a file of verdicts is damaged.
    """
    from mining.corpus.review import judged, verdicts

    said = [one for one in verdicts.read(out) if one.verdict != "skip"]
    if not said:
        return None
    confidence = {one.pair: one.confidence for one in said}
    found = [(confidence[pair], share) for pair, share in judged.rightness(said).items()]
    return Reliability(len(found), len({one.person for one in said}), bins(found), judged.summary(out)["precision"])


def bins(judged: Sequence[tuple[float, float]]) -> list[Bin]:
    """(confidence, share of rightness) of pairs in bins of equal mass, from the least sure to the surest."""
    ordered = sorted(judged)
    count = max(1, min(MOST, len(ordered) // LEAST))
    edges = [len(ordered) * i // count for i in range(count + 1)]
    return [_bin(ordered[left:right]) for left, right in zip(edges, edges[1:], strict=False)]


def interval(right: float, count: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share, [low, high] within 0 and 1.

    >>> [round(x, 3) for x in interval(9, 10)]
    [0.596, 0.982]
    """
    share = right / count
    middle = share + _Z**2 / (2 * count)
    reach = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    return max(0.0, (middle - reach) / (1 + _Z**2 / count)), min(1.0, (middle + reach) / (1 + _Z**2 / count))


def _bin(judged: Sequence[tuple[float, float]]) -> Bin:
    right, count = sum(share for _, share in judged), len(judged)
    return Bin(sum(sure for sure, _ in judged) / count, right / count, *interval(right, count), count)
