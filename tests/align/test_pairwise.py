from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align import encoding, exact, needleman_wunsch, pairwise
from tests import naive

COSTS = dict(match=2.0, mismatch=-2.0, gap_open=-3.0, gap_extend=-1.0)
TEXT = st.text("abc", max_size=12)
ENDS = st.tuples(*[st.booleans()] * 4)
SMALL_COSTS = st.tuples(st.integers(-3, 5), st.integers(-6, 5), st.integers(-5, 0), st.integers(-4, 0))


def plain(match, mismatch):
    return lambda a, b: match if a == b else mismatch


def named(given_):
    return dict(zip(COSTS, given_, strict=True))


def columns(result):
    return list(zip(result.ref.tolist(), result.hyp.tolist(), strict=True))


def assert_is_the_twins(ref, hyp, given_, ends, scale=Fraction(1), **more):
    """Score and path, column by column; costs are multiples of `scale`."""
    match, mismatch, gap_open, gap_extend = given_
    result = needleman_wunsch(ref, hyp, free_ends=ends, method="exact", **named([float(scale * cost) for cost in given_]), **more)
    score, path = naive.affine(ref, hyp, plain(match, mismatch), gap_open, gap_extend, ends)
    assert result.score == pytest.approx(float(scale * score), abs=1e-9)
    assert columns(result) == path
    assert result.ref.dtype == result.hyp.dtype == np.int32 and result.method == "exact"
    return result


@naive.examples(300)
@given(TEXT, TEXT, ENDS)
def test_score_is_that_of_the_textbook_and_the_path_has_it(ref, hyp, ends):
    result = needleman_wunsch(ref, hyp, **COSTS, free_ends=ends)
    assert result.score == naive.affine_score(ref, hyp, **COSTS, free_ends=ends)
    assert result.score == naive.rescore(result, ref, hyp, plain(2, -2), -3, -1, ends)


@naive.examples(600)
@given(TEXT, TEXT, SMALL_COSTS, ENDS)
def test_the_path_is_the_one_that_the_tie_rule_tells_whichever_input_is_longer(ref, hyp, given_, ends):
    result = assert_is_the_twins(ref, hyp, given_, ends)
    assert result.score == naive.affine_score(ref, hyp, **named(given_), free_ends=ends)


@naive.examples(150)
@given(TEXT, TEXT, SMALL_COSTS, ENDS, st.sampled_from([Fraction(1, 2), Fraction(1, 3), Fraction(1, 10), Fraction(7, 1000)]))
def test_costs_may_be_fractions(ref, hyp, given_, ends, scale):
    assert_is_the_twins(ref, hyp, given_, ends, scale)


def at_the_edge_of_a_byte(draw):
    gap_open, gap_extend = draw(st.integers(-45, 0)), draw(st.integers(-45, 0))
    match = draw(st.integers(-6, 6)) + 126 + draw(st.sampled_from([3, 2])) * gap_open + draw(st.sampled_from([3, 2])) * gap_extend
    return match, draw(st.sampled_from([match - 1, match, match + 1, 0, -300, -match])), gap_open, gap_extend


@naive.examples(500)
@given(TEXT, TEXT, st.composite(at_the_edge_of_a_byte)(), ENDS)
def test_costs_that_a_byte_just_holds_or_just_does_not(ref, hyp, given_, ends):
    assert_is_the_twins(ref, hyp, given_, ends)


@pytest.mark.parametrize(
    "given_", [(2, -2, 0, -42), (2, -2, 0, -43), (37, -277, -5, -36), (-106, -243, -13, -1), (127, 127, 0, 0)]
)
@pytest.mark.parametrize(("ref", "hyp"), [("ab", "ab"), ("abcabcaacb" * 3, "acbcabcbab" * 3)])
def test_costs_that_overflowed_a_byte_once(ref, hyp, given_):
    for ends in ((False,) * 4, (True,) * 4, (False, True, True, False)):
        assert_is_the_twins(ref, hyp, given_, ends)


@naive.examples(100)
@given(TEXT, TEXT, SMALL_COSTS, ENDS, st.sampled_from([1, 1000, 1_000_000]))
def test_large_costs_take_wider_integers(ref, hyp, given_, ends, factor):
    assert_is_the_twins(ref, hyp, [factor * cost for cost in given_], ends)


@pytest.mark.parametrize(
    "given_", [(0, 0, 0, 0), (0, -1, 0, 0), (0, 0, -1, 0), (-2, 2, -3, -1), (5, -5, 0, -1), (5, -5, -9, 0), (-1, -1, 0, -1)]
)
@pytest.mark.parametrize(("ref", "hyp"), [("aab", "ba"), ("abab", "baba"), ("aaaa", "aa"), ("aa", "aaaa"), ("abc", "xyz")])
def test_costs_of_nothing_and_costs_turned_round(ref, hyp, given_):
    for ends in np.ndindex(2, 2, 2, 2):
        assert_is_the_twins(ref, hyp, given_, tuple(map(bool, ends)))


