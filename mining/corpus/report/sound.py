"""Recordings small enough for a page: Opus in WebM, which browsers can start at any sample."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from mining import store
from mining.corpus.rows import Source
from mining.errors import EnvironmentProblem, InputError
from mining.records import SAMPLE_RATE

BITRATE = "24k"  # speech stays clear; an hour takes 11 MB, 15 MB inside a page
MAX_EMBEDDED = 3 * 3600.0  # seconds in all; a page of some 45 MB still opens on a phone


@dataclass(frozen=True, slots=True)
class Sound:
    """How a page plays a recording: base64 `data`, or a relative URL as `source`, or why it is `missing`."""

    data: str = ""
    source: str = ""
    missing: str = ""


def embed(source: Source) -> Sound:
    """A recording as base64, to lie inside the page."""
    with tempfile.TemporaryDirectory(prefix="shruti-") as folder:
        target = Path(folder) / "sound.webm"
        try:
            _encode(source, target)
        except InputError as error:
            return Sound(missing=error.message)
        return Sound(data=base64.b64encode(target.read_bytes()).decode())


def beside(source: Source, out: Path) -> Sound:
    """A recording as a file in OUT/report/; one that is there already is taken, since ids hold the content's hash."""
    target = out / "report" / f"{source.id}.webm"
    if not target.exists():
        try:
            with store.writing(target) as temporary:
                _encode(source, temporary)
        except InputError as error:
            return Sound(missing=error.message)
    return Sound(source=f"report/{quote(target.name)}")


def _encode(source: Source, target: Path) -> None:
    from mining.speech.audio import open_audio

    with open_audio(Path(source.path)) as sound:
        _compress(str(sound.filename), target)


def _compress(raw: str, target: Path) -> None:
    if shutil.which("ffmpeg") is None:
        raise EnvironmentProblem("The program ffmpeg was not found.", "Install it: sudo apt-get install ffmpeg")
    source = ["ffmpeg", "-nostdin", "-v", "error", "-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", raw]
    # The quickest of Opus: 600 times real time on one core, four times as quick as its mode for speech.
    codec = ["-c:a", "libopus", "-b:a", BITRATE, "-application", "audio", "-compression_level", "0"]
    # Without bitexact the container gets a random id, and no two pages are alike.
    exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"]
    done = subprocess.run([*source, *codec, *exact, "-f", "webm", "-y", str(target)], capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode("utf8", "replace").strip().splitlines()
        raise EnvironmentProblem(
            f"ffmpeg cannot write Opus ({reason[-1] if reason else done.returncode}).", "Install an ffmpeg with libopus."
        )
