import itertools
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from align import ctc, emissions, spotting
from align.kernels import NEVER
from align.kernels import spotting as kernels
from tests import naive

EMISSIONS = st.tuples(st.integers(1, 6), st.just(4)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(-9, 0, width=32))
)
TOKENS = st.lists(st.integers(1, 4), min_size=1, max_size=3)
"""Columns of relative emissions; 4 is the wildcard."""


def as_given(tokens):
    """With wildcards as `spot` takes them."""
    return np.where(np.array(tokens) == 4, -1, tokens)


def ends_of(probs, sentences):
    """{sentence: (score, start)} by the frame of the last token, from all batches."""
    prepared = [emissions.prepare(tokens, probs.shape[1] - 1)[0] for tokens in sentences]
    found = {}
    for batch in spotting._batches(prepared, len(probs)):
        for index, score, start in spotting._ends(probs, prepared, batch, 0):
            found[index] = score.copy() * len(prepared[index]), start.copy()
    return found


@naive.examples(150)
@given(EMISSIONS, TOKENS)
def test_one_sentence_has_the_best_path_to_every_end(log_probs, tokens):
    probs = emissions.relative(log_probs)
    states, repeats = emissions.prepare(as_given(tokens), 4)
    score, start = np.empty(len(probs), np.float32), np.empty(len(probs), np.int32)
    kernels.ends_of_one(probs, states, repeats, 0, score, start)
    for end in range(len(probs)):
        best = naive.spot_score(probs, tokens, 0, end)
        if best == -np.inf:
            assert score[end] < NEVER / 10
        else:
            assert score[end] == pytest.approx(best, abs=1e-4)
            assert naive.spot_score(probs[start[end] : end + 1], tokens, 0, end - start[end]) == pytest.approx(best, abs=1e-4)


@naive.examples(150)
@given(EMISSIONS, st.lists(TOKENS, min_size=1, max_size=4))
def test_sentences_side_by_side_have_the_best_paths_within_the_rounding(log_probs, sentences):
    probs = emissions.relative(log_probs)
    bounded = np.maximum(probs, -spotting.FLOOR)
    found = ends_of(probs, [as_given(tokens) for tokens in sentences])
    unit = 65536 / 12 / (2 * max(map(len, sentences)) + 2)
    within = 0.5 / unit * len(probs) + 1e-4
    for index, tokens in enumerate(sentences):
        for end in range(len(probs)) if index in found else ():
            best = naive.spot_score(bounded, tokens, 0, end)
            own, start = found[index][0][end], found[index][1][end]
            if best == -np.inf:
                assert own < NEVER / 10
            elif best > -spotting.FLOOR + within:
                assert own == pytest.approx(best, abs=within)
                assert naive.spot_score(bounded[start : end + 1], tokens, 0, end - start) >= best - 2 * within
            else:  # where a recording begins within the sentence, each token of it before costs as much as one can at most
                assert best - within <= own <= -spotting.FLOOR + within


@naive.examples(100)
@given(EMISSIONS, st.lists(TOKENS | st.just([]), max_size=5), st.integers(1, 4), st.integers(0, 3))
def test_places_are_the_best_first_do_not_overlap_and_have_their_scores(log_probs, sentences, most, nulls):
    probs = emissions.relative(log_probs)
    given_ = [as_given(tokens).astype(int) for tokens in sentences]
    found = spotting.spot(log_probs, given_, most=most, nulls=nulls)
    assert len(found) == len(sentences)
    ends = ends_of(probs, given_)
    for index, places in enumerate(found):
        if index not in ends:
            assert not places and not 0 < len(sentences[index]) <= len(probs)
            continue
        scores, starts = ends[index]
        wanted = []
        for end in np.argsort(-scores, kind="stable").tolist():  # whatever begins or ends in a better one is passed over
            if scores[end] > NEVER / 10 and all(end < first or starts[end] >= last for first, last, _ in wanted):
                wanted.append((int(starts[end]), end + 1, float(scores[end]) / len(sentences[index])))
        assert [(place.start, place.end) for place in places] == [row[:2] for row in wanted[:most]]
        assert [place.score for place in places] == pytest.approx([row[2] for row in wanted[:most]])
        known = [row[2] for row in wanted[: max(most, nulls + 1)]]
        for number, place in enumerate(places):
            others = (known[:number] + known[number + 1 :])[:nulls]
            assert place.margin == pytest.approx(place.score - median(others) if others else 0.0, abs=1e-5)
            assert place.sentence == index


