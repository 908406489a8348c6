from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mining.config import TranscribeConfig
from mining.cores import cores
from mining.documents.languages import language
from mining.records import SAMPLE_RATE, Segment
from mining.speech import transcribe as module
from mining.speech.ctc_model import Batch, CtcModel, bundled_models, load_model
from mining.speech.emissions import FLOOR, Emissions, greedy
from mining.speech.threads import one_thread
from mining.speech.transcribe import transcribe

LENGTHS = (16_000, 5_000, 40_123, 900, 16_000, 23_456, 100)  # samples; the last is shorter than a frame


@pytest.fixture(scope="module")
def audio() -> np.ndarray:
    return np.random.default_rng(5).normal(0, 2000, 200_000).astype(np.int16)


@pytest.fixture(scope="module")
def segments() -> list[Segment]:
    starts = np.cumsum((1_000, *(length + 500 for length in LENGTHS[:-1]))).tolist()
    return [Segment(f"g{i:05d}", start, start + length) for i, (start, length) in enumerate(zip(starts, LENGTHS, strict=True), 1)]


@pytest.fixture(scope="module")
def model(family: str, model_folder) -> CtcModel:
    return load_model(str(model_folder(family)), "cpu", language("hi"))


def test_a_segment_is_heard_the_same_in_any_batch(model: CtcModel, audio: np.ndarray, segments: list[Segment]) -> None:
    together = transcribe(model, audio, segments, TranscribeConfig(batch_seconds=60))
    for index, part in enumerate(segments):
        alone = transcribe(model, audio, [part], TranscribeConfig())
        frames = together.frames_of(index)
        np.testing.assert_allclose(
            together.log_probs[frames].astype(np.float32), alone.log_probs.astype(np.float32), atol=1e-3, rtol=1e-3
        )
        np.testing.assert_array_equal(together.starts[frames], alone.starts)


def test_times_stay_within_the_segment_and_rows_are_probabilities(
    model: CtcModel, audio: np.ndarray, segments: list[Segment]
) -> None:
    heard = transcribe(model, audio, segments, TranscribeConfig(batch_seconds=2))
    assert heard.log_probs.dtype == np.float16
    np.testing.assert_allclose(np.exp(heard.log_probs.astype(np.float64)).sum(axis=1), 1, atol=0.02)
    for index, part in enumerate(segments):
        frames = heard.frames_of(index)
        starts, ends = heard.starts[frames], heard.ends[frames]
        assert len(starts) == model.frames.count(part.end - part.start)
        assert (starts >= part.start).all()
        assert (ends <= part.end).all()
        assert len(starts) < 3 or set((starts[1:] - starts[:-1])[1:]) == {model.frames.hop}
    assert (np.diff(heard.segment_index) >= 0).all()
    assert not len(heard.log_probs[heard.frames_of(len(segments) - 1)])


