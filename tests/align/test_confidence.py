import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from align import confidence
from align.confidence import Calibrator, calibrate, threshold

CONFIDENCES = st.lists(st.integers(0, 20).map(lambda n: n / 20) | st.floats(0, 1), max_size=30)
TARGET = st.sampled_from([0.5, 0.8, 0.95, 1.0]) | st.floats(0, 1)


@given(CONFIDENCES, TARGET)
def test_what_is_kept_is_as_sure_as_asked(values, target):
    least = threshold(values, target)
    kept = [value for value in values if value >= least]
    assert (least == 1.1) == (not kept)
    assert not kept or (np.mean(kept) >= target - 1e-6 and min(kept) >= confidence.FLOOR)


@given(CONFIDENCES, TARGET)
def test_no_lower_threshold_would_do(values, target):
    least = threshold(values, target)
    for lower in sorted({value for value in values if confidence.FLOOR <= value < least}):
        assert np.mean([value for value in values if value >= lower]) < target


@given(CONFIDENCES, TARGET, TARGET)
def test_a_higher_target_never_keeps_more(values, one, other):
    assert threshold(values, min(one, other)) <= threshold(values, max(one, other))


@given(CONFIDENCES.filter(len), TARGET, st.randoms())
def test_the_order_of_pairs_plays_no_part(values, target, random):
    shuffled = random.sample(values, len(values))
    assert threshold(shuffled, target) == threshold(values, target)


def test_thresholds_by_hand():
    assert threshold([], 0.5) == 1.1
    assert threshold([0.9, 0.8], 0.95) == 1.1
    assert threshold([0.5, 1.0, 0.9], 0.95) == 0.9
    assert threshold([1.0, 0.1], 0.0) == 1.0, "what is more likely wrong than right is never kept"


def test_equal_confidences_are_kept_or_dropped_together():
    assert threshold([1.0, 0.8, 0.8], 0.9) == 1.0


@pytest.mark.parametrize("count", [3, 20, 777])
def test_confidences_that_are_the_target_meet_it(count):
    assert threshold([0.95] * count, 0.95) == 0.95


FREE = {"a": 0, "b": 0, "c": 0}


def made(count=400, seed=0):
    """Pairs whose log-odds of being right are 2 a - b + 0.5; c says nothing."""
    rng = np.random.default_rng(seed)
    rows = [{"a": float(a), "b": float(b), "c": float(c)} for a, b, c in rng.normal(0, 1, (count, 3))]
    odds = np.array([2 * row["a"] - row["b"] + 0.5 for row in rows])
    return rows, (rng.random(count) < 1 / (1 + np.exp(-odds))).tolist()


def test_a_planted_rule_is_found_again():
    fitted = calibrate(*made(4000), dict.fromkeys("abc", 0))
    per_unit = np.array(fitted.weight) / np.array(fitted.scale)
    assert per_unit == pytest.approx([2, -1, 0], abs=0.2)
    for a in (-1.0, 0.0, 2.0):
        truth = 1 / (1 + np.exp(-(2 * a + 0.5)))
        assert fitted.probability({"a": a, "b": 0.0, "c": 0.0}) == pytest.approx(truth, abs=0.05)


def test_a_probability_means_what_it_says_on_average():
    rows, right = made()
    fitted = calibrate(rows, right, dict.fromkeys("ab", 0))
    assert np.mean([fitted.probability(row) for row in rows]) == pytest.approx(np.mean(right), abs=1e-4)


@given(
    st.lists(st.tuples(st.floats(-100, 100), st.floats(-1, 1), st.booleans()), min_size=2, max_size=25),
    st.sampled_from([0.1, 1.0, 10.0]),
)
def test_the_fit_is_where_the_likelihood_is_highest(pairs, ridge):
    right = [truth for *_, truth in pairs]
    assume(len(set(right)) == 2)
    rows = [{"a": a, "b": b} for a, b, _ in pairs]
    fitted = calibrate(rows, right, dict.fromkeys("ab", 0), ridge=ridge)

    def loss(weight, bias):
        tried = Calibrator(fitted.features, fitted.mean, fitted.scale, tuple(weight), bias)
        p = np.clip([tried.probability(row) for row in rows], 1e-15, 1 - 1e-15)
        return -np.where(right, np.log(p), np.log(1 - p)).sum() + 0.5 * ridge * np.square(weight).sum()

    best = loss(fitted.weight, fitted.bias)
    for step in (-0.05, 0.05):
        assert loss((fitted.weight[0] + step, fitted.weight[1]), fitted.bias) >= best - 1e-6
        assert loss((fitted.weight[0], fitted.weight[1] + step), fitted.bias) >= best - 1e-6
        assert loss(fitted.weight, fitted.bias + step) >= best - 1e-6


