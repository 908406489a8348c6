import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from align import ctc
from tests import naive

PROBS = arrays(np.float32, st.tuples(st.integers(1, 6), st.just(4)), elements=st.floats(-4, 4, width=32)).map(naive.log_softmax)
TOKENS = st.lists(st.integers(1, 3), min_size=1, max_size=3)


@settings(deadline=None, max_examples=200)
@given(PROBS, TOKENS)
def test_forced_alignment_is_the_best_of_all_paths(log_probs, tokens):
    best = naive.ctc_score(log_probs, tokens, 0)
    if best == -np.inf:
        with pytest.raises(ValueError, match="too few"):
            ctc.forced_align(log_probs, np.array(tokens))
        return
    spans = ctc.forced_align(log_probs, np.array(tokens))
    assert spans.path_score == pytest.approx(best, abs=1e-4)
    assert np.all(spans.start < spans.end) and np.all(spans.end[:-1] <= spans.start[1:])


@settings(deadline=None, max_examples=100)
@given(PROBS, TOKENS)
def test_spotting_finds_the_best_path_to_every_end(log_probs, tokens):
    probs = ctc.relative(log_probs)
    states, repeats = ctc.prepare(np.array(tokens), probs.shape[1] - 1)
    score, start = np.empty(len(probs), np.float32), np.empty(len(probs), np.int32)
    ctc.kernels.spot_scores(probs, states, repeats, 0, score, start)
    for end in range(len(probs)):
        best = naive.spot_score(probs, tokens, 0, end)
        if best == -np.inf:
            assert score[end] < -1e9
        else:
            assert score[end] == pytest.approx(best, abs=1e-4)
            assert 0 <= start[end] <= end


@settings(deadline=None, max_examples=100)
@given(PROBS, TOKENS)
def test_scores_from_a_start_are_those_of_the_best_paths(log_probs, tokens):
    probs = ctc.relative(log_probs)
    scores = ctc.scores_from(probs, np.array(tokens))
    for end in range(1, len(probs) + 1):
        best = naive.ctc_score(probs[:end], tokens, 0)
        assert scores[end - 1] < -1e9 if best == -np.inf else scores[end - 1] == pytest.approx(best, abs=1e-4)


def planted(tokens, gap, frames, at, vocabulary=30, seed=0):
    """Emissions in which `tokens` are said from frame `at` on, one every `gap` frames, amid noise."""
    logits = np.random.default_rng(seed).normal(0, 1, (frames, vocabulary))
    for number, token in enumerate(tokens):
        logits[at + gap * number, token] += 12
        logits[at + gap * number + 1 : at + gap * (number + 1), 0] += 12
    return naive.log_softmax(logits)


def test_a_planted_sentence_is_spotted_where_it_is_with_a_margin():
    tokens = np.random.default_rng(1).integers(1, 30, 20)
    (places,) = ctc.spot(ctc.relative(planted(tokens, 3, 400, 150)), [tokens])
    best = places[0]
    assert abs(best.start - 150) <= 1 and abs(best.end - (150 + 58)) <= 2
    assert best.margin > 1.0 > max(place.margin for place in places[1:])


def test_both_readings_of_a_repeated_sentence_are_found():
    tokens = np.random.default_rng(1).integers(1, 30, 20)
    log_probs = np.concatenate([planted(tokens, 3, 200, 50), planted(tokens, 3, 200, 100, seed=2)])
    (places,) = ctc.spot(ctc.relative(log_probs), [tokens])
    assert sorted(round(place.start, -1) for place in places[:2]) == [50, 300]


def test_a_wildcard_takes_any_sound_but_silence():
    tokens = np.array([5, 9, 7])
    log_probs = planted(tokens, 4, 40, 10)[10:22]
    spans = ctc.forced_align(log_probs, np.array([5, -1, 7]))
    assert spans.start.tolist() == [0, 4, 8]


def test_memory_is_bounded_by_checkpoints_and_the_path_is_the_same():
    tokens = np.random.default_rng(3).integers(1, 30, 60)
    log_probs = planted(tokens, 3, 500, 100)
    checked = ctc.with_wildcard(log_probs, 0)
    states, repeats = ctc.prepare(tokens, 30)
    whole, blocks = (ctc._viterbi(checked, states, repeats, 0, every)[0] for every in (500, 7))
    assert whole.tolist() == blocks.tolist()


@pytest.mark.parametrize(
    ("log_probs", "message"),
    [
        (np.zeros(5), "must be"),
        (np.full((3, 4), np.nan), "NaN"),
        (np.full((3, 4), np.inf), "infinity"),
        (np.zeros((3, 1)), "must be"),
    ],
)
def test_bad_emissions_are_refused(log_probs, message):
    with pytest.raises(ValueError, match=message):
        ctc.forced_align(log_probs, np.array([1]))


def test_bad_tokens_and_blanks_are_refused():
    with pytest.raises(ValueError, match=r"-1 \(wildcard\) .. 3"):
        ctc.forced_align(np.zeros((5, 4)), np.array([4]))
    with pytest.raises(ValueError, match="blank 9"):
        ctc.forced_align(np.zeros((5, 4)), np.array([1]), blank=9)


def test_read_only_and_strided_input_gives_the_same():
    log_probs = planted([3, 4, 5], 3, 60, 20)
    strided = np.repeat(log_probs, 2, axis=0)[::2]
    strided.flags.writeable = False
    spans, same = (ctc.forced_align(emissions, np.array([3, 4, 5])) for emissions in (log_probs, strided))
    assert spans.start.tolist() == same.start.tolist()
