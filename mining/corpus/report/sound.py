"""What the page plays: whole recordings inside it where they are short enough together, else the clips beside it.

Sound inside the page is Opus in WebM, which browsers can start at any sample.
"""

from __future__ import annotations

import base64
import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from mining import fetch, store
from mining.cores import cores
from mining.corpus import clips
from mining.corpus.report.loudness import samples_of_clip
from mining.corpus.rows import Row, Source
from mining.errors import EnvironmentProblem, InputError
from mining.records import SAMPLE_RATE

BITRATE = "24k"  # speech stays clear; an hour takes 11 MB, 15 MB inside a page
PIECE = 1 << 20  # samples that are handed to ffmpeg at a time
MAX_EMBEDDED = 3 * 3600.0
"""Seconds of sound in all: a page of some 45 MB still opens on a phone."""
SILENCE = 4000  # samples between two clips that are joined, so that none is heard in the other


class Sounds:
    """Where the sound of a run's pairs is.

    Attributes:
        inside: base64 of every sound inside the page, by the name that rows know it by.
        missing: why a recording has none of its own, by its id; empty where none was wanted.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._clips: dict[str, set[str]] = {}
        self._names: dict[str, str] = {}
        self._joined: dict[str, tuple[float, float]] = {}
        self.inside: dict[str, str] = {}
        self.missing: dict[str, str] = {}

    def add_recordings(self, sources: Sequence[Source]) -> None:
        """Put whole recordings inside; ffmpeg encodes as many at a time as there are cores.

        One that is gone before it was ever encoded is noted in `missing`.
        """
        with ThreadPoolExecutor(cores()) as pool:
            encoded = list(pool.map(lambda source: playable(source, self._out), sources))
        for number, (source, (data, missing)) in enumerate(zip(sources, encoded, strict=True)):
            if missing:
                self.missing[source.id] = missing
            else:
                self._names[source.id] = f"sound-{number}"
                self.inside[f"sound-{number}"] = data

    def add_clips(self, rows: Iterable[Row]) -> None:
        """Put the clips of some pairs inside, joined, where the whole recording is not: so they go wherever the page goes."""
        joined: list[np.ndarray] = []
        at = 0
        for row in rows:
            samples = None if row["id"] in self._joined or self.of(row["recording"]) else self._samples(row)
            if samples is not None:
                self._joined[row["id"]] = (at / SAMPLE_RATE, (at + len(samples)) / SAMPLE_RATE)
                joined += [samples, np.zeros(SILENCE, np.int16)]
                at += len(samples) + SILENCE
        if joined:
            with tempfile.TemporaryDirectory(prefix="shruti-") as folder:
                target = Path(folder) / "clips.webm"
                _compress(np.concatenate(joined), target)
                self.inside["sound-clips"] = base64.b64encode(target.read_bytes()).decode()

    def of(self, recording: str) -> str:
        """The name in `inside` of a whole recording; empty if it is not inside."""
        return self._names.get(recording, "")

    def joined(self, id: str) -> tuple[float, float] | None:
        """Seconds [start, end) of a pair's clip in the sound named sound-clips; None if it is not in it."""
        return self._joined.get(id)

    def has_clip(self, row: Row) -> bool:
        """Whether a kept pair plays from its clip beside the page: its recording is not inside, and the clip is there."""
        recording = row["recording"]
        if self.of(recording):
            return False
        if recording not in self._clips:
            folder = store.Recording(self._out / "recordings" / recording).path("clips")
            self._clips = {recording: set(clips.listed(folder))}  # rows come recording by recording: one is enough to remember
        return clips.file_name(row["id"]) in self._clips[recording]

    def _samples(self, row: Row) -> np.ndarray | None:
        return samples_of_clip(self._out, row["recording"], row["id"])


def playable(source: Source, out: Path) -> tuple[str, str]:
    """A recording's sound in base64, encoded into its folder if it was not before, or else why it is missing.

    What is there is taken as it is: ids hold the hash of the recording's content.
    """
    target = store.Recording(out / "recordings" / source.id).path("sound.webm")
    if not target.exists():
        if fetch.is_remote(source.path):
            return "", f"{fetch.shown(source.path)}: lies on a server, and the copy has gone."
        try:
            encode(Path(source.path), target)
        except InputError as error:
            return "", error.message
    return base64.b64encode(target.read_bytes()).decode(), ""


def encode(audio: Path, target: Path) -> None:
    """Write a recording as the page plays it.

    Raises:
        InputError: it cannot be decoded.
        EnvironmentProblem: there is no ffmpeg, or it knows no Opus; or the folder cannot be written.
    """
    from mining.speech.audio import open_audio

    with open_audio(audio) as samples, store.writing(target) as temporary:
        _compress(samples, temporary)


def _compress(samples: np.ndarray, target: Path) -> None:
    from mining.speech.audio import release

    if shutil.which("ffmpeg") is None:
        raise EnvironmentProblem("The program ffmpeg was not found.", "Install it: sudo apt-get install ffmpeg")
    source = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "pipe:0"]
    # The quickest of Opus: 850 times real time on one core. Its mode for speech takes four times as long,
    # and packets of the usual 20 ms half as long again.
    codec = ["-c:a", "libopus", "-b:a", BITRATE, "-application", "audio", "-compression_level", "0", "-frame_duration", "60"]
    # Without bitexact the container gets a random id, and no two pages are alike.
    exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1", "-f", "webm", "-y", str(target)]
    with tempfile.TemporaryFile() as said:
        command = [*source, *codec, *exact]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said) as process:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # it has ended early, and says why
                for first in range(0, len(samples), PIECE):
                    process.stdin.write(samples[first : first + PIECE].data.cast("B"))
                    release(samples)
                process.stdin.close()
        said.seek(0)
        reason = said.read().decode("utf8", "replace").strip().splitlines()
    if process.returncode:
        raise EnvironmentProblem(
            f"ffmpeg cannot write Opus ({reason[-1] if reason else process.returncode}).", "Install an ffmpeg with libopus."
        )
