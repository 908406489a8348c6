"""espeak-ng as many speakers."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from mining.errors import EnvironmentProblem, UsageError
from mining.models import voices

TEXT = "आज मौसम साफ रहेगा"


def test_speech_is_16_khz_and_as_loud_as_can_be_heard() -> None:
    audio = voices.speak(TEXT, "hi")
    assert audio.dtype == np.int16 and audio.ndim == 1
    assert 1.0 < len(audio) / 16_000 < 4.0
    assert 1000 < np.abs(audio.astype(int)).max() < 32_768
    np.testing.assert_array_equal(audio, voices.speak(TEXT, "hi"))


def test_speed_and_gaps_change_the_length() -> None:
    slow, quick, gaps = (
        len(voices.speak(TEXT, "hi", words_a_minute=100)),
        len(voices.speak(TEXT, "hi", words_a_minute=250)),
        len(voices.speak(TEXT, "hi", words_a_minute=250, gap=20)),
    )
    assert slow > 1.5 * quick and gaps > 1.2 * quick


def test_pitch_and_variant_change_the_sound() -> None:
    plain, high, woman = (voices.speak(TEXT, "hi"), voices.speak(TEXT, "hi", pitch=90), voices.speak(TEXT, "hi+f2"))
    assert not np.array_equal(plain, high[: len(plain)]) and not np.array_equal(plain, woman[: len(plain)])


def test_every_variant_is_installed_and_none_that_is_trained_on_measures() -> None:
    listing = subprocess.run(["espeak-ng", "--voices=variant"], capture_output=True, text=True, check=True).stdout
    installed = {line.split("!v/")[1].split()[0] for line in listing.splitlines() if "!v/" in line}
    assert {name.removeprefix("+") for name in [*voices.VARIANTS[1:], *voices.HELD_OUT_VARIANTS]} <= installed
    assert not set(voices.VARIANTS) & set(voices.HELD_OUT_VARIANTS)
    assert len(set(voices.VARIANTS)) == len(voices.VARIANTS)


def test_texts_are_spoken_in_order_and_the_seed_decides_how() -> None:
    texts = [TEXT, "कल", "समाचार समाप्त हुए"]
    one, same, other = (list(voices.speak_all(iter(texts), "hi", voices.VARIANTS, seed)) for seed in (1, 1, 2))
    assert [text for _, text in one] == texts
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(one, same, strict=True))
    assert not all(len(a) == len(b) for (a, _), (b, _) in zip(one, other, strict=True))


def test_a_voice_is_checked_before_anything_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    voices.check_voice("hi")
    with pytest.raises(UsageError, match="no voice 'xx'") as caught:
        voices.check_voice("xx")
    assert " hi," in caught.value.advice
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(EnvironmentProblem, match="espeak-ng is not installed"):
        voices.check_voice("hi")
