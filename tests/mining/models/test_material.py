"""Exported training sets as training wants them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mining.corpus.manifests import READERS, clips
from mining.errors import InputError
from mining.models import material
from mining.models.utterances import Utterances, pack
from tests.mining.models.exported import training_set


@pytest.fixture
def manifest(fabricate: Callable[..., Path], tmp_path: Path) -> Path:
    return training_set(fabricate, tmp_path / "set")


@pytest.mark.parametrize("format", sorted(READERS))
def test_every_format_is_unpacked_alike(format: str, fabricate: Callable[..., Path], tmp_path: Path) -> None:
    folder = training_set(fabricate, tmp_path / "set", format)
    parts = material.unpack(folder, tmp_path / "work")
    assert sorted(parts) == ["train", "valid"]
    for split, packed in parts.items():
        wanted = sorted((clip.text, clip.weight, clip.samples().tolist()) for clip in clips(folder, split))
        found = sorted(
            (text, weight, np.round(packed.audio(i) * 32768).astype(int).tolist())
            for i, (text, weight) in enumerate(zip(packed.texts, packed.weights, strict=True))
        )
        assert found == wanted and any(weight < 1 for _, weight, _ in found)


def test_what_was_unpacked_is_used_again_until_the_files_change(manifest: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    material.unpack(manifest, work)
    there = work / "train" / "samples.npy"
    os.utime(there, (1, 1))
    material.unpack(manifest, work)
    assert there.stat().st_mtime == 1
    text = (manifest / "train.wrd").read_text(encoding="utf8")
    (manifest / "train.wrd").write_text(text.replace(text.split()[0], "क", 1), encoding="utf8")
    changed = material.unpack(manifest, work)
    assert any(one.startswith("क ") for one in changed["train"].texts) and there.stat().st_mtime != 1


def test_a_set_without_clips_to_train_on_is_told(manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        material.unpack(tmp_path / "nothing", tmp_path / "work")
    marker = (manifest / "export.json").read_text(encoding="utf8")
    (manifest / "export.json").write_text(marker.replace('"train"', '"other"'), encoding="utf8")
    with pytest.raises(InputError, match="no training clips"):
        material.unpack(manifest, tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_a_clip_that_is_gone_is_told_and_leaves_nothing_that_passes_for_a_corpus(manifest: Path, tmp_path: Path) -> None:
    for folder in (manifest / "train").iterdir():
        shutil.rmtree(folder)
    with pytest.raises(InputError):
        material.unpack(manifest, tmp_path / "work")
    assert not (tmp_path / "work" / "train" / "index.jsonl").exists()


def test_what_is_gathered_to_learn_from_is_never_what_is_judged_by(manifest: Path, tmp_path: Path) -> None:
    texts = {split: sorted(clip.text for clip in clips(manifest, split)) for split in ("train", "valid", "test")}
    work = tmp_path / "work"
    assert sorted(material.gather(manifest, work).texts) == texts["train"]
    assert sorted(material.gather(manifest, work, ("test", "valid")).texts) == (texts["test"] or texts["valid"]), "not as before"
    assert sorted(material.gather(manifest, work, ("none", "valid")).texts) == texts["valid"]
    with pytest.raises(InputError, match="no none and no other clips, only train"):
        material.gather(manifest, work, ("none", "other"))


def test_a_cold_start_is_judged_by_what_it_keeps_apart(spoken: Utterances, tmp_path: Path) -> None:
    for name, index in (("train", 0), ("check", 1)):
        pack([((32767 * spoken.audio(index)).astype(np.int16), spoken.texts[index])], tmp_path / name)
    assert material.gather(tmp_path, tmp_path / "unused").texts == [spoken.texts[0]]
    assert material.gather(tmp_path, tmp_path / "unused", ("test", "valid")).texts == [spoken.texts[1]]


def test_utterances_are_gathered_of_whatever_holds_some(manifest: Path, spoken: Utterances, tmp_path: Path) -> None:
    whole = material.gather(manifest, tmp_path / "whole")
    assert len(whole) == len(list(clips(manifest, "train"))) > 0
    assert min(whole.weights) < 1
    assert material.gather(tmp_path / "whole", tmp_path / "unused").digest() == whole.digest()
    assert not (tmp_path / "unused").exists()
    table = tmp_path / "table"
    table.mkdir()
    soundfile.write(table / "a.wav", spoken.audio(0), 16_000, subtype="PCM_16")
    (table / "metadata.csv").write_text(f"file,text\na.wav,{spoken.texts[0]}।\n", encoding="utf8")
    gathered = material.gather(table, tmp_path / "gathered")
    assert gathered.texts == [spoken.texts[0]] and np.array_equal(gathered.audio(0), spoken.audio(0))
    for nothing in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError, match="neither"):
            material.gather(nothing, tmp_path / "unused")
