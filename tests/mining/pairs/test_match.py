"""Sentences to candidate pairs, over planted bulletins whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.config import STRATEGIES, FilterConfig, MatchConfig
from mining.documents.languages import language
from mining.documents.scripts import in_script
from mining.errors import InputError, UsageError
from mining.pairs.filter import filter_pairs
from mining.pairs.match import match
from mining.records import Pair, Sentence
from tests.mining.pairs import planted

S = planted.SENTENCES


def matched(told: planted.Bulletin, sentences: list[Sentence] | None = None, **config) -> list[Pair]:
    sentences = planted.document() if sentences is None else sentences
    return match("r1", sentences, told.segments, told.emissions, language("hi"), MatchConfig(**config))


def truly(pair: Pair, told: planted.Bulletin, slack: float = 0.1) -> bool:
    """Whether a pair's sentence is said where it says so."""
    return any(
        text == pair.text and abs(start - pair.start) <= slack * 16_000 and abs(end - pair.end) <= slack * 16_000
        for text, start, end in told.spoken
    )


@pytest.fixture(scope="module")
def pairs(bulletin: planted.Bulletin) -> list[Pair]:
    return matched(bulletin)


def test_every_reading_of_a_printed_sentence_is_found_where_it_is(pairs: list[Pair], bulletin: planted.Bulletin) -> None:
    printed = [text for text, _, _ in bulletin.spoken if text != planted.UNPRINTED]
    assert [pair.text for pair in pairs if truly(pair, bulletin)] == printed


def test_a_sentence_that_nobody_reads_has_no_pair_as_strong_as_a_right_one(pairs: list[Pair], bulletin) -> None:
    right = [pair.features["strength"] for pair in pairs if truly(pair, bulletin)]
    wrong = [pair.features["strength"] for pair in pairs if not truly(pair, bulletin)]
    assert max(wrong, default=0.0) < min(right)


def test_a_pair_tells_where_it_comes_from(pairs: list[Pair], bulletin: planted.Bulletin) -> None:
    first = pairs[0]
    assert (first.id, first.recording, first.sentence, first.page, first.strategy) == ("r1-p00001", "r1", "s0001", 1, "hybrid")
    assert (first.segments, first.heard, first.raw_text) == (("g00001",), S[0], S[0])
    assert all(np.isfinite(list(pair.features.values())).all() for pair in pairs)


def test_equal_input_gives_equal_pairs(pairs: list[Pair], bulletin: planted.Bulletin) -> None:
    assert matched(bulletin) == pairs


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_in_order_and_complete_every_strategy_finds_all(strategy: str) -> None:
    told = planted.bulletin(S)
    pairs = matched(told, strategy=strategy)
    assert [pair.text for pair in pairs] == list(S)
    assert all(truly(pair, told, 0.2) for pair in pairs)
    assert {pair.strategy for pair in pairs} == {strategy}


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(deadline=None, max_examples=10)
@given(
    readings=st.lists(st.sampled_from([*S, planted.UNPRINTED]), min_size=1, max_size=7),
    printed=st.lists(st.sampled_from(S), min_size=1, max_size=6),
    pause=st.sampled_from([0.0, 0.15, 0.6]),
    most=st.sampled_from([2.0, 20.0]),
)
def test_pairs_are_in_order_without_overlap_and_nothing_is_lost(strategy, readings, printed, pause, most) -> None:
    told, sentences = planted.bulletin(readings, pause), planted.document(printed)
    pairs = matched(told, sentences, strategy=strategy, max_seconds=most)
    assert all(left.end <= right.start for left, right in zip(pairs, pairs[1:], strict=False))
    assert all(0 <= pair.start < pair.end <= told.duration and pair.segments for pair in pairs)
    assert len({pair.id for pair in pairs}) == len(pairs)
    kept, rejected, coverage = filter_pairs("r1", pairs, sentences, told.segments, told.duration, FilterConfig())
    assert len(kept) + sum(one.kind == "pair" for one in rejected) == len(pairs)
    assert sum(coverage["sentences"].values()) == len(sentences)