@pytest.mark.parametrize(
    ("directions", "left"), [({"a": 1, "b": -1, "c": 0}, "abc"), ({"a": 1, "b": 1}, "a"), ({"a": -1, "b": 1}, "")]
)
def test_a_feature_that_points_the_wrong_way_is_left_out(directions, left):
    fitted = calibrate(*made(1000), directions)
    assert "".join(fitted.features) == left
    assert all(weight * directions[name] >= 0 for name, weight in zip(fitted.features, fitted.weight, strict=True))
    assert fitted.probability({"a": 0.0, "b": 0.0, "c": 0.0}) == pytest.approx(np.mean(made(1000)[1]), abs=0.1)


def test_of_twins_that_pull_apart_one_is_left():
    rows, right = made(300)
    rng = np.random.default_rng(1)
    twins = [row | {"twin": row["a"] + 0.5 * row["b"] + 0.1 * rng.normal()} for row in rows]
    assert min(calibrate(twins, right, {"a": 0, "twin": 0}).weight) < 0
    assert min(calibrate(twins, right, {"a": 1, "twin": 1}).weight) >= 0


def test_a_ridge_holds_weights_where_the_data_would_have_them_endless():
    rows = [{"a": float(x)} for x in range(10)]
    right = [x >= 5 for x in range(10)]
    loose, tight = (calibrate(rows, right, {"a": 0}, ridge=ridge).weight[0] for ridge in (0.01, 10))
    assert 0 < tight < loose < 100


def test_a_feature_that_never_varies_weighs_nothing():
    rows, right = made(50)
    fitted = calibrate([row | {"c": 7.0} for row in rows], right, dict.fromkeys("ac", 0))
    assert (fitted.weight[1], fitted.scale[1]) == (0, 1)
    hardly = calibrate([row | {"c": 1e-8 * row["a"]} for row in rows], right, {"a": 0, "c": 0})
    assert 0 < hardly.probability({"a": 0.0, "c": 0.0}) < 1


def test_what_lies_far_out_counts_as_four_scales_out():
    fitted = Calibrator(("a",), (1.0,), (2.0,), (1.0,), 0.0)
    assert fitted.probability({"a": 1e9}) == fitted.probability({"a": 9.0}) == pytest.approx(1 / (1 + np.exp(-4)))
    assert fitted.probability({"a": -1e9}) == fitted.probability({"a": -7.0})


@pytest.mark.parametrize(("rows", "right"), [([], []), ([{"a": 1.0}] * 3, [True] * 3), ([{"a": 1.0}], [False])])
def test_nothing_can_be_learnt_from_one_kind_of_pair(rows, right):
    with pytest.raises(ValueError, match=f"{sum(right)} right of {len(right)}"):
        calibrate(rows, right, {"a": 0})


@pytest.mark.parametrize("right", [[True] * 50 + [False] * 50, [True, False] * 50])
def test_the_order_of_pairs_that_are_as_sure_plays_no_part(right):
    assert confidence.expected_calibration_error([0.5] * 100, right) == pytest.approx(0.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: confidence.expected_calibration_error([0.5], [True, False]),
        lambda: confidence.expected_calibration_error([float("nan")], [True]),
        lambda: confidence.expected_calibration_error([0.5], [True], 0),
        lambda: threshold([0.9, float("nan")], 0.95),
        lambda: threshold([0.9], 1.5),
        lambda: calibrate([{"a": 1.0}], [True, False], {"a": 1}),
        lambda: calibrate([{"a": 1.0}, {"a": float("inf")}], [True, False], {"a": 1}),
        lambda: calibrate([{"a": 1.0}, {"a": 2.0}], [True, False], {"a": 1}, ridge=float("nan")),
    ],
)
def test_what_cannot_be_judged_is_refused(call):
    with pytest.raises(ValueError, match=r"finite|as many"):
        call()


JUDGED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@given(JUDGED, st.integers(1, 12))
def test_bins_hold_every_pair_once_from_the_least_sure_on(pairs, bins):
    sure, right = zip(*pairs, strict=True)
    found = confidence.reliability(sure, right, bins)
    assert sum(one.count for one in found) == len(pairs)
    assert max(one.count for one in found) - min(one.count for one in found) <= 1 or len(pairs) < bins
    means = [one.confidence for one in found]
    assert all(later >= former - 1e-12 for former, later in itertools.pairwise(means)), "but for rounding"
    assert sum(one.count * one.right for one in found) == pytest.approx(sum(right))


@given(JUDGED)
def test_one_bin_is_off_by_the_difference_of_the_means(pairs):
    sure, right = zip(*pairs, strict=True)
    assert confidence.expected_calibration_error(sure, right, 1) == pytest.approx(abs(np.mean(sure) - np.mean(right)))


def test_calibration_error_by_hand():
    assert confidence.expected_calibration_error([0.1, 0.1, 0.9, 0.9], [False, False, True, True], 2) == pytest.approx(0.1)
    assert confidence.expected_calibration_error([0.9] * 4, [True, True, False, False], 1) == pytest.approx(0.4)
    assert confidence.expected_calibration_error([], []) == 0.0


def test_who_is_as_right_as_sure_has_hardly_any_error():
    rng = np.random.default_rng(0)
    sure = rng.random(20_000)
    assert confidence.expected_calibration_error(sure, rng.random(20_000) < sure) < 0.015
