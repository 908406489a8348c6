"""Exports as a trainer meets them: read back, moved, made twice, interrupted."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mining import store
from mining.config import ExportConfig
from mining.corpus import export as package
from mining.corpus.export import FORMATS, export
from mining.corpus.export.splits import assign
from mining.corpus.export.utterance import Utterance
from mining.corpus.export.utterances import Utterances
from mining.errors import InputError, UsageError

SPLITS = ("train", "valid", "test")


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def splits_of(rows: list[dict[str, object]], config: ExportConfig) -> list[str]:
    return [SPLITS[index] for index in assign(rows, config)]


def change(run: Path, **values: object) -> None:
    """Overwrite fields of the run's first pair."""
    rows = store.read_rows(run / "pairs.jsonl")
    store.write_rows(run / "pairs.jsonl", [{**rows[0], **values}, *rows[1:]])


def test_fairseq_lines_up_and_clips_hold_what_the_recording_says(run: Path) -> None:
    folder = export(run, "fairseq")
    assert folder == run / "manifests" / "fairseq"
    read = 0
    for split in SPLITS:
        root, *clips = (folder / f"{split}.tsv").read_text().splitlines()
        assert root == "."
        sides = [(folder / f"{split}.{kind}").read_text().splitlines() for kind in ("wrd", "ltr", "conf", "jsonl")]
        for clip, words, letters, confidence, line in zip(clips, *sides, strict=True):
            path, samples = clip.split("\t")
            row = json.loads(line)
            sound, rate = soundfile.read(folder / path, dtype="int16")
            whole, _ = soundfile.read(row["audio"], dtype="int16")
            assert rate == 16000
            assert len(sound) == int(samples)
            np.testing.assert_array_equal(sound, whole[round(row["start"] * 16000) : round(row["end"] * 16000)])
            assert words == row["text"] == letters.replace(" ", "").replace("|", " ").strip()
            assert float(confidence) == pytest.approx(row["confidence"], abs=1e-6)
            assert (row["document"], row["page"], row["clip"]) != (None, None, None)
            read += 1
    assert read == 8


def test_fairseq_dictionary_counts_every_letter(run: Path) -> None:
    folder = export(run, "fairseq")
    counts = dict(line.split(" ") for line in (folder / "dict.ltr.txt").read_text().splitlines())
    written = " ".join((folder / f"{split}.ltr").read_text() for split in SPLITS).split()
    assert counts == {letter: str(written.count(letter)) for letter in set(written)}
    assert list(map(int, counts.values())) == sorted(map(int, counts.values()), reverse=True)


def test_huggingface_metadata_names_files_that_are_there(run: Path) -> None:
    folder = export(run, "huggingface")
    found = 0
    for split in SPLITS:
        for row in store.read_rows(folder / split / "metadata.jsonl"):
            assert soundfile.info(folder / split / row["file_name"]).frames == round(row["duration"] * 16000)
            assert {"text", "confidence", "recording", "start", "end", "document", "page", "language"} <= set(row)
            found += 1
    assert found == 8 == len(list(folder.rglob("*.flac")))


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_the_same_run_gives_the_same_bytes(run: Path, tmp_path: Path, format: str) -> None:
    assert digest(export(run, format, tmp_path / "one")) == digest(export(run, format, tmp_path / "two"))


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_no_path_in_a_manifest_leads_out_of_the_folder(run: Path, tmp_path: Path, format: str) -> None:
    folder = export(run, format, tmp_path / "somewhere" / "deep")
    for path in filter(Path.is_file, folder.rglob("*")):
        held = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if format != "fairseq" or path.suffix != ".jsonl":  # it holds rows of pairs.jsonl, as the recording was given
            assert str(tmp_path).encode() not in held, path


def test_recordings_are_not_torn_between_splits(fabricate) -> None:
    folder = export(fabricate(recordings=5), "fairseq")
    homes = {split: {row["recording"] for row in store.read_rows(folder / f"{split}.jsonl")} for split in SPLITS}
    assert all(homes.values())
    assert sum(map(len, homes.values())) == len(set().union(*homes.values())) == 5


