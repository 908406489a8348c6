"""Sentences in the symbols of a model, whatever its vocabulary is like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.pairs.tokens import Tokenizer, unknown
from mining.speech.emissions import Emissions


def hears(*tokens: str, delimiter: int = -1, specials: tuple[int, ...] = ()) -> Emissions:
    """Emissions of no frames over a blank and some tokens."""
    vocabulary = ("<pad>", *tokens)
    nothing = np.zeros(0, np.int64)
    return Emissions(np.zeros((0, len(vocabulary)), np.float16), nothing, nothing, nothing, vocabulary, 0, delimiter, specials)


def read(text: str, heard: Emissions) -> list[tuple[int, int]]:
    columns, characters = Tokenizer(heard).columns(text)
    return list(zip(columns.tolist(), characters.tolist(), strict=True))


def test_letters_and_the_space_between_words() -> None:
    assert read("कल बस", hears("|", "क", "ल", "ब", "स", delimiter=1)) == [(2, 0), (3, 1), (1, 2), (4, 3), (5, 4)]


def test_without_a_delimiter_the_space_is_not_said() -> None:
    assert read("क ल", hears("क", "ल")) == [(1, 0), (2, 2)]


def test_the_longest_token_that_fits_is_taken() -> None:
    assert read("कलकक", hears("क", "ल", "कल", "कलम")) == [(3, 0), (1, 2), (1, 3)]


def test_what_the_model_cannot_write_is_one_wildcard_for_a_run() -> None:
    assert read("कxyzल*", hears("क", "ल")) == [(1, 0), (-1, 1), (2, 4), (-1, 5)]


def test_wildcards_of_two_words_stay_apart_where_the_space_is_said() -> None:
    assert [token for token, _ in read("xy zx", hears("|", "क", delimiter=1))] == [-1, 1, -1]


@pytest.mark.parametrize("silent", ["\u200d", "\u200c", "\u093c", "\u094d"])
def test_joiners_and_marks_that_the_model_lacks_are_not_said(silent: str) -> None:
    assert read(f"क{silent}ल", hears("क", "ल")) == [(1, 0), (2, 2)]


def test_a_mark_that_the_model_knows_is_said() -> None:
    assert read("क्ल", hears("क", "ल", "्")) == [(1, 0), (3, 1), (2, 2)]


@pytest.mark.parametrize(("tokens", "text"), [("ABS", "abBa"), ("abs", "ABba")])
def test_a_model_of_one_case_is_given_that(tokens: str, text: str) -> None:
    assert [token for token, _ in read(text, hears(*tokens))] == [1, 2, 2, 1]


def test_a_model_of_both_cases_tells_them_apart() -> None:
    assert [token for token, _ in read("aA", hears("A", "a"))] == [2, 1]


def test_a_letter_without_a_single_capital_costs_that_letter_only() -> None:
    assert [token for token, _ in read("aßb", hears("A", "B"))] == [1, -1, 2]


def test_specials_and_the_blank_are_never_written() -> None:
    assert read("<unk><pad>", hears("<unk>", "u", specials=(1,))) == [(-1, 0), (2, 1), (-1, 2)]


def test_tokens_that_hold_the_space_before_a_word_begin_every_word() -> None:
    heard = hears("▁", "▁राज", "▁क", "ल", "क", "य", delimiter=1)
    assert read("राजय कल लय", heard) == [(2, 0), (6, 3), (3, 5), (4, 6), (1, 7), (4, 8), (6, 9)]


@given(st.text("कलa* \u200d", max_size=30))
def test_columns_and_characters_are_within_bounds_and_rise(text: str) -> None:
    columns, characters = Tokenizer(hears("|", "क", "ल", "कल", delimiter=1)).columns(text)
    assert len(columns) == len(characters) <= len(text)
    assert np.all((columns >= -1) & (columns < 5) & (columns != 0))
    assert np.all(np.diff(characters) > 0) and np.all((characters >= 0) & (characters < max(1, len(text))))
    assert not np.any((columns[1:] == -1) & (columns[:-1] == -1))


def test_the_share_of_unknown_letters_counts_letters_only_and_no_case() -> None:
    heard = hears("|", "A", "B", "क", delimiter=1)
    assert unknown(["ab क, ा*123"], heard) == 0.0
    assert unknown(["abcd"], heard) == 0.5
    assert unknown(["தமிழ்"], heard) == 1.0
    assert unknown([" 12 "], heard) == 0.0


def test_a_model_of_one_brahmic_script_is_given_the_letters_of_another() -> None:
    heard = hears("|", "क", "न", "ल", "ळ", "ा", "्", delimiter=1)
    assert read("കാന കല", heard) == [(2, 0), (6, 1), (3, 2), (1, 3), (2, 4), (4, 5)]
    assert read("അൻ", heard) == [(-1, 0), (3, 1), (7, 1)], "a chillu is a consonant and a virama there"
    assert read("ழ", heard) == [(5, 0)]


def test_letters_that_a_model_has_itself_are_its_own() -> None:
    assert read("കक", hears("क", "ക")) == [(2, 0), (1, 1)]


def test_another_brahmic_script_is_not_unknown() -> None:
    heard = hears("क", "न", "म", "ा")
    assert unknown(["കാന മ"], heard) == 0.0
    assert unknown(["കാ", "x"], heard) == 0.5
    assert unknown(["నమ త"], heard) == pytest.approx(1 / 3)
    assert unknown(["abc"], heard) == 1.0