@naive.examples(100)
@given(EMISSIONS, TOKENS)
def test_scores_from_a_start_are_those_of_the_best_paths(log_probs, tokens):
    probs = emissions.relative(log_probs)
    scores = spotting.scores_from(probs, as_given(tokens))
    for end in range(1, len(probs) + 1):
        best = naive.ctc_score(probs[:end], tokens, 0)
        assert scores[end - 1] < -1e9 if best == -np.inf else scores[end - 1] == pytest.approx(best, abs=1e-4)


@naive.examples(100)
@given(EMISSIONS, TOKENS)
def test_the_best_stretch_is_the_best_of_all(log_probs, tokens):
    probs = emissions.relative(log_probs)
    first, last = spotting.best_stretch(probs, as_given(tokens))
    best = max(naive.spot_score(probs, tokens, 0, end) for end in range(len(probs)))
    if best == -np.inf:
        assert (first, last) == (0, 0)
    else:
        assert naive.spot_score(probs[first:last], tokens, 0, last - first - 1) == pytest.approx(best, abs=1e-4)


def test_no_stretch_of_nothing():
    probs = emissions.relative(np.zeros((5, 4)))
    assert spotting.best_stretch(probs, np.array([], int)) == (0, 0)
    assert spotting.best_stretch(probs[:0], np.array([1])) == (0, 0)
    assert spotting.scores_from(probs, np.array([], int)).tolist() == [0, 0, 0, 0, 0]


@naive.compiled
def test_a_planted_sentence_is_spotted_where_it_is_with_a_margin():
    tokens = np.random.default_rng(1).integers(1, 30, 20)
    (places,) = spotting.spot(naive.planted(tokens, 3, 400, 150), [tokens])
    best = places[0]
    assert abs(best.start - 150) <= 1 and abs(best.end - (150 + 58)) <= 2
    assert best.margin > 1.0 > max(place.margin for place in places[1:])


def test_both_readings_of_a_repeated_sentence_are_found():
    tokens = np.random.default_rng(1).integers(1, 30, 20)
    log_probs = np.concatenate([naive.planted(tokens, 3, 200, 50), naive.planted(tokens, 3, 200, 100, seed=2)])
    (places,) = spotting.spot(log_probs, [tokens])
    assert sorted(round(place.start, -1) for place in places[:2]) == [50, 300]


@naive.compiled
@pytest.mark.parametrize("at", [kernels.LONGEST - 30, kernels.LONGEST + 5, 3 * kernels.LONGEST - 58, 50_000])
def test_places_in_long_recordings_where_the_frame_of_the_beginning_starts_anew(at):
    tokens = np.random.default_rng(1).integers(1, 30, 20)
    log_probs = np.tile(naive.log_softmax(np.random.default_rng(2).normal(0, 1, (700, 30))), (75, 1))
    log_probs[at : at + 60] = naive.planted(tokens, 3, 60, 0)
    (places,) = spotting.spot(log_probs, [tokens])
    assert (places[0].start, places[0].end) == (at, at + 58)
    assert places[0].margin > 1.0
    order = sorted((place.start, place.end) for place in places)
    assert len(order) == 12 and all(a[1] <= b[0] for a, b in itertools.pairwise(order))
    assert all(20 <= last - first < 400 for first, last in order)


@naive.compiled
@pytest.mark.parametrize("count", [340, 341, 682, 683, 2000])
def test_long_sentences_are_found_in_whole_units_or_in_single_precision(count):
    tokens = np.random.default_rng(3).integers(1, 30, count)
    short = tokens[100:110]
    log_probs = naive.planted(tokens, 2, 2 * count + 500, 250)
    long_places, short_places = spotting.spot(log_probs, [tokens, short])
    assert (long_places[0].start, long_places[0].end) == (250, 250 + 2 * count - 1)
    assert (short_places[0].start, short_places[0].end) == (450, 469)
    assert long_places[0].score > -0.01


