"""Speed of each kernel against the same written as the textbook does, which numba compiles but cannot vectorise as it stands.

So a machine's own pace cancels out. An order of magnitude was once lost by one more array in a loop.
"""

import time

import numpy as np
import pytest
from numba import njit

from align import emissions, kernels
from align.encoding import costs
from align.kernels import affine, spotting, viterbi
from tests import naive


@njit
def scalar_affine(ref, hyp, match, mismatch, opened, extend, best, up):
    for i in range(len(ref)):
        diagonal, left = best[0], -(1 << 29)
        best[0] = opened + i * extend
        for j in range(len(hyp)):
            up[j + 1] = max(up[j + 1] + extend, best[j + 1] + opened)
            left = max(left + extend, best[j] + opened)
            score = max(max(up[j + 1], left), diagonal + (match if ref[i] == hyp[j] else mismatch))
            diagonal, best[j + 1] = best[j + 1], score


@njit
def scalar_viterbi(log_probs, tokens, blank, labels, blanks):
    for t in range(len(log_probs)):
        for k in range(len(tokens), -1, -1):  # downwards: what comes before is still the old
            if k > 0:
                score = max(labels[k], blanks[k - 1])
                if k > 1 and tokens[k - 1] != tokens[k - 2]:
                    score = max(score, labels[k - 1])
            blanks[k] = max(blanks[k], labels[k]) + log_probs[t, blank]
            if k > 0:
                labels[k] = score + log_probs[t, tokens[k - 1]]


@njit
def scalar_spotting(log_probs, tokens, blank, labels, blanks, labels_from, blanks_from):
    for t in range(len(log_probs)):
        blanks[0], blanks_from[0] = 0.0, t
        for k in range(len(tokens), 0, -1):
            score, came = labels[k], labels_from[k]
            if blanks[k - 1] > score:
                score, came = blanks[k - 1], blanks_from[k - 1]
            if k > 1 and tokens[k - 1] != tokens[k - 2] and labels[k - 1] > score:
                score, came = labels[k - 1], labels_from[k - 1]
            if labels[k] > blanks[k]:
                blanks[k], blanks_from[k] = labels[k], labels_from[k]
            blanks[k] += log_probs[t, blank]
            labels[k], labels_from[k] = score + log_probs[t, tokens[k - 1]], came


def seconds(work):
    """The best of several runs, the first of which compiles."""
    work()
    times = []
    for _ in range(7):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def tokens_and_emissions(count=1000, frames=1000):
    rng = np.random.default_rng(0)
    states, repeats = emissions.prepare(rng.integers(1, 60, count), 64)
    return rng.normal(-8, 2, (frames, 64)).astype(np.float32), states, repeats


def scalar(kernel, more=0):
    """Seconds of a textbook's kernel for a thousand tokens and frames."""
    log_probs, states, _ = tokens_and_emissions()
    scores = [np.full(len(states) + 1, kernels.NEVER) for _ in range(2)]
    return seconds(lambda: kernel(log_probs, states, 0, *scores, *[np.zeros(len(states) + 1, np.int32)] * more))


def affine_ratio(dtype):
    ref, hyp = np.random.default_rng(0).integers(0, 30, (2, 2000)).astype(np.int32)
    best, up = np.zeros(2001, np.int32), np.zeros(2001, np.int32)
    plain = seconds(lambda: scalar_affine(ref, hyp, 2, -2, -4, -1, best, up))
    horizontal, rest, last = np.zeros(2000, dtype), np.zeros(2000, dtype), np.empty(2000, dtype)
    own = ref.astype(dtype), np.ones(2000, dtype), hyp.astype(dtype), costs(2, -2, -3, -1).array(dtype), dtype(-4), dtype(-1)
    kept = np.empty((0, 1, 4, affine.STRIP), dtype), np.empty((0, 2, 2000), dtype)
    return plain / seconds(lambda: affine.sweep(*own, horizontal, rest, 256, *kept, last))


def viterbi_ratio(other):
    log_probs, states, repeats = tokens_and_emissions()
    total = len(states) + 1
    extended = np.append(states, np.int32(0)), np.append(repeats, np.float32(0))
    opened = np.float32(-8) if other else kernels.NEVER
    given_ = (log_probs, *extended, 0, not other, np.float32(1), opened, np.empty(0, np.int64))
    kept, bases, ends = np.empty((4, 3, total), np.float32), np.empty(4, np.int64), np.empty(3, np.float32)
    ahead = np.zeros(1001, np.float32)
    mine = seconds(lambda: viterbi.forward(*given_, total, ahead, kernels.NEVER, 256, kept, bases, ends))
    return scalar(scalar_viterbi) / mine


def spot_ends_ratio():
    log_probs, states, repeats = tokens_and_emissions()
    barred = np.where(repeats < 0, spotting.BARRED, np.int32(0))
    barred[::25] = spotting.BARRED
    ends = np.empty((40, 1000), np.int32)
    bounds = np.arange(0, 1001, 25)
    mine = seconds(lambda: spotting.spot_ends(log_probs, states, barred, bounds, 0, np.float32(100), ends))
    return scalar(scalar_spotting, 2) / mine


def ends_of_one_ratio():
    log_probs, states, repeats = tokens_and_emissions()
    score, start = np.empty(1000, np.float32), np.empty(1000, np.int32)
    return scalar(scalar_spotting, 2) / seconds(lambda: spotting.ends_of_one(log_probs, states, repeats, 0, score, start))


def totals_ratio():
    log_probs, states, repeats = tokens_and_emissions()
    best = np.empty(1000, np.float32)
    return scalar(scalar_viterbi) / seconds(lambda: spotting.totals(log_probs, states, repeats, 0, best))


MEASURED = {
    "affine in bytes": (lambda: affine_ratio(np.int8), 24),
    "affine in 32 bits": (lambda: affine_ratio(np.int32), 10),
    "viterbi": (lambda: viterbi_ratio(False), 23),
    "viterbi with other speech": (lambda: viterbi_ratio(True), 15),
    "spot_ends": (spot_ends_ratio, 27),
    "ends_of_one": (ends_of_one_ratio, 8.5),
    "totals": (totals_ratio, 5.3),
}
"""Ratios measured on one core of a Xeon with AVX-512; five runs lay within a tenth of these, one twice as high."""

LEAST = 0.4
"""Share of it that must be left: with vectors of 128 bits two thirds were, a loop that is not vectorised has a tenth."""


@naive.compiled
@pytest.mark.parametrize("kernel", MEASURED)
def test_kernels_are_vectorised(kernel):
    ratio, measured = MEASURED[kernel]
    assert max(ratio() for _ in range(2)) >= LEAST * measured
