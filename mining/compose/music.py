"""Music out of numbers: chords, an arpeggio, a bass and drums, enough to fool nobody but a detector of speech."""

from __future__ import annotations

import numpy as np

from mining.records import SAMPLE_RATE

_SCALE = (0, 2, 4, 5, 7, 9, 11)  # major, in semitones
_PROGRESSIONS = ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 1, 4))  # degrees of the chords, one a bar


def music(samples: int, rng: np.random.Generator) -> np.ndarray:
    """A tune of `samples` samples at 16 kHz, float32 with a peak of 1, faded in and out.

    Key, tempo, chords, arpeggio and drum pattern are drawn from `rng`.
    """
    beat = int(SAMPLE_RATE * 60 / rng.uniform(84, 132))
    root = int(rng.integers(45, 57))  # MIDI note of the key
    chords = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    figure = rng.permutation(8)
    has_drums = rng.random() < 0.7
    tune = np.zeros(samples + 4 * beat, dtype=np.float64)
    for bar, start in enumerate(range(0, samples, 4 * beat)):
        notes = _chord(root, chords[bar % len(chords)])
        _bar(tune[start : start + 4 * beat], notes, beat, figure)
        if has_drums:
            _drums(tune[start : start + 4 * beat], beat, rng)
    tune = tune[:samples]
    return fade(tune / max(1e-9, np.abs(tune).max()), min(samples // 4, SAMPLE_RATE // 2)).astype(np.float32)


def fade(samples: np.ndarray, length: int) -> np.ndarray:
    """A copy that swells over its first `length` samples and dies away over its last."""
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(1, length))
    result = samples.copy()
    result[:length] *= ramp
    result[len(result) - length :] *= ramp[::-1]
    return result


def _chord(root: int, degree: int) -> list[int]:
    """MIDI notes of the triad on a degree of the scale, and its octave."""
    steps = [degree, degree + 2, degree + 4, degree + 7]
    return [root + 12 * (step // 7) + _SCALE[step % 7] for step in steps]


def _bar(out: np.ndarray, notes: list[int], beat: int, figure: np.ndarray) -> None:
    """Add four beats: a pad on the chord, a bass on its root, an arpeggio in eighths."""
    for note in notes[:3]:
        _add(out, 0, 0.10 * _tone(note, len(out), decay=0.4, harmonics=5))
    for quarter in range(4):
        _add(out, quarter * beat, 0.25 * _tone(notes[0] - 12, beat, decay=2.5, harmonics=3))
    for eighth in range(8):
        note = notes[figure[eighth] % 4] + 12
        _add(out, eighth * beat // 2, 0.22 * _tone(note, beat, decay=6.0, harmonics=4))


def _tone(note: int, length: int, decay: float, harmonics: int) -> np.ndarray:
    """A note whose k-th harmonic is k times as faint and dies the sooner."""
    time = np.arange(length) / SAMPLE_RATE
    pitch = 440.0 * 2 ** ((note - 69) / 12)
    partials = range(1, harmonics + 1)
    tone = sum(np.sin(2 * np.pi * k * pitch * time) * np.exp(-decay * k**0.5 * time) / k for k in partials if k * pitch < 7500)
    attack = np.minimum(1.0, np.arange(length) / (0.005 * SAMPLE_RATE))
    return attack * tone


def _drums(out: np.ndarray, beat: int, rng: np.random.Generator) -> None:
    """Add a kick on one and three, a snare on two and four, hats in eighths."""
    time = np.arange(beat // 2) / SAMPLE_RATE
    kick = np.sin(2 * np.pi * (50 * time - 12 * np.exp(-30 * time))) * np.exp(-12 * time)
    for quarter in range(4):
        snare = rng.normal(size=len(time)) * np.exp(-22 * time)
        _add(out, quarter * beat, 0.45 * kick if quarter % 2 == 0 else 0.12 * snare)
    for eighth in range(8):
        hat = np.diff(rng.normal(size=len(time) + 1)) * np.exp(-60 * time)
        _add(out, eighth * beat // 2, 0.05 * hat)


def _add(out: np.ndarray, start: int, sound: np.ndarray) -> None:
    part = out[start : start + len(sound)]
    part += sound[: len(part)]