def test_what_is_set_aside_is_left_alone() -> None:
    sentences = [*planted.document(S[:2]), planted.sentence(3, S[2], aside="heading")]
    assert [pair.sentence for pair in matched(planted.bulletin(S[:3]), sentences)] == ["s0001", "s0002"]


def test_nothing_to_match_is_no_pairs(bulletin: planted.Bulletin) -> None:
    assert matched(bulletin, []) == []
    assert matched(bulletin, [planted.sentence(1, S[0], aside="furniture")]) == []
    silent = planted.emissions(np.zeros((0, len(planted.VOCABULARY))), np.zeros(0, np.int64), np.zeros(0))
    assert match("r1", planted.document(), [], silent, language("hi"), MatchConfig()) == []


def test_silence_makes_no_pairs_and_no_error() -> None:
    told = planted.bulletin([" " * 40])
    for strategy in STRATEGIES:
        assert all(pair.features["cer"] >= 1 for pair in matched(told, strategy=strategy))


def test_a_sentence_without_a_symbol_of_the_model_is_no_obstacle(bulletin: planted.Bulletin) -> None:
    sentences = [planted.sentence(1, S[0]), planted.sentence(2, "\u200d"), planted.sentence(3, S[1])]
    for strategy in STRATEGIES:
        assert [pair.sentence for pair in matched(planted.bulletin(S[:2]), sentences, strategy=strategy)] == ["s0001", "s0003"]


def test_a_wildcard_is_matched_to_whatever_is_said() -> None:
    text = S[1].replace("किसानों", "*")
    told = planted.bulletin([S[0], S[1], S[2]])
    (pair,) = matched(told, [planted.sentence(1, text)])
    assert pair.text == text and abs(pair.start - told.spoken[1][1]) < 1600 and abs(pair.end - told.spoken[1][2]) < 1600


def test_a_sentence_too_long_for_a_trainer_comes_in_parts_that_share_its_confidence() -> None:
    joined = " ".join(S[:4])
    told = planted.bulletin([joined], within={0: {len(S[0]) + 1: 20, len(S[0] + S[1]) + 2: 20, len(S[0] + S[1] + S[2]) + 3: 20}})
    parts = matched(told, [planted.sentence(1, joined)], max_seconds=5.0)
    assert [part.text for part in parts] == list(S[:4])
    assert len({part.confidence for part in parts}) == 1
    assert {part.sentence for part in parts} == {"s0001"}
    assert [part.id for part in parts] == [f"r1-p{number:05d}" for number in range(1, 5)]


def test_a_model_of_another_script_is_told_as_such(bulletin: planted.Bulletin) -> None:
    with pytest.raises(InputError, match=r"cannot write 100% of the document's letters.*model for Urdu"):
        match("r1", planted.document(["یہ اردو کی خبریں"]), bulletin.segments, bulletin.emissions, language("ur"), MatchConfig())


def test_what_is_written_in_another_brahmic_script_is_found_all_the_same(bulletin: planted.Bulletin) -> None:
    def found(sentences: list[str], code: str) -> list[tuple[str, int, int]]:
        own = (bulletin.segments, bulletin.emissions, language(code), MatchConfig())
        return [(pair.sentence, pair.start, pair.end) for pair in match("r1", planted.document(sentences), *own)]

    moved = [in_script(text, "Knda") for text in planted.SENTENCES]
    assert len(found(moved, "kn")) > 5
    assert found(moved, "kn") == found(list(planted.SENTENCES), "hi")


def test_an_unknown_strategy_is_answered_with_the_list() -> None:
    with pytest.raises(UsageError, match="guessing") as caught:
        MatchConfig(strategy="guessing")
    assert all(name in str(caught.value) for name in STRATEGIES)


def test_progress_counts_the_sentences(bulletin: planted.Bulletin) -> None:
    for strategy in STRATEGIES:
        told: list[tuple[int, int]] = []
        match(
            "r1", planted.document(), bulletin.segments, bulletin.emissions, language("hi"), MatchConfig(strategy),
            progress=lambda done, of, told=told: told.append((done, of)),
        )  # fmt: skip
        assert told == sorted(told) and {of for _, of in told} == {8}
