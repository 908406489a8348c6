"""What verdicts say: how many, by whom, how far people agree, and how right the kept pairs are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from align import sampling
from mining.corpus.review import verdicts as log
from mining.corpus.review.pairs import briefly
from mining.corpus.review.queue import design, place
from mining.corpus.review.verdicts import KINDS, Verdict
from mining.corpus.rows import Row
from mining.models.evaluate import MAX_EDGE

FEW = 20
"""Pairs judged by two people below which agreement is chance's: a share of 90% of 20 is known to 13 points either way."""

LEAST = 5
"""Pairs judged in a stratum below which they say nothing of it. After a lower threshold it may hold pairs that were never asked
for: then only those before the first of them count, by chance perhaps a few of the surest."""

PASSED = 0.05
"""Share of a beginning that may not have been asked for: what somebody has on the screen all through lunch, or took back."""

UNREACHED = 0.05  # share of pairs of strata of which verdicts say nothing, above which nothing is said of all


def summary(out: Path) -> dict[str, Any]:
    """What the verdicts on a run say: see `summarise`.

    Raises:
        InputError: the folder holds no run, or a log is damaged.
    """
    return summarise(briefly(out), log.read(out))


def summarise(rows: Sequence[Row], verdicts: Collection[Verdict]) -> dict[str, Any]:
    """What verdicts say of rows of `judgeable` or `briefly`.

    Returns:
        `judged`: kept pairs with a verdict that is no skip; `right`, `text`, `ends`, `skip`: verdicts of each kind; `people`:
        verdicts of each person; `agreement`: `pairs`, `same`, `kappa` and `few`, whether they are too few to say, or None;
        `precision` of the kept pairs: `estimate`, `low` and `high`, or None; `unreached`: how many kept pairs are of strata of
        which verdicts say nothing; `of`: the kept pairs, and `hours` of them.
    """
    still = current(rows, verdicts)
    said = Counter(one.verdict for one in still)
    kept = {row["id"]: row["end"] - row["start"] for row in rows if row.get("kept", True)}
    agreed = sampling.agreement(_ratings(still))
    counts = tally(rows, still)
    found = estimate(counts)
    return {
        "judged": len({one.pair for one in still if one.verdict != "skip" and one.pair in kept}),
        **{kind: said[kind] for kind in KINDS},
        "people": dict(sorted(Counter(one.person for one in still).items())),
        "agreement": _rounded(asdict(agreed)) | {"few": agreed.pairs < FEW} if agreed else None,
        "precision": _rounded(asdict(found)) if found else None,
        "unreached": _unreached(counts),
        "of": len(kept),
        "hours": round(sum(kept.values()) / 3600, 4),
    }


def current(rows: Sequence[Row], verdicts: Collection[Verdict]) -> list[Verdict]:
    """The verdicts that are still about these rows: a run may have been made anew since."""
    wanted = {one.pair for one in verdicts}
    by_id = {row["id"]: row for row in rows if row["id"] in wanted}
    return [one for one in verdicts if one.pair in by_id and log.fits(one, by_id[one.pair])]


def ends(verdict: Verdict) -> tuple[bool, bool] | None:
    """Whether start and end of a pair are right, by a verdict that says so: within 0.5 s of where they were dragged to.

    None of a text that is wrong, of a skip, and where an end is off and nobody dragged it: one of them is wrong, then.
    """
    if verdict.verdict == "right":
        return True, True
    if verdict.verdict != "ends" or (verdict.new_start is None and verdict.new_end is None):
        return None
    moved = ((verdict.start, verdict.new_start), (verdict.end, verdict.new_end))
    start, end = (new is None or abs(new - old) <= MAX_EDGE + 1e-9 for old, new in moved)
    return start, end


def right(verdict: Verdict) -> bool:
    """Whether a pair is right by a verdict: ends that were dragged by no more than 0.5 s are, as everywhere in a run."""
    return ends(verdict) == (True, True)


