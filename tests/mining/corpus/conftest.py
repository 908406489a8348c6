"""A small finished run, made by hand: what `align` leaves behind, with known sound in every pair."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mining import store
from mining.corpus import clips
from mining.records import SAMPLE_RATE, Transcript
from tests.browser import CHROMIUM, WITHOUT, Browser, chromium

Fabricate = Callable[..., Path]

# (start, end, written, heard) in seconds; each is a tone of its own pitch, silence lies between.
KEPT = [
    (1.0, 3.0, "आज मौसम साफ है", "आज मोसम सा है"),
    (3.5, 5.25, "कल बारिश होगी", "कल बारिश होगी"),
    (7.0, 9.5, "नमस्ते दिल्ली से समाचार", "नमस्ते दिली से समा चार"),
    (10.0, 11.5, "किसानों की बैठक हुई", "किसानो की बैठक हुई"),
]
UNCERTAIN = (5.75, 6.5, "<script>document.title = 'broken'</script>")
DURATION = 12.0
COVERAGE = [
    [0.0, 1.0, "no_speech"],
    [1.0, 3.0, "mined"],
    [3.0, 3.5, "no_speech"],
    [3.5, 5.25, "mined"],
    [5.25, 5.75, "untranscribed"],
    [5.75, 6.5, "low_confidence"],
    [6.5, 7.0, "no_speech"],
    [7.0, 9.5, "mined"],
    [9.5, 10.0, "no_speech"],
    [10.0, 11.5, "mined"],
    [11.5, 12.0, "no_speech"],
]


@pytest.fixture(scope="session")
def cut_recording(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """`cut_recording(number)`: a folder of recording `number`, sound.wav and its clips. Cut once: it takes two processes."""
    home = tmp_path_factory.mktemp("cut_recording")

    def make(number: int) -> Path:
        folder = home / str(number)
        if not folder.exists():
            folder.mkdir()
            audio = folder / "sound.wav"
            soundfile.write(audio, tones(number), SAMPLE_RATE, subtype="PCM_16")
            clips.cut(folder / "clips", [_pair("r", "", "", i) for i in range(len(KEPT))], lambda: audio)
        return folder

    return make


@pytest.fixture
def fabricate(tmp_path: Path, cut_recording: Callable[[int], Path]) -> Fabricate:
    """`fabricate(recordings=2, name="out")` makes a run and returns its folder."""

    def make(recordings: int = 2, name: str = "out", stem: str = "bulletin") -> Path:
        out = tmp_path / name
        parts = [_recording(tmp_path, out, f"{stem}-{number}", cut_recording(number)) for number in range(recordings)]
        store.write_rows(out / "pairs.jsonl", [row for kept, _ in parts for row in kept])
        store.write_rows(out / "rejected.jsonl", [row for _, rejected in parts for row in rejected])
        store.write_rows(out / "failures.jsonl", [])
        return out

    return make


@pytest.fixture
def run(fabricate: Fabricate) -> Path:
    """The folder of a run of two recordings."""
    return fabricate()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A headless Chromium; whatever needs one is skipped without it."""
    if CHROMIUM is None:
        pytest.skip(WITHOUT)
    pytest.importorskip("websockets", reason="needs the package websockets to speak with chromium")
    with chromium(tmp_path / "chromium") as tab:
        yield tab


def _recording(folder: Path, out: Path, stem: str, cut_recording: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    audio = Path(shutil.copyfile(cut_recording / "sound.wav", folder / f"{stem}.wav"))
    recording = store.Recording(out / "recordings" / store.recording_id(audio.stem, store.content_hash(audio)))
    facts = {"id": recording.id, "audio": str(audio), "document": f"{stem}.pdf", "language": "hi", "strategy": "hybrid"}
    store.write_json(recording.path("recording.json"), {**facts, "model": "hi", "duration": DURATION})
    store.write_json(recording.path("coverage.json"), coverage())
    store.write_records(recording.path("transcript.jsonl"), [_transcript(*kept[:2], kept[3], i) for i, kept in enumerate(KEPT)])
    kept = [_pair(recording.id, str(audio), f"{stem}.pdf", i) for i in range(len(KEPT))]
    rejected = _rejected(recording.id)
    store.write_rows(recording.path("pairs.jsonl"), kept)
    shutil.copytree(cut_recording / "clips", recording.path("clips"))
    clips.cut(recording.path("clips"), kept, lambda: audio)  # the same clips by other names
    store.write_rows(recording.path("rejected.jsonl"), rejected)
    return kept, rejected


def tones(number: int) -> np.ndarray:
    """The sound of recording `number`: int16, a sine of its own pitch for every sentence."""
    time = np.arange(round(DURATION * SAMPLE_RATE)) / SAMPLE_RATE
    sound = np.zeros_like(time)
    for i, (start, end) in enumerate([*(kept[:2] for kept in KEPT), UNCERTAIN[:2]]):
        inside = (time >= start) & (time < end)
        sound[inside] = 0.3 * np.sin(2 * np.pi * (300 + 150 * i + 40 * number) * time[inside])
    return (sound * 32767).astype(np.int16)


def coverage() -> dict[str, Any]:
    seconds: dict[str, float] = {}
    for start, end, fate in COVERAGE:
        seconds[fate] = seconds.get(fate, 0.0) + end - start
    sentences = {"mined": len(KEPT), "low_confidence": 1, "not_spoken": 2, "heading": 1}
    return {"duration": DURATION, "audio": COVERAGE, "sentences": sentences, "seconds": seconds}


def _transcript(start: float, end: float, heard: str, index: int) -> Transcript:
    first, last = store.samples(start), store.samples(end)
    times = tuple(int(t) for t in np.linspace(first, last, len(heard), endpoint=False))
    return Transcript(f"g{index + 1:05d}", first, last, heard, times)


def _pair(recording: str, audio: str, document: str, index: int) -> dict[str, Any]:
    start, end, text, heard = KEPT[index]
    return {
        "id": f"{recording}-p{index + 1:05d}",
        "recording": recording,
        "audio": audio,
        "start": start,
        "end": end,
        "duration": end - start,
        "segments": [f"g{index + 1:05d}"],
        "text": text,
        "raw_text": text + "।",
        "language": "hi",
        "confidence": 0.99 - 0.02 * index,
        "document": document,
        "page": 1 + index // 2,
        "strategy": "hybrid",
        "sentence": f"s{index + 1:04d}",
        "heard": heard,
        "about": {},
        "repeats": None,
        "repeat": None,
    }


def _rejected(recording: str) -> list[dict[str, Any]]:
    blank = {"recording": recording, "start": None, "end": None, "page": 2, "confidence": None}
    start, end, text = UNCERTAIN
    return [
        {
            **blank,
            "id": f"{recording}-p00009",
            "kind": "pair",
            "reason": "low_confidence",
            "text": text,
            "start": start,
            "end": end,
            "confidence": 0.4,
        },
        {**blank, "id": f"{recording}-s0007", "kind": "sentence", "reason": "not_spoken", "text": "यह नहीं पढ़ा गया"},
        {**blank, "id": f"{recording}-s0008", "kind": "sentence", "reason": "not_spoken", "text": "यह भी नहीं पढ़ा गया"},
        {**blank, "id": f"{recording}-s0001", "kind": "sentence", "reason": "heading", "text": "मुख्य समाचार"},
        {
            **blank,
            "id": f"{recording}-a00001",
            "kind": "audio",
            "reason": "untranscribed",
            "text": "",
            "start": 5.25,
            "end": 5.75,
            "page": None,
        },
    ]
