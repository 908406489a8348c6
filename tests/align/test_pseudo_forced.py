from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align import pseudo_forced
from align.first_times import Clock
from align.pseudo_forced import Parameters, pseudo_forced_align
from align.room import Timeline, evenly
from tests.align.spoken import FRAMES, HOLD, LENGTH, VOCABULARY, said, texts

THEIRS = Parameters()
STRICT = Parameters(keep_last=False)


def align(log_probs, sentences, parameters=THEIRS, **more):
    return [(one.sentence, one.start) for one in pseudo_forced_align(log_probs, sentences, parameters=parameters, **more)]


@pytest.fixture
def windows(monkeypatch):
    """All windows that are aligned: (anchor, until, first utterance, the one whose audio was read last)."""
    seen, own = [], pseudo_forced._align
    monkeypatch.setattr(pseudo_forced, "_align", lambda task, window: seen.append(window) or own(task, window))
    return seen


@pytest.fixture
def read(monkeypatch):
    """What is aligned in each window: (frames, utterances)."""
    seen, own = [], pseudo_forced._last_of_each
    monkeypatch.setattr(
        pseudo_forced,
        "_last_of_each",
        lambda probs, parts, blank: seen.append((len(probs), len(parts))) or own(probs, parts, blank),
    )
    return seen


# What is said is found


def test_a_text_that_is_read_as_it_stands_is_aligned_whole():
    sentences = texts(6)
    log_probs, starts = said(*sentences)
    places = pseudo_forced_align(log_probs, sentences)
    assert [(one.sentence, one.start) for one in places] == list(enumerate(starts))
    assert [one.end for one in places] == [start + FRAMES for start in starts]


def test_untranscribed_speech_is_stepped_over():
    sentences, (foreign,) = texts(4), texts(1, 90, seed=7)
    log_probs, starts = said(sentences[0], sentences[1], foreign, sentences[2], sentences[3])
    assert align(log_probs, sentences) == [(0, starts[0]), (1, starts[1]), (2, starts[3]), (3, starts[4])]


@pytest.mark.parametrize("where", [0, 2])
def test_a_long_pause_is_stepped_over(where):
    sentences = texts(4)
    log_probs, starts = said(*sentences[:where], 1500, *sentences[where:])
    assert align(log_probs, sentences) == list(enumerate(starts))


@pytest.mark.parametrize("missing", [0, 2, 4])
def test_with_a_sentence_that_nobody_reads_the_others_are_found(missing):
    sentences = texts(6)
    others = [number for number in range(6) if number != missing]
    log_probs, starts = said(*[sentences[number] for number in others])
    places = {one.sentence: one for one in pseudo_forced_align(log_probs, sentences)}
    right = [number for number, start in zip(others, starts, strict=True) if places[number].start == start]
    assert len(right) >= 4
    assert places[missing].score < THEIRS.accept, "it has a place between its neighbours, and a score that tells"


def test_a_confident_anchor_on_what_is_said_later_loses_all_that_is_said_before_it():
    sentences = texts(6)
    log_probs, starts = said(*[sentences[number] for number in (3, 4, 5, 0, 1, 2)])
    assert align(log_probs, sentences, STRICT) == [(0, starts[3]), (1, starts[4]), (2, starts[5])]


def test_of_two_places_that_are_as_good_the_earlier_is_taken():
    sentences = texts(1)
    log_probs, starts = said(sentences[0], sentences[0])
    assert align(log_probs, sentences) == [(0, starts[0])]


def test_a_wildcard_stands_for_any_symbol():
    sentences = texts(3)
    log_probs, starts = said(*sentences)
    sentences[1][[3, 20, 21]] = -1
    assert align(log_probs, sentences) == list(enumerate(starts))


# What the parameters do, at their borders


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        pytest.param([-9, -0.999], 2, id="above sure: at once"),
        pytest.param([-0.9, -1.0], 1, id="at sure: looked for better"),
        pytest.param([-9, -2.0], 2, id="at accept: accepted"),
        pytest.param([-9, -2.001], 0, id="below accept: not"),
        pytest.param([-1.5, -1.2, -1.4, -1.6], 2, id="shrunk while it improves, then the former one"),
        pytest.param([-1.6, -1.6], 2, id="as good is not better"),
        pytest.param([-1.2, -1.6], 1, id="improved until no text is left"),
        pytest.param([-1.5, -3.0, -4.0], 1, id="dropped until accepted"),
        pytest.param([-1.2, -0.5, -3.0, -0.9, -3.0], 4, id="a sure one is not improved"),
        pytest.param([-3.0, -2.5, -4.0], 0, id="none fits: more audio"),
        pytest.param([-np.inf, -np.inf], 0, id="audio too short"),
    ],
)
def test_text_is_dropped_from_the_end(scores, kept):
    assert pseudo_forced._shrink(lambda size: scores[size - 1], len(scores), THEIRS) == kept


