import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.first_times import Clock, cut, utterances
from align.room import Timeline, evenly

BAR = 1


def words(*lengths):
    """Words of these lengths, each of one letter over and over, with a bar between."""
    return np.concatenate([[BAR] * (number > 0) + [2 + number % 20] * length for number, length in enumerate(lengths)]).astype(
        int
    )


def paused(*runs, jump=30.0):
    """Frames of 20 ms; `runs` are (frames of speech, frames of pause after it, whether much was taken out there)."""
    start, onsets, offsets, at = [], [], [], 0.0
    for speech, pause, taken_out in runs:
        onsets.append(len(start))
        offsets.append(len(start) + speech)
        for _ in range(speech + pause):
            start.append(at)
            at += 0.02
        at += jump * taken_out
    seconds = np.array(start)
    return Timeline(seconds, seconds + 0.02, np.array(onsets), np.array(offsets))


@pytest.mark.parametrize(("count", "parts"), [(1, [1]), (23, [23]), (24, [24]), (25, [24, 1]), (48, [24, 24]), (49, [24, 24, 1])])
def test_an_utterance_has_at_most_24_words(count, parts):
    tokens = words(*[3] * count)
    own = cut(tokens, BAR, 24)
    assert [(part == BAR).sum() + 1 for part in own] == parts
    assert np.array_equal(np.concatenate([np.append(part, BAR) for part in own])[:-1], tokens)


@pytest.mark.parametrize(("length", "parts"), [(0, []), (1, [1]), (144, [144]), (145, [144, 1])])
def test_without_a_delimiter_six_tokens_are_a_word(length, parts):
    assert [len(part) for part in cut(np.full(length, BAR), None, 24)] == parts


def test_bars_around_words_are_not_words():
    odd = np.array([BAR, 2, BAR, BAR, 3, BAR])
    assert [part.tolist() for part in cut(odd, BAR, 2)] == [odd.tolist()]
    assert [part.tolist() for part in cut(odd, BAR, 1)] == [[2], [3]]
    assert cut(np.array([BAR, BAR]), BAR, 24) == []


def test_utterances_know_their_sentence():
    parts, owners = utterances([words(3, 3), np.zeros(0, int), words(3, 3, 3)], BAR, 2)
    assert [len(part) for part in parts] == [7, 7, 3]
    assert owners.tolist() == [0, 2, 2]


@given(st.lists(st.integers(1, 5), max_size=60), st.integers(1, 9))
def test_cutting_loses_no_letter_and_makes_no_word_too_many(lengths, most):
    tokens = words(*lengths) if lengths else np.zeros(0, int)
    parts = cut(tokens, BAR, most)
    assert [t for part in parts for t in part if t != BAR] == [t for t in tokens if t != BAR]
    assert all((part == BAR).sum() < most for part in parts)


def test_time_is_shared_in_proportion_to_the_text():
    assert Clock(evenly(100)).first_times(np.array([10, 30, 60]), 0).tolist() == [10, 40, 100]
    assert Clock(evenly(100)).first_times(np.array([1, 1]), 50).tolist() == [75, 100], "what is left after an anchor"


def test_it_is_speech_that_is_shared():
    clock = Clock(paused((20, 60, False), (20, 0, False)))
    assert clock.first_times(np.array([1, 1]), 0).tolist() == [20, 100]
    assert clock.first_times(np.array([1, 1, 1, 1]), 0).tolist() == [10, 20, 90, 100]


def test_without_any_run_of_speech_all_frames_count():
    none = np.zeros(0, np.int64)
    clock = Clock(Timeline(np.arange(10) * 0.02, np.arange(1, 11) * 0.02, none, none))
    assert clock.first_speech == 0
    assert clock.first_times(np.array([1, 1]), 0).tolist() == [5, 10]


def test_the_last_utterance_has_all_that_is_left():
    assert Clock(paused((10, 40, False))).first_times(np.array([1, 1]), 0).tolist() == [5, 50]
    assert Clock(evenly(10)).first_times(np.array([1, 1]), 10).tolist() == [10, 10]


def test_time_that_was_taken_out_does_not_count():
    clock = Clock(paused((50, 0, True), (50, 0, False)))
    assert clock.between(0, 100) == pytest.approx(2.0)
    assert clock.moved(50, 0.1) == 55


@pytest.mark.parametrize(
    ("frame", "by", "to"),
    [(10, 0, 10), (10, 0.04, 12), (10, -0.04, 8), (10, 0.029, 11), (10, 0.031, 12), (10, -9, 0), (10, 9, 20)],
)
def test_moving_goes_to_the_nearest_frame_within_the_recording(frame, by, to):
    assert Clock(evenly(20)).moved(frame, by) == to