def test_two_recordings_become_blocks_with_a_warning(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = export(run, "fairseq", config=ExportConfig(valid=0.25, test=0.25))
    assert "fewer than 3 recordings" in caplog.text
    rows = [(row["recording"], row["start"]) for split in SPLITS for row in store.read_rows(folder / f"{split}.jsonl")]
    assert rows == sorted(rows)
    assert store.read_json(folder / "export.json")["splits"]["test"]["clips"] == 2


def test_an_older_export_is_replaced_whole(run: Path) -> None:
    folder = export(run, "fairseq")
    rows = store.read_rows(run / "pairs.jsonl")
    store.write_rows(run / "pairs.jsonl", rows[:3])
    assert export(run, "fairseq") == folder
    assert len(list(folder.rglob("*.flac"))) == 3
    assert [path.name for path in folder.parent.iterdir()] == ["fairseq"]


def test_an_interrupted_export_leaves_the_older_one(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(export(run, "fairseq"))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(package.FORMATS, "fairseq", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(run, "fairseq")
    assert digest(run / "manifests" / "fairseq") == before
    assert [path.name for path in (run / "manifests").iterdir()] == ["fairseq"]


def test_a_folder_with_other_things_is_left_alone(run: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="no export"):
        export(run, "fairseq", home)
    assert (home / "thesis.txt").read_text() == "years of work"


def test_unknown_formats_are_told_with_the_list(run: Path) -> None:
    with pytest.raises(UsageError, match=r"'csv'.*fairseq, huggingface, kaldi, lhotse, nemo, parquet, webdataset"):
        export(run, "csv")


@pytest.mark.parametrize("shares", [(0.5, 0.5), (-0.1, 0.2)])
def test_shares_that_leave_no_training_data_are_refused(run: Path, shares: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="nothing to train on"):
        export(run, "fairseq", config=ExportConfig(*shares))


def test_a_wildcard_is_refused(run: Path) -> None:
    change(run, text="आज * डिग्री")
    with pytest.raises(InputError, match="symbol"):
        export(run, "fairseq")


def test_a_pair_whose_clip_is_another_is_left_out_and_told(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As where pairs were chosen anew, and the recording was gone."""
    change(run, end=2.9)
    folder = export(run, "fairseq")
    assert "the clips of 1 pairs of 1 recordings are not there" in caplog.text
    assert len(list(folder.rglob("*.flac"))) == 7


def test_a_run_without_clips_is_told_how_to_get_them(run: Path) -> None:
    for clip in run.glob("recordings/*/clips"):
        shutil.rmtree(clip)
    with pytest.raises(InputError, match=r"the clips of 8 pairs.*shruti filter"):
        export(run, "fairseq")
    assert not (run / "manifests" / "fairseq").exists()


def test_an_export_decodes_nothing(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for row in store.read_rows(run / "pairs.jsonl"):
        Path(row["audio"]).unlink(missing_ok=True)
    assert len(list(export(run, "fairseq").rglob("*.flac"))) == 8


def test_repeats_may_be_left_out(run: Path, tmp_path: Path) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    rows[2] |= {"repeats": rows[0]["id"], "repeat": "sentence"}
    rows[5] |= {"repeats": rows[1]["id"], "repeat": "sound"}
    store.write_rows(run / "pairs.jsonl", rows)
    assert len(list(export(run, "fairseq", tmp_path / "all").rglob("*.flac"))) == 8
    folder = export(run, "fairseq", tmp_path / "once", ExportConfig(drop_duplicates=True))
    ids = {row["id"] for split in SPLITS for row in store.read_rows(folder / f"{split}.jsonl")}
    assert ids == {row["id"] for row in rows} - {rows[2]["id"], rows[5]["id"]}


def test_one_sound_is_in_one_split(fabricate) -> None:
    """Two bulletins that share a jingle: a model that trained on it must not be measured by it."""
    out = fabricate(recordings=5)
    rows = store.read_rows(out / "pairs.jsonl")
    for number in range(1, 5):
        rows[4 * number] |= {"repeats": rows[0]["id"], "repeat": "sound"}
    store.write_rows(out / "pairs.jsonl", rows)
    folder = export(out, "fairseq", config=ExportConfig(0.3, 0.3))
    homes = {row["id"]: split for split in SPLITS for row in store.read_rows(folder / f"{split}.jsonl")}
    assert len({homes[rows[4 * number]["id"]] for number in range(5)}) == 1
    assert set(homes.values()) == set(SPLITS)


def test_copies_of_everything_leave_every_split_filled(fabricate) -> None:
    out = fabricate(recordings=3)
    rows = store.read_rows(out / "pairs.jsonl")
    for row, first in zip(rows[4:], rows[:4] * 2, strict=True):
        row |= {"repeats": first["id"], "repeat": "sound"}
    splits = splits_of(rows, ExportConfig())
    assert set(splits) == set(SPLITS)
    assert splits == splits[:4] * 3


def test_what_the_catalogue_knew_is_carried(run: Path) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    for row in rows[:4]:
        row["about"] = {"station": "Patna", "licence": "CC BY 4.0", "text": "bulletin"}
    store.write_rows(run / "pairs.jsonl", rows)
    folder = export(run, "huggingface")
    told = [row for split in SPLITS for row in store.read_rows(folder / split / "metadata.jsonl")]
    assert all(list(row)[-3:] == ["licence", "station", "about_text"] for row in told)
    assert sorted({(row["station"], row["licence"], row["about_text"]) for row in told}, key=str) == [
        ("", "", ""), ("Patna", "CC BY 4.0", "bulletin"),
    ]  # fmt: skip
    assert "Licences of the recordings: CC BY 4.0." in (folder / "README.md").read_text()
    lines = [row for split in SPLITS for row in store.read_rows(export(run, "fairseq") / f"{split}.jsonl")]
    assert [row["about"].get("station") for row in lines].count("Patna") == 4


def test_no_column_takes_the_name_of_another(run: Path) -> None:
    change(run, about={"text": "a", "about_text": "b"})
    folder = export(run, "huggingface")
    first = next(row for split in SPLITS for row in store.read_rows(folder / split / "metadata.jsonl") if row["about_text"])
    assert (first["about_text"], first["about_about_text"]) == ("b", "a")


def test_nothing_mined_and_no_run_are_told_apart(run: Path, tmp_path: Path) -> None:
    store.write_rows(run / "pairs.jsonl", [])
    with pytest.raises(InputError, match="no pair was kept"):
        export(run, "fairseq")
    with pytest.raises(InputError, match="not the folder of a run"):
        export(tmp_path / "nowhere", "fairseq")


def test_an_export_can_move(run: Path, tmp_path: Path) -> None:
    moved = shutil.move(export(run, "fairseq"), tmp_path / "elsewhere")
    clips = (Path(moved) / "train.tsv").read_text().splitlines()[1:]
    assert all((Path(moved) / clip.split("\t")[0]).is_file() for clip in clips)


def no_links(source: Path, target: Path) -> None:
    """As `os.link` is on a memory stick."""
    raise PermissionError(errno.EPERM, "Operation not permitted", str(source))


@pytest.mark.parametrize("links", [True, False])
def test_formats_share_their_clips(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    alone = digest(export(run, "huggingface", tmp_path / "alone"))
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    first = export(run, "fairseq")
    second = export(run, "huggingface")
    assert digest(second) == alone
    clips = [clip.relative_to(first) for clip in first.rglob("*.flac")]
    assert [(first / clip).samefile(second / clip) for clip in clips] == [links] * 8
    shutil.rmtree(first)
    assert digest(second) == alone, "either may go"


@pytest.mark.parametrize("links", [True, False])
def test_two_pairs_of_one_id_are_told(run: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    before = digest(export(run, "fairseq"))
    rows = store.read_rows(run / "pairs.jsonl")
    store.write_rows(run / "pairs.jsonl", [rows[0], *rows])
    with pytest.raises(InputError, match="the same id"):
        export(run, "fairseq")
    assert digest(run / "manifests" / "fairseq") == before


def test_two_recordings_that_would_share_a_folder_are_told(fabricate) -> None:
    """Copies of a file whose names differ by what no file name in a manifest may hold."""
    out = fabricate(recordings=3)
    rows = store.read_rows(out / "pairs.jsonl")
    first = rows[0]["recording"]
    for name in (f"a b-{first[-8:]}", f"a_b-{first[-8:]}"):
        clips = shutil.copytree(out / "recordings" / first, out / "recordings" / name) / "clips"
        named = [{**row, "recording": name, "id": row["id"].replace(first, name)} for row in rows[:4]]
        table = store.read_rows(clips / "clips.jsonl")
        for row in table:
            new = row["clip"].replace(first, name).replace(" ", "_")
            (clips / row["clip"]).rename(clips / new)
            row["clip"] = new
        store.write_rows(clips / "clips.jsonl", table)
        rows = [*rows, *named]
    store.write_rows(out / "pairs.jsonl", sorted(rows, key=lambda row: row["id"]))
    with pytest.raises(InputError, match="the same id"):
        export(out, "fairseq")


@pytest.mark.parametrize("links", [True, False])
def test_a_clip_that_is_gone_is_told(run: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    next(run.glob("recordings/*/clips/*-p00002.flac")).unlink()
    with pytest.raises(InputError, match=r"p00002.flac: is not there"):
        export(run, "fairseq")
    assert not (run / "manifests" / "fairseq").exists()


def test_a_format_goes_over_the_utterances_as_often_as_it_needs(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[Utterance]] = []

    def curious(_: Path, utterances: Utterances) -> None:
        assert len(utterances) == 8
        seen.extend([list(utterances), [a for a, _ in zip(utterances, utterances, strict=True)]])

    monkeypatch.setitem(package.FORMATS, "curious", curious)
    export(run, "curious")
    assert seen[0] == seen[1]
    assert [utterance.row for utterance in seen[0]] == store.read_rows(run / "pairs.jsonl")


def test_pairs_that_change_meanwhile_are_told(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of a run must not make one training set: here another process writes pairs.jsonl anew."""
    before = digest(export(run, "fairseq"))

    def slow(folder: Path, utterances: Utterances) -> None:
        store.write_rows(run / "pairs.jsonl", store.read_rows(run / "pairs.jsonl")[:4])
        write(folder, utterances)

    write = package.FORMATS["fairseq"]
    monkeypatch.setitem(package.FORMATS, "fairseq", slow)
    with pytest.raises(InputError, match="was changed while it was exported"):
        export(run, "fairseq")
    assert digest(run / "manifests" / "fairseq") == before


def test_copies_of_a_recording_stay_together() -> None:
    contents = ("00aa", "11bb", "22cc", "33dd")
    ids = [f"{name}-{content}" for content in contents for name in ("one", "two", "three")]
    rows = [{"recording": id, "id": f"{id}-p00001"} for id in ids]
    splits = splits_of(rows, ExportConfig())
    by_content: dict[str, set[str]] = {content: set() for content in contents}
    for row, split in zip(rows, splits, strict=True):
        by_content[row["recording"].rpartition("-")[2]].add(split)
    assert all(len(names) == 1 for names in by_content.values())
    assert set(splits) == {"train", "valid", "test"}


@pytest.mark.parametrize("id", [".hidden-00aa", "__spec-00aa"])
def test_loaders_see_every_clip(id: str) -> None:
    row = {"recording": id, "id": f"{id}-p00001", "start": 0.0, "end": 1.0, "text": "क"}
    assert not any(part.startswith((".", "_")) for part in Utterance.of(row, "train").path.split("/"))