def test_the_score_that_is_accepted_is_accept_itself():
    sentences = texts(1)
    log_probs, starts = said((sentences[0], -1.8))
    (place,) = pseudo_forced_align(log_probs, sentences, parameters=STRICT)
    assert place.score == pytest.approx(-1.8, abs=1e-5) and place.margin == pytest.approx(0.2, abs=1e-5)
    assert align(log_probs, sentences, replace(STRICT, accept=place.score)) == [(0, starts[0])]
    assert align(log_probs, sentences, replace(STRICT, accept=np.nextafter(place.score, 0))) == []


@pytest.mark.parametrize(("frames", "score"), [(30, -1.9), (60, -0.955), (1000, -0.01 - 1.89 * 30 / FRAMES)])
def test_the_score_is_the_least_mean_of_30_frames(frames, score):
    sentences = texts(1)
    levels = np.full(LENGTH * HOLD, -0.01)
    levels[60:90] = -1.9
    places = pseudo_forced_align(said((sentences[0], levels))[0], sentences, parameters=Parameters(score_frames=frames))
    assert places[0].score == pytest.approx(score, abs=1e-4)


def test_an_utterance_of_under_30_characters_is_no_anchor():
    for length, parameters, found in [
        (30, STRICT, 1), (29, STRICT, 0), (29, replace(STRICT, short_characters=29), 1), (29, replace(STRICT, short_weight=0), 1)
    ]:  # fmt: skip
        sentences = texts(1, length)
        assert len(align(said(sentences[0])[0], sentences, parameters)) == found


def test_a_short_utterance_before_an_anchor_has_its_own_score():
    (short,), (long,) = texts(1, 12), texts(1, seed=5)
    places = pseudo_forced_align(said(short, long)[0], [short, long], parameters=STRICT)
    assert [one.sentence for one in places] == [0, 1]
    assert places[0].score == pytest.approx(-0.01, abs=1e-4)


def test_the_window_grows_by_first_times_until_something_fits(windows):
    sentences = texts(5)
    log_probs, starts = said(*texts(3, seed=50), *sentences[:2])
    places = pseudo_forced_align(log_probs, sentences)
    ends = Clock(evenly(len(log_probs))).first_times(np.full(5, LENGTH), 0)
    assert [(one.anchor, one.until, one.first) for one in windows[:4]] == [(0, end, 0) for end in ends[:4]]
    assert [(one.sentence, one.start) for one in places[:1]] == [(0, starts[3])]


def test_from_70_seconds_on_first_times_are_computed_anew_from_the_anchor(windows):
    assert THEIRS.window_seconds == 70
    sentences = texts(10)
    log_probs, starts = said(sentences[0], *[one for _ in range(9) for one in (700, texts(1, seed=77)[0])])
    clock, anchor = Clock(evenly(len(log_probs))), starts[0] + FRAMES
    old = clock.first_times(np.full(10, LENGTH), 0)
    new = np.append(0, clock.first_times(np.full(9, LENGTH), anchor))
    pseudo_forced_align(log_probs, sentences)
    stuck = [one for one in windows if one.anchor == anchor]
    assert {one.until == old[one.heard] for one in stuck if clock.between(anchor, old[one.heard]) < 70} == {True}
    assert {one.until == new[one.heard] for one in stuck if clock.between(anchor, old[one.heard]) >= 70} == {True}
    assert old[5] != new[5]
    wide = clock.between(anchor, old[2])
    for border, expected in ((wide, new[2]), (np.nextafter(wide, 99), old[2])):
        windows.clear()
        pseudo_forced_align(log_probs, sentences, parameters=Parameters(window_seconds=border))
        assert next(one.until for one in windows if one.anchor == anchor and one.heard == 2) == expected


def test_at_500_seconds_it_stops(windows):
    sentences = texts(26)
    log_probs = said(*[one for _ in range(26) for one in (820, texts(1, seed=77)[0])])[0]
    clock = Clock(evenly(len(log_probs)))
    assert clock.between(0, len(log_probs)) > 500
    assert align(log_probs, sentences) == []
    assert 450 < max(clock.between(one.anchor, one.until) for one in windows) < 500
    ends = clock.first_times(np.full(26, LENGTH), 0)
    for border, count in ((clock.between(0, ends[4]), 4), (np.nextafter(clock.between(0, ends[4]), 999), 5)):
        windows.clear()
        assert align(log_probs, sentences, Parameters(give_up_seconds=border)) == []
        assert len(windows) == count


