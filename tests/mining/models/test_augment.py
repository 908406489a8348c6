"""Speech is made worse, not another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.models import augment
from mining.models.utterances import Utterances


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def audio(spoken: Utterances) -> np.ndarray:
    return spoken.audio(0)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_the_same_seed_makes_the_same_sound_of_the_same_length(audio: np.ndarray, seed: int) -> None:
    before = audio.copy()
    one, other = (augment.augment(audio, rng(seed), lambda: audio[::-1]) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == audio.shape and one.dtype == np.float32 and np.isfinite(one).all()
    np.testing.assert_array_equal(audio, before)


def test_some_sounds_stay_as_they_are_and_most_do_not(audio: np.ndarray) -> None:
    same = sum(np.array_equal(augment.augment(audio, rng(seed)), audio) for seed in range(100))
    assert 0 < same < 30


def test_the_words_are_still_there(audio: np.ndarray) -> None:
    loud = np.abs(audio).reshape(-1)[: len(audio) // 160 * 160].reshape(-1, 160).mean(1)
    for seed in range(20):
        worse = np.abs(augment.augment(audio, rng(seed)))[: loud.size * 160].reshape(-1, 160).mean(1)
        assert np.corrcoef(loud, worse)[0, 1] > 0.5


@pytest.mark.parametrize("samples", [1, 50, 400])
def test_even_the_shortest_sound_can_be_made_worse(samples: int) -> None:
    for seed in range(60):
        made = augment.augment(np.full(samples, 0.1, np.float32), rng(seed), lambda: np.ones(3, np.float32))
        assert made.shape == (samples,) and np.isfinite(made).all()


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_speed_changes_length_and_pitch_alike(factor: float) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32)
    changed = augment.speed(tone, factor)
    assert len(changed) == pytest.approx(16_000 / factor, abs=1) and changed.dtype == np.float32
    heard = np.abs(np.fft.rfft(changed)).argmax() * 16_000 / len(changed)
    assert heard == pytest.approx(440 * factor, rel=0.01)


def test_speed_one_is_the_same() -> None:
    tone = np.ones(5, np.float32)
    assert augment.speed(tone, 1.0) is tone


def test_noise_is_5_to_30_decibels_below_the_voice(audio: np.ndarray) -> None:
    ratios = []
    for seed in range(60):
        noise = augment._noise(audio.astype(np.float64), rng(seed), lambda: audio[::-1]) - audio
        ratios.append(10 * np.log10(np.mean(audio.astype(np.float64) ** 2) / np.mean(noise**2)))
    assert 4.9 < min(ratios) < 9 and 26 < max(ratios) < 30.1


def test_silence_gets_no_noise() -> None:
    assert not np.any([augment._noise(np.zeros(800), rng(seed), None) for seed in range(8)])


def test_a_band_lets_through_what_lies_in_it() -> None:
    for low, high in augment.BANDS:
        response = np.abs(np.fft.rfft(augment._band_pass(low, high), 16_000))
        assert response[(low + high) // 2] == pytest.approx(1, abs=0.05)
        assert response[min(7999, high + 700)] < 0.05


def test_drops_are_short_and_few(audio: np.ndarray) -> None:
    flat = np.ones(16_000, np.float32)
    for seed in range(20):
        quiet = (augment._drop(flat, rng(seed)) < 0.5).mean()
        assert 0 < quiet <= 0.45
    assert flat.min() == 1


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_masking_takes_away_and_adds_nothing(audio: np.ndarray, seed: int) -> None:
    one, other = (augment.masked(audio, rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == audio.shape and one.dtype == np.float32
    assert np.square(one).sum() <= np.square(audio).sum() * 1.001


def test_masking_leaves_out_bands_or_moments() -> None:
    noise = np.random.default_rng(0).standard_normal(64_000).astype(np.float32)
    left = [np.square(augment.masked(noise, rng(seed))).mean() for seed in range(30)]
    assert min(left) < 0.9 and max(left) < 1.0