def many_symbols(rng, count, length):
    """Two texts that share `count` symbols, each once at the least."""
    ref = np.concatenate([np.arange(count), rng.integers(0, count, length - count)])
    hyp = np.concatenate([np.arange(count)[::-1], rng.integers(0, count, length - count)])
    hyp[length // 2 :] = ref[length // 2 :]
    return ref, hyp


@pytest.mark.parametrize("count", [120, 126, 127, 128, 129, 140])
def test_more_symbols_than_a_byte_holds(count):
    ref, hyp = many_symbols(np.random.default_rng(0), count, 150)
    assert_is_the_twins(ref, hyp, (2, -2, -3, -1), (False, True, False, True))


@pytest.mark.parametrize("offset", [0, -70, 0x900, 1 << 22, 2**31 - 13, -(2**31)])
def test_symbols_may_be_any_integers_of_32_bits(offset):
    rng = np.random.default_rng(1)
    ref, hyp = rng.integers(0, 12, 30), rng.integers(0, 12, 25)
    moved = needleman_wunsch(ref + offset, hyp + offset, free_ends=True)
    assert columns(moved) == columns(needleman_wunsch(ref, hyp, free_ends=True))


@naive.examples(150)
@given(TEXT, TEXT, st.tuples(st.integers(-3, 5), st.integers(-6, 5), st.integers(-5, 0), st.integers(-4, 0)), ENDS)
def test_symbols_of_one_class_match_half_way(ref, hyp, given_, ends):
    match, mismatch, gap_open, gap_extend = given_

    def pair(a, b):  # twice the costs, so that half-way is whole
        return 2 * match if a == b else match + mismatch if {a, b} == {"a", "b"} else 2 * mismatch

    result = needleman_wunsch(ref, hyp, free_ends=ends, classes=["ab"], **named(map(float, given_)))
    score, path = naive.affine(ref, hyp, pair, 2 * gap_open, 2 * gap_extend, ends)
    assert result.score == score / 2
    assert columns(result) == path
    assert 2 * result.score == naive.rescore(result, ref, hyp, pair, 2 * gap_open, 2 * gap_extend, ends)


@naive.examples(100)
@given(st.data())
def test_classes_of_all_sizes(data):
    symbols = st.integers(0, 20)
    ref, hyp = data.draw(st.lists(symbols, max_size=12)), data.draw(st.lists(symbols, max_size=12))
    of = data.draw(st.lists(st.integers(0, 4), min_size=21, max_size=21))
    groups = [[s for s in range(21) if of[s] == number] for number in range(1, 5)]

    def pair(a, b):
        return 2 if a == b else 0 if of[a] == of[b] > 0 else -2

    result = needleman_wunsch(np.array(ref, int), np.array(hyp, int), classes=groups)
    score, path = naive.affine(ref, hyp, pair, -3, -1)
    assert result.score == score and columns(result) == path


@pytest.mark.parametrize("size", [64, 65, 127, 128, 129])
def test_classes_that_are_too_large_for_a_byte(size):
    rng = np.random.default_rng(2)
    ref, hyp = np.concatenate([np.arange(size), rng.integers(0, size, 10)]), rng.integers(0, size, 30)
    result = needleman_wunsch(ref, hyp, classes=[range(size)])
    score, path = naive.affine(ref, hyp, lambda a, b: 2 if a == b else 0, -3, -1)
    assert result.score == score and columns(result) == path


def test_a_symbol_in_two_classes_is_refused():
    with pytest.raises(ValueError, match="two classes"):
        needleman_wunsch("abc", "abd", classes=["ab", "bc"])


@naive.examples(100)
@given(TEXT, TEXT, ENDS)
def test_every_symbol_is_in_one_column_and_indices_rise(ref, hyp, ends):
    result = needleman_wunsch(ref, hyp, free_ends=ends)
    assert result.ref[result.ref >= 0].tolist() == list(range(len(ref)))
    assert result.hyp[result.hyp >= 0].tolist() == list(range(len(hyp)))
    assert not np.any((result.ref < 0) & (result.hyp < 0))


@naive.examples(60)
@given(TEXT, ENDS)
def test_against_nothing_all_is_gap(text, ends):
    for ref, hyp in ((text, ""), ("", text), (text, text[:1]), (text[:1], text)):
        assert_is_the_twins(ref, hyp, (2, -2, -3, -1), ends)


def test_all_is_gap_where_pairs_are_worse():
    result = assert_is_the_twins("aaaa", "bbb", (2, -100, -3, -1), (False,) * 4)
    assert len(result.ref) == 7 and result.score == -3 - 4 - 3 - 3


def test_empty_inputs_are_all_gap():
    assert needleman_wunsch("", "").score == 0
    assert needleman_wunsch(np.array([]), np.array([])).ref.tolist() == []
    result = needleman_wunsch("abc", "")
    assert result.hyp.tolist() == [-1, -1, -1] and result.score == -6


def test_a_planted_text_is_found_amid_foreign_text():
    planted = "the quick brown fox jumps"
    result = needleman_wunsch("zzzzzzzz" + planted + "yyyyyyyyyy", planted, free_ends=True)
    ref, hyp = result.matched()
    assert (ref - hyp).tolist() == [8] * len(planted)


@pytest.mark.parametrize(("ref", "hyp"), [("aa", "a"), ("a", "aa")])
def test_ties_pair_the_last_symbol_whichever_input_is_longer(ref, hyp):
    both = needleman_wunsch(ref, hyp).matched()
    assert (int(both[0][0]), int(both[1][0])) == (len(ref) - 1, len(hyp) - 1)


def test_text_and_integers_align_alike_whatever_they_lie_in():
    text = "आकाशवाणी समाचार \ud800\U0001f600"
    codes = np.array([ord(c) for c in text])
    strided = np.repeat(codes, 3)[::3]
    strided.flags.writeable = False
    wanted = columns(needleman_wunsch(text, text[2:]))
    for own in (codes, strided, codes.astype(np.uint32), codes.astype(">i8"), np.stack([codes, codes], 1)[:, 1]):
        assert columns(needleman_wunsch(own, own[2:])) == wanted


def test_inputs_are_left_as_they_were():
    ref, hyp = np.arange(20), np.arange(5, 25)
    needleman_wunsch(ref, hyp, free_ends=True)
    assert ref.tolist() == list(range(20)) and hyp.tolist() == list(range(5, 25))


@pytest.mark.parametrize("bad", [np.zeros((2, 2), int), np.array([0.5, 1.0]), np.array([2**40])])
def test_what_is_no_sequence_of_symbols_is_refused(bad):
    for pair in ((bad, "abc"), ("abc", bad)):
        with pytest.raises(ValueError, match=r"1-d array of integers|fit 32 bits"):
            needleman_wunsch(*pair)


@pytest.mark.parametrize("cost", list(COSTS))
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_cost_that_is_not_finite_is_refused(cost, value):
    with pytest.raises(ValueError, match="finite"):
        needleman_wunsch("a", "b", **{cost: value})


@pytest.mark.parametrize("cost", ["gap_open", "gap_extend"])
def test_a_gap_that_is_rewarded_is_refused(cost):
    with pytest.raises(ValueError, match="above 0"):
        needleman_wunsch("a", "b", **{cost: 0.5})


@pytest.mark.parametrize("ends", [(True,), (True,) * 3, (True,) * 5, ()])
def test_free_ends_are_one_or_four(ends):
    with pytest.raises(ValueError, match="four"):
        needleman_wunsch("a", "b", free_ends=ends)


def test_free_ends_may_be_numpys():
    for ends, same in ((np.bool_(True), True), (np.array([True, False, False, True]), (True, False, False, True))):
        found, wanted = (needleman_wunsch("xab", "aby", free_ends=own) for own in (ends, same))
        assert columns(found) == columns(wanted) and found.score == wanted.score == 4


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match='"auto", "exact" or "anchored", not \'fast\''):
        needleman_wunsch("a", "b", method="fast")