@pytest.mark.parametrize(("frames", "first"), [(595, (595, 1)), (605, (605, 2)), (1195, (1195, 2)), (1205, (1205, 3))])
def test_with_too_little_text_for_the_audio_more_is_read(frames, first, read):
    """40 characters are given 9.6 s, which is 0.8 of 12 s: 600 frames."""
    pseudo_forced_align(np.tile(said(1)[0][:1], (6 * frames, 1)), texts(6))
    assert read[0] == first


@pytest.mark.parametrize(("frames", "first"), [(49, (49, 1)), (47, (94, 1)), (48, (48, 1)), (24, (48, 1)), (23, (69, 1))])
def test_with_too_much_text_for_the_audio_some_is_dropped(frames, first, read):
    """40 characters are given 9.6 s, which is 10 of 0.96 s: 48 frames; in less not even one utterance is tried."""
    pseudo_forced_align(np.tile(said(1)[0][:1], (6 * frames, 1)), texts(6))
    assert read[0] == first


def test_the_last_window_takes_all_the_text(read):
    pseudo_forced_align(np.tile(said(1)[0][:1], (6 * 24, 1)), texts(6))
    assert read[-1] == (6 * 24, 6)


def test_what_a_character_is_given_is_80_milliseconds_three_times():
    assert (THEIRS.character_seconds, THEIRS.allowance, THEIRS.least_proportion, THEIRS.most_proportion) == (0.08, 3, 0.8, 10)


def test_a_collar_and_offsets_move_the_ends():
    sentences = texts(2)
    log_probs, starts = said(*sentences)
    bare = [(start, start + FRAMES) for start in starts]
    for parameters, before, after in [
        (Parameters(collar=0.1), -5, 5), (Parameters(start_offset=0.06, end_offset=-0.04), 3, -2),
        (Parameters(collar=0.1, start_offset=0.1), 0, 5),
    ]:  # fmt: skip
        places = pseudo_forced_align(log_probs, sentences, parameters=parameters)
        assert [(one.start, one.end) for one in places] == [(start + before, end + after) for start, end in bare]
    wide = pseudo_forced_align(log_probs, sentences, parameters=Parameters(collar=99))
    assert [(one.start, one.end) for one in wide] == [(0, len(log_probs))] * 2
    gone = pseudo_forced_align(log_probs, sentences, parameters=Parameters(start_offset=99))
    assert [(one.start, one.end) for one in gone] == [(len(log_probs) - 1, len(log_probs))] * 2


def test_sentences_can_be_filtered_by_score():
    sentences = texts(3)
    log_probs = said(sentences[0], (sentences[1], -1.5), sentences[2])[0]
    worst = pseudo_forced_align(log_probs, sentences)[1].score
    assert [number for number, _ in align(log_probs, sentences, Parameters(least_score=np.nextafter(worst, -9)))] == [0, 1, 2]
    assert [number for number, _ in align(log_probs, sentences, Parameters(least_score=worst))] == [0, 2]


def test_what_is_aligned_to_the_very_end_is_kept_whatever_its_score():
    (foreign,), sentences = texts(1, 90, seed=7), texts(2)
    log_probs, _ = said(foreign)
    places = pseudo_forced_align(log_probs, sentences)
    assert [one.sentence for one in places] == [0, 1] and max(one.score for one in places) < THEIRS.accept
    assert align(log_probs, sentences, STRICT) == []


# Long sentences


def long_sentence(words):
    return np.concatenate([np.append(word, 1) for word in texts(words, 5, seed=300)])[:-1]


def test_a_sentence_that_was_split_spans_its_parts_and_has_the_worst_score():
    long, (next_one,) = long_sentence(30), texts(1)
    levels = np.full(len(long) * HOLD, -0.01)
    levels[-40:] = -1.2
    log_probs, starts = said((long, levels), next_one)
    places = pseudo_forced_align(log_probs, [long, next_one], delimiter=1)
    assert [(one.sentence, one.start) for one in places] == list(enumerate(starts))
    assert places[0].end == starts[0] + (len(long) - 1) * HOLD + 1
    assert places[0].score == pytest.approx(-1.2, abs=1e-4)


@pytest.mark.parametrize(("words", "parts"), [(24, 1), (25, 2)])
def test_a_sentence_is_split_from_25_words_on(words, parts, windows):
    long = long_sentence(words)
    pseudo_forced_align(said(long)[0], [long], delimiter=1)
    assert max(one.heard for one in windows) + 1 == parts


def test_a_sentence_of_which_a_part_was_not_placed_has_no_place():
    long, (first,) = long_sentence(30), texts(1)
    log_probs, starts = said(first, long[: 24 * 6], texts(1, 36, seed=9)[0])
    places = pseudo_forced_align(log_probs, [first, long], delimiter=1, parameters=STRICT)
    assert [(one.sentence, one.start) for one in places] == [(0, starts[0])]


