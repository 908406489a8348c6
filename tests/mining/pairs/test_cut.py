"""Long sentences are cut at pauses and commas, and nothing of them is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.types import Occurrence
from mining.pairs import cut
from mining.pairs.tokens import Tokenizer
from tests.mining.pairs import planted

S = planted.SENTENCES
LONG = " ".join((*S, planted.UNPRINTED))
"""Some 30 seconds."""


def places_of(text: str, what: str) -> list[int]:
    return [i for i in range(len(text)) if text.startswith(what, i)]


def parts(heard, text: str, pauses: dict[int, int], most: float, raw_text: str | None = None) -> list[cut.Part]:
    """The parts of a sentence that is said with pauses (frames) before some of its characters."""
    told = planted.bulletin([text], within={0: pauses})
    place = Occurrence(0, 0, len(told.emissions.log_probs), -0.1, 5.0)
    return cut.parts(heard(told), Tokenizer(told.emissions), planted.sentence(1, text, raw_text), place, most)


def seconds(part: cut.Part) -> float:
    return (part.end - part.start) * 0.02


def test_what_is_short_enough_stays_whole(heard) -> None:
    (whole,) = parts(heard, S[0], {len("आज सुबह "): 30}, 20.0)
    assert (whole.text, whole.raw_text, whole.start) == (S[0], S[0], 0)


def test_thirty_seconds_are_cut_at_the_longest_pause(heard) -> None:
    middle = LONG.index(S[4])
    first, second = parts(heard, LONG, {middle: 30, middle + len("गाँव के "): 10}, 20.0)
    assert (first.text, second.text) == (" ".join(S[:4]), LONG[middle:])
    assert seconds(first) < 20 and seconds(second) < 20
    assert second.start - first.end == 30  # the pause is nobody's


def test_a_short_pause_at_a_comma_beats_a_longer_one_amid_words(heard) -> None:
    joined = f"{S[0]} {S[1]}"
    comma, amid = len(S[0]) + 1, len(S[0]) + 1 + len("मुख्यमंत्री ")
    raw = f"{S[0]},{S[1]}"
    assert [part.text for part in parts(heard, joined, {comma: 5, amid: 15}, 6.0, raw)] == [S[0], S[1]]
    assert [part.text for part in parts(heard, joined, {comma: 5, amid: 15}, 6.0)] == [joined[: amid - 1], joined[amid:]]


def test_both_halves_are_cut_again_until_they_are_short_enough(heard) -> None:
    starts = {LONG.index(text): 20 for text in (*S[1:], planted.UNPRINTED)}
    made = parts(heard, LONG, starts, 6.0)
    assert [part.text for part in made] == [*S, planted.UNPRINTED]
    assert all(seconds(part) <= 6.0 for part in made)


def test_where_nobody_pauses_it_stays_whole(heard) -> None:
    (whole,) = parts(heard, LONG, {}, 20.0)
    assert whole.text == LONG and seconds(whole) > 20


def test_a_comma_without_a_pause_will_do(heard) -> None:
    joined = f"{S[0]} {S[1]}"
    assert [part.text for part in parts(heard, joined, {}, 6.0, f"{S[0]},{S[1]}")] == [S[0], S[1]]


def test_the_words_of_one_number_stay_together(heard) -> None:
    text = "राज्य में दस हजार नए विद्यालय बंद रहेंगे"
    raw = "राज्य में 10,000  नए विद्यालय बंद रहेंगे"
    assert len(raw) == len(text)
    made = parts(heard, text, {text.index("हजार"): 20, text.index("विद्यालय"): 10}, 3.0, raw)
    assert [part.text for part in made] == ["राज्य में दस हजार नए", "विद्यालय बंद रहेंगे"]
    assert [part.raw_text for part in made] == ["राज्य में 10,000  नए", "विद्यालय बंद रहेंगे"]


@pytest.mark.parametrize("where", [0.2, 0.5, 0.8])
def test_a_pause_is_found_wherever_in_it_the_space_is_said(where: float, heard) -> None:
    at = places_of(S[0], " ")[4] + 1
    made = parts(heard, S[0], {at: round(100 * where)}, 3.0)
    assert [part.text for part in made] == [S[0][: at - 1], S[0][at:]]
    assert made[1].start - made[0].end == round(100 * where)


@settings(deadline=None, max_examples=40)
@given(st.data(), st.sampled_from([2.0, 5.0, 12.0]))
def test_parts_join_to_the_whole_in_order_without_overlap(heard, data: st.DataObject, most: float) -> None:
    text = " ".join(data.draw(st.lists(st.sampled_from(S), min_size=1, max_size=4)))
    words = [i + 1 for i in places_of(text, " ")]
    pauses = data.draw(st.dictionaries(st.sampled_from(words), st.integers(1, 40), max_size=6))
    commas = data.draw(st.sets(st.sampled_from(words), max_size=3))
    raw = "".join("," if i + 1 in commas else c for i, c in enumerate(text))
    made = parts(heard, text, pauses, most, raw)
    assert " ".join(part.text for part in made) == text
    assert " ".join(part.raw_text.strip(", ") for part in made).replace(",", " ") == text
    assert all(part.start < part.end for part in made)
    assert all(left.end <= right.start for left, right in pairwise(made))
