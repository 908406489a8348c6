"""Training sets as the programs that they are for read them: datasets, lhotse, webdataset; Kaldi's and NeMo's rules restated."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import datasets
import numpy as np
import pytest
import soundfile
import webdataset
from datasets import Audio
from lhotse import CutSet, load_manifest
from lhotse.kaldi import load_kaldi_data_dir
from lhotse.qa import validate, validate_recordings_and_supervisions
from pyarrow import parquet

from mining import store
from mining.corpus.export import FORMATS, WITH_SOUND, export, shards
from mining.corpus.export.lhotse import NAME as LHOTSE
from mining.corpus.export.utterances import COLUMNS
from mining.corpus.manifests import clips as read_back
from mining.corpus.manifests import splits
from mining.errors import InputError

SPLITS = ("train", "valid", "test")
DOCS = Path(__file__).parents[3] / "docs" / "exports.md"
KNOWN = {"speaker": "Asha Rao", "station": "Patna"}


@pytest.fixture
def known(fabricate) -> Path:
    """Three recordings, of the first of which the catalogue knows something; named so that a loader could take it for a split."""
    out = fabricate(recordings=3, stem="test-talk")
    rows = store.read_rows(out / "pairs.jsonl")
    for row in rows[:4]:
        row["about"] = KNOWN
    store.write_rows(out / "pairs.jsonl", rows)
    return out


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for datasets. It asks for torchcodec before it writes down any path, though only an array needs it."""
    encoders = ModuleType("torchcodec.encoders")
    encoders.AudioEncoder = None
    monkeypatch.setitem(sys.modules, "torchcodec", ModuleType("torchcodec"))
    monkeypatch.setitem(sys.modules, "torchcodec.encoders", encoders)
    return tmp_path / "hub"


def pairs(out: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in store.read_rows(out / "pairs.jsonl")}


def said(row: dict[str, Any]) -> np.ndarray:
    whole, _ = soundfile.read(row["audio"], dtype="int16")
    return whole[round(row["start"] * 16000) : round(row["end"] * 16000)]


@pytest.mark.parametrize("format", ["huggingface", "parquet"])
def test_datasets_loads_what_was_written(known: Path, hub: Path, tmp_path: Path, format: str) -> None:
    folder = shutil.move(export(known, format), tmp_path / "moved")
    loaded = datasets.load_dataset(str(folder), cache_dir=str(hub))
    assert list(loaded) == list(SPLITS)
    rows, found = pairs(known), []
    for part in loaded.values():
        assert isinstance(part.features["audio"], Audio)
        assert part.features["confidence"].dtype == "float64" and part.features["station"].dtype == "string"
        for row in part.cast_column("audio", Audio(decode=False)):
            pair, audio = rows[row["id"]], row["audio"]
            sound, rate = soundfile.read(io.BytesIO(audio["bytes"]) if audio["bytes"] else audio["path"], dtype="int16")
            assert rate == 16000
            np.testing.assert_array_equal(sound, said(pair))
            assert (row["text"], row["confidence"], row["page"]) == (pair["text"], pair["confidence"], pair["page"])
            assert (row["station"] or None) == pair["about"].get("station")
            assert (row["start_sample"], row["end_sample"]) == (round(pair["start"] * 16000), round(pair["end"] * 16000))
            found.append(row["id"])
    assert sorted(found) == sorted(rows)


def test_datasets_loads_parquet_files_by_themselves(known: Path, hub: Path) -> None:
    folder = export(known, "parquet")
    loaded = datasets.load_dataset("parquet", data_files=str(folder / "data" / "train-*.parquet"), cache_dir=str(hub))
    assert loaded["train"].features["audio"] == Audio(sampling_rate=16000)


