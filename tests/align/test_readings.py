"""Sums over all CTC paths of several readings, against trying every path."""

from __future__ import annotations

import math

import numpy as np
import pytest

from align.emissions import relative
from align.readings import log_likelihoods
from tests import naive


def _summed(log_probs: np.ndarray, tokens: list[int]) -> float:
    """The logarithm of the summed probability of all paths, one by one."""
    paths = naive.ctc_paths(len(log_probs), tokens, 0)
    total = sum(math.exp(sum(log_probs[t, s] for t, s in enumerate(path))) for path in paths)
    return math.log(total) if total else -1e30


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_sum_over_all_paths(seed: int) -> None:
    log_probs = naive.log_softmax(np.random.default_rng(seed).normal(0, 2, (6, 4))).astype(np.float32)
    readings = [[1], [1, 2], [2, 2], [3, 1, 3], [1, 1, 1], [2, 3, 1, 2, 3, 1], []]
    found = log_likelihoods(log_probs, [np.array(one, np.int32) for one in readings])
    assert found == pytest.approx([_summed(log_probs, one) for one in readings], rel=1e-5)


def test_a_reading_that_the_frames_are_too_few_for_is_impossible() -> None:
    log_probs = np.log(np.full((3, 3), 1 / 3, np.float32))
    found = log_likelihoods(log_probs, [np.array([1, 1]), np.array([1, 1, 2]), np.array([1, 2, 1, 2])])
    assert found == pytest.approx([math.log(1 / 27), -1e30, -1e30])


def test_nothing_vanishes_in_a_thousand_unlikely_frames() -> None:
    log_probs = np.full((1000, 3), -9.0, np.float32)
    one, other = log_likelihoods(log_probs, [np.array([1]), np.array([1, 2])])
    assert one == pytest.approx(-9000 + math.log(1000 * 1001 / 2), rel=1e-6)
    assert other > one  # two places to choose, and not one


def test_a_wildcard_takes_the_best_symbol() -> None:
    log_probs = naive.log_softmax(np.random.default_rng(0).normal(0, 2, (1, 5))).astype(np.float32)
    rows = relative(log_probs)
    best = int(np.argmax(log_probs[0, 1:])) + 1
    wild, same = log_likelihoods(rows, [np.array([-1]), np.array([best])])
    assert wild == pytest.approx(same)


def test_no_reading_is_no_number() -> None:
    assert len(log_likelihoods(np.zeros((2, 3), np.float32), [])) == 0
