"""Every reason by its smallest example, and the sums: each second and each sentence has one fate."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.config import FilterConfig
from mining.errors import UsageError
from mining.pairs.filter import filter_pairs
from mining.records import REASONS, Pair, Rejection, Segment
from tests.mining.pairs import planted

SECOND = 16_000
TEXT = "आज बारिश हुई"


def pair(
    number: int = 1, start: float = 1.0, end: float = 3.0, confidence: float = 0.99, text: str = TEXT, sentence: int = 1
) -> Pair:
    first, last = round(start * SECOND), round(end * SECOND)
    name = f"s{sentence:04d}"
    return Pair(f"r1-p{number:05d}", "r1", name, ("g00001",), first, last, text, text, 1, confidence, "hybrid")


def decide(candidates: list[Pair], sentences=None, segments=(), duration: float = 30.0, **config):
    sentences = [planted.sentence(1, TEXT)] if sentences is None else sentences
    return filter_pairs("r1", candidates, sentences, segments, round(duration * SECOND), FilterConfig(**config))


def reasons(rejected: list[Rejection], kind: str) -> list[str]:
    return [one.reason for one in rejected if one.kind == kind]


def test_a_pair_over_pauses_is_one_stretch_and_two_pairs_are_two() -> None:
    speech = [(0.9, 1.4), (1.7, 3.2), (3.2, 5.5)]
    segment = Segment("g1", 0, 6 * SECOND, tuple((round(a * SECOND), round(b * SECOND)) for a, b in speech))
    both = [pair(), replace(pair(), id="r1-p00002", start=3 * SECOND, end=5 * SECOND)]
    _, _, coverage = decide(both, segments=[segment], duration=6.0)
    assert [stretch for stretch in coverage["audio"] if stretch[2] == "mined"] == [[1.0, 3.0, "mined"], [3.0, 5.0, "mined"]]
    assert coverage["audio"][0] == [0.0, 0.9, "no_speech"] and coverage["audio"][-1] == [5.5, 6.0, "no_speech"]


def test_a_sure_pair_is_kept_as_it_is() -> None:
    kept, rejected, coverage = decide([pair()])
    assert kept == [pair()]
    assert reasons(rejected, "pair") == reasons(rejected, "sentence") == []
    assert coverage["audio"] == [[0.0, 1.0, "no_speech"], [1.0, 3.0, "mined"], [3.0, 30.0, "no_speech"]]
    assert coverage["seconds"] == {"mined": 2.0, "no_speech": 28.0}
    assert coverage["sentences"] == {"mined": 1}
    assert coverage["duration"] == 30.0


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (pair(confidence=0.49), "low_confidence"),
        (pair(end=21.001), "too_long"),
        (pair(end=1.499), "too_short"),
        (pair(text="आज * हुई"), "wildcard"),
        (pair(confidence=0.49, end=21.001, text="*"), "low_confidence"),  # the first reason that holds is told
    ],
)
def test_what_is_not_kept_says_why(candidate: Pair, reason: str) -> None:
    kept, rejected, coverage = decide([candidate], min_confidence=0.5)
    assert kept == []
    (told,) = [one for one in rejected if one.kind == "pair"]
    assert (told.reason, told.text, told.start, told.end, told.page) == (
        reason, candidate.text, candidate.start, candidate.end, 1,
    )  # fmt: skip
    assert told.confidence == candidate.confidence
    assert coverage["sentences"] == {reason: 1}
    assert coverage["seconds"][reason] == pytest.approx((candidate.end - candidate.start) / SECOND, abs=1e-3)


@pytest.mark.parametrize("limit", [pair(end=21.0), pair(end=1.5), pair(confidence=0.5)])
def test_limits_themselves_are_kept(limit: Pair) -> None:
    assert decide([limit], min_confidence=0.5)[0] == [limit]


def test_the_same_text_and_audio_are_mined_once() -> None:
    kept, rejected, coverage = decide([pair(1), pair(2)])
    assert [one.id for one in kept] == ["r1-p00001"]
    assert [(one.id, one.reason) for one in rejected if one.kind == "pair"] == [("r1-p00002", "duplicate")]
    assert coverage["sentences"] == {"mined": 1}


def test_a_sentence_read_twice_is_mined_twice() -> None:
    assert len(decide([pair(1), pair(2, start=10.0, end=12.0)])[0]) == 2


def test_a_sentence_of_which_a_part_was_kept_is_mined() -> None:
    _, rejected, coverage = decide([pair(1), pair(2, start=4.0, end=4.1)])
    assert coverage["sentences"] == {"mined": 1}
    assert reasons(rejected, "pair") == ["too_short"]
    assert reasons(rejected, "sentence") == []


@pytest.mark.parametrize("reason", ["ocr_garbage", "heading", "furniture", None])
def test_sentences_without_a_pair_are_told(reason: str | None) -> None:
    sentences = [planted.sentence(1, TEXT), planted.sentence(2, "कल", aside=reason)]
    _, rejected, coverage = decide([pair()], sentences)
    (told,) = [one for one in rejected if one.kind == "sentence"]
    assert (told.id, told.reason, told.text, told.page) == ("r1-s0002", reason or "not_spoken", "कल", 1)
    assert coverage["sentences"] == {"mined": 1, reason or "not_spoken": 1}


def test_speech_that_is_nobodys_and_silence_are_told_apart() -> None:
    segments = [
        Segment("g00001", 0, 5 * SECOND, ((0, 4 * SECOND),)),
        Segment("g00002", 8 * SECOND, 9 * SECOND, ((8 * SECOND, 9 * SECOND),)),
    ]
    _, rejected, coverage = decide([pair()], segments=segments, duration=10.0)
    assert coverage["audio"] == [
        [0.0, 1.0, "untranscribed"],
        [1.0, 3.0, "mined"],
        [3.0, 4.0, "untranscribed"],
        [4.0, 8.0, "no_speech"],
        [8.0, 9.0, "untranscribed"],
        [9.0, 10.0, "no_speech"],
    ]
    told = [(one.id, one.reason, one.start, one.end) for one in rejected if one.kind == "audio"]
    assert told[0] == ("r1-a00001", "untranscribed", 0, SECOND)
    assert [row[1] for row in told] == ["untranscribed", "untranscribed", "no_speech", "untranscribed", "no_speech"]


def test_runs_of_speech_that_touch_are_one_stretch_and_pairs_that_touch_are_two() -> None:
    segments = [Segment("g00001", 0, 4 * SECOND, ((0, 2 * SECOND), (2 * SECOND, 4 * SECOND)))]
    audio = decide([pair(1, 5.0, 7.0), pair(2, 7.0, 9.0)], segments=segments, duration=9.0)[2]["audio"]
    assert audio == [[0.0, 4.0, "untranscribed"], [4.0, 5.0, "no_speech"], [5.0, 7.0, "mined"], [7.0, 9.0, "mined"]]


def test_rejections_are_sorted_pairs_first() -> None:
    sentences = [planted.sentence(1, TEXT), planted.sentence(2, "कल")]
    rejected = decide([pair(2, 4.0, 4.1), pair(1, 1.0, 1.1)], sentences)[1]
    assert [one.kind for one in rejected] == ["pair", "pair", "sentence", "audio", "audio", "audio"]
    assert [one.id for one in rejected] == sorted([one.id for one in rejected], key=lambda name: ("psa".index(name[3]), name))


def test_nothing_at_all() -> None:
    kept, rejected, coverage = decide([], [], duration=0.0)
    assert (kept, rejected) == ([], [])
    assert (coverage["audio"], coverage["seconds"], coverage["sentences"]) == ([], {}, {})


def test_the_target_decides_how_sure_is_sure_enough() -> None:
    candidates = [pair(i, 3.0 * i, 3.0 * i + 2, confidence) for i, confidence in enumerate([0.99, 0.95, 0.9, 0.7, 0.2])]
    kept, _, coverage = decide(candidates, target_precision=0.94)
    assert [one.confidence for one in kept] == [0.99, 0.95, 0.9]
    assert coverage["threshold"] == 0.9
    assert len(decide(candidates, target_precision=1.0)[0]) == 0
    assert len(decide(candidates, target_precision=None)[0]) == 4, "what is more likely wrong than right is not kept"
    assert len(decide(candidates, min_confidence=0.0)[0]) == 5, "unless one says so"


def test_a_threshold_by_hand_overrides_the_target() -> None:
    candidates = [pair(1, confidence=0.3)]
    assert decide(candidates, target_precision=0.99, min_confidence=0.3)[0] == candidates


@pytest.mark.parametrize("setting", [{"target_precision": 1.01}, {"min_confidence": -0.1}])
def test_what_is_no_probability_is_refused(setting: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="is not a probability"):
        FilterConfig(**setting)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[Any, ...]:
    """Candidates, sentences, segments and a duration; the last pair and the last run may end beyond it."""
    duration = draw(st.integers(0, 40 * SECOND))
    cuts = sorted(draw(st.sets(st.integers(0, 42 * SECOND), max_size=14)))
    texts = st.sampled_from([TEXT, "आज *", "कल"])
    sentences = [
        planted.sentence(n, "कल", aside=draw(st.sampled_from([None, "heading", "ocr_garbage"])))
        for n in range(1, draw(st.integers(1, 6)) + 1)
    ]
    candidates = [
        pair(n, a / SECOND, b / SECOND, draw(st.floats(0, 1)), draw(texts), draw(st.integers(1, len(sentences))))
        for n, (a, b) in enumerate(pairwise(cuts), 1)
        if draw(st.booleans())
    ]
    bounds = sorted(draw(st.sets(st.integers(0, 42 * SECOND), max_size=10)))
    segments = [Segment(f"g{a}", a, b, ((a, (a + b + 1) // 2),)) for a, b in pairwise(bounds) if b - a > 1]
    return candidates, sentences, segments, duration


@given(recordings(), st.sampled_from([None, 0.5, 0.9]))
def test_every_second_and_every_sentence_has_one_fate(recording: tuple[Any, ...], least: float | None) -> None:
    candidates, sentences, segments, duration = recording
    kept, rejected, coverage = filter_pairs("r1", candidates, sentences, segments, duration, FilterConfig(min_confidence=least))
    audio = coverage["audio"]
    assert not audio if duration == 0 else (audio[0][0], audio[-1][1]) == (0.0, coverage["duration"])
    assert all(left[1] == right[0] for left, right in pairwise(audio))
    assert sum(coverage["seconds"].values()) == pytest.approx(duration / SECOND, abs=1e-3)
    assert sum(coverage["sentences"].values()) == len(sentences)
    assert {fate for _, _, fate in audio} | set(coverage["sentences"]) <= {"mined", *REASONS}
    assert sorted([one.id for one in kept] + [one.id for one in rejected if one.kind == "pair"]) == [one.id for one in candidates]
    named = {one.sentence for one in candidates} | {one.id.removeprefix("r1-") for one in rejected if one.kind == "sentence"}
    assert named == {one.id for one in sentences}
    assert len({one.id for one in rejected}) == len(rejected)
