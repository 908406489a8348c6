"""Strata, the fixed order, the interval that covers what it says, and agreement as its authors count it."""

from __future__ import annotations

import itertools
from collections import Counter
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align import sampling
from align.sampling import Agreement, agreement, estimate, interleaved, strata


def slow_strata(confidence: list[float], count: int) -> list[int]:
    """One pair after the other, from the least sure on: where the middle of its spread lies tells the stratum."""
    spread = [max(sqrt(c * (1 - c)), sampling.FLOOR) for c in confidence]
    found, before = [0] * len(confidence), 0.0
    for index in sorted(range(len(confidence)), key=lambda i: (confidence[i], i)):
        found[index] = min(count - 1, int((before + spread[index] / 2) / sum(spread) * count))
        before += spread[index]
    return found


def slow_interval(sizes: list[int], judged: list[int], right: list[float]) -> tuple[float, float, float]:
    """The share and Wilson's interval, by the roots of his equation, for strata that all have verdicts."""
    every, n = sum(sizes), sum(judged)
    share = sum(size / every * good / seen for size, seen, good in zip(sizes, judged, right, strict=True))
    pool, variance = (sum(right) + 0.5) / (n + 1), 0.0
    for size, seen, good in zip(sizes, judged, right, strict=True):
        q = (good + sampling.POOL * pool + sampling.EITHER) / (seen + sampling.POOL + 2 * sampling.EITHER)
        variance += (size / every) ** 2 * q * (1 - q) / seen * (size - seen) / size
    worth = max(share * (1 - share), (0.5 / n) * (1 - 0.5 / n)) / variance
    z = sampling.Z  # (share - p)^2 = z^2 p (1 - p) / worth
    roots = np.roots([1 + z * z / worth, -(2 * share + z * z / worth), share * share])
    return share, float(min(roots.real)), float(max(roots.real))


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(1, 9))
def test_strata_are_as_the_obvious_way_cuts_them(confidence: list[float], count: int) -> None:
    found = strata(confidence, count).tolist()
    slow = slow_strata(confidence, count)
    assert sum(a != b for a, b in zip(found, slow, strict=True)) <= 1, "one may fall to either side of a rounding"
    assert [one for _, one in sorted(zip(confidence, found, strict=True))] == sorted(found), "the surer, the higher"


def test_doubtful_pairs_are_looked_at_more_often() -> None:
    confidence = np.r_[np.full(900, 0.999), np.full(100, 0.6)]
    order = interleaved(strata(confidence).tolist(), np.random.default_rng(0).random(1000).tolist())
    doubtful = sum(index >= 900 for index in order[:200])
    assert 40 <= doubtful <= 60, "a tenth of the pairs, with a quarter of the spread"


def test_sure_pairs_are_never_left_out() -> None:
    order = interleaved(strata([0.9999] * 950 + [0.5] * 50).tolist(), [i * 0.618 % 1 for i in range(1000)])
    assert sum(index < 950 for index in order[:50]) >= 25


@given(st.lists(st.integers(0, 4), max_size=50), st.integers(0, 2**32 - 1))
def test_every_beginning_takes_strata_by_turns(stratum: list[int], seed: int) -> None:
    keys = np.random.default_rng(seed).random(len(stratum)).tolist()
    order = interleaved(stratum, keys)
    assert sorted(order) == list(range(len(stratum)))
    size = Counter(stratum)
    for length in range(len(order) + 1):
        taken = Counter(stratum[index] for index in order[:length])
        most = max(taken.values(), default=0)
        assert all(taken[group] >= min(most - 1, size[group]) for group in size)
    for group in size:
        own = [keys[index] for index in order if stratum[index] == group]
        assert own == sorted(own)


@st.composite
def samples(draw: st.DrawFn) -> tuple[list[int], list[int], list[float]]:
    sizes = draw(st.lists(st.integers(1, 300), min_size=1, max_size=5))
    judged = [draw(st.integers(1, size)) for size in sizes]
    return sizes, judged, [draw(st.integers(0, 2 * seen)) / 2 for seen in judged]


@given(samples())
def test_the_interval_is_as_the_obvious_way_counts_it(sample: tuple[list[int], list[int], list[float]]) -> None:
    found = estimate(*sample)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    if sample[0] == sample[1]:
        every = sum(sample[2]) / sum(sample[0])
        assert (found.low, found.estimate, found.high) == pytest.approx((every, every, every))
        return
    share, low, high = slow_interval(*sample)
    assert (found.estimate, found.low, found.high) == pytest.approx((share, max(0, low), min(1, high)), abs=1e-6)


def test_nothing_judged_tells_nothing() -> None:
    assert estimate([5, 5], [0, 0], [0, 0]) is None
    assert estimate([], [], []) is None


