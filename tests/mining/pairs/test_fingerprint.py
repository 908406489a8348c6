"""Fingerprints: one sound is known again, however it was encoded; another reading of the sentence is not."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mining.pairs.fingerprint import fingerprint, same

RATE = 16_000
SENTENCES = (
    "आज सुबह से पूरे राज्य में हल्की बारिश हो रही है",
    "मुख्यमंत्री ने किसानों के लिए नई योजना की घोषणा की है",
    "रेलगाड़ी अपने तय समय से दो घंटे देरी से चल रही है",
)
ENCODINGS = {
    "mp3 of 32 kbit/s": ["-b:a", "32k", "-f", "mp3"],
    "a telephone": ["-ar", "8000", "-c:a", "pcm_mulaw", "-f", "wav"],
    "another rate and volume": ["-ar", "44100", "-af", "volume=-12dB", "-f", "wav"],
    "opus of 16 kbit/s": ["-c:a", "libopus", "-b:a", "16k", "-f", "ogg"],
}


def decoded(data: bytes, *source: str) -> np.ndarray:
    command = ["ffmpeg", "-v", "error", *source, "-i", "-", "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"]
    return np.frombuffer(subprocess.run(command, input=data, capture_output=True, check=True).stdout, np.int16)


def spoken(text: str, voice: str = "hi", speed: int = 160) -> np.ndarray:
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "--stdout", text]
    return decoded(subprocess.run(command, capture_output=True, check=True).stdout)


def encoded(sound: np.ndarray, encoding: list[str]) -> np.ndarray:
    command = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-", *encoding, "-"]
    return decoded(subprocess.run(command, input=sound.tobytes(), capture_output=True, check=True).stdout)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("first", "last"), [(0, 0), (-800, 800), (800, -700), (650, 790)])
def test_one_sound_is_known_again(encoding: str, first: int, last: int) -> None:
    """Encoded anew, and cut up to 50 ms elsewhere at both ends."""
    for text in SENTENCES:
        sound = spoken(text)
        copy = encoded(sound, ENCODINGS[encoding])
        assert same(fingerprint(sound[800:-800]), fingerprint(copy[800 + first : len(sound) - 800 + last]))


@pytest.mark.parametrize("text", SENTENCES)
def test_other_readings_of_a_sentence_are_others(text: str) -> None:
    readings = [spoken(text, voice, speed) for voice, speed in (("hi", 160), ("hi", 167), ("hi+f2", 152), ("hi+m3", 175))]
    for left, right in itertools.combinations(readings, 2):
        assert not same(fingerprint(left), fingerprint(right))


def test_other_sentences_are_others() -> None:
    prints = [fingerprint(spoken(text)) for text in SENTENCES]
    assert not any(same(left, right) for left, right in itertools.combinations(prints, 2))


def test_what_holds_nothing_to_compare_is_the_same_as_nothing() -> None:
    assert fingerprint(np.zeros(RATE, np.int16)) == fingerprint(np.ones(100, np.int16)) == ""
    assert not same("", fingerprint(spoken(SENTENCES[0])))
    rng = np.random.default_rng(0)
    noise = [fingerprint((rng.normal(0, 1000, RATE)).astype(np.int16)) for _ in range(2)]
    assert not same(*noise)


def test_it_is_short_text_and_always_the_same() -> None:
    sound = np.tile(spoken(SENTENCES[1]), 5)
    assert len(fingerprint(sound)) == 512 and fingerprint(sound).isascii()
    assert fingerprint(sound) == fingerprint(sound.copy())


@pytest.mark.skipif("not __import__('os').environ.get('SHRUTI_DATA')", reason="needs SHRUTI_DATA")
def test_radio_is_known_again() -> None:
    import os

    import soundfile

    clips = sorted((Path(os.environ["SHRUTI_DATA"]) / "air-hindi").glob("*.flac"))[:20]
    for clip in clips:
        sound, _ = soundfile.read(clip, dtype="int16")
        copy = encoded(sound, ENCODINGS["mp3 of 32 kbit/s"])
        assert same(fingerprint(sound[800:-800]), fingerprint(copy[200 : len(sound) - 1300]))
