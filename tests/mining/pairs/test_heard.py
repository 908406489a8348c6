"""Frames to samples, pauses, segments and text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align import ctc
from mining.pairs.heard import Heard
from mining.records import Segment
from tests.mining.pairs import planted
from tests.mining.pairs.planted import HOP


def flat(frames: int, segments: list[Segment], starts: np.ndarray | None = None) -> Heard:
    """Frames in which nothing is said, over given segments."""
    starts = np.arange(frames) * HOP if starts is None else starts
    logits = np.zeros((frames, 4))
    logits[:, 0] = 9
    emissions = planted.emissions(logits, starts, np.zeros(frames), ("<pad>", "|", "क", "ल"))
    return Heard(ctc.relative(emissions.log_probs), segments, emissions)


def test_an_end_in_a_pause_is_that_of_the_run_of_speech_to_the_sample(bulletin: planted.Bulletin, heard) -> None:
    seen = heard(bulletin)
    intervals = [seen.interval(a, b) for a, b in zip(seen.timeline.onsets, seen.timeline.offsets, strict=True)]
    assert intervals == [(start, end) for _, start, end in bulletin.spoken]


def test_an_end_amid_speech_is_moved_outwards_but_not_out_of_its_run() -> None:
    seen = flat(100, [Segment("g00001", 0, 100 * HOP, ((10 * HOP + 7, 60 * HOP + 9),))])
    assert seen.interval(30, 40) == (30 * HOP - 960, 40 * HOP + 960)
    assert seen.interval(11, 60) == (10 * HOP + 7, 60 * HOP + 9)


def test_what_no_run_holds_stays_within_the_frames() -> None:
    seen = flat(20, [Segment("g00001", 0, 20 * HOP)])
    assert seen.interval(0, 20) == (0, 20 * HOP)
    assert seen.pauses(0, 20) == (0.0, 0.0)
    assert len(seen.runs) == 0


def test_a_run_without_a_frame_of_its_own_is_not_heard() -> None:
    starts = np.concatenate([np.arange(10), np.arange(50, 60)]) * HOP
    seen = flat(20, [Segment("g00001", 0, 60 * HOP, ((0, 10 * HOP), (20 * HOP, 21 * HOP), (50 * HOP, 60 * HOP)))], starts)
    assert seen.runs.tolist() == [[0, 10 * HOP], [50 * HOP, 60 * HOP]]
    assert seen.timeline.onsets.tolist() == [0, 10]
    assert seen.timeline.offsets.tolist() == [10, 20]


@given(st.integers(0, 99), st.integers(1, 100))
def test_intervals_hold_their_frames_and_are_never_empty(first: int, length: int) -> None:
    seen = flat(100, [Segment("g00001", 0, 100 * HOP, ((320, 9000), (9100, 20_000), (20_320, 32_000)))])
    last = min(100, first + length)
    start, end = seen.interval(first, last)
    assert 0 <= start < end <= 100 * HOP
    inside = [(a, b) for a, b in seen.runs if a < last * HOP and b > first * HOP]
    if inside:  # what is left of the frames when silence at both ends is taken off, a pause of less than a frame included
        assert start <= max(first * HOP, inside[0][0]) + HOP
        assert end >= min(last * HOP, inside[-1][1]) - HOP


def test_pauses_are_those_between_runs(bulletin: planted.Bulletin, heard) -> None:
    seen = heard(bulletin)
    (_, _, first_end), (_, second, second_end), (_, third, _) = bulletin.spoken[:3]
    onset, offset = seen.timeline.onsets[1], seen.timeline.offsets[1]
    assert seen.pauses(onset, offset) == ((second - first_end) / 16_000, (third - second_end) / 16_000)
    assert seen.pauses(onset + 5, offset - 5) == (0.0, 0.0)
    assert seen.pauses(seen.timeline.onsets[0], 5)[0] == bulletin.spoken[0][1] / 16_000
    assert seen.pauses(5, seen.timeline.offsets[-1])[1] > 1


def test_text_is_what_the_model_said_between_two_frames(bulletin: planted.Bulletin, heard) -> None:
    seen = heard(bulletin)
    for (text, _, _), first, last in zip(bulletin.spoken, seen.timeline.onsets, seen.timeline.offsets, strict=True):
        assert seen.text(first, last) == text
    assert seen.text(3, 3) == ""


@pytest.mark.parametrize(("readings", "ids"), [(slice(0, 2), ("g00001",)), (slice(1, 3), ("g00001", "g00002"))])
def test_segments_are_those_that_the_frames_lie_in(readings: slice, ids: tuple[str, ...], bulletin, heard) -> None:
    seen = heard(bulletin)
    assert seen.segments_of(seen.timeline.onsets[readings][0], seen.timeline.offsets[readings][-1]) == ids
