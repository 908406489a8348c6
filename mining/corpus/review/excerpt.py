"""The sound of a stretch of a recording, made when it is asked for, as a WAV file with the very samples.

WAV, FLAC and AIFF are read where the stretch lies, at their own rate. Whatever else ffmpeg reads is decoded once and
kept for the next pairs, as long as there is room. Where a recording has gone, what the run kept of it plays.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mining import store
from mining.corpus import clips
from mining.corpus.review.sources import gone, local
from mining.corpus.rows import Row
from mining.errors import InputError, ShrutiError
from mining.records import SAMPLE_RATE
from mining.store import Recording

AROUND = 2.0  # seconds on both sides: enough to hear what an end cut off
KEPT = 6 * 3600 * SAMPLE_RATE  # samples that stay decoded, 700 MB in TMPDIR: the few recordings that people are at
SEEKABLE = {"WAV", "WAVEX", "RF64", "W64", "FLAC", "AIFF"}  # libsndfile finds every sample of these by its number
UNLIKE = 0.5  # seconds by which a file may be longer or shorter than when it was mined


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Where a pair's sound comes from: seconds [start, end) of the recording, `note` if it is not the recording itself."""

    start: float
    end: float
    note: str = ""


class Sounds:
    """The sound of all recordings of a run; may be asked by several threads."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._decoded: OrderedDict[tuple[Any, ...], np.ndarray] = OrderedDict()
        self._busy: dict[tuple[Any, ...], threading.Lock] = {}
        self._lock = threading.Lock()

    def excerpt(self, row: Row) -> Excerpt:
        """What `wav` will give for a pair.

        Raises:
            InputError: neither the recording nor anything the run kept of it is there.
        """
        recording = self._recording(row)
        why = self._missing(row, recording)
        duration = _facts(recording).get("duration") or row["end"] + AROUND
        wide = Excerpt(max(0.0, row["start"] - AROUND), min(duration, row["end"] + AROUND))
        if not why:
            return wide
        if self._copy(recording).is_file():
            return Excerpt(wide.start, wide.end, f"{why} You hear the report's copy of it.")
        if self._clip(row, recording).is_file():
            return Excerpt(row["start"], row["end"], f"{why} You hear the clip that was kept, without what lies around it.")
        raise InputError(f"{why} No clip of this pair was kept.", "Put the recording back, or run shruti filter again.")

    def wav(self, row: Row) -> bytes:
        """A pair's excerpt as a mono WAV file of 16 bits.

        Raises:
            InputError: there is no sound of it, or it cannot be decoded.
            EnvironmentProblem: ffmpeg is missing, or TMPDIR is full.
        """
        recording, place = self._recording(row), self.excerpt(row)
        if place.note and not self._copy(recording).is_file():
            samples, rate = _read(self._clip(row, recording), 0.0, float("inf"))
            return _wav(samples, rate)
        path = self._copy(recording) if place.note else local(row["audio"], self._out)
        if not place.note and _seekable(path):
            return _wav(*_read(path, place.start, place.end))
        samples = self._whole(path)
        return _wav(np.array(samples[store.samples(place.start) : store.samples(place.end)]), SAMPLE_RATE)

    def _recording(self, row: Row) -> Recording:
        return Recording(self._out / "recordings" / row["recording"])

    def _clip(self, row: Row, recording: Recording) -> Path:
        return recording.path("clips") / clips.file_name(row["id"])

    def _copy(self, recording: Recording) -> Path:
        return recording.path("sound.webm")

    def _missing(self, row: Row, recording: Recording) -> str:
        """Why the recording itself cannot be played; "" if it can."""
        if lost := gone("recording", row["audio"], self._out):
            return lost
        path = local(row["audio"], self._out)
        try:
            length = self._length(path)
        except ShrutiError as error:
            return str(error)
        mined = _facts(recording).get("samples")
        if mined and abs(length - store.seconds(mined)) > UNLIKE:
            return f"The recording {path} is not what it was when it was mined."
        return ""

    def _length(self, path: Path) -> float:
        if _seekable(path):
            import soundfile

            about = soundfile.info(path)
            return float(about.frames / about.samplerate)
        return store.seconds(len(self._whole(path)))

    def _whole(self, path: Path) -> np.ndarray:
        """All samples of a recording at 16 kHz; the first who asks decodes, others wait for it."""
        now = path.stat()
        key = (path, now.st_size, now.st_mtime_ns)
        with self._lock:
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:
            with self._lock:
                if key in self._decoded:
                    self._decoded.move_to_end(key)
                    return self._decoded[key]
            from mining.speech.audio import decode

            samples = decode(path)
            with self._lock:
                self._decoded[key] = samples
                while len(self._decoded) > 1 and sum(map(len, self._decoded.values())) > KEPT:
                    gone, _ = self._decoded.popitem(last=False)
                    self._busy.pop(gone, None)
            return samples


def _facts(recording: Recording) -> dict[str, Any]:
    return store.read_json(recording.path("recording.json")) or {}


def _seekable(path: Path) -> bool:
    import soundfile

    try:
        return soundfile.info(path).format in SEEKABLE
    except soundfile.SoundFileError:
        return False


def _read(path: Path, start: float, end: float) -> tuple[np.ndarray, int]:
    """Seconds [start, end) of a file at its own rate, as many as there are: int16, its channels mixed."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            rate = int(file.samplerate)
            file.seek(min(round(start * rate), file.frames))
            count = -1 if end == float("inf") else round(end * rate) - round(start * rate)
            found = file.read(count, dtype="int16", always_2d=True)
    except soundfile.SoundFileError as error:
        raise InputError(f"{path}: cannot be read ({error}).", "Copy it again.") from error
    return (found[:, 0] if found.shape[1] == 1 else np.rint(found.mean(axis=1)).astype(np.int16)), rate


def _wav(samples: np.ndarray, rate: int) -> bytes:
    import soundfile

    wav = io.BytesIO()
    soundfile.write(wav, samples, rate, format="WAV", subtype="PCM_16")
    return wav.getvalue()
