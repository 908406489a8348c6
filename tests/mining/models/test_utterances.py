"""Many utterances in one file."""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.models.utterances import Utterances, pack


def tones(seconds: list[float]) -> list[tuple[np.ndarray, str]]:
    """Utterances of given lengths; each holds its own number."""
    return [(np.full(round(16_000 * length), number + 1, np.int16), f"वाक्य {number}") for number, length in enumerate(seconds)]


def test_what_is_packed_is_read_again_shortest_first(tmp_path: Path) -> None:
    packed = pack(iter(tones([2.0, 0.5, 1.0])), tmp_path / "new" / "corpus")
    assert packed.texts == ["वाक्य 1", "वाक्य 2", "वाक्य 0"]
    assert packed.durations == [0.5, 1.0, 2.0]
    assert len(packed) == 3 and packed.hours == pytest.approx(3.5 / 3600)
    audio = packed.audio(1)
    assert audio.dtype == np.float32 and audio.tolist() == [3 / 32768] * 16_000
    assert Utterances(tmp_path / "new" / "corpus").texts == packed.texts


def test_of_equal_lengths_the_first_comes_first(tmp_path: Path) -> None:
    assert pack(tones([1.0, 1.0, 1.0]), tmp_path).texts == ["वाक्य 0", "वाक्य 1", "वाक्य 2"]


def test_nothing_can_be_packed(tmp_path: Path) -> None:
    packed = pack([], tmp_path)
    assert len(packed) == 0 and packed.hours == 0


def test_loudest_samples_stay_within_one(tmp_path: Path) -> None:
    packed = pack([(np.array([-32768, 32767], np.int16), "क")], tmp_path)
    assert packed.audio(0).min() == -1.0 and packed.audio(0).max() < 1.0


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Utterances:
    return pack(tones([0.1 * n for n in range(10, 90)]), tmp_path_factory.mktemp("corpus"))


@given(st.floats(0, 12), st.floats(0, 4), st.integers(0, 99))
def test_a_draw_is_of_the_length_that_was_asked_for_or_near_it(corpus: Utterances, low: float, width: float, seed: int) -> None:
    index = corpus.draw(low, low + width, np.random.default_rng(seed))
    drawn = corpus.durations[index]
    inside = [one for one in corpus.durations if low <= one < low + width]
    if len(inside) >= 5:
        assert low <= drawn < low + width
    else:
        assert abs(drawn - np.clip(low, 1.0, 8.9)) <= 1.6 + 1e-6


def test_draws_are_those_of_the_seed(corpus: Utterances) -> None:
    one, other = ([corpus.draw(2, 4, rng) for _ in range(50)] for rng in (np.random.default_rng(1), np.random.default_rng(1)))
    assert one == other and len(set(one)) > 10


def test_packing_streams_and_gives_the_bytes_of_numpy(tmp_path: Path) -> None:
    sounds = [audio for audio, _ in tones([0.5, 2.0, 1.0])]
    alive = []

    def made():
        for number, audio in enumerate(sounds):
            copy = audio.copy()
            alive.append(weakref.ref(copy))
            assert sum(one() is not None for one in alive) <= 2, "all sounds are held"
            yield copy, f"{number}"
            del copy

    pack(made(), tmp_path)
    np.save(tmp_path / "whole.npy", np.concatenate(sounds))
    assert (tmp_path / "samples.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()


def test_weights_are_kept_and_are_one_where_there_are_none(tmp_path: Path) -> None:
    sound = np.zeros(9, np.int16)
    packed = pack([(np.zeros(10, np.int16), "ख"), (sound, "क", 0.25)], tmp_path)
    assert packed.weights == [0.25, 1.0]


def test_what_broke_off_is_no_corpus(tmp_path: Path) -> None:
    def made():
        yield np.zeros(9, np.int16), "क"
        raise OSError("gone")

    with pytest.raises(Exception, match="gone"):
        pack(made(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_digest_tells_sounds_texts_and_weights_apart(tmp_path: Path) -> None:
    sound, other = np.zeros(9, np.int16), np.ones(9, np.int16)
    rows = [(sound, "क"), (other, "क"), (sound, "ख"), (sound, "क", 0.5), (sound, "क")]
    digests = [pack([row], tmp_path / str(number)).digest() for number, row in enumerate(rows)]
    assert len(set(digests[:4])) == 4 and digests[4] == digests[0]
