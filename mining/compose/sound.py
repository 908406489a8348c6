"""The recording: takes in a row, with pauses, jingles, music and noise, and the exact place of each."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mining.compose.music import fade, music
from mining.compose.recipe import Recipe
from mining.compose.trim import trim
from mining.compose.utterances import Utterance
from mining.errors import InputError, UsageError
from mining.records import SAMPLE_RATE

_SPEECH = -23.0  # dB of full scale, root mean square of a voice: EBU R 128's programme loudness
_MARGIN = int(0.03 * SAMPLE_RATE)  # kept around a voice and faded, so that no end clicks
_BREATH = 0.15  # seconds
_STINGER = (1.5, 4.0)  # seconds
_OPUS = ["-c:a", "libopus", "-b:a", "32k"]
_CODECS = {".ogg": _OPUS, ".opus": _OPUS, ".mp3": ["-c:a", "libmp3lame", "-b:a", "48k"]}


@dataclass(frozen=True, slots=True)
class Take:
    """A sentence ready to be mixed: `samples` float32, in which the voice fills [start, end)."""

    text: str
    source: str
    samples: np.ndarray
    start: int
    end: int


def take(utterance: Utterance) -> Take:
    """Load an utterance, trim it to its voice, and bring it to the common loudness.

    Raises:
        InputError: there is no voice in it.
    """
    samples = utterance.load()
    start, end = trim(samples)
    if start == end:
        raise InputError(f"{utterance.source}: holds no voice.", "Listen to it; drop its row from the table.")
    first, last = max(0, start - _MARGIN), min(len(samples), end + _MARGIN)
    voice = samples[first:last] * (_gain(_SPEECH) / np.sqrt(np.square(samples[start:end]).mean(dtype=np.float64)))
    return Take(utterance.text, utterance.source, fade(voice, _MARGIN // 2).astype(np.float32), start - first, end - first)


def mix(takes: Sequence[Take], recipe: Recipe) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """The recording (float32, 16 kHz) and the samples [start, end) of each take's voice in it."""
    rng = np.random.default_rng([recipe.seed, 2])
    pauses = [_pause(recipe, rng) for _ in takes]
    spans: list[tuple[int, int]] = []
    cursor = int(recipe.intro * SAMPLE_RATE)
    for item, (pause, _) in zip(takes, pauses, strict=True):
        spans.append((cursor, cursor + item.end - item.start))
        cursor = spans[-1][1] + pause
    cursor = spans[-1][1] + int(recipe.outro * SAMPLE_RATE)  # instead of the last pause
    recording = np.zeros(cursor, dtype=np.float32)
    for item, (start, _) in zip(takes, spans, strict=True):
        loudness = _gain(rng.normal(0.0, recipe.loudness_spread)) if recipe.loudness_spread else 1.0
        _lay(recording, start - item.start, loudness * item.samples)
    tunes = [(0, spans[0][0]), (spans[-1][1], cursor)]
    tunes += [(end, end + pause) for (_, end), (pause, is_jingle) in zip(spans[:-1], pauses[:-1], strict=True) if is_jingle]
    _add_music(recording, tunes, recipe)
    _add_noise(recording, recipe)
    return recording * min(1.0, 0.8 / max(1e-9, float(np.abs(recording).max()))), spans


def _gain(decibels: float) -> float:
    return float(10 ** (decibels / 20))


def _lay(recording: np.ndarray, start: int, sound: np.ndarray) -> None:
    """Add a sound, cutting what sticks out of the recording at either end."""
    first, last = max(0, start), min(len(recording), start + len(sound))
    recording[first:last] += sound[first - start : last - start]


def _pause(recipe: Recipe, rng: np.random.Generator) -> tuple[int, bool]:
    """The samples of a pause, and whether a jingle fills it."""
    kind = rng.random()
    if kind < recipe.stingers:
        return int(rng.uniform(*_STINGER) * SAMPLE_RATE), bool(recipe.music and rng.random() < 0.5)
    seconds = _BREATH if kind < recipe.stingers + recipe.breaths else rng.uniform(*recipe.pause)
    return int(seconds * SAMPLE_RATE), False


def expected_pause(recipe: Recipe) -> float:
    """The mean pause between sentences, in seconds."""
    plain = 1 - min(1.0, recipe.stingers + recipe.breaths)
    return recipe.stingers * sum(_STINGER) / 2 + recipe.breaths * _BREATH + plain * sum(recipe.pause) / 2


def _add_music(recording: np.ndarray, tunes: Sequence[tuple[int, int]], recipe: Recipe) -> None:
    """Fill stretches without speech with tunes, and lay beds under the speech."""
    rng = np.random.default_rng([recipe.seed, 3])
    for start, end in tunes if recipe.music else ():
        gap = min(int(0.2 * SAMPLE_RATE), (end - start) // 4)
        _lay(recording, start + gap, _gain(-9.0) * music(end - start - 2 * gap, rng))
    for start, end in _beds(len(recording), recipe.bed, rng):
        bed = music(end - start, rng)
        level = _gain(_SPEECH - recipe.bed_level) / np.sqrt(np.square(bed).mean())
        _lay(recording, start, (level * bed).astype(np.float32))


def _beds(length: int, share: float, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Stretches of some 20 s that fill a share of the recording."""
    count = max(1, round(length / (20 * SAMPLE_RATE)))
    edges = np.linspace(0, length, count + 1).astype(int)
    chosen = sorted(rng.permutation(count)[: round(share * count)].tolist())
    return [(int(edges[i]), int(edges[i + 1])) for i in chosen]


def _add_noise(recording: np.ndarray, recipe: Recipe) -> None:
    """Add hiss that falls by 3 dB an octave, and the hum of the mains."""
    if recipe.noise is None:
        return
    rng = np.random.default_rng([recipe.seed, 4])
    for start in range(0, len(recording), 60 * SAMPLE_RATE):  # a minute at a time bounds the transform's memory
        part = recording[start : start + 60 * SAMPLE_RATE]
        spectrum = np.fft.rfft(rng.normal(size=len(part)))
        spectrum /= np.sqrt(np.maximum(50.0, np.fft.rfftfreq(len(part), 1 / SAMPLE_RATE)))
        noise = np.fft.irfft(spectrum, len(part))
        noise /= noise.std()
        noise += 0.3 * np.sin(2 * np.pi * 50 * np.arange(start, start + len(part)) / SAMPLE_RATE)
        part += (_gain(_SPEECH - recipe.noise) * noise).astype(np.float32)


def write_audio(path: Path, recording: np.ndarray) -> None:
    """Write 16 kHz mono as the suffix says: .flac and .wav without loss, .ogg/.opus and .mp3 with.

    Raises:
        UsageError: another suffix.
    """
    import soundfile

    samples = np.round(recording * 32767).astype(np.int16)
    if path.suffix in (".flac", ".wav"):
        soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_16")
        return
    if path.suffix not in _CODECS:
        raise UsageError(f"{path.name}: audio cannot be written as {path.suffix!r}.", "Choose flac, wav, ogg, opus or mp3.")
    # bitexact: no version strings and a fixed serial number, so that the same sound gives the same bytes.
    head = ["ffmpeg", "-v", "error", "-y", "-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "-"]
    exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"]
    subprocess.run([*head, *_CODECS[path.suffix], *exact, str(path)], input=samples.tobytes(), check=True)
