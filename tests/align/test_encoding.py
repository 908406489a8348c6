import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align import encoding
from tests import naive

SYMBOLS = st.one_of(
    st.integers(0, 12),
    st.sampled_from([-1, -5, 2**31 - 1, -(2**31), encoding._TABLE - 1, encoding._TABLE, 0x10FFFF]),
)
TEXTS = st.lists(SYMBOLS, max_size=20)
GROUPS = st.lists(SYMBOLS, max_size=14, unique=True).flatmap(
    lambda symbols: st.lists(st.integers(0, 3), min_size=len(symbols), max_size=len(symbols)).map(
        lambda of: [[s for s, group in zip(symbols, of, strict=True) if group == number] for number in range(4)]
    )
)


@naive.examples(300)
@given(TEXTS, TEXTS, GROUPS)
def test_codes_are_alike_where_symbols_are_and_near_where_classes_are(ref, hyp, groups):
    own, other, sizes = encoding.codes(np.array(ref, np.int32), np.array(hyp, np.int32), groups)
    for i, symbol in enumerate(ref):
        for j, rival in enumerate(hyp):
            assert (own[i] == other[j]) == (symbol == rival)
            together = symbol == rival or any(symbol in group and rival in group for group in groups)
            assert ((own[i] ^ other[j]) < sizes[i]) == together
    assert min([*own, *other], default=0) >= 0


@naive.examples(100)
@given(TEXTS, TEXTS)
def test_codes_are_as_few_as_can_be(ref, hyp):
    own, other, sizes = encoding.codes(np.array(ref, np.int32), np.array(hyp, np.int32))
    assert max([*own, *other], default=0) <= len(set(ref) & set(hyp)) + 1
    assert set(sizes.tolist()) <= {1}


def test_a_class_may_be_given_in_letters_or_in_numbers_but_not_twice():
    ref, hyp = encoding.symbols("abc"), encoding.symbols("xyz")
    for given_ in (["ax"], [[97, 120]], [np.array([97, 120])]):
        own, other, sizes = encoding.codes(ref, hyp, given_)
        assert own[0] ^ other[0] < sizes[0] == 2
    with pytest.raises(ValueError, match="symbol 97 is in two classes"):
        encoding.codes(ref, hyp, ["ab", "xa"])


@pytest.mark.parametrize("text", ["", "abc", "आकाश", "\U0001f600a", "a\ud800b"])
def test_a_text_is_its_code_points(text):
    assert encoding.symbols(text).tolist() == [ord(letter) for letter in text]
    assert encoding.symbols(text).dtype == np.int32


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, ">i4"])
def test_integers_of_any_width_and_order_are_taken(dtype):
    array = np.arange(20, dtype=dtype)[::3]
    array.flags.writeable = False
    assert encoding.symbols(array).tolist() == [0, 3, 6, 9, 12, 15, 18]
    assert encoding.symbols(array).flags.c_contiguous


@pytest.mark.parametrize("bad", [np.zeros((2, 2), int), np.array(3), *map(np.array, ([0.5], [True], ["a"], [None]))])
def test_what_is_no_sequence_of_symbols_is_refused(bad):
    with pytest.raises(ValueError, match="1-d array of integers"):
        encoding.symbols(bad)


@pytest.mark.parametrize("bad", [2**31, -(2**31) - 1, 2**40])
def test_symbols_beyond_32_bits_are_refused(bad):
    with pytest.raises(ValueError, match=f"reach from .*{bad}|reach from {bad}"):
        encoding.symbols(np.array([0, bad]))


def test_symbols_beyond_63_bits_are_refused():
    with pytest.raises(ValueError, match="fit 32 bits"):
        encoding.symbols(np.array([2**64 - 1], np.uint64))


@pytest.mark.parametrize(
    ("given_", "scale", "whole"),
    [
        ((2, -2, -3, -1), 1, (2, 0, -2, -3, -1)),
        ((1, -2, -3, -1), 2, (2, -1, -4, -6, -2)),
        ((0.1, -0.2, -0.3, 0.0), 20, (2, -1, -4, -6, 0)),
        ((1, -1, -1 / 3, 0.0), 3, (3, 0, -3, -1, 0)),
        ((1, -1, -0.000001, 0.0), 1_000_000, (1_000_000, 0, -1_000_000, -1, 0)),
    ],
)
def test_costs_become_whole_and_a_partial_match_lies_half_way(given_, scale, whole):
    found = encoding.costs(*given_)
    assert found.scale == scale
    assert (found.match, found.partial, found.mismatch, found.gap_open, found.gap_extend) == whole


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_costs_that_are_not_finite_are_refused(place, value):
    given_ = [2.0, -2.0, -3.0, -1.0]
    given_[place] = value
    with pytest.raises(ValueError, match="finite"):
        encoding.costs(*given_)


@pytest.mark.parametrize(
    "given_", [(2, -2, 1, -1), (2, -2, -1, 0.5), (1e9, -1, -1, -1), (2, -2, -1e9, -1), (2.000001, -2, -3000, -1)]
)
def test_costs_that_reward_a_gap_or_are_too_large_are_refused(given_):
    with pytest.raises(ValueError, match=r"above 0|too large"):
        encoding.costs(*given_)


@naive.examples(200)
@given(st.integers(-200, 200), st.integers(-400, 200), st.integers(-70, 0), st.integers(-70, 0))
def test_a_byte_is_chosen_only_where_it_holds_all_differences(match, mismatch, gap_open, gap_extend):
    found = encoding.costs(match, mismatch, gap_open, gap_extend)
    most, opened = max(found.match, found.partial, found.mismatch, 0), found.gap_open + found.gap_extend
    # Neighbours differ by `opened` .. most - opened; an old gap is at worst 2 * opened, and is held against the best pair.
    extremes = [most - opened, most - found.gap_extend, 2 * opened - 1, 2 * opened - most + found.gap_extend]
    if found.dtype is np.int8:
        assert min(extremes) >= -128 and max(extremes) <= 127
        assert found.array(np.int8).tolist() == found.array(np.int32).tolist()
    else:
        assert min(extremes) < -120 or max(extremes) > 120


def test_a_mismatch_however_bad_is_no_worse_to_the_kernels_than_two_gaps_are():
    assert encoding.costs(2, -1e300, -3, -1).array(np.int8).tolist() == [2, -9, -9, -4, -1]
    assert encoding.costs(-1e6, 2, -3, -1).array(np.int8).tolist() == [-9, -9, 2, -4, -1]
