"""What `forced_align` is given: what it refuses, what it takes in any form, and how large it may be."""

import numpy as np
import pytest

from align import ctc, emissions
from align.kernels import viterbi
from tests import naive


@pytest.mark.parametrize("blank", [0, 2])
def test_nothing_said_is_all_blank(blank):
    log_probs = naive.log_softmax(np.random.default_rng(0).normal(0, 1, (7, 4)))
    for window in (None, 1):
        spans = ctc.forced_align(log_probs, np.array([], int), blank=blank, window=window)
        assert len(spans.start) == len(spans.score) == 0
        assert spans.path_score == pytest.approx(log_probs[:, blank].sum(dtype=float))
    assert ctc.forced_align(np.zeros((0, 4)), np.array([], int), blank=blank).path_score == 0


def test_no_frames_and_one_frame():
    one = np.log(np.array([[0.1, 0.7, 0.2]], np.float32))
    spans = ctc.forced_align(one, np.array([1]))
    assert (spans.start.tolist(), spans.end.tolist()) == ([0], [1])
    assert spans.score[0] == pytest.approx(0.7, abs=1e-6)
    assert ctc.forced_align(one[:0], np.array([1, 2]), optional=[1, 1]).start.tolist() == [-1, -1]
    for log_probs in (one[:0], one):
        with pytest.raises(ValueError, match="frames are too few for 2 tokens"):
            ctc.forced_align(log_probs, np.array([1, 2]))
    with pytest.raises(ValueError, match="2 frames are too few for 2 tokens, 1 of them repeated"):
        ctc.forced_align(np.zeros((2, 3)), np.array([1, 1]))


@pytest.mark.parametrize("optional", [[2, 2], [4, 0], [-1, 4], [], [[3]]])
def test_lengths_of_sentences_must_add_up(optional):
    with pytest.raises(ValueError, match="lengths of 1 or more that add up to 3 tokens"):
        ctc.forced_align(np.zeros((9, 4)), np.array([1, 2, 3]), optional=optional)


@pytest.mark.parametrize(
    ("log_probs", "message"),
    [
        (np.zeros(5), "must be"),
        (np.zeros((2, 3, 4)), "must be"),
        (np.full((3, 4), np.nan), "NaN"),
        (np.where(np.arange(12).reshape(3, 4) == 7, np.nan, -1.0), "NaN"),
        (np.where(np.arange(12).reshape(3, 4) == 7, np.inf, -1.0), "infinity"),
        (np.zeros((3, 1)), "must be"),
        (np.zeros((3, 4), complex), "must be numbers"),
        (np.full((3, 4), "a"), "must be numbers"),
    ],
)
def test_bad_emissions_are_refused(log_probs, message):
    with pytest.raises(ValueError, match=message):
        ctc.forced_align(log_probs, np.array([1]))


@pytest.mark.parametrize("tokens", [[4], [-2], [1, 2, 99]])
def test_tokens_out_of_the_vocabulary_are_refused(tokens):
    with pytest.raises(ValueError, match=r"-1 \(wildcard\) .. 3"):
        ctc.forced_align(np.zeros((5, 4)), np.array(tokens))


@pytest.mark.parametrize("tokens", [np.array([1.0]), np.array([[1]]), np.array([True]), np.array(1)])
def test_tokens_that_are_no_integers_in_a_row_are_refused(tokens):
    with pytest.raises(ValueError, match="1-d array of integers"):
        ctc.forced_align(np.zeros((5, 4)), tokens)


@pytest.mark.parametrize("blank", [-1, 4, 9])
def test_a_blank_out_of_the_vocabulary_is_refused(blank):
    with pytest.raises(ValueError, match=f"blank {blank} is not a column"):
        ctc.forced_align(np.zeros((5, 4)), np.array([1]), blank=blank)


@pytest.mark.parametrize("more", [dict(window=0), dict(window=-3), *(dict(other_speech=cost) for cost in (-0.5, np.nan, np.inf))])
def test_dials_out_of_range_are_refused(more):
    with pytest.raises(ValueError, match=next(iter(more))):
        ctc.forced_align(np.zeros((5, 4)), np.array([1]), **more)


def test_emissions_may_lie_in_memory_in_any_way():
    log_probs = naive.planted([3, 4, 5], 3, 60, 20)
    strided = np.repeat(log_probs, 2, axis=0)[::2]
    strided.flags.writeable = False
    wide = np.hstack([log_probs, log_probs])[:, :30]
    wanted = ctc.forced_align(log_probs, np.array([3, 4, 5]))
    others = np.asfortranarray(log_probs), log_probs.astype(np.float64), log_probs[::-1].copy()[::-1], log_probs.astype(">f4")
    for own in (strided, wide, *others):
        for tokens in (np.array([3, 4, 5]), np.array([3, 0, 4, 0, 5, 0], np.int8)[::2], np.array([3, 4, 5], np.uint64)):
            spans = ctc.forced_align(own, tokens)
            assert spans.start.tolist() == wanted.start.tolist() and spans.path_score == pytest.approx(wanted.path_score)
    assert wanted.start.tolist() == [20, 23, 26]