def test_progress_reaches_the_end(model: CtcModel, audio: np.ndarray, segments: list[Segment]) -> None:
    seen: list[tuple[int, int]] = []
    transcribe(model, audio, segments, TranscribeConfig(batch_seconds=3), progress=lambda *count: seen.append(count))
    assert seen == sorted(seen)
    assert seen[-1] == (sum(LENGTHS) // SAMPLE_RATE,) * 2


def test_no_segments_give_empty_emissions(model: CtcModel, audio: np.ndarray, tmp_path: Path) -> None:
    heard = transcribe(model, audio, [], TranscribeConfig())
    heard.save(tmp_path / "empty.npz")
    assert Emissions.load(tmp_path / "empty.npz").log_probs.shape == (0, len(model.vocabulary))
    assert greedy(heard, []) == []


def test_working_ahead_changes_no_bit(model: CtcModel, audio: np.ndarray, segments: list[Segment]) -> None:
    heard = transcribe(model, audio, segments, TranscribeConfig(batch_seconds=2))
    for batch in module._batches(model, segments, 2):
        clips = [audio[segments[i].start : segments[i].end].astype(np.float32) / 32768 for i in batch]
        with one_thread():
            found = model.log_probs(clips)
        for index, rows in zip(batch, found, strict=True):
            np.testing.assert_array_equal(heard.log_probs[heard.frames_of(index)], np.maximum(rows, FLOOR).astype(np.float16))


def test_any_number_of_cores_hears_the_same_bits(
    hindi: CtcModel, spoken: np.ndarray, many: list[Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    sound, heard = np.tile(spoken, -(-many[-1].end // len(spoken))), []
    for count in (1, 2, 5):
        monkeypatch.setenv("SHRUTI_CORES", str(count))
        torch.set_num_threads(count)
        heard.append(transcribe(hindi, sound, many, TranscribeConfig(batch_seconds=3)).log_probs.tobytes())
    assert len(set(heard)) == 1


class Watched:
    """An extractor that counts the batches it has prepared, and may fail at one of them."""

    def __init__(self, extractor, fails_at: int = 0) -> None:
        self.extractor, self.fails_at, self.prepared = extractor, fails_at, 0
        self.threads: set[str] = set()

    def __call__(self, *args, **settings):
        self.prepared += 1
        self.threads.add(threading.current_thread().name)
        if self.prepared == self.fails_at:
            raise ZeroDivisionError(f"batch {self.prepared}")
        return self.extractor(*args, **settings)


@pytest.fixture
def many() -> list[Segment]:
    """Twelve segments that make a batch each of 1.5 seconds."""
    return [Segment(f"g{i:05d}", i * 16_000, (i + 1) * 16_000) for i in range(12)]


@pytest.fixture
def small(model_folder) -> CtcModel:
    return load_model(str(model_folder("wav2vec2")), "cpu", language("hi"))


def preparing() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("hear")]


def test_batches_are_prepared_by_another_thread_two_ahead_at_most(
    small: CtcModel, audio: np.ndarray, many: list[Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, ahead, heard = Watched(small.extractor), [], 0
    hear = CtcModel.hear
    monkeypatch.setattr(CtcModel, "device", "mps")  # as on a GPU, but that the network is where it was

    def counting(model: CtcModel, batch: Batch):
        nonlocal heard
        heard += 1
        ahead.append(watched.prepared - heard)
        return hear(model, batch)

    monkeypatch.setattr(CtcModel, "hear", counting)
    transcribe(replace(small, extractor=watched), audio, many, TranscribeConfig(batch_seconds=1.5))
    assert heard == watched.prepared == len(many)
    assert max(ahead) in (1, 2)
    assert threading.current_thread().name not in watched.threads
    assert not preparing()


@pytest.mark.parametrize("fails_at", [1, 5, 12])
def test_an_error_while_preparing_comes_out_and_no_thread_stays(
    small: CtcModel, audio: np.ndarray, many: list[Segment], fails_at: int
) -> None:
    watched = Watched(small.extractor, fails_at)
    with pytest.raises(ZeroDivisionError, match=f"batch {fails_at}"):
        transcribe(replace(small, extractor=watched), audio, many, TranscribeConfig(batch_seconds=1.5))
    assert not preparing()
    assert watched.prepared <= fails_at + cores() + 2


def test_an_error_of_the_network_or_of_who_looks_on_leaves_no_thread(
    small: CtcModel, audio: np.ndarray, many: list[Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        transcribe(small, audio, many, TranscribeConfig(batch_seconds=1.5), progress=interrupted)
    assert not preparing(), caught  # though its traceback still holds every frame
    monkeypatch.setattr(CtcModel, "hear", lambda model, batch: 1 / 0)
    with pytest.raises(ZeroDivisionError) as caught:
        transcribe(small, audio, many, TranscribeConfig(batch_seconds=1.5))
    assert not preparing(), caught


@pytest.fixture(scope="module")
def hindi() -> CtcModel:
    """A model that really hears: the bundled one, else a prototype among the development data."""
    prototype = Path(os.environ.get("SHRUTI_DATA", "")) / "models" / "prototype-hi-radio"
    if "hi" not in bundled_models() and not prototype.is_dir():
        pytest.skip("there is no bundled model for Hindi, and SHRUTI_DATA names none")
    return load_model("hi" if "hi" in bundled_models() else str(prototype), "cpu")


def test_words_are_heard_where_they_are_spoken(hindi: CtcModel, spoken: np.ndarray, quiet) -> None:
    """One sentence three times in 19 s, by turns after quiet and noise: each begins and ends where it was put."""
    places = [1.0, 7.37, 13.9]
    audio = quiet(19)
    for place in places:
        audio[round(place * SAMPLE_RATE) :][: len(spoken)] += spoken
    (heard,) = greedy(
        transcribe(hindi, audio, [Segment("g00001", 0, len(audio))], TranscribeConfig()), [Segment("g00001", 0, len(audio))]
    )
    times = np.array([time for character, time in zip(heard.text, heard.times, strict=True) if character != " "]) / SAMPLE_RATE
    for place in places:
        mine = times[(times > place - 0.5) & (times < place + len(spoken) / SAMPLE_RATE + 0.5)]
        assert len(mine) > 20
        assert mine[0] == pytest.approx(place, abs=0.25)
        assert mine[-1] == pytest.approx(place + len(spoken) / SAMPLE_RATE, abs=0.35)


HEAR = """
import sys, numpy as np
from mining.config import TranscribeConfig
from mining.records import Segment
from mining.speech.ctc_model import load_model
from mining.speech.transcribe import transcribe
audio = np.random.default_rng(0).normal(0, 2000, 310_000).astype(np.int16)
bounds = (0, 53_000, 107_000, 166_000, 287_000)
segments = [Segment(f"g{start}", start, end) for start, end in zip(bounds, bounds[1:])]
heard = transcribe(load_model("hi", "cpu"), audio, segments, TranscribeConfig())
np.save(sys.argv[1], heard.log_probs)
"""


@pytest.mark.skipif("hi" not in bundled_models(), reason="the Hindi model is not bundled here")
def test_a_thread_limit_that_people_set_for_tesseract_does_not_make_nonsense(tmp_path: Path) -> None:
    # OpenMP then gives torch fewer threads than it has shared its work out to: half of a batch was never computed.
    for name, limit in (("free", {}), ("limited", {"OMP_THREAD_LIMIT": "1"})):
        subprocess.run([sys.executable, "-c", HEAR, str(tmp_path / name)], env=os.environ | limit, check=True)
    free, limited = (np.load(tmp_path / f"{name}.npy").astype(float) for name in ("free", "limited"))
    assert np.abs(free - limited).max() < 0.05
