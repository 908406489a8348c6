"""Anchors find what spotting finds, where they suffice; and where they don't, everything is spotted."""

from __future__ import annotations

import numpy as np
import pytest

from align import finding, spotting
from align.emissions import relative
from align.room import evenly, room_of
from tests import naive

COLUMNS = 40


def recording(order, sentences, errors=0.0, seed=1):
    """Emissions in which sentences (None: unprinted speech) are said one after the other, and where each was said."""
    rng = np.random.default_rng(seed)
    said = [rng.integers(1, COLUMNS, 35) if index is None else sentences[index] for index in order]
    logits, spans, at = rng.normal(0, 1, (sum(4 * len(tokens) + 30 for tokens in said), COLUMNS)), [], 0
    for index, tokens in zip(order, said, strict=True):
        frames = at + 10 + 4 * np.arange(len(tokens))
        logits[at : at + 4 * len(tokens) + 30, 0] += 8
        wrong = rng.random(len(tokens)) < errors
        logits[frames, 0] -= 8
        logits[frames, np.where(wrong, rng.integers(1, COLUMNS, len(tokens)), tokens)] += 8
        logits[frames, tokens] += 2
        spans.append((index, frames[0], frames[-1] + 1))
        at += 4 * len(tokens) + 30
    return naive.log_softmax(logits), spans


@pytest.fixture
def sentences():
    rng = np.random.default_rng(0)
    return [rng.integers(1, COLUMNS, size).astype(np.int32) for size in rng.integers(20, 45, 24)]


@pytest.fixture(autouse=True)
def _always_anchored(monkeypatch):
    monkeypatch.setattr(finding, "LONG", 0)
    monkeypatch.setattr(finding, "SAMPLE", 1600)


def room(log_probs, sentences):
    return room_of(log_probs, sentences, evenly(len(log_probs)))


def near(place, start, end):
    return abs(place.start - start) <= 8 and abs(place.end - end) <= 8  # a symbol that is misheard is said a symbol away


@pytest.mark.parametrize("errors", [0.0, 0.15])
def test_anchored_places_are_those_that_spotting_finds(sentences, errors):
    log_probs, spans = recording([i for i in range(24) if i % 6 != 4], sentences, errors)
    own = room(log_probs, sentences)
    found, spotted = finding._anchored_first(own, None), spotting.spot_relative(own.probs, sentences)
    assert found is not None
    for index, start, end in spans:
        assert near(found[index][0], start, end) and near(spotted[index][0], start, end)
        assert found[index][0].score == pytest.approx(spotted[index][0].score, abs=0.02)
        assert found[index][0].margin == pytest.approx(spotted[index][0].margin, rel=0.35)


def test_what_is_not_read_has_no_good_place_and_what_is_read_twice_has_two(sentences):
    order = [i for i in range(24) if i != 7]
    log_probs, spans = recording([*order[:12], None, *order[12:], 3], sentences)
    found = finding._anchored_first(room(log_probs, sentences), None)
    usual = np.median([own[0].margin for own in found])
    assert all(place.margin < 0.4 * usual for place in found[7])
    assert near(found[3][0], *spans[-1][1:]) or near(found[3][1], *spans[-1][1:])
    assert found[3][1].margin > 0.6 * usual


def test_without_anchors_everything_is_spotted(sentences):
    log_probs, _ = recording(range(24), sentences, errors=0.7)
    own = room(log_probs, sentences)
    assert finding._anchored_first(own, None) is None
    told: list[tuple[int, int]] = []
    assert finding.find(own, lambda done, of: told.append((done, of))) == spotting.spot_relative(own.probs, sentences)
    assert told[-1] == (24, 24)


def test_a_document_of_something_else_is_not_anchored(sentences):
    log_probs, _ = recording([None] * 20, sentences)
    assert finding._anchored_first(room(log_probs, sentences), None) is None


def test_places_say_in_how_many_frames_others_were_looked_for(sentences):
    log_probs, _ = recording(range(24), sentences)
    own = room(log_probs, sentences)
    sure = [places[0] for places in finding._anchored_first(own, None)]
    left = finding._rest(own, sure)
    assert {place.searched for place in sure} == {1600 + sum(last - first for first, last in left)}
    assert {place.searched for places in spotting.spot_relative(own.probs, sentences) for place in places} == {len(log_probs)}


@pytest.mark.parametrize("frames", [0, 1, 1600, 3100, 10**6])
def test_a_sample_is_spread_and_within_the_recording(frames):
    own = room_of(np.zeros((9000, 3), np.float32), [], evenly(9000))
    stretches = finding._spread(own, frames)
    assert all(0 <= first < last <= 9000 for first, last in stretches)
    assert sum(last - first for first, last in stretches) >= min(frames, 9000)


def test_greedy_reading_has_each_symbol_once_and_in_time():
    log_probs = np.full((9, 4), -9.0, np.float32)
    log_probs[np.arange(9), [0, 2, 2, 0, 2, 3, 3, 1, 0]] = 0
    symbols, frames = finding.heard_tokens(relative(log_probs), 0)
    assert symbols.tolist() == [2, 2, 3, 1] and frames.tolist() == [1, 4, 5, 7]


@pytest.mark.parametrize("tokens", [300, 600, 2000])
def test_a_place_that_cannot_be_lends_no_margin(tokens):
    log_probs = naive.log_softmax(np.random.default_rng(2).normal(0, 2, (tokens + 100, COLUMNS)))
    sentence = np.random.default_rng(3).integers(1, COLUMNS, tokens).astype(np.int32)
    (places,) = spotting.spot_relative(relative(log_probs, 0), [sentence])
    assert 0 < len(places) <= 2
    assert all(-30 < place.score <= 0 and abs(place.margin) < 30 for place in places)
