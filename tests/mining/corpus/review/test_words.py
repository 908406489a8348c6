"""Words have places in the sound, even those that were not heard."""

from __future__ import annotations

import pytest

from mining.corpus.review.words import heard_between, place_words
from mining.records import Transcript

RATE = 16_000


def _times(heard: str, start: float, step: float) -> list[int]:
    return [round((start + i * step) * RATE) for i, letter in enumerate(heard) if not letter.isspace()]


def test_words_that_were_heard_stand_where_they_were() -> None:
    heard = "आज मौसम साफ है"
    words = place_words(heard, heard, _times(heard, 10.0, 0.1), 10.0, 11.5)
    assert [word.text for word in words] == heard.split()
    for word in words:
        begins = 10.0 + heard.index(word.text) * 0.1
        assert abs(word.start - begins) < 0.12
        assert word.start < word.end <= begins + 0.1 * len(word.text) + 0.15


def test_a_word_that_was_not_heard_stands_between_its_neighbours() -> None:
    heard = "आज साफ है"
    words = {word.text: word for word in place_words("आज मौसम साफ है", heard, _times(heard, 10.0, 0.2), 10.0, 12.0)}
    assert words["आज"].end <= words["मौसम"].start < words["मौसम"].end <= words["साफ"].start


def test_a_pause_after_a_word_is_no_part_of_it() -> None:
    times = [round(t * RATE) for t in (1.0, 1.1, 4.0, 4.1)]
    first, second = place_words("कब खग", "कब खग", times, 0.9, 4.3)
    assert first.end < 1.6
    assert second.start > 2.5


@pytest.mark.parametrize("heard", ["", "ट"])
def test_without_hearing_words_share_the_stretch_by_their_letters(heard: str) -> None:
    words = place_words("कक खखखख", heard, [0] * len(heard), 2.0, 9.0)
    assert (words[0].start, words[-1].end) == (2.0, 9.0)
    assert words[0].end == pytest.approx(4.0)
    assert words[1].start == pytest.approx(5.0)


def test_any_text_keeps_its_words_in_order() -> None:
    text = '- <script> a-b "c" - é ‌क़'
    words = place_words(text, "a b c", [100, 90, 80], 1.0, 2.0)
    assert [word.text for word in words] == text.split()
    edges = [edge for word in words for edge in (word.start, word.end)]
    assert edges == sorted(edges)


def test_an_empty_text_has_no_words() -> None:
    assert place_words(" ", "क", [5], 0.0, 1.0) == []


def test_what_was_heard_between_two_times_is_told_with_its_samples() -> None:
    one = Transcript("g1", 0, 400, "क ख", (100, 150, 300))
    two = Transcript("g2", 16_000, 16_400, "ग", (16_100,))
    three = Transcript("g3", 32_000, 32_400, "घ", (32_100,))
    assert heard_between([one, two, three], 200 / RATE, 1.5) == ("ख ग", [300, 16_100])
