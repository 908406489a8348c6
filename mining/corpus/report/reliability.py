"""Confidence beside what people said: of pairs that claim to be right so often, how many are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from align.sampling import wilson

MOST, LEAST = 10, 20
"""Bins, and judged pairs in each; fewer pairs make fewer bins."""


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
    verdicts do not reach: they say nothing of the like of `unreached` of the kept pairs.
    """

    judged: int
    people: int
    bins: list[Bin]
    precision: Mapping[str, float] | None
    unreached: int


def reliability(out: Path) -> Reliability | None:
    """The verdicts of a run's review on pairs as they are now, by their confidence now; None where nobody has judged one.

    Raises:
        InputError: a file of verdicts is damaged.
    """
    from mining.corpus.review import judged, verdicts
    from mining.corpus.review.pairs import briefly

    rows = briefly(out)
    standing = judged.current(rows, verdicts.read(out))
    said = [one for one in standing if one.verdict != "skip"]
    if not said:
        return None
    sure = {row["id"]: row["confidence"] for row in rows}
    found = [(sure[pair], share) for pair, share in judged.rightness(said).items()]
    figures = judged.summarise(rows, standing)
    people = len({one.person for one in said})
    return Reliability(len(found), people, bins(found), figures["precision"], figures["unreached"])


def bins(judged: Sequence[tuple[float, float]]) -> list[Bin]:
    """(confidence, share of rightness) of pairs in bins of equal mass, from the least sure to the surest."""
    ordered = sorted(judged)
    count = max(1, min(MOST, len(ordered) // LEAST))
    edges = [len(ordered) * i // count for i in range(count + 1)]
    return [_bin(ordered[left:right]) for left, right in zip(edges, edges[1:], strict=False)]


def _bin(judged: Sequence[tuple[float, float]]) -> Bin:
    right, count = sum(share for _, share in judged), len(judged)
    return Bin(sum(sure for sure, _ in judged) / count, right / count, *wilson(right / count, count), count)
