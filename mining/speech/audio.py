"""Sound files in and out: whatever ffmpeg reads becomes 16 kHz mono samples, in bounded memory."""

from __future__ import annotations

import contextlib
import io
import mmap
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mining import store
from mining.errors import EnvironmentProblem, InputError
from mining.records import SAMPLE_RATE

SHORTEST = 0.5  # seconds; nobody reads a sentence in less
MISSING_SECONDS, MISSING_SHARE = 1.0, 0.01  # tolerated shortfall: containers round their durations, encoders pad
_AGAIN = "Copy or download it again; or, to mine what is left of it, convert that first: ffmpeg -i FILE rest.flac"


@contextlib.contextmanager
def open_audio(path: Path) -> Iterator[np.memmap]:
    """Yield a recording as a read-only memory map, int16, shape (samples,), mono at 16 kHz.

    ffmpeg streams into a temporary file (115 MB for an hour, in TMPDIR); memory stays bounded however
    long the recording is, if whoever reads much of it calls `release` now and then. The recording that a
    thread opened last stays decoded until that thread opens another or ends, since one stage after another
    opens it. Of several audio streams the first is taken. Silence is no error: it holds no speech, which
    `segment` says.

    Raises:
        InputError: the file is missing, empty, no audio, shorter than 0.5 s, or truncated: of what its
            header promises, more than 1 s and more than 1% cannot be decoded. (Formats that promise
            nothing, such as Ogg, are taken for what there is.)
        EnvironmentProblem: ffmpeg is not installed, or the temporary folder is full.
    """
    samples = _decoded(path)
    try:
        yield samples
    finally:
        release(samples)


def release(samples: np.ndarray) -> None:
    """Let go of the memory that has come to hold what was read of a recording; it stays readable.

    The pages of a map count as memory of the process until the system needs their room: a gigabyte in ten hours of
    sound. They come back from the file, mostly from the system's cache of it, when they are read again. Any part of the
    map stands for the whole; an array that is no map is left alone.
    """
    base: object = samples
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


class _Last(threading.local):
    """The recording that a thread opened last: (its path, what tells its content), and its samples."""

    key: tuple[Path, tuple[int, ...]] | None = None
    samples: np.memmap | None = None


_last = _Last()


def _decoded(path: Path) -> np.memmap:
    """All samples of a recording, decoded again if the file has another version than when this thread last opened it."""
    key = (path, _version(path))
    if _last.samples is None or _last.key != key:
        _last.key = _last.samples = None  # first, so that no two recordings take room at once
        _last.samples = decode(path)
        _last.key = key
    return _last.samples


def decode(path: Path) -> np.memmap:
    """All samples of a recording, decoded anew; see `open_audio`."""
    declared = declared_seconds(path)
    # The temporary file loses its name here and its room with the last map of it, even if the process is killed.
    with tempfile.TemporaryDirectory(prefix="shruti-", ignore_cleanup_errors=True) as folder:
        raw = Path(folder) / "audio.s16"
        complaints = _to_samples(path, raw)
        _check_length(path, raw.stat().st_size / 2 / SAMPLE_RATE, declared, complaints)
        return np.memmap(raw, dtype=np.int16, mode="r")


def read_clip(path: Path, start: int, end: int) -> np.ndarray:
    """Samples [start, end) of a recording, int16: a copy of what `open_audio` shows.

    Raises:
        InputError: the file cannot be read, or ends before `end`.
    """
    with open_audio(path) as samples:
        if end > len(samples):
            raise InputError(
                f"{path}: samples [{start}, {end}) asked for, and it has {len(samples)}.", "Is it the right recording?"
            )
        return np.array(samples[start:end])