def test_a_stratum_without_a_verdict_goes_with_its_neighbour() -> None:
    assert estimate([50, 50, 100], [10, 0, 20], [9, 0, 20]) == estimate([50, 150], [10, 20], [9, 20])
    assert estimate([50, 50, 100], [10, 20, 0], [9, 20, 0]) == estimate([50, 150], [10, 20], [9, 20])
    assert estimate([0, 50], [0, 10], [0, 9]) == estimate([50], [10], [9])


@pytest.mark.parametrize("wrong", [([5], [6], [5]), ([5], [4], [5]), ([5], [4], [-1]), ([5, 5], [4], [4])])
def test_what_cannot_be_is_refused(wrong: tuple[list[int], list[int], list[int]]) -> None:
    with pytest.raises(ValueError, match="estimate needs"):
        estimate(*wrong)


@pytest.mark.parametrize("wrong", [[1.1], [-0.1], [float("nan")], [[0.5]]])
def test_what_is_no_confidence_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="strata needs"):
        strata(wrong)


def test_the_more_is_judged_the_less_is_open() -> None:
    widths = [found.high - found.low for n in (5, 20, 100, 400, 500) if (found := estimate([500, 500], [n, n], [n, 0.9 * n]))]
    assert widths == sorted(widths, reverse=True) and widths[-1] == 0


@pytest.mark.parametrize("wrong", [(2, 0), (4, 1), (6, 2), (12, 6)])
def test_the_interval_covers_the_truth_as_often_as_it_says(wrong: tuple[int, int]) -> None:
    """All samples of two strata that there are, each with its probability: no chance is left in it."""
    sizes, judged = [60, 140], [25, 25]
    truth = 1 - sum(wrong) / sum(sizes)
    covered = 0.0
    for seen in itertools.product(*(range(min(bad, n) + 1) for bad, n in zip(wrong, judged, strict=True))):
        chance = 1.0
        for size, n, bad, k in zip(sizes, judged, wrong, seen, strict=True):
            chance *= comb(bad, k) * comb(size - bad, n - k) / comb(size, n)
        found = estimate(sizes, judged, [n - k for n, k in zip(judged, seen, strict=True)])
        covered += chance * (found.low <= truth <= found.high)
    assert covered >= 0.93


def reviewed(seed: int, verdicts: int = 200, size: int = 2000) -> tuple[float, sampling.Estimate]:
    """The true precision of pairs whose confidence means what it says, and what verdicts on the first of the order tell."""
    rng = np.random.default_rng(seed)
    confidence = rng.beta(8, 0.4, size)  # 0.952 on average
    right = rng.random(size) < confidence
    stratum = strata(confidence)
    first = np.array(interleaved(stratum.tolist(), rng.random(size).tolist())[:verdicts])
    counts = [np.bincount(stratum[which], values, minlength=sampling.STRATA) for which, values in (
        (slice(None), None), (first, None), (first, right[first]))]  # fmt: skip
    return float(right.mean()), estimate(*counts)


def test_two_hundred_verdicts_tell_the_precision_to_six_points() -> None:
    found = [reviewed(seed) for seed in range(200)]
    covered = sum(one.low <= truth <= one.high for truth, one in found)
    assert covered >= 0.93 * len(found)
    assert np.mean([one.high - one.low for _, one in found]) <= 0.06
    assert abs(np.mean([one.estimate - truth for truth, one in found])) < 0.003, "no bias"


def ratings(table: dict[tuple[str, str], int]) -> list[dict[str, str]]:
    return [{"a": one, "b": other} for (one, other), count in table.items() for _ in range(count)]


def test_kappa_is_cohens() -> None:
    """20, 5, 10 and 15 of 50: seven tenths the same, half of it by chance."""
    table = {("right", "right"): 20, ("right", "text"): 5, ("text", "right"): 10, ("text", "text"): 15}
    found = agreement(ratings(table))
    assert (found.pairs, found.same, found.kappa) == (50, pytest.approx(0.7), pytest.approx(0.4))


def test_agreement_at_its_limits() -> None:
    same = {("right", "right"): 5, ("text", "text"): 3}
    assert agreement(ratings(same)) == Agreement(8, 1.0, 1.0)
    assert agreement(ratings({("right", "text"): 4, ("text", "right"): 4})) == Agreement(8, 0.0, -1.0)
    assert agreement(ratings({("right", "right"): 5})) == Agreement(5, 1.0, None), "chance alone would give it"
    assert agreement([{"a": "right"}, {"b": "right"}, {}]) is None


def test_of_three_people_every_two_are_compared() -> None:
    both = ratings({("right", "right"): 6, ("text", "text"): 4})
    third = [{"a": "right", "c": "text"}, {"a": "text", "c": "right"}]
    found = agreement([*both, *third])
    assert (found.pairs, found.same) == (12, pytest.approx(10 / 12))
    assert found.kappa == pytest.approx((10 * 1.0 + 2 * -1.0) / 12)
    assert agreement([{"a": "right", "b": "right", "c": "text"}]).same == pytest.approx(1 / 3)
