"""Clips: cut once, whole or not at all, and again only for what is new."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mining import store
from mining.corpus import clips
from mining.errors import InputError

RATE = 16_000


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    """Three seconds whose samples all differ."""
    path = tmp_path / "talk.wav"
    soundfile.write(path, np.arange(3 * RATE, dtype=np.int16), RATE, subtype="PCM_16")
    return path


def row(number: int, start: float, end: float) -> dict[str, object]:
    return {"id": f"talk-p{number:05d}", "start": start, "end": end}


def gone() -> Path:
    raise AssertionError("the recording is not to be opened")


def test_clips_hold_what_the_recording_says(audio: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    clips.cut(folder, [row(1, 0.5, 1.0), row(2, 1.0, 2.25)], lambda: audio)
    assert {path.name for path in folder.iterdir()} == {"talk-p00001.flac", "talk-p00002.flac", "clips.jsonl"}
    assert clips.listed(folder) == {"talk-p00001.flac": (8000, 16000), "talk-p00002.flac": (16000, 36000)}
    sound, rate = soundfile.read(folder / "talk-p00002.flac", dtype="int16")
    assert rate == RATE
    np.testing.assert_array_equal(sound, np.arange(16000, 36000, dtype=np.int16))


def test_what_was_cut_before_needs_no_recording(audio: Path, tmp_path: Path) -> None:
    """Also under another name: ids count the matches, and change with the matching."""
    folder = tmp_path / "clips"
    clips.cut(folder, [row(1, 0.5, 1.0), row(2, 1.0, 2.25)], lambda: audio)
    before = (folder / "talk-p00002.flac").read_bytes()
    clips.cut(folder, [row(1, 1.0, 2.25)], gone)
    assert {path.name for path in folder.iterdir()} == {"talk-p00001.flac", "clips.jsonl"}
    assert (folder / "talk-p00001.flac").read_bytes() == before
    clips.cut(folder, [], gone)
    assert clips.listed(folder) == {} and folder.is_dir()


def test_what_cannot_be_cut_leaves_the_former_clips(audio: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    clips.cut(folder, [row(1, 0.5, 1.0)], lambda: audio)
    with pytest.raises(InputError, match="ends before pair talk-p00002 does"):
        clips.cut(folder, [row(1, 0.5, 1.0), row(2, 2.0, 3.5)], lambda: audio)
    with pytest.raises(InputError, match="no such file"):
        clips.cut(folder, [row(2, 2.0, 3.0)], lambda: tmp_path / "gone.wav")
    assert clips.listed(folder) == {"talk-p00001.flac": (8000, 16000)}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_killed_half_way_nothing_passes_for_done(audio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "clips"

    class Killed(BaseException):
        pass

    def dying(path: Path, samples: np.ndarray) -> None:
        if path.stem.endswith("2"):
            raise Killed
        path.write_bytes(b"sound")

    monkeypatch.setattr("mining.speech.audio.write_flac", dying)
    with pytest.raises(Killed):
        clips.cut(folder, [row(1, 0.5, 1.0), row(2, 1.0, 2.25)], lambda: audio)
    assert not folder.exists()
    monkeypatch.undo()
    (tmp_path / ".clips.new").mkdir()  # what a power cut leaves
    (tmp_path / ".clips.new" / "talk-p00009.flac").write_bytes(b"half")
    clips.cut(folder, [row(1, 0.5, 1.0)], lambda: audio)
    assert {path.name for path in folder.iterdir()} == {"talk-p00001.flac", "clips.jsonl"}


@pytest.mark.parametrize("id", [".hidden-00aa", "__spec-00aa", "a/b-00aa", 'a"b c-00aa'])
def test_every_id_is_a_name_that_loaders_see(id: str) -> None:
    name = clips.file_name(id)
    assert not name.startswith((".", "_")) and not set(name) & set('/\\ "')


def test_rows_are_the_public_ones(run: Path) -> None:
    for recording in store.recordings(run):
        there = clips.listed(recording.path("clips"))
        assert there == {
            clips.file_name(pair["id"]): (store.samples(pair["start"]), store.samples(pair["end"]))
            for pair in store.read_rows(recording.path("pairs.jsonl"))
        }