# With a timeline


def test_first_times_share_the_speech_of_the_timeline(windows):
    sentences = texts(4)
    log_probs, starts = said(600, *sentences)
    seconds = np.arange(len(log_probs) + 1) * 0.02
    timeline = Timeline(seconds[:-1], seconds[1:], np.array(starts), np.array(starts) + FRAMES)
    assert align(log_probs, sentences, timeline=timeline) == list(enumerate(starts))
    assert [(one.anchor, one.until) for one in windows[:1]] == [(starts[0], starts[0] + FRAMES)]
    windows.clear()
    pseudo_forced_align(log_probs, sentences)
    assert (windows[0].anchor, windows[0].until) == (0, len(log_probs) // 4)


def test_a_timeline_of_another_length_is_refused():
    with pytest.raises(ValueError, match="timeline has 9 frames"):
        pseudo_forced_align(said(*texts(1))[0], texts(1), timeline=evenly(9))


# Whatever is given, it ends


@pytest.mark.parametrize("frames", [0, 1, 2, 9, 40, 300])
@pytest.mark.parametrize(
    "sentences",
    [
        [],
        [[]],
        [[], [2], []],
        [[-1] * 40],
        [[-1]] * 9,
        [[2] * 40] * 3,
        [[2] * 500],
        [[2, 3]] * 60,
        [[1, 1], [1]],
        [[2]] * 4 + [[]] * 4,
    ],
    ids=str,
)
@pytest.mark.parametrize("delimiter", [None, 1])
def test_it_ends_on_every_input(frames, sentences, delimiter):
    silent = np.tile(said(1)[0][:1], (frames, 1))
    tokens = [np.array(one, np.int32) for one in sentences]
    places = pseudo_forced_align(silent, tokens, delimiter=delimiter)
    assert [one.sentence for one in places] == sorted({one.sentence for one in places})
    assert all(0 <= one.start < one.end <= frames and len(tokens[one.sentence]) for one in places)


def test_wildcards_alone_are_put_where_something_is_said():
    log_probs, starts = said(200, *texts(1), 200)
    (place,) = pseudo_forced_align(log_probs, [np.full(LENGTH, -1)])
    assert starts[0] <= place.start < place.end <= starts[0] + FRAMES


def test_no_utterance_is_read_twice_and_no_window_is_wider_than_the_limit(windows):
    sentences = [one for pair in zip(texts(20), texts(20, seed=500), strict=True) for one in pair]
    log_probs, _ = said(*sentences[::2])
    pseudo_forced_align(log_probs, sentences)
    assert len(windows) == len({one.heard for one in windows}) <= len(sentences)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_probability_is_refused(value):
    log_probs, _ = said(*texts(1))
    log_probs[3, 3] = value
    with pytest.raises(ValueError, match="NaN"):
        pseudo_forced_align(log_probs, texts(1))


def test_tokens_that_are_no_columns_are_refused():
    with pytest.raises(ValueError, match="tokens must lie within"):
        pseudo_forced_align(said(*texts(1))[0], [np.array([2, VOCABULARY])])


@pytest.mark.parametrize("wrong", [{"most_words": 0}, {"score_frames": 0}])
def test_parameters_that_would_not_end_are_refused(wrong):
    with pytest.raises(ValueError, match="must be 1 or more"):
        Parameters(**wrong)


def test_progress_rises_to_the_end():
    sentences, told = texts(3), []
    align(said(*sentences)[0], sentences, progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told) and told[0] == (1, 3) and told[-1] == (3, 3)


# Properties


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([-0.01, -1.2, -2.2])), max_size=8),
    st.integers(1, 60),
    st.sampled_from([STRICT, THEIRS, Parameters(window_seconds=5, give_up_seconds=20), Parameters(most_words=4)]),
)
def test_places_rise_in_time_and_in_the_text_whatever_is_read(order, pause, parameters):
    sentences = texts(5, 34) + [np.concatenate([texts(1, 30, seed=8)[0], [-1] * 6])]
    log_probs, _ = said(*[(sentences[number], level) for number, level in order], rest=pause)
    places = pseudo_forced_align(log_probs, sentences, parameters=parameters)
    assert all(0 <= one.start < one.end <= len(log_probs) for one in places)
    assert all(a.end <= b.start and a.sentence < b.sentence for a, b in zip(places, places[1:], strict=False))
    assert all(one.end - one.start >= len(sentences[one.sentence]) for one in places)
    assert places == pseudo_forced_align(log_probs.copy(), sentences, parameters=parameters)