def rightness(verdicts: Collection[Verdict]) -> dict[str, float]:
    """Each judged pair's rightness, 1 or 0: what most of its judges say, 0.5 where they are even. Skips say nothing."""
    votes: dict[str, list[bool]] = {}
    for one in verdicts:
        if one.verdict != "skip":
            votes.setdefault(one.pair, []).append(right(one))
    return {pair: 0.5 if sum(said) * 2 == len(said) else float(sum(said) * 2 > len(said)) for pair, said in votes.items()}


def precision(rows: Sequence[Row], verdicts: Collection[Verdict]) -> sampling.Estimate | None:
    """How right the kept ones of all `rows` are, by the verdicts that tell of all; None where those do not reach.

    Args:
        verdicts: those that are still about the rows, by `current`.
    """
    return estimate(tally(rows, verdicts))


def tally(rows: Sequence[Row], verdicts: Collection[Verdict]) -> list[list[float]]:
    """Of each stratum of kept rows: pairs, those whose verdicts tell of all (see `fairly`), and how many of these are right."""
    groups = strata(rows)
    size = Counter(groups.values())
    counts = [[float(size[group]), 0.0, 0.0] for group in range(sampling.STRATA)]
    for pair, right in fairly(groups, verdicts).items():
        if groups[pair] < sampling.STRATA:
            counts[groups[pair]][1] += 1
            counts[groups[pair]][2] += right
    return counts


def estimate(counts: Sequence[Sequence[float]]) -> sampling.Estimate | None:
    """How right all pairs are, by `tally`; None where more than `UNREACHED` of them are of strata without a verdict.

    What nobody has judged may be of another kind: it is not said to be as right as the stratum beside it.
    """
    if not counts or _unreached(counts) > UNREACHED * sum(size for size, *_ in counts):
        return None
    return sampling.estimate(*zip(*counts, strict=True))


def _unreached(counts: Sequence[Sequence[float]]) -> int:
    """How many pairs are of strata without a verdict that counts."""
    return int(sum(size for size, seen, _ in counts if not seen))


def strata(rows: Sequence[Row]) -> dict[str, int]:
    """The stratum of each row by its id: see `queue.design`."""
    return dict(zip((row["id"] for row in rows), design(rows), strict=True))


def fairly(groups: Mapping[str, int], verdicts: Collection[Verdict]) -> dict[str, float]:
    """The rightness of the judged pairs that tell of all: in each stratum the beginning, by places, that people were asked for.

    Places say nothing of the pairs, so any beginning is a simple random sample of its stratum, however each pair came. Pairs
    beyond it are not: they came because they were doubted, or picked, or sure enough for a threshold that is no longer. The
    fair order fills gaps first, and then they count. A stratum to which it has not come, or with fewer than `LEAST` such
    pairs, is left out, unless all of it is judged.

    Args:
        groups: the stratum of each pair, by `strata`.
        verdicts: those that are still about the pairs, by `current`.
    """
    asked, fair = {one.pair for one in verdicts}, {one.pair for one in verdicts if one.how == "stratified"}
    said, order, found = rightness(verdicts), defaultdict[int, list[str]](list), dict[str, float]()
    for pair in sorted(groups, key=place):
        order[groups[pair]].append(pair)
    for own in order.values():
        telling = {pair: said[pair] for pair in own[: _beginning([pair in asked for pair in own])] if pair in said}
        if asked.issuperset(own) or (len(telling) >= LEAST and not fair.isdisjoint(telling)):
            found |= telling
    return found


def _beginning(asked: Sequence[bool]) -> int:
    """How long the longest beginning is of which no more than `PASSED` were not asked for."""
    gaps, length = np.cumsum(~np.array(asked, bool)), np.arange(1, len(asked) + 1)
    return int(length[gaps <= PASSED * length].max(initial=0))


def _ratings(verdicts: Collection[Verdict]) -> list[dict[str, str]]:
    """What each person said of each pair, without skips."""
    ratings: dict[str, dict[str, str]] = {}
    for one in verdicts:
        if one.verdict != "skip":
            ratings.setdefault(one.pair, {})[one.person] = one.verdict
    return list(ratings.values())


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
