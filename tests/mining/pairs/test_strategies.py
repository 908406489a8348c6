"""Three strategies behind one signature, and where they differ."""

from __future__ import annotations

import numpy as np
import pytest

from align.matching import STRATEGIES, match_in
from mining import config
from mining.pairs.tokens import Tokenizer
from tests.mining.pairs import planted

S = planted.SENTENCES


def placed(strategy: str, heard, told: planted.Bulletin, texts=S) -> list[int]:
    """The sentences that a strategy places where they are said, in time order."""
    tokenizer = Tokenizer(told.emissions)
    seen = heard(told)
    places = match_in(seen.room([tokenizer.columns(text)[0] for text in texts]), strategy, seen.delimiter)
    assert [place.start for place in places] == sorted(place.start for place in places)
    truth = {}
    for onset, (text, _, _) in zip(seen.timeline.onsets, told.spoken, strict=True):
        truth.setdefault(text, []).append(onset)
    return [p.sentence for p in places if min(abs(p.start - at) for at in truth.get(texts[p.sentence], [10**6])) <= 6]


def test_the_strategies_are_those_of_the_config() -> None:
    assert set(STRATEGIES) == set(config.STRATEGIES)


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_a_sentence_that_is_not_read_is_stepped_over(strategy: str, heard) -> None:
    told = planted.bulletin([S[0], S[1], S[3], S[4], S[5]])
    found = placed(strategy, heard, told)
    assert set(found) >= {0, 1, 4, 5}
    assert 3 in found or strategy == "iterative-ctc"  # whose anchor may lie behind what follows the gap


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_speech_that_is_not_printed_is_stepped_over(strategy: str, heard) -> None:
    told = planted.bulletin([S[0], planted.UNPRINTED, S[1], S[2]])
    assert placed(strategy, heard, told, S[:3]) == [0, 1, 2]


def test_only_the_hybrid_finds_a_sentence_twice_and_out_of_order(heard) -> None:
    told = planted.bulletin([S[0], S[1], S[2], S[4], S[3], S[0]])
    assert placed("hybrid", heard, told) == [0, 1, 2, 4, 3, 0]
    assert len(placed("needleman-wunsch", heard, told)) < 6
    assert len(placed("iterative-ctc", heard, told)) < 6


def test_by_text_needs_a_third_of_the_symbols(heard) -> None:
    told = planted.bulletin([S[0][: len(S[0]) // 2], S[1][:8], S[2]])
    tokenizer = Tokenizer(told.emissions)
    places = match_in(heard(told).room([tokenizer.columns(text)[0] for text in S[:3]]), "needleman-wunsch")
    assert [place.sentence for place in places] == [0, 2]
    assert places[0].margin == pytest.approx(0.5, abs=0.1)
    assert places[1].margin == pytest.approx(1.0)


def test_by_text_hears_nothing_in_silence(heard) -> None:
    silent = planted.bulletin(["  "])
    silent.emissions.log_probs[:] = -30
    silent.emissions.log_probs[:, 0] = 0
    assert match_in(heard(silent).room([np.array([3, 4, 5], np.int32)]), "needleman-wunsch") == []