def test_emissions_are_left_as_they_were():
    log_probs = naive.planted([3, 4, 5], 3, 60, 20)
    kept = log_probs.copy()
    ctc.forced_align(log_probs, np.array([3, -1, 5]), other_speech=True, optional=[1, 2])
    ctc.relative(log_probs)
    np.testing.assert_array_equal(log_probs, kept)


def test_whole_numbers_and_half_precision_are_emissions_too():
    whole = np.round(naive.planted([3, 4, 5], 3, 60, 20))
    wanted = ctc.forced_align(whole, np.array([3, 4, 5]))
    for dtype in (np.int32, np.int8, np.float16):
        assert ctc.forced_align(whole.astype(dtype), np.array([3, 4, 5])).start.tolist() == wanted.start.tolist()


def test_what_is_impossible_is_taken_where_nothing_else_is_left():
    log_probs = naive.planted([3, 4, 5], 3, 60, 20)
    log_probs[:, 4] = -np.inf
    spans = ctc.forced_align(log_probs, np.array([3, 4, 5]))
    assert spans.start[[0, 2]].tolist() == [20, 26] and spans.score[1] == 0
    assert viterbi.FLOOR * 1.01 > spans.path_score > viterbi.FLOOR * 1.1
    nothing = np.full((9, 4), -np.inf)
    for other in (None, True, 1.0):
        assert np.isfinite(ctc.forced_align(nothing, np.array([1, 2]), other_speech=other, blank=3).path_score)


def test_emissions_need_not_be_normalised():
    log_probs = naive.planted([3, 4, 5], 3, 60, 20)
    wanted = ctc.forced_align(log_probs, np.array([3, 4, 5]), other_speech=True)
    for shift in (50.0, -50.0):
        spans = ctc.forced_align(log_probs + np.float32(shift), np.array([3, 4, 5]), other_speech=True)
        assert spans.start.tolist() == wanted.start.tolist()
        assert spans.path_score == pytest.approx(wanted.path_score + 60 * shift, abs=1e-2)
        np.testing.assert_allclose(spans.score, wanted.score, atol=1e-4)


def test_numpys_truth_is_truth():
    log_probs = naive.planted([3, 4, 5], 3, 60, 20)
    for truth in (True, False):
        found, wanted = (ctc.forced_align(log_probs, np.array([3, 4, 5]), other_speech=own) for own in (np.bool_(truth), truth))
        assert found.path_score == wanted.path_score


def test_too_large_a_task_says_how_large_and_a_window_makes_it_smaller(monkeypatch):
    tokens = np.random.default_rng(7).integers(1, 30, 200)
    log_probs = naive.planted(tokens, 3, 600, 0)
    monkeypatch.setattr(ctc, "MAX_BYTES", 30_000)
    with pytest.raises(MemoryError, match=r"600 frames x 200 tokens need 0\.0 GB, more than 0\.0 GB; give a window"):
        ctc.forced_align(log_probs, tokens)
    assert ctc.forced_align(log_probs, tokens, window=20).start.tolist() == list(range(0, 600, 3))


def test_more_tokens_than_the_kernel_has_room_for_are_refused():
    tokens = np.tile(np.array([1, 2]), viterbi.LONGEST // 2)
    with pytest.raises(MemoryError, match="1048576 tokens are more than the 1048575 that fit together; give a window"):
        ctc.forced_align(np.zeros((10, 4)), tokens, optional=[2] * (viterbi.LONGEST // 2))


@pytest.mark.parametrize(("frames", "labels", "most"), [(60_000, 16_000, 80e6), (180_000, 50_000, 200e6), (60_000, 1000, 40e6)])
def test_kept_scores_stay_small(monkeypatch, frames, labels, most):
    every = ctc._every(frames, labels)
    kept = -(-frames // every) * 3 * labels * 4
    assert kept + every * every + 4 * frames <= most
    assert every % viterbi.RECENTRE == every % viterbi.TOGETHER == 0
    monkeypatch.setattr(ctc, "MAX_BYTES", most)
    ctc._within_limit(frames, labels, every, 0)


def test_converting_by_pieces_does_not_show(monkeypatch):
    log_probs = naive.planted([3, 4, 5], 3, 60, 20).astype(np.float16)
    whole = ctc.relative(log_probs)
    monkeypatch.setattr(emissions, "_BLOCK", 7)
    np.testing.assert_array_equal(ctc.relative(log_probs), whole)
    log_probs[40, 2] = np.nan
    with pytest.raises(ValueError, match="first in frame 40;"):
        ctc.relative(log_probs)