def test_long_sentences_leave_whole_units_where_those_are_too_coarse(monkeypatch):
    called = []
    original = kernels.ends_of_one
    monkeypatch.setattr(kernels, "ends_of_one", lambda *own: called.append(len(own[1])) or original(*own))
    longest = int(kernels.WORST / (kernels.FLOOR * spotting.COARSE) - 2) // 2
    probs = emissions.relative(np.zeros((longest + 1, 2)))
    for count in (longest, longest + 1):
        spotting.spot_relative(probs, [np.full(count, -1)])
    assert called == [longest + 1]


def test_what_does_not_fit_has_no_place():
    log_probs = naive.planted([3, 4, 5], 3, 9, 0)[:5]
    found = spotting.spot(log_probs, [np.array([], int), np.arange(1, 7), np.array([3, 3, 3, 3]), np.array([3, 4])])
    assert [len(places) > 0 for places in found] == [False, False, False, True]
    assert spotting.spot(log_probs[:0], [np.array([3])]) == [[]]
    assert spotting.spot(log_probs, []) == []


def test_no_place_is_shorter_than_its_tokens():
    log_probs = naive.log_softmax(np.random.default_rng(4).normal(0, 3, (40, 6)))
    for tokens, fewest in (([1, 2, 3, 4, 5], 5), ([1, 1, 2, 2, 3], 7)):
        (places,) = spotting.spot(log_probs, [np.array(tokens)], most=40)
        assert places and min(place.end - place.start for place in places) >= fewest


def test_a_wildcard_is_any_sound_but_silence():
    tokens = np.array([5, 9, 7, 8, 3, 4])
    log_probs = naive.planted(tokens, 3, 100, 30)
    unknown = np.where(np.arange(6) == 2, -1, tokens)
    exact, wild = spotting.spot(log_probs, [tokens, unknown])
    assert (exact[0].start, exact[0].end) == (wild[0].start, wild[0].end) == (30, 46)
    assert wild[0].score >= exact[0].score - 0.01


def test_a_blank_anywhere_and_emissions_of_any_kind():
    tokens = np.random.default_rng(1).integers(1, 30, 20)
    log_probs = naive.planted(tokens, 3, 200, 70)
    wanted = spotting.spot(log_probs, [tokens])
    assert spotting.spot(np.roll(log_probs, -1, axis=1), [tokens - 1], blank=29) == wanted
    assert spotting.spot(np.asfortranarray(log_probs.astype(float)), [tokens.astype(np.int8)]) == wanted
    barred = np.where(log_probs < -17, -np.inf, log_probs)
    assert spotting.spot(barred, [tokens])[0][0].start == 70


@naive.compiled
def test_many_sentences_in_batches_are_found_as_one_by_one(monkeypatch):
    rng = np.random.default_rng(5)
    sentences = [rng.integers(1, 30, 12) for _ in range(30)]
    log_probs = np.concatenate([naive.planted(tokens, 2, 30, 3, seed=number) for number, tokens in enumerate(sentences)])
    alone = [spotting.spot(log_probs, [tokens])[0] for tokens in sentences]
    steps = []
    for batch, room in ((100, 64 << 20), (2048, 5 * 4 * len(log_probs)), (2048, 64 << 20)):
        monkeypatch.setattr(spotting, "BATCH", batch)
        monkeypatch.setattr(spotting, "ENDS_BYTES", room)
        found = spotting.spot(log_probs, sentences, progress=lambda done, total: steps.append((done, total)))
        assert [[(place.start, place.end, place.score, place.margin) for place in places] for places in found] == [
            [(place.start, place.end, place.score, place.margin) for place in places] for places in alone
        ]
        assert [places[0].start // 30 for places in found] == list(range(30))
    assert steps == [(8, 30), (16, 30), (24, 30), (30, 30), (5, 30), (10, 30), (15, 30), (20, 30), (25, 30), (30, 30), (30, 30)]


@pytest.mark.parametrize(
    ("log_probs", "tokens"),
    [(np.zeros(5), [1]), (np.full((3, 4), np.nan), [1]), (np.zeros((3, 4)), [4]), (np.zeros((3, 4)), [0.5])],
)
def test_bad_input_is_refused(log_probs, tokens):
    with pytest.raises(ValueError, match=r"must|NaN"):
        spotting.spot(log_probs, [np.array(tokens)])


def test_ctc_hands_on_what_spots():
    assert ctc.spot is spotting.spot and ctc.best_stretch is spotting.best_stretch
