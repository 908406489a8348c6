import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align import needleman_wunsch
from tests import naive

COSTS = dict(match=2.0, mismatch=-2.0, gap_open=-3.0, gap_extend=-1.0)
TEXT = st.text("abc", max_size=12)
ENDS = st.tuples(*[st.booleans()] * 4)


@settings(deadline=None, max_examples=300)
@given(TEXT, TEXT, ENDS)
def test_score_is_that_of_the_textbook_and_the_path_has_it(ref, hyp, ends):
    result = needleman_wunsch(ref, hyp, **COSTS, free_ends=ends)
    assert result.score == pytest.approx(naive.affine_score(ref, hyp, **COSTS, free_ends=ends))
    assert naive.rescore(result, ref, hyp, **COSTS, free_ends=ends) == pytest.approx(result.score)


@settings(deadline=None)
@given(TEXT, TEXT, ENDS)
def test_every_symbol_is_in_one_column_and_indices_rise(ref, hyp, ends):
    result = needleman_wunsch(ref, hyp, free_ends=ends)
    assert result.ref[result.ref >= 0].tolist() == list(range(len(ref)))
    assert result.hyp[result.hyp >= 0].tolist() == list(range(len(hyp)))
    assert not np.any((result.ref < 0) & (result.hyp < 0))


def test_blocks_of_the_traceback_join_without_a_seam():
    rng = np.random.default_rng(0)
    ref = rng.integers(0, 4, 400)
    hyp = np.delete(ref, rng.choice(400, 60, replace=False))
    result = needleman_wunsch(ref, hyp, free_ends=(True, False, False, True))
    assert naive.rescore(result, ref, hyp, **COSTS, free_ends=(True, False, False, True)) == pytest.approx(result.score)


def test_a_planted_text_is_found_amid_foreign_text():
    planted = "the quick brown fox jumps"
    result = needleman_wunsch("zzzzzzzz" + planted + "yyyyyyyyyy", planted, free_ends=True)
    ref, hyp = result.matched()
    assert (ref - hyp).tolist() == [8] * len(planted)


@pytest.mark.parametrize(("ref", "hyp"), [("aa", "a"), ("a", "aa")])
def test_ties_pair_the_last_symbol_whichever_input_is_longer(ref, hyp):
    both = needleman_wunsch(ref, hyp).matched()
    assert (int(both[0][0]), int(both[1][0])) == (len(ref) - 1, len(hyp) - 1)


def test_empty_inputs_are_all_gap():
    assert needleman_wunsch("", "").score == 0
    result = needleman_wunsch("abc", "")
    assert result.hyp.tolist() == [-1, -1, -1] and result.score == -6


def test_devanagari_and_integers_align_alike():
    text = "आकाशवाणी समाचार"
    codes = np.array([ord(c) for c in text])
    assert needleman_wunsch(text, text[2:]).ref.tolist() == needleman_wunsch(codes, codes[2:]).ref.tolist()


@pytest.mark.parametrize("bad", [np.zeros((2, 2), int), np.array([0.5, 1.0])])
def test_what_is_no_sequence_of_symbols_is_refused(bad):
    with pytest.raises(ValueError, match="1-d array of integers"):
        needleman_wunsch(bad, "abc")


def test_a_cost_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="finite"):
        needleman_wunsch("a", "b", match=float("nan"))


def test_too_large_a_task_says_how_large(monkeypatch):
    monkeypatch.setattr("align.exact.MAX_BYTES", 1000)
    with pytest.raises(MemoryError, match="500 x 500"):
        needleman_wunsch("a" * 500, "b" * 500)
