from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mining.errors import InputError
from mining.records import Segment
from mining.speech.emissions import Emissions, greedy

VOCABULARY = ("<pad>", "|", "<unk>", "क", "ख", "▁ग", "")


def emissions(*tokens: list[int]) -> Emissions:
    """Segments of frames of 320 samples that each say one token, the segments a second apart."""
    ids = np.array([token for segment in tokens for token in segment], np.int64)
    log_probs = np.full((len(ids), len(VOCABULARY)), -9.0, np.float16)
    log_probs[np.arange(len(ids)), ids] = -0.001
    starts = np.array(
        [16_000 * index + 320 * frame for index, segment in enumerate(tokens) for frame in range(len(segment))], np.int64
    )
    index = np.repeat(np.arange(len(tokens), dtype=np.int32), [len(segment) for segment in tokens])
    return Emissions(log_probs, starts, starts + 320, index, VOCABULARY, blank=0, delimiter=1, specials=(2, 6))


def segments(count: int) -> list[Segment]:
    return [Segment(f"g{i + 1:05d}", 16_000 * i, 16_000 * i + 15_000) for i in range(count)]


def test_greedy_collapses_repeats_and_keeps_what_a_blank_parts() -> None:
    (heard,) = greedy(emissions([3, 3, 0, 3, 1, 4]), segments(1))
    assert heard.text == "कक ख"
    assert heard.times == (160, 160 + 3 * 320, 160 + 4 * 320, 160 + 5 * 320)


def test_greedy_trims_and_joins_spaces_and_drops_specials() -> None:
    (heard,) = greedy(emissions([1, 0, 1, 3, 2, 1, 6, 0, 1, 4, 1, 0]), segments(1))
    assert heard.text == "क ख"


def test_greedy_reads_sentencepiece() -> None:
    (heard,) = greedy(emissions([5, 3, 5]), segments(1))
    assert heard.text == "गक ग"
    assert heard.times == (160, 480, 800, 800)


def test_every_segment_has_its_transcript_even_without_a_frame() -> None:
    first, none, last = greedy(emissions([3], [], [4]), segments(3))
    assert (first.text, none.text, last.text) == ("क", "", "ख")
    assert last.times == (32_160,)
    assert (none.segment, none.start, none.end) == ("g00002", 16_000, 31_000)
    assert greedy(emissions(), []) == []


def test_frames_of_a_segment() -> None:
    heard = emissions([3, 3], [], [4])
    assert [heard.frames_of(i) for i in range(3)] == [slice(0, 2), slice(2, 2), slice(2, 3)]


def test_saved_and_loaded_are_equal_and_saved_twice_are_the_same_bytes(tmp_path: Path) -> None:
    before = emissions([3, 0, 1], [4])
    before.save(tmp_path / "a.npz")
    before.save(tmp_path / "b.npz")
    after = Emissions.load(tmp_path / "a.npz")
    for name in ("log_probs", "starts", "ends", "segment_index"):
        stored = getattr(after, name)
        np.testing.assert_array_equal(stored, getattr(before, name))
        assert stored.dtype == getattr(before, name).dtype
    assert (after.vocabulary, after.blank, after.delimiter, after.specials) == (VOCABULARY, 0, 1, (2, 6))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_what_is_no_emissions_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no numbers here")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    emissions([3]).save(tmp_path / "whole.npz")
    (tmp_path / "half.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:300])
    for name in ("missing.npz", "text.npz", "other.npz", "half.npz"):
        with pytest.raises(InputError, match=name):
            Emissions.load(tmp_path / name)


def test_arrays_that_do_not_fit_together_are_refused() -> None:
    good = emissions([3, 4])
    with pytest.raises(ValueError, match="2 frames, 1 starts"):
        Emissions(good.log_probs, good.starts[:1], good.ends, good.segment_index, VOCABULARY, 0)
    with pytest.raises(ValueError, match="blank 9"):
        Emissions(good.log_probs, good.starts, good.ends, good.segment_index, VOCABULARY, 9)