def test_parquet_is_cut_into_bounded_shards_and_groups(known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = export(known, "parquet")
    rows = [row for split in SPLITS for row in parquet.read_table(next(whole.glob(f"data/{split}-*"))).to_pylist()]
    most = 2 * max(len(row["audio"]["bytes"]) for row in rows)
    monkeypatch.setattr(shards, "MOST_BYTES", most)
    monkeypatch.setattr("mining.corpus.export.parquet.GROUP_ROWS", 1)
    found = []
    for split in SPLITS:
        files = sorted(export(known, "parquet").glob(f"data/{split}-*"))
        assert [path.name for path in files] == [f"{split}-{n:05d}-of-{len(files):05d}.parquet" for n in range(len(files))]
        assert len(files) > 1
        for path in files:
            part = parquet.read_table(path).to_pylist()
            assert sum(len(row["audio"]["bytes"]) for row in part) <= most
            assert parquet.ParquetFile(path).num_row_groups == len(part)
            found += part
    assert found == rows


@pytest.mark.parametrize("format", WITH_SOUND)
def test_no_clip_lies_beside_a_format_that_holds_the_sound(known: Path, format: str) -> None:
    assert list(export(known, format).rglob("*.flac")) == []


def test_lhotse_reads_and_approves(known: Path, tmp_path: Path) -> None:
    folder = Path(shutil.move(export(known, "lhotse"), tmp_path / "moved"))
    rows, found = pairs(known), []
    for split in SPLITS:
        recordings, supervisions = (
            load_manifest(folder / LHOTSE.format(kind=kind, split=split)) for kind in ("recordings", "supervisions")
        )
        validate_recordings_and_supervisions(recordings.with_path_prefix(folder), supervisions, read_data=True)
        path = folder / LHOTSE.format(kind="cuts", split=split)
        cuts = CutSet.from_file(path).with_recording_path_prefix(str(folder)).to_eager()
        validate(cuts, read_data=True)
        assert set(cuts.ids) == {recording.id for recording in recordings} == {each.id for each in supervisions}
        for cut in cuts:
            (supervision,) = cut.supervisions
            pair = rows[supervision.custom["pair"]]
            np.testing.assert_array_equal(np.round(cut.load_audio()[0] * 32768), said(pair))
            assert cut.weight == supervision.weight == supervision.confidence == pair["confidence"]
            assert (supervision.text, supervision.language) == (pair["text"], pair["language"])
            assert supervision.speaker == ("asha rao" if pair["about"] else None)
            assert (supervision.start_sample, supervision.document) == (round(pair["start"] * 16000), pair["document"])
            found.append(pair["id"])
    assert sorted(found) == sorted(rows)


def test_webdataset_reads_its_shards(known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(path.stat().st_size for path in known.glob("recordings/*/clips/*.flac")) // 6
    monkeypatch.setattr(shards, "MOST_BYTES", size)
    folder = export(known, "webdataset")
    rows, found = pairs(known), []
    for split in SPLITS:
        files = sorted(map(str, folder.glob(f"{split}-*.tar")))
        assert [Path(name).name for name in files] == [f"{split}-{number:06d}.tar" for number in range(len(files))]
        assert len(files) > 1
        index = {row["key"]: row["shard"] for row in store.read_rows(folder / f"{split}.jsonl")}
        for sample in webdataset.WebDataset(files, shardshuffle=False):
            told = json.loads(sample["json"])
            pair = rows[told["id"]]
            sound, _ = soundfile.read(io.BytesIO(sample["flac"]), dtype="int16")
            np.testing.assert_array_equal(sound, said(pair))
            assert sample["txt"].decode() == told["text"] == pair["text"]
            assert (told["weight"], told["about"]) == (pair["confidence"], pair["about"])
            assert index[sample["__key__"]] == Path(sample["__url__"]).name
            found.append(told["id"])
    assert sorted(found) == sorted(rows)


def test_a_dot_in_a_name_does_not_end_a_key(fabricate) -> None:
    folder = export(fabricate(recordings=3, stem="air.2024.01"), "webdataset")
    samples = [sample for path in folder.glob("*.tar") for sample in webdataset.WebDataset(str(path), shardshuffle=False)]
    assert len(samples) == 12
    assert all({"flac", "json", "txt"} <= set(sample) for sample in samples)


def test_members_of_a_shard_tell_of_no_person_and_no_time(known: Path) -> None:
    with tarfile.open(export(known, "webdataset") / "train-000000.tar") as tar:
        members = tar.getmembers()
    assert {(member.mtime, member.uid, member.gid, member.uname, member.gname, member.mode) for member in members} == {
        (0, 0, 0, "", "", 0o644)
    }


def test_nemo_manifests_hold_what_nemo_asks_for(known: Path, tmp_path: Path) -> None:
    """NeMo takes a path that is no absolute one from where the manifest lies; a duration is in seconds, a line a JSON object."""
    folder = Path(shutil.move(export(known, "nemo"), tmp_path / "moved"))
    rows, found = pairs(known), []
    for split in SPLITS:
        for line in (folder / f"{split}_manifest.json").read_text().splitlines():
            row = json.loads(line)
            pair = rows[row["id"]]
            sound, _ = soundfile.read(folder / row["audio_filepath"], dtype="int16")
            np.testing.assert_array_equal(sound, said(pair))
            assert row["duration"] == len(sound) / 16000
            assert (row["text"], row["lang"], row["weight"]) == (pair["text"], "hi", pair["confidence"])
            assert row.get("speaker") == ("asha rao" if pair["about"] else None)
            found.append(row["id"])
    assert sorted(found) == sorted(rows)


def table(path: Path) -> dict[str, str]:
    """A table of Kaldi's, by what its validate_data_dir.sh asks of each: sorted by bytes, one line a key, no empty value."""
    lines = path.read_bytes().splitlines()
    keys = [line.split(b" ", 1)[0] for line in lines]
    assert keys == sorted(set(keys)), path
    assert all(b"\t" not in line and b"\r" not in line and line == line.strip() for line in lines)
    found = dict(line.decode().split(" ", 1) for line in lines)
    assert all(found.values())
    return found


def data_folder(folder: Path) -> dict[str, dict[str, str]]:
    """A data folder, by the rules of Kaldi's utils/validate_data_dir.sh."""
    names = ("wav.scp", "text", "utt2spk", "spk2utt", "utt2dur", "utt2lang", "utt2conf")
    found = {name: table(folder / name) for name in names}
    assert len({tuple(found[name]) for name in names if name != "spk2utt"}) == 1, "the same utterances everywhere"
    speakers = [speaker.encode() for speaker in found["utt2spk"].values()]
    assert speakers == sorted(speakers), "utt2spk is sorted by speaker, too"
    assert all(utterance.startswith(f"{speaker}-") for utterance, speaker in found["utt2spk"].items())
    turned: dict[str, list[str]] = {}
    for utterance, speaker in found["utt2spk"].items():
        turned.setdefault(speaker, []).append(utterance)
    assert {speaker: line.split(" ") for speaker, line in found["spk2utt"].items()} == turned
    assert all("  " not in text and not {"<s>", "</s>", "#0"} & set(text.split()) for text in found["text"].values())
    assert all(float(duration) > 0 for duration in found["utt2dur"].values())
    return found


def test_kaldi_folders_are_valid(known: Path, tmp_path: Path) -> None:
    folder = Path(shutil.move(export(known, "kaldi"), tmp_path / "moved"))
    rows, found = pairs(known), []
    for split in SPLITS:
        tables = data_folder(folder / split)
        told = {row["utterance"]: row for row in store.read_rows(folder / split / "utterances.jsonl")}
        assert list(told) == list(tables["text"])
        for utterance, command in tables["wav.scp"].items():
            program, *_, path, pipe = shlex.split(command)
            pair = rows[told[utterance]["id"]]
            sound, _ = soundfile.read(folder / path, dtype="int16")
            np.testing.assert_array_equal(sound, said(pair))
            assert (program, pipe, path) == ("flac", "|", told[utterance]["clip"])
            assert tables["text"][utterance] == pair["text"]
            assert float(tables["utt2conf"][utterance]) == pytest.approx(pair["confidence"], abs=1e-6)
            assert float(tables["utt2dur"][utterance]) == pytest.approx(len(sound) / 16000, abs=1e-4)
            speaker = "asha_rao" if pair["about"] else pair["recording"].replace("-", "_")
            assert tables["utt2spk"][utterance] == speaker
            found.append(pair["id"])
    assert sorted(found) == sorted(rows)


def test_kaldi_tables_stay_sorted_whatever_speakers_are_called(fabricate) -> None:
    """A name that begins with another, spaces, a hyphen, letters beyond ASCII."""
    out = fabricate(recordings=7)
    rows = store.read_rows(out / "pairs.jsonl")
    names = ["a", "a-b", "a b c", "आशा", "आशा राव", "Zoë", "a~"]
    for number, row in enumerate(rows):
        row["about"] = {"speaker": names[number // 4]}
    store.write_rows(out / "pairs.jsonl", rows)
    folder = export(out, "kaldi")
    assert sum(len(data_folder(folder / split)["text"]) for split in SPLITS) == len(rows)


STUB = """#!/bin/sh
[ "$#" = 4 ] && [ "$1 $2 $3" = "-c -d -s" ] && exec cat "$4"
exit 1
"""
"""Takes the place of flac: what it prints is the clip as it is, so that the test needs no decoder."""


def moving(beginning: str) -> str:
    """The line of docs/exports.md that begins so."""
    (line,) = re.findall(rf"^    ({re.escape(beginning)}.*?)(?: +# .*)?$", DOCS.read_text(), re.M)
    return line


def run_in(folder: Path, command: str, bin: Path | None = None) -> bytes:
    path = os.pathsep.join([*([str(bin)] if bin else []), os.environ["PATH"]])
    return subprocess.run(
        ["sh", "-c", command], cwd=folder, env={**os.environ, "PATH": path}, check=True, capture_output=True
    ).stdout


@pytest.mark.parametrize(("stem", "quoted"), [("आकाशवाणी समाचार", False), ("समाचार (1) & $HOME", True)])
def test_kaldi_folders_can_move_as_documented(fabricate, tmp_path: Path, stem: str, quoted: bool) -> None:
    """With the pipe from anywhere, then as plain paths, as ESPnet and icefall read them."""
    folder = Path(shutil.move(export(fabricate(recordings=3, stem=stem), "kaldi"), tmp_path / "moved"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "flac").write_text(STUB)
    (tmp_path / "bin" / "flac").chmod(0o755)
    clips = {
        row["utterance"]: folder / row["clip"] for split in SPLITS for row in store.read_rows(folder / split / "utterances.jsonl")
    }
    assert len(clips) == 12

    def read() -> dict[str, str]:
        return {utterance: value for split in SPLITS for utterance, value in table(folder / split / "wav.scp").items()}

    assert all(("'" in command) == quoted for command in read().values())
    run_in(folder, moving('sed -i "s|flac -c -d -s |'))
    elsewhere = tmp_path / "bin"
    for utterance, command in read().items():
        assert run_in(elsewhere, command.removesuffix(" |"), tmp_path / "bin") == clips[utterance].read_bytes()
    run_in(folder, moving('sed -i "s#flac -c -d -s '))
    assert {utterance: Path(value) for utterance, value in read().items()} == clips
    assert sum(1 for split in splits(folder) for clip in read_back(folder, split) if len(clip.samples())) == 12


def test_lhotse_reads_kaldi_folders_where_wav_scp_names_files(known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes it would read with a further package; ESPnet and icefall know both ways."""
    folder = export(known, "kaldi")
    monkeypatch.chdir(folder)
    scp = Path("train/wav.scp")
    scp.write_text(scp.read_text().replace("flac -c -d -s ", "").replace(" |", ""))
    recordings, supervisions, _ = load_kaldi_data_dir("train", 16000)
    assert {each.id: each.text for each in supervisions} == table(Path("train/text"))
    validate_recordings_and_supervisions(recordings, supervisions, read_data=True)


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_every_format_tells_where_an_utterance_comes_from(known: Path, format: str) -> None:
    """The hashes of both files, the page and the samples; recording.json knows the hashes."""
    for path in known.glob("recordings/*/recording.json"):
        store.write_json(path, {**store.read_json(path), "audio_hash": "a" * 64, "document_hash": "d" * 64})
    folder, count = export(known, format), 0
    for row in told_by(folder, format):
        assert (row["audio_hash"], row["document_hash"]) == ("a" * 64, "d" * 64)
        assert set(COLUMNS) - {"id", "text", "language", "duration", "start", "end"} <= set(row)
        assert row["source"].startswith("test-talk-") and row["source"].endswith(".wav"), "no folder of this machine"
        count += 1
    assert count == 12


def told_by(folder: Path, format: str) -> list[dict[str, Any]]:
    """The rows in which a format tells of its utterances."""
    rows: list[dict[str, Any]] = []
    for split in SPLITS:
        if format == "parquet":
            rows += parquet.read_table(folder / "data" / f"{split}-00000-of-00001.parquet").to_pylist()
        elif format == "lhotse":
            supervisions = load_manifest(folder / LHOTSE.format(kind="supervisions", split=split))
            rows += [supervision.custom for supervision in supervisions]
        else:
            names = {"nemo": f"{split}_manifest.json", "huggingface": f"{split}/metadata.jsonl"}
            names["kaldi"] = f"{split}/utterances.jsonl"
            rows += store.read_rows(folder / names.get(format, f"{split}.jsonl"))
    return rows


@pytest.mark.parametrize("format", WITH_SOUND)
def test_two_pairs_of_one_id_are_told_where_no_clip_is_linked(run: Path, format: str) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    store.write_rows(run / "pairs.jsonl", [rows[0], *rows])
    with pytest.raises(InputError, match="the same id"):
        export(run, format)


@pytest.mark.parametrize("format", WITH_SOUND)
def test_a_clip_that_is_gone_is_told_where_no_clip_is_linked(run: Path, format: str) -> None:
    next(run.glob("recordings/*/clips/*-p00002.flac")).unlink()
    with pytest.raises(InputError, match=r"p00002.flac: is not there"):
        export(run, format)
    assert not os.listdir(run / "manifests")
