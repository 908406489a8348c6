"""What a microphone, a transmitter and a studio do to speech, so that text-to-speech is not all a model knows.

All functions take and give float32 arrays (samples,) within about -1..1 at 16 kHz, and draw only
from the generator they are given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.signal import fftconvolve, firwin

from mining.models.mel import to_hertz, to_mel
from mining.records import SAMPLE_RATE

MASKS = 2  # SpecAugment (arXiv 1904.08779) masks two bands ...
MASK_WIDTH = 0.2  # ... of up to a fifth of the mel scale, and stretches of time, one for every ...
MASK_EVERY = 2.0  # ... seconds, of up to ...
MASK_SECONDS = 0.25

BANDS = ((100, 3800), (200, 4500), (80, 6000), (300, 3400), (60, 7000))
"""Pass bands in Hz: AM broadcast, a telephone, FM."""


def speed(audio: np.ndarray, factor: float) -> np.ndarray:
    """Faster (> 1) or slower, with pitch and formants: linear interpolation, as a tape would."""
    if factor == 1.0:
        return audio
    return np.interp(np.arange(0, len(audio) - 1, factor), np.arange(len(audio)), audio).astype(np.float32)


def augment(audio: np.ndarray, rng: np.random.Generator, babble: Callable[[], np.ndarray] | None = None) -> np.ndarray:
    """A random chain of room, band limit, tilt, noise and drop-outs.

    Args:
        audio: speech.
        rng: where all chance comes from.
        babble: gives another utterance, to be used as background speech.
    """
    if rng.random() < 0.35:
        audio = _room(audio, rng)
    if rng.random() < 0.4:
        audio = fftconvolve(audio, _band_pass(*BANDS[rng.integers(len(BANDS))]), mode="same")
    if rng.random() < 0.3:
        audio = np.concatenate([audio[:1], audio[1:] + rng.uniform(-0.6, 0.6) * audio[:-1]])
    if rng.random() < 0.65:
        audio = _noise(audio, rng, babble)
    if rng.random() < 0.4:
        audio = _drop(audio, rng)
    return audio.astype(np.float32)


def _room(audio: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    length = int(SAMPLE_RATE * rng.uniform(0.05, 0.25))
    decay = np.exp(-6.9 * np.arange(length) / length)  # 60 dB down at the end
    response = rng.standard_normal(length) * decay * rng.uniform(0.02, 0.12)
    response[0] = 1.0
    return fftconvolve(audio, response)[: len(audio)]


@cache
def _band_pass(low: int, high: int) -> np.ndarray:
    return firwin(129, [low, high], pass_zero=False, fs=SAMPLE_RATE).astype(np.float32)


def _noise(audio: np.ndarray, rng: np.random.Generator, babble: Callable[[], np.ndarray] | None) -> np.ndarray:
    kind = rng.integers(4)
    ratio = rng.uniform(5, 30)
    if kind == 3 and babble is not None:
        noise, ratio = np.resize(babble(), len(audio)), max(ratio, 10.0)
    elif kind == 2:
        noise = _music(len(audio), rng)
    else:
        noise = rng.standard_normal(len(audio))
        if kind == 1:  # pink
            spectrum = np.fft.rfft(noise)
            noise = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 10.0), len(audio))
    power = np.mean(audio**2) / (np.mean(noise**2) + 1e-9)
    return audio + noise * np.sqrt(power) * 10 ** (-ratio / 20)


def _music(length: int, rng: np.random.Generator) -> np.ndarray:
    """Chords that change twice a second or so: enough to be no voice."""
    time = np.arange(length) / SAMPLE_RATE
    music = np.zeros(length)
    beat = int(SAMPLE_RATE * rng.uniform(0.25, 0.8))
    for start in range(0, length, beat):
        part = slice(start, start + beat)
        root = 110 * 2 ** (rng.integers(24) / 12)
        for step in (0, rng.integers(3, 5), 7, 12):
            for partial in (1, 2, 3):
                music[part] += np.sin(2 * np.pi * root * 2 ** (step / 12) * partial * time[part]) / partial**1.5
        music[part] *= np.exp(-rng.uniform(0.5, 4) * (time[part] - time[start]))
    return music


def masked(audio: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Take bands and moments away, so that no single cue is leant on: SpecAugment, on samples.

    Args:
        audio: float32 samples (samples,); the result is of the same length.
    """
    spectrum = np.fft.rfft(audio)
    top = to_mel(SAMPLE_RATE / 2)
    for _ in range(rng.integers(0, MASKS + 1)):
        low = rng.uniform(0, top * (1 - MASK_WIDTH))
        edges = low, low + rng.uniform(0, top * MASK_WIDTH)
        first, last = (int(to_hertz(edge) / (SAMPLE_RATE / 2) * len(spectrum)) for edge in edges)
        spectrum[first:last] *= 0.02
    masked = np.fft.irfft(spectrum, len(audio)).astype(np.float32)
    for _ in range(round(len(audio) / SAMPLE_RATE / MASK_EVERY)):
        length = int(SAMPLE_RATE * rng.uniform(0.02, MASK_SECONDS))
        start = rng.integers(max(1, len(masked) - length))
        masked[start : start + length] *= 0.02
    return masked


def _drop(audio: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Silence up to three stretches of under 0.15 s: a model must lean on what stands around a sound."""
    audio = audio.copy()
    for _ in range(rng.integers(1, 4)):
        length = int(SAMPLE_RATE * rng.uniform(0.03, 0.15))
        start = rng.integers(max(1, len(audio) - length))
        audio[start : start + length] *= 0.02
    return audio
