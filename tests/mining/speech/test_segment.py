from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.config import SegmentConfig
from mining.errors import UsageError
from mining.records import SAMPLE_RATE, Segment
from mining.speech.audio import open_audio
from mining.speech.segment import cut, segment, speech_runs
from mining.speech.vad import WINDOW, speech_probabilities

HELD_OUT = ("Chandigarh", "Dehradun")


def test_probabilities_are_those_of_the_published_loop(spoken: np.ndarray, quiet) -> None:
    import torch
    from silero_vad import load_silero_vad

    audio = np.concatenate([quiet(1), spoken, quiet(0.7), spoken // 4, quiet(0.333)])
    model = load_silero_vad()
    padded = np.pad(audio, (0, -len(audio) % WINDOW)).astype(np.float32) / 32768
    with torch.no_grad():
        loop = [model(torch.from_numpy(padded[i : i + WINDOW]), SAMPLE_RATE).item() for i in range(0, len(padded), WINDOW)]
    np.testing.assert_allclose(speech_probabilities(audio), loop, atol=1e-3)
    assert max(loop) > 0.9


def test_blocks_do_not_show(spoken: np.ndarray, quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = np.concatenate([quiet(0.5), spoken, quiet(0.5)])
    whole = speech_probabilities(audio)
    monkeypatch.setattr("mining.speech.vad._BLOCK", 7)
    done = []
    np.testing.assert_allclose(speech_probabilities(audio, lambda *count: done.append(count)), whole, atol=1e-4)
    assert done[-1] == (len(audio), len(audio))


def test_torch_gets_its_threads_back(spoken: np.ndarray) -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    speech_probabilities(spoken[:WINDOW])
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_edges_of_runs_are_where_the_voice_is(spoken: np.ndarray, quiet) -> None:
    audio = np.concatenate([quiet(2), spoken, quiet(1.5), spoken, quiet(2)])
    found = segment(audio, SegmentConfig())
    first, second = 2 * SAMPLE_RATE, 2 * SAMPLE_RATE + len(spoken) + round(1.5 * SAMPLE_RATE)
    for part, start in zip(found, (first, second), strict=True):
        assert abs(part.speech[0][0] - start) < 0.08 * SAMPLE_RATE
        assert abs(part.speech[-1][1] - (start + len(spoken))) < 0.08 * SAMPLE_RATE
        assert part.start < part.speech[0][0]
        assert part.end > part.speech[-1][1]
    assert [part.id for part in found] == ["g00001", "g00002"]


@pytest.mark.parametrize(("peaks", "kept"), [((0.99, 0.7, 0.98), [0, 2]), ((0.9, 0.7, 0.9), [0, 2]), ((0.7, 0.7), [0, 1])])
def test_a_run_that_is_never_sure_is_the_onset_of_music(peaks: tuple[float, ...], kept: list[int]) -> None:
    probabilities = np.zeros(40 * len(peaks), np.float32)
    for number, peak in enumerate(peaks):
        probabilities[40 * number + 5 : 40 * number + 30] = peak
    found = speech_runs(np.zeros(len(probabilities) * WINDOW, np.int16), probabilities, SegmentConfig())
    assert [start // (40 * WINDOW) for start, _ in found] == kept


@pytest.mark.parametrize("audio", [np.zeros(0, np.int16), np.zeros(80_000, np.int16), np.zeros(100, np.int16)])
def test_silence_holds_no_speech(audio: np.ndarray) -> None:
    assert segment(audio, SegmentConfig()) == []


def test_a_tone_and_noise_are_no_speech() -> None:
    time = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    tone = (8000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16)
    noise = np.random.default_rng(1).normal(0, 3000, len(time)).astype(np.int16)
    assert segment(np.concatenate([tone, noise]), SegmentConfig()) == []


def test_speech_without_a_pause_is_cut_to_length(spoken: np.ndarray) -> None:
    audio = np.tile(spoken, 4)
    found = segment(audio, SegmentConfig(max_length=5.0, min_pause=3.0))
    assert all(part.end - part.start <= 5 * SAMPLE_RATE for part in found)
    heard = sum(end - start for part in found for start, end in part.speech)
    assert heard > 0.97 * len(audio)


def seconds(*bounds: tuple[float, float]) -> list[tuple[int, int]]:
    return [(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)) for start, end in bounds]


def cuts(runs: list[tuple[int, int]], config: SegmentConfig, probabilities: np.ndarray | None = None) -> list[Segment]:
    total = (runs[-1][1] if runs else 0) + SAMPLE_RATE
    return cut(runs, np.ones(-(-total // WINDOW), np.float32) if probabilities is None else probabilities, total, config)


def speech(found: list[Segment]) -> list[list[tuple[int, int]]]:
    return [list(part.speech) for part in found]


def test_short_pauses_join_and_long_ones_end() -> None:
    a, b, c = seconds((1, 4), (4.5, 8), (8.7, 12))
    assert speech(cuts([a, b, c], SegmentConfig())) == [[a, b], [c]]


def test_too_long_is_cut_at_the_longest_pause() -> None:
    a, b, c = seconds((0, 9), (9.2, 15), (15.5, 24))
    assert speech(cuts([a, b, c], SegmentConfig())) == [[a, b], [c]]


def test_of_equal_pauses_the_middle_one_is_taken() -> None:
    a, b, c, d = seconds((0, 6), (6.5, 12), (12.5, 18), (18.5, 24))
    assert speech(cuts([a, b, c, d], SegmentConfig())) == [[a, b], [c, d]]


def test_the_longest_pause_is_passed_over_if_it_would_leave_a_crumb() -> None:
    a, b, c = seconds((0, 0.4), (0.9, 12), (12.2, 24))
    assert speech(cuts([a, b, c], SegmentConfig())) == [[a, b], [c]]


def test_without_a_pause_the_least_speechlike_point_is_cut() -> None:
    probabilities = np.ones(1000, np.float32)
    probabilities[430] = 0.6
    (run,) = seconds((0, 25))
    assert speech(cuts([run], SegmentConfig(), probabilities)) == [[(0, 430 * WINDOW)], [(430 * WINDOW, run[1])]]


@pytest.mark.parametrize(("bounds", "expected"), [
    ([(0, 5), (5.8, 6.2), (7.1, 12)], [2, 1]),  # nearer to the one before
    ([(0, 5), (5.9, 6.3), (7.0, 12)], [1, 2]),  # nearer to the one behind
    ([(0, 5), (6.5, 6.9), (8.5, 12)], [1, 1, 1]),  # far from both
    ([(0, 18), (18.8, 19.2), (20.0, 39)], [2, 1]),
    ([(0, 19.5), (20.3, 20.7), (21.6, 40)], [1, 2]),  # too long with its nearer neighbour
])  # fmt: skip
def test_a_crumb_joins_its_nearer_neighbour(bounds: list[tuple[float, float]], expected: list[int]) -> None:
    assert [len(part.speech) for part in cuts(seconds(*bounds), SegmentConfig())] == expected


def test_padding_stays_out_of_the_neighbour() -> None:
    found = cuts(seconds((0, 4), (4.7, 9)), SegmentConfig(padding=0.5))
    assert found[0].start == 0
    assert found[0].end == found[1].start == round(4.35 * SAMPLE_RATE)


@settings(max_examples=150, deadline=None)
@given(
    lengths=st.lists(st.tuples(st.floats(0.1, 1.5), st.floats(0.2, 45.0)), max_size=12),
    longest=st.floats(4.0, 20.0),
    seed=st.integers(0, 9),
)
def test_cutting_keeps_all_speech_in_order_and_within_length(
    lengths: list[tuple[float, float]], longest: float, seed: int
) -> None:
    runs, at = [], 0.0
    for pause, length in lengths:
        runs += seconds((at + pause, at + pause + length))
        at += pause + length
    probabilities = np.random.default_rng(seed).random(round(at + 2) * SAMPLE_RATE // WINDOW + 1, dtype=np.float32)
    config = SegmentConfig(max_length=longest)
    found = cuts(runs, config, probabilities)
    pieces = [run for part in found for run in part.speech]
    assert sum(end - start for start, end in pieces) == sum(end - start for start, end in runs)
    assert all(any(start <= piece[0] and piece[1] <= end for start, end in runs) for piece in pieces)
    assert all(left.end <= right.start for left, right in pairwise(found))
    assert all(part.end - part.start <= longest * SAMPLE_RATE + 2 for part in found)


def test_contradictory_lengths_are_refused() -> None:
    with pytest.raises(UsageError, match=r"Segments of 1\.0 to 1\.5 s"):
        segment(np.zeros(SAMPLE_RATE, np.int16), SegmentConfig(max_length=1.5))


def _edge_errors(found: list[Segment], gold: list[dict], side: str) -> list[float]:
    """Distance from each gold edge that has a pause behind it to the nearest edge of a run."""
    edges = np.array([run[side == "end"] for part in found for run in part.speech]) / SAMPLE_RATE
    errors = []
    for at, sentence in enumerate(gold):
        neighbour = at + 1 if side == "end" else at - 1
        gap = 1.0
        if 0 <= neighbour < len(gold):
            gap = gold[neighbour]["start"] - sentence["end"] if side == "end" else sentence["start"] - gold[neighbour]["end"]
        if gap > 0.15 and not any(station in sentence["source"] for station in HELD_OUT):
            errors.append(float(np.abs(edges - sentence[side]).min()))
    return errors


def test_edges_on_radio() -> None:
    """Over bulletins with known truth (development stations): the median edge is within 0.05 s, 95% within 0.35 s."""
    data = os.environ.get("SHRUTI_DATA")
    folder = Path(data or "") / "bulletins"
    if not data or not folder.is_dir():
        pytest.skip("SHRUTI_DATA does not name a folder with bulletins/")
    errors = []
    for path in sorted(folder.glob("*.gold.json")):
        gold = json.loads(path.read_text(encoding="utf8"))["spoken"]
        with open_audio(path.with_name(path.name.replace(".gold.json", ".flac"))) as audio:
            found = segment(audio, SegmentConfig())
        errors += _edge_errors(found, gold, "start") + _edge_errors(found, gold, "end")
    assert np.median(errors) < 0.05
    assert np.percentile(errors, 95) < 0.35