def write_flac(path: Path, samples: np.ndarray) -> None:
    """Write int16 mono samples as a 16 kHz FLAC file, whole or not at all; same samples, same bytes."""
    import soundfile

    flac = io.BytesIO()  # soundfile writing to a full disk ends in a bare AssertionError
    soundfile.write(flac, np.ascontiguousarray(samples), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    with store.writing(path) as temporary:
        temporary.write_bytes(flac.getvalue())
    release(samples)  # clip by clip, most of a recording would come to lie in memory


def _version(path: Path) -> tuple[int, ...]:
    """What tells a file's content from what its name stood for before, or in another folder."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.", "Check the path; it must be one recording, not a folder.")
    now = path.stat()
    if now.st_size == 0:
        raise InputError(f"{path}: the file is empty (0 bytes).", "Copy or download it again.")
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns


def declared_seconds(path: Path) -> float:
    """The duration that the file's header promises for its first audio stream; 0 where it promises none."""
    streams, container = _probe(path)
    audio = next((stream for stream in streams if stream.get("codec_type") == "audio"), None)
    if streams and audio is None:
        raise InputError(f"{path}: holds no audio stream.", "Give a recording, or a video with sound.")
    if audio is None:
        raise InputError(
            f"{path}: not audio that ffmpeg can read.", "It may be truncated, or no recording at all; try to play it."
        )
    tag = audio.get("tags", {}).get("DURATION")  # Matroska's place for it, as hours:minutes:seconds
    whole = container.get("duration") if len(streams) == 1 else None  # else it may be the picture that lasts longer
    _check_riff(path)
    return float(audio.get("duration") or (_clock(tag) if tag else 0) or whole or 0)


def _clock(text: str) -> float:
    hours, minutes, rest = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def _check_riff(path: Path) -> None:
    """Raise InputError for a WAV file that is shorter than its header says: ffmpeg quietly takes what there is."""
    with path.open("rb") as file:
        head = file.read(8)
    promised, there = int.from_bytes(head[4:], "little") + 8, path.stat().st_size
    streamed = promised in (8, (1 << 32) + 7)  # 0 or all ones: written to a pipe, length unknown
    if head[:4] == b"RIFF" and not streamed and promised - there > MISSING_SHARE * promised:
        raise InputError(f"{path}: truncated: {there} bytes of the {promised} that its header promises.", _AGAIN)


def _probe(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What ffprobe says of a file's streams and of its container; both empty where it recognises nothing."""
    for program in ("ffmpeg", "ffprobe"):
        if shutil.which(program) is None:
            raise EnvironmentProblem(f"The program {program} was not found.", "Install it: sudo apt-get install ffmpeg")
    from pydub.utils import mediainfo_json

    info = mediainfo_json(_url(path))
    return info.get("streams", []), info.get("format", {})


def _url(path: Path) -> str:
    """A name that ffmpeg takes for a file, though it begin with a dash or hold a colon."""
    return f"file:{path}"


def _to_samples(path: Path, raw: Path) -> str:
    """Write the first audio stream as 16-bit mono at 16 kHz; return ffmpeg's complaints, if any."""
    source = ["ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-v", "warning", "-protocol_whitelist", "file", "-i", _url(path)]
    target = ["-map", "0:a:0", "-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "s16le", "-y", str(raw)]
    done = subprocess.run([*source, *target], capture_output=True, check=False)
    complaints = done.stderr.decode("utf8", "replace").strip()
    if "No space left on device" in complaints:
        raise EnvironmentProblem(
            f"{raw.parent}: no space left to decode {path}.", "Free some, or set TMPDIR to a roomier folder."
        )
    if not raw.exists():
        reason = complaints.splitlines()[-1] if complaints else f"exit code {done.returncode}"
        raise InputError(f"{path}: ffmpeg cannot decode it ({reason}).", "Copy it again, or convert it to WAV or FLAC.")
    return complaints


def _check_length(path: Path, found: float, declared: float, complaints: str) -> None:
    """Raise InputError for a recording that is cut short, or too short to hold a sentence."""
    if not found:
        raise InputError(f"{path}: no sound in it can be decoded.", "It may be damaged, or no recording at all; try to play it.")
    estimated = "Estimating duration from bitrate" in complaints  # MP3 without a header: a guess, not a promise
    if not estimated and declared - found > max(MISSING_SECONDS, MISSING_SHARE * declared):
        raise InputError(
            f"{path}: truncated or damaged: {found:.1f} s can be decoded of the {declared:.1f} s that its header promises.",
            _AGAIN,
        )
    if found < SHORTEST:
        raise InputError(f"{path}: {found:.2f} s of audio, and at least {SHORTEST} s are needed.", "Give a longer recording.")
