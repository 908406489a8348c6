"""The parts that compose is made of: trimming, music, the codes of legacy fonts, numbers in digits."""

from __future__ import annotations

import numpy as np
import pytest

from mining.compose.digits import in_digits
from mining.compose.legacy import legacy_codes
from mining.compose.music import music
from mining.compose.trim import trim
from mining.documents.languages import language
from mining.records import SAMPLE_RATE


def voice(seconds: float, level: float, rng: np.random.Generator) -> np.ndarray:
    """Noise in syllables: five bursts a second, `level` decibels of full scale at their peak."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return 10 ** (level / 20) * rng.normal(size=len(time)) * (0.55 - 0.45 * np.cos(2 * np.pi * 5 * time + 2))


@pytest.mark.parametrize("noise", [-90, -55, -38])
def test_trim_finds_a_voice_in_noise(noise: float) -> None:
    rng = np.random.default_rng(1)
    gap = np.zeros(SAMPLE_RATE // 2)
    samples = np.concatenate([gap, voice(2.0, -20, rng), gap])
    samples = samples + 10 ** (noise / 20) * rng.normal(size=len(samples))
    start, end = trim(samples.astype(np.float32))
    assert start / SAMPLE_RATE == pytest.approx(0.5, abs=0.06)
    assert end / SAMPLE_RATE == pytest.approx(2.5, abs=0.06)


def test_trim_drops_a_neighbours_syllable_and_a_breath() -> None:
    rng = np.random.default_rng(2)
    gap = np.zeros(int(0.4 * SAMPLE_RATE))
    syllable, breath = voice(0.12, -20, rng), 10 ** (-42 / 20) * rng.normal(size=SAMPLE_RATE // 3)
    samples = np.concatenate([syllable, gap, breath, gap, voice(2.0, -20, rng), gap, syllable]).astype(np.float32)
    start, end = trim(samples)
    before = len(syllable) + 2 * len(gap) + len(breath)
    assert abs(start - before) < 0.06 * SAMPLE_RATE
    assert abs(end - before - 2 * SAMPLE_RATE) < 0.06 * SAMPLE_RATE


def test_trim_keeps_a_pause_within_the_sentence() -> None:
    rng = np.random.default_rng(3)
    samples = np.concatenate([voice(1, -20, rng), np.zeros(SAMPLE_RATE), voice(1, -20, rng)]).astype(np.float32)
    start, end = trim(samples)
    assert start < 0.06 * SAMPLE_RATE
    assert end > 2.94 * SAMPLE_RATE


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(100), np.zeros(SAMPLE_RATE)])
def test_trim_of_silence_is_empty(samples: np.ndarray) -> None:
    assert trim(samples.astype(np.float32)) == (0, 0)


def test_music_has_pitches_and_its_length() -> None:
    tune = music(5 * SAMPLE_RATE, np.random.default_rng(4))
    assert len(tune) == 5 * SAMPLE_RATE
    assert 0.9 < np.abs(tune).max() <= 1.0
    assert np.abs(tune[[0, -1]]).max() < 1e-3, "faded in and out"
    spectrum = np.sort(np.abs(np.fft.rfft(tune)) ** 2)[::-1]
    assert spectrum[:400].sum() > 0.8 * spectrum.sum(), "its power is in a few lines, as no noise's is"


def test_legacy_codes_put_the_short_i_before_its_cluster() -> None:
    assert legacy_codes("हिन्दी") == "fgUnh"
    assert legacy_codes("स्थिति है।") == "fLFkfr gSA"
    assert legacy_codes("News 24") == "News 24"
    assert all(33 <= ord(char) < 128 for char in legacy_codes("தமிழ்"))


def test_digits_go_back_to_what_was_spoken() -> None:
    hindi = language("hi")
    text = "दो जिलों में दो हजार उन्नीस तक पैंतालीस विद्यालय और पचास हजार पुस्तकें"
    rng = np.random.default_rng(5)
    assert in_digits(text, hindi, 1.0, rng) == "दो जिलों में 2019 तक 45 विद्यालय और 50000 पुस्तकें"
    assert in_digits(text, hindi, 0.0, rng) == text
