"""Recordings small enough for a page: Opus in WebM, which browsers can start at any sample."""

from __future__ import annotations

import base64
import contextlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from mining import fetch, store
from mining.corpus.rows import Source
from mining.errors import EnvironmentProblem, InputError
from mining.records import SAMPLE_RATE

BITRATE = "24k"  # speech stays clear; an hour takes 11 MB, 15 MB inside a page
PIECE = 1 << 20  # samples that are handed to ffmpeg at a time
MAX_EMBEDDED = 3 * 3600.0  # seconds in all; a page of some 45 MB still opens on a phone


@dataclass(frozen=True, slots=True)
class Sound:
    """How a page plays a recording: base64 `data`, or a relative URL as `source`, or why it is `missing`."""

    data: str = ""
    source: str = ""
    missing: str = ""


def playable(source: Source, out: Path, embedded: bool) -> Sound:
    """A recording's sound, encoded if it was not before: into its folder, or into OUT/report/ if it is not to be `embedded`.

    What is there is taken as it is: ids hold the hash of the recording's content.
    """
    target = store.Recording(out / "recordings" / source.id).path("sound.webm")
    if not embedded:
        target = out / "report" / f"{source.id}.webm"
    if not target.exists():
        if fetch.is_remote(source.path):
            return Sound(missing=f"{fetch.shown(source.path)}: lies on a server, and the copy has gone.")
        try:
            _encode(Path(source.path), target)
        except InputError as error:
            return Sound(missing=error.message)
    if embedded:
        return Sound(data=base64.b64encode(target.read_bytes()).decode())
    return Sound(source=f"report/{quote(target.name)}")


def _encode(audio: Path, target: Path) -> None:
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
