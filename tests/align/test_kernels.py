"""Kernels against each other, and against their twins where no wrapper is; all of them without the compiler too."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from align import ctc, kernels
from tests import naive

PROBS = arrays(np.float32, st.tuples(st.integers(1, 7), st.just(4)), elements=st.floats(-4, 4, width=32)).map(naive.log_softmax)
TOKENS = st.lists(st.integers(1, 3), max_size=4)


def fresh(count):
    """Scores before the first frame: nothing was said yet."""
    blanks, labels = np.full(count + 1, kernels.NEVER, np.float32), np.full(count + 1, kernels.NEVER, np.float32)
    blanks[0] = 0
    return blanks, labels


@settings(deadline=None, max_examples=100)
@given(PROBS, TOKENS)
def test_a_step_says_or_waits(log_probs, tokens):
    states, repeats = ctc.prepare(np.array(tokens), 4)
    blanks, labels = fresh(len(tokens))
    after = np.empty_like(blanks), np.full_like(labels, kernels.NEVER)
    kernels.ctc_step(log_probs[0], states, repeats, 0, blanks, labels, *after)
    assert after[0][0] == log_probs[0, 0] and np.all(after[0][1:] < -1e29)
    if tokens:
        assert after[1][1] == log_probs[0, tokens[0]] and np.all(after[1][2:] < -1e29)


@settings(deadline=None, max_examples=100)
@given(PROBS, TOKENS, st.integers(1, 4))
def test_forward_and_trace_are_the_step_frame_by_frame(log_probs, tokens, every):
    states, repeats = ctc.prepare(np.array(tokens), 4)
    frames, count = len(log_probs), len(tokens)
    blanks, labels = fresh(count)
    history = [(blanks, labels)]
    for emission in log_probs:
        after = np.empty_like(blanks), np.full_like(labels, kernels.NEVER)
        kernels.ctc_step(emission, states, repeats, 0, *history[-1], *after)
        history.append(after)
    blanks, labels = fresh(count)
    checkpoints = np.empty((-(-frames // every), 2, count + 1), np.float32)
    kernels.ctc_forward(log_probs, states, repeats, 0, blanks, labels, checkpoints, every)
    np.testing.assert_array_equal(checkpoints, np.array(history[:-1:every]))
    np.testing.assert_array_equal((blanks, labels), history[-1])
    blanks, labels = fresh(count)
    kernels.ctc_trace(log_probs, states, repeats, 0, blanks, labels, np.empty((frames, 2, count + 1), np.int8))
    np.testing.assert_array_equal((blanks, labels), history[-1])


@settings(deadline=None, max_examples=100)
@given(PROBS, TOKENS.filter(len))
def test_walking_back_gives_a_path_of_the_tokens_with_the_score(log_probs, tokens):
    states, repeats = ctc.prepare(np.array(tokens), 4)
    blanks, labels = fresh(len(tokens))
    moves = np.empty((len(log_probs), 2, len(tokens) + 1), np.int8)
    kernels.ctc_trace(log_probs, states, repeats, 0, blanks, labels, moves)
    score = max(blanks[-1], labels[-1])
    if score < -1e29:  # too few frames
        return
    path = np.empty(len(log_probs), np.int32)
    before = kernels.ctc_walk_back(moves, bool(labels[-1] > blanks[-1]), len(tokens), path)
    assert before == (False, 0)
    columns = np.where(path >= 0, states[path], 0)
    assert tuple(columns.tolist()) in set(naive.ctc_paths(len(log_probs), tokens, 0))
    assert log_probs[np.arange(len(path)), columns].sum() == pytest.approx(score, abs=1e-4)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 2), max_size=6), st.lists(st.integers(0, 2), max_size=6), st.integers(0, 6))
def test_gotoh_rows_go_on_where_they_stopped(ref, hyp, middle):
    ref, hyp = np.array(ref, np.int32), np.array(hyp, np.int32)
    costs = [np.float32(cost) for cost in (2, -2, -3, -1)]
    rows = []
    for stops in ([0, len(ref)], [0, min(middle, len(ref)), len(ref)]):
        best = np.concatenate([[0], -3 - np.arange(1, len(hyp) + 1)]).astype(np.float32)
        up = np.full(len(hyp) + 1, kernels.NEVER, np.float32)
        for first, last in zip(stops, stops[1:], strict=False):
            kernels.gotoh_rows(ref, hyp, first, last, *costs, False, best, up, np.empty((0, 0), np.uint8))
        rows.append(best)
    np.testing.assert_array_equal(*rows)
    assert rows[0][-1] == naive.affine_score(ref, hyp, 2, -2, -3, -1)


def test_spotting_starts_anew_wherever_that_is_better():
    log_probs = np.full((6, 4), -5.0, np.float32)
    log_probs[:, 0] = -1.0
    log_probs[[1, 4], 2] = 0.0
    score, start = np.empty(6, np.float32), np.empty(6, np.int32)
    kernels.spot_scores(log_probs, np.array([2], np.int32), np.zeros(1, np.float32), 0, score, start)
    assert score.tolist() == [-5, 0, -5, -5, 0, -5]
    assert start[[1, 4]].tolist() == [1, 4]


def test_no_place_is_chained_to_what_it_overlaps_or_precedes_in_the_text():
    start, end, order = np.array([0, 5, 10]), np.array([6, 10, 20]), np.array([0, 1, 0])
    best, before = np.empty(3), np.empty(3, np.int64)
    kernels.chain(start, end, order, np.array([3.0, 2.0, 4.0]), 0.5, 0.5, 9, best, before)
    assert best.tolist() == [3.0, 2.0, 4.0]
    assert before.tolist() == [-1, -1, -1]
    kernels.chain(start + [0, 1, 0], end, np.array([0, 1, 2]), np.array([3.0, 2.0, 4.0]), 0.5, 0.5, 9, best, before)
    assert best.tolist() == [3.0, 4.5, 8.0]
    assert before.tolist() == [-1, 0, 1]


def test_a_link_to_the_very_next_sentence_soon_after_is_cheaper():
    start, end = np.array([0, 10, 30]), np.array([5, 20, 40])
    best, before = np.empty(3), np.empty(3, np.int64)
    kernels.chain(start, end, np.array([0, 1, 2]), np.ones(3), 0.9, 0.1, 5, best, before)
    assert best == pytest.approx([1, 1.9, 2.0])  # the third follows ten frames later: too late to be soon
    kernels.chain(start, end, np.array([0, 2, 3]), np.ones(3), 0.9, 0.1, 10, best, before)
    assert best == pytest.approx([1, 1.1, 2.0])


@pytest.mark.slow
def test_all_of_this_room_holds_without_the_compiler():
    """Whoever cannot compile gets the same results, only slower; and the tests see each line of the kernels as Python."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", str(Path(__file__).parent)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
