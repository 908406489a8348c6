"""Training sets read back clip by clip, whatever format they are in."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mining import store
from mining.corpus.export import FORMATS, export
from mining.corpus.manifests import READERS, clips, splits
from mining.errors import InputError


def test_every_format_can_be_read() -> None:
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_clips_are_the_pairs(fabricate, format: str, tmp_path: Path) -> None:
    out = fabricate(recordings=3)
    rows = store.read_rows(out / "pairs.jsonl")
    for row in rows[:4]:
        row["about"] = {"station": "Patna", "text": "bulletin"}
    store.write_rows(out / "pairs.jsonl", rows)
    folder = shutil.move(export(out, format), tmp_path / "moved")
    assert splits(folder) == ["train", "valid", "test"]
    found = {clip.id: clip for split in splits(folder) for clip in clips(folder, split)}
    assert sorted(found) == sorted(row["id"] for row in rows)
    for row in rows:
        clip = found[row["id"]]
        assert (clip.text, clip.recording, clip.about) == (row["text"], row["recording"], row["about"])
        assert clip.weight == pytest.approx(row["confidence"], abs=1e-6)
        whole, _ = soundfile.read(row["audio"], dtype="int16")
        np.testing.assert_array_equal(clip.samples(), whole[round(row["start"] * 16000) : round(row["end"] * 16000)])
        assert clip.samples().dtype == np.int16


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_a_split_that_is_not_there_is_empty(fabricate, format: str) -> None:
    out = fabricate(recordings=1)
    store.write_rows(out / "pairs.jsonl", store.read_rows(out / "pairs.jsonl")[:1])
    folder = export(out, format)
    assert splits(folder) == ["train"]
    assert list(clips(folder, "test")) == []


def test_a_folder_that_is_no_export_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="no training set of Shruti"):
            clips(folder, "train")
        with pytest.raises(InputError, match="no training set of Shruti"):
            splits(folder)


def test_a_marker_of_something_else_is_told(run: Path) -> None:
    folder = export(run, "fairseq")
    store.write_json(folder / "export.json", {})
    with pytest.raises(InputError, match="is none that shruti export wrote"):
        splits(folder)


def test_an_export_of_an_unknown_format_is_told(run: Path) -> None:
    folder = export(run, "fairseq")
    store.write_json(folder / "export.json", {**store.read_json(folder / "export.json"), "format": "tape"})
    with pytest.raises(InputError, match="'tape'"):
        clips(folder, "train")


def test_files_that_do_not_fit_together_are_told(run: Path) -> None:
    folder = export(run, "fairseq")
    lines = (folder / "train.wrd").read_text().splitlines()
    (folder / "train.wrd").write_text("".join(f"{line}\n" for line in lines[:-1]))
    with pytest.raises(InputError, match="do not fit together"):
        list(clips(folder, "train"))


def test_a_clip_that_is_gone_or_damaged_is_told(run: Path) -> None:
    folder = export(run, "fairseq")
    first, second = list(clips(folder, "train"))[:2]
    first.sound.unlink()
    second.sound.unlink()
    second.sound.write_bytes(b"fLaC")
    for clip in (first, second):
        with pytest.raises(InputError, match=clip.sound.name):
            clip.samples()
