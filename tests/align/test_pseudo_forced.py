import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align import ctc
from align.pseudo_forced import Parameters, pseudo_forced_align
from tests import naive

LENGTH, GAP = 40, 4
PARAMETERS = Parameters(character_seconds=GAP * 0.02)


def texts(count, length=LENGTH):
    return [np.random.default_rng(100 + number).integers(1, 30, length).astype(np.int32) for number in range(count)]


def said(sentences, silence=20):
    """Emissions of sentences that are said one after another, and the frame at which each begins."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (sum(GAP * len(tokens) + silence for tokens in sentences) + silence, 30))
    logits[:, 0] += 12
    at, starts = silence, []
    for tokens in sentences:
        starts.append(at)
        for token in tokens:
            logits[at, [0, token]] += (-12, 12)
            at += GAP
        at += silence
    return ctc.relative(naive.log_softmax(logits)), starts


def align(probs, sentences, **more):
    return [(one.sentence, one.start) for one in pseudo_forced_align(probs, sentences, parameters=PARAMETERS, **more)]


def test_a_text_that_is_read_as_it_stands_is_aligned_whole():
    sentences = texts(6)
    probs, starts = said(sentences)
    assert align(probs, sentences) == list(enumerate(starts))


def test_scores_are_means_of_the_worst_stretch_and_margins_count_from_what_is_accepted():
    sentences = texts(2)
    places = pseudo_forced_align(said(sentences)[0], sentences, parameters=PARAMETERS)
    assert all(-0.1 < one.score <= 0 and one.margin == one.score - PARAMETERS.accept for one in places)
    short = texts(2, 10)
    places = pseudo_forced_align(said(short)[0], short, parameters=PARAMETERS)
    assert all(one.score < PARAMETERS.accept + 0.01 for one in places), "short utterances are no anchors"


@pytest.mark.parametrize("missing", [0, 2, 5])
def test_a_sentence_that_nobody_reads_is_dropped_and_the_rest_is_found(missing):
    sentences = texts(6)
    probs, starts = said([one for number, one in enumerate(sentences) if number != missing])
    found = dict(align(probs, sentences))
    truth = dict(zip([number for number in range(6) if number != missing], starts, strict=True))
    right = [number for number, start in found.items() if truth.get(number) == start]
    assert missing not in found or found[missing] not in starts
    assert len(right) >= 4


def test_foreign_speech_in_between_is_stepped_over():
    sentences = texts(4)
    foreign = np.random.default_rng(9).integers(1, 30, 60).astype(np.int32)
    probs, starts = said([sentences[0], sentences[1], foreign, sentences[2], sentences[3]])
    assert align(probs, sentences) == [(0, starts[0]), (1, starts[1]), (2, starts[3]), (3, starts[4])]


def test_it_is_lost_where_the_order_is_another():
    sentences = texts(4)
    probs, starts = said([sentences[3], sentences[0], sentences[1], sentences[2]])
    assert (3, starts[0]) not in align(probs, sentences)


def test_nothing_that_is_said_is_nothing_found():
    foreign = np.random.default_rng(9).integers(1, 30, 200).astype(np.int32)
    assert align(said([foreign])[0], texts(3)) == []


@pytest.mark.parametrize(
    ("probs", "sentences"), [(np.zeros((0, 31)), texts(1)), (np.zeros((40, 31)), []), (np.zeros((9, 31)), texts(1))]
)
def test_no_audio_no_text_or_too_little_of_it(probs, sentences):
    assert align(probs.astype(np.float32), sentences) == []


def test_an_utterance_without_tokens_is_skipped():
    sentences = texts(3)
    probs, starts = said(sentences)
    empty = np.zeros(0, np.int32)
    assert align(probs, [sentences[0], empty, sentences[1], sentences[2], empty]) == [
        (0, starts[0]), (2, starts[1]), (3, starts[2]),
    ]  # fmt: skip


def test_progress_rises_to_the_end():
    sentences = texts(3)
    told = []
    align(said(sentences)[0], sentences, progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told) and told[-1] == (3, 3)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 4), max_size=5), st.integers(0, 30))
def test_places_rise_in_time_and_in_the_text_whatever_is_read(order, silence):
    sentences = texts(5, 32)
    probs, _ = said([sentences[number] for number in order], silence + 1)
    places = pseudo_forced_align(probs, sentences, parameters=PARAMETERS)
    assert all(0 <= one.start < one.end <= len(probs) for one in places)
    assert all(a.end <= b.start and a.sentence < b.sentence for a, b in zip(places, places[1:], strict=False))