def test_auto_is_exact_up_to_so_many_cells_and_then_anchored(monkeypatch):
    rng = np.random.default_rng(3)
    text = rng.integers(0, 30, 200)
    monkeypatch.setattr(pairwise, "SMALL", 200 * 200)
    assert needleman_wunsch(text, text).method == "exact"
    monkeypatch.setattr(pairwise, "SMALL", 200 * 200 - 1)
    assert needleman_wunsch(text, text).method == "anchored"


def test_too_large_a_task_says_how_large(monkeypatch):
    monkeypatch.setattr(exact, "MAX_BYTES", 1000)
    with pytest.raises(MemoryError, match=r"500 x 500 symbols need 0\.0 GB, more than 0\.0 GB"):
        needleman_wunsch("a" * 500, "b" * 500)


def test_bytes_and_wider_integers_give_the_same(monkeypatch):
    rng = np.random.default_rng(4)
    ref, hyp = rng.integers(0, 5, 300), rng.integers(0, 5, 280)
    narrow = needleman_wunsch(ref, hyp)
    assert encoding.costs(**COSTS).dtype is np.int8
    monkeypatch.setattr(exact, "_CODES_IN_A_BYTE", 0)
    wide = needleman_wunsch(ref, hyp)
    assert columns(narrow) == columns(wide) and narrow.score == wide.score
