"""Which of many pairs to judge by ear so that few verdicts tell most, and what verdicts then say of all of them.

Confidence tells beforehand where wrong pairs are likely. So pairs are sampled by strata of it, more of the doubtful ones
than of the sure (`strata`, `interleaved`), and each stratum counts by its size (`estimate`). What people say of the same
pairs is compared by `agreement`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

STRATA = 4
"""Of 200 verdicts 50 fall to each: enough to know its own share. More gain nothing (benchmarks/judging.py --strata)."""

FLOOR = 0.15
"""The least standard deviation that a pair's truth is thought to have: that of a confidence of 0.977. It keeps pairs that are
wrongly thought sure from never being looked at."""

POOL, EITHER = 2.0, 0.15
"""Verdicts that are added to a stratum when its spread is measured: of the average of all, and right and wrong, each. A stratum
in which nothing wrong was found is not one without doubt: without such an addition, as Wald's in benchmarks/judging.py, intervals
are too short."""

Z = 1.959964  # standard deviations on either side of the middle that hold 95% of a normal distribution


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share and the ends of its 95% interval: 0 <= low <= estimate <= high <= 1."""

    estimate: float
    low: float
    high: float


def strata(confidence: Sequence[float], count: int = STRATA) -> np.ndarray:
    """The stratum of each pair: int64 [pairs], from 0, the least sure, to count - 1.

    Strata are cut where the sums of the pairs' standard deviations, sqrt(c (1 - c)) and at least `FLOOR`, are equal (Dalenius
    & Hodges 1959 cut so by densities). Then Neyman's best allocation (1934), in proportion to those sums, is the
    simplest one: as many verdicts of each stratum.

    Raises:
        ValueError: a confidence is not within 0..1, or there is to be no stratum.
    """
    sure = np.asarray(confidence, float)
    if sure.ndim != 1 or not ((sure >= 0) & (sure <= 1)).all() or count < 1:
        raise ValueError(f"strata needs confidences from 0 to 1 and a stratum at least, not shape {sure.shape}, {count}")
    spread = np.sqrt(np.maximum(sure * (1 - sure), FLOOR**2))
    order = np.argsort(sure, kind="stable")
    middle = np.cumsum(spread[order]) - spread[order] / 2
    result = np.empty(len(sure), np.int64)
    result[order] = np.minimum(count - 1, (middle / max(spread.sum(), FLOOR) * count).astype(np.int64))
    return result


def interleaved(stratum: Sequence[int], keys: Sequence[float]) -> list[int]:
    """A fixed order of pairs: by turns one of each stratum, within each in the order of `keys`.

    Where keys know nothing of the pairs, every beginning of the order is a simple random sample of each stratum. A stratum
    that is through is passed over.

    Returns:
        The indices of all pairs.
    """
    taken: Counter[int] = Counter()
    turns = []
    for index in sorted(range(len(stratum)), key=lambda index: (keys[index], index)):
        group = int(stratum[index])
        turns.append((taken[group], group, index))
        taken[group] += 1
    return [index for _, _, index in sorted(turns)]


def estimate(sizes: Sequence[int], judged: Sequence[int], right: Sequence[float]) -> Estimate | None:
    """The share of right pairs among all, by verdicts on a random sample of each stratum.

    The estimate weighs each stratum's share by its size. The interval is Wilson's (1927) for as many verdicts as a simple
    random sample would need for the same spread (Korn & Graubard 1998), with `POOL` and `EITHER` in the spread and
    the finite population's correction: once all are judged, it has no width. A stratum without a verdict is joined to its
    neighbour: whether that is sound, where it is large, is for who calls to say.

    Args:
        sizes: pairs of each stratum.      judged: how many of them were.      right: how many of those were right; half
            a pair may be.

    Returns:
        The estimate, or None where nothing was judged.

    Raises:
        ValueError: more were judged than there are, or were right than were judged.
    """
    size, n, good = (np.asarray(values, float) for values in (sizes, judged, right))
    if not (size.shape == n.shape == good.shape) or ((good < 0) | (good > n) | (n > size)).any():
        raise ValueError(f"estimate needs 0 <= right <= judged <= size of every stratum, not {right}, {judged}, {sizes}")
    if n.sum() == 0:
        return None
    size, n, good = _joined(size, n, good)
    weight, total = size / size.sum(), n.sum()
    share = float(weight @ (good / n))
    pooled = (good.sum() + 0.5) / (total + 1)
    smooth = (good + POOL * pooled + EITHER) / (n + POOL + 2 * EITHER)
    variance = float((weight**2 * smooth * (1 - smooth) / n * (1 - n / size)).sum())
    if variance <= 0:
        return Estimate(share, share, share)
    least = 0.5 / total  # a share of 0 or 1 among so many is as good as half a pair from it
    worth = max(share * (1 - share), least * (1 - least)) / variance
    low, high = wilson(share, worth)
    return Estimate(share, low, high)


def _joined(size: np.ndarray, n: np.ndarray, good: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strata without a verdict, and those without a pair, made one with the next that has some, or with the last."""
    has = n > 0
    to = np.minimum(np.cumsum(has) - has, has.sum() - 1)
    joined = [np.bincount(to, values, minlength=int(has.sum())) for values in (size, n, good)]
    return joined[0], joined[1], joined[2]


def wilson(share: float, verdicts: float) -> tuple[float, float]:
    """Wilson's 95% interval of a share, within 0 and 1, by so many verdicts, which need not be a whole number.

    >>> [round(x, 3) for x in wilson(0.9, 10)]
    [0.596, 0.982]
    """
    square = Z * Z / verdicts
    middle = (share + square / 2) / (1 + square)
    half = float(np.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square))
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree on pairs that more than one of them judged.

    Attributes:
        pairs: how many those are.
        same: the share in which two people who judged the same pair said the same.
        kappa: Cohen's: 1 is full agreement, 0 what chance alone would give; None where chance alone would give it all.
    """

    pairs: int
    same: float
    kappa: float | None


def agreement(ratings: Sequence[Mapping[str, str]]) -> Agreement | None:
    """The agreement of people on pairs: each rating maps a person to what they said. None where no two judged one pair.

    Kappa is Cohen's (1960), with each person's own habits as chance. Of more than two people it is that of every two of them,
    weighted by the pairs that both judged (Light 1971).
    """
    said: dict[tuple[str, str], list[tuple[str, str]]] = {}
    shared = 0
    for rating in ratings:
        shared += len(rating) > 1
        for one, other in itertools.combinations(sorted(rating), 2):
            said.setdefault((one, other), []).append((rating[one], rating[other]))
    if not shared:
        return None
    both = [pair for pairs in said.values() for pair in pairs]
    same = sum(one == other for one, other in both) / len(both)
    kappas = [(len(pairs), _kappa(pairs)) for _, pairs in sorted(said.items())]
    known = [(count, kappa) for count, kappa in kappas if kappa is not None]
    total = sum(count for count, _ in known)
    return Agreement(shared, same, sum(count * kappa for count, kappa in known) / total if known else None)


def _kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two people; None where each said one thing only, and both the same."""
    same = sum(one == other for one, other in pairs) / len(pairs)
    first, second = (Counter(said) for said in zip(*pairs, strict=True))
    chance = sum(first[kind] * second[kind] for kind in first) / len(pairs) ** 2
    return None if chance >= 1 else (same - chance) / (1 - chance)
