"""How far a run is with an entry, asked without opening anything large; and that files are hashed no more often than needed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mining import jobs, ledger, steps, store
from mining.config import Config, FilterConfig, SplitConfig
from mining.corpus.catalogue import Entry
from mining.errors import InputError


@pytest.fixture
def entry(bulletin, tmp_path: Path) -> Entry:
    """A copy of the bulletin that may be changed."""
    audio, document = (str(shutil.copy(path, tmp_path)) for path in (bulletin.audio, bulletin.document))
    return Entry(id="bulletin", audio=audio, document=document)


@pytest.fixture
def out(run: Path, entry: Entry, config: Config, tmp_path: Path) -> Path:
    """A copy of the finished run, in which the copied bulletin is mined."""
    out = shutil.copytree(run, tmp_path / "out")
    steps.align_recording(entry, out, config)
    return out


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are hashed."""
    names: list[str] = []
    content_hash = store.content_hash

    def count(path: Path) -> str:
        names.append(Path(path).name)
        return content_hash(path)

    monkeypatch.setattr(store, "content_hash", count)
    return names


def test_what_is_done_is_known_without_opening_it(out: Path, entry: Entry, config: Config, hashed: list[str]) -> None:
    jobs.state(entry, out, config)  # the model's files, once in a process
    hashed.clear()
    assert jobs.state(entry, out, config) == "done"
    assert hashed == []
    job = jobs.start(entry, out, config)
    assert not any(stage(job) for stage in steps.STAGES.values())
    assert hashed == [], "neither is hashed again"


@pytest.mark.parametrize(
    "change",
    [
        lambda entry, out: replace(entry, document=str(Path(entry.document).parent / "none.txt")),
        lambda entry, out: replace(entry, language="mr"),
        lambda entry, out: replace(entry, about={"station": "Dehradun"}),
        lambda entry, out: os.utime(entry.audio) or entry,
        lambda entry, out: next(out.glob("recordings/*/pairs.jsonl")).unlink() or entry,
        lambda entry, out: next(out.glob("recordings/*/done.json")).unlink() or entry,
        lambda entry, out: (next(out.glob("recordings/*/done.json")).write_text("") and entry) or entry,
        lambda entry, out: shutil.rmtree(out / "ledger") or entry,
        lambda entry, out: shutil.rmtree(out / "recordings") or entry,
        lambda entry, out: Path(entry.audio).unlink() or entry,
    ],
    ids=["document", "language", "about", "touched", "no pairs", "no mark", "damaged mark", "no ledger", "no recordings", "gone"],
)
def test_what_has_something_left(change: Callable, out: Path, entry: Entry, config: Config) -> None:
    assert jobs.state(entry, out, config) == "done"
    assert jobs.state(change(entry, out), out, config) == "left"


def test_other_settings(out: Path, entry: Entry, config: Config) -> None:
    assert jobs.state(entry, out, replace(config, filter=FilterConfig(min_confidence=0.5))) == "left"
    assert jobs.state(entry, out, replace(config, split=SplitConfig(min_words=2))) == "left"
    assert jobs.state(entry, out, replace(config, ocr=replace(config.ocr, workers=3))) == "done"


def test_a_touched_file_is_hashed_once_and_nothing_else_is_done(
    out: Path, entry: Entry, config: Config, hashed: list[str]
) -> None:
    os.utime(entry.audio)
    assert jobs.state(entry, out, config) == "left"
    job = jobs.start(entry, out, config)
    assert hashed == [Path(entry.audio).name], "and not the document"
    assert not any(stage(job) for stage in steps.STAGES.values())
    assert jobs.state(entry, out, config) == "done"


def test_a_moved_recording_is_the_same_recording(out: Path, entry: Entry, config: Config) -> None:
    """Its pairs tell the new place; nothing is heard again."""
    moved = replace(entry, audio=str(Path(entry.audio).rename(Path(entry.audio).parent / "elsewhere.flac")))
    assert jobs.state(moved, out, config) == "left"
    job = jobs.start(moved, out, config)
    assert [name for name, stage in steps.STAGES.items() if stage(job)] == ["filter"]
    assert jobs.state(moved, out, config) == "done"
    assert {row["audio"] for row in store.read_rows(job.path("pairs.jsonl"))} == {moved.audio}


def test_a_replaced_recording_is_another_one(out: Path, entry: Entry, config: Config) -> None:
    before = jobs.start(entry, out, config).recording.id
    with Path(entry.audio).open("ab") as file:
        file.write(b"\0")
    assert jobs.state(entry, out, config) == "left"
    assert jobs.start(entry, out, config).recording.id != before


def test_a_failure_is_forgotten_when_it_goes_well(out: Path, entry: Entry, config: Config) -> None:
    ledger.fail(out, entry, InputError("cut short", "Copy it."), jobs.settings_key(entry, config))
    assert jobs.state(entry, out, config) == "failed"
    steps.align_recording(entry, out, config)
    assert jobs.state(entry, out, config) == "done"
    assert list(ledger.failures(out)) == []


def test_relative_locations_count_from_the_root(
    bulletin, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker in another folder does what the command's own process would, and they agree on what is done."""
    monkeypatch.chdir(tmp_path)
    entry = Entry(id="a", audio=os.path.relpath(bulletin.audio), document=os.path.relpath(bulletin.document))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    job = steps.align_recording(entry, tmp_path / "out", config, root=tmp_path)
    monkeypatch.chdir(tmp_path)
    assert jobs.state(entry, tmp_path / "out", config) == "done"
    assert {row["audio"] for row in store.read_rows(job.path("pairs.jsonl"))} == {entry.audio}


def test_a_checksum_that_the_catalogue_gains_is_held_against_what_is_known(out: Path, entry: Entry, config: Config) -> None:
    steps.align_recording(entry, out, config)
    right = replace(entry, audio_sha256=store.content_hash(Path(entry.audio)))
    wrong = replace(entry, audio_sha256="0" * 64)
    assert jobs.state(right, out, config) == "done"
    assert jobs.state(wrong, out, config) == "left"
    with pytest.raises(InputError, match=r"SHA-256"):
        jobs.start(wrong, out, config)


def test_no_model_for_a_language_is_for_the_recording_to_tell(out: Path, entry: Entry, config: Config) -> None:
    steps.align_recording(entry, out, config)
    note = ledger.read(out, entry)
    ledger.write(out, entry, replace(note, language="sa"))
    bare = replace(config, language="", transcribe=replace(config.transcribe, model=""))
    assert jobs.state(replace(entry, language=""), out, bare) == "left"


def test_a_run_at_work_loses_nothing_to_a_stage_that_is_run_again(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written to recording.json since it was read stays in it."""
    recording = store.recordings(out)[0]
    locked = store.locked

    def meanwhile(folder: Path, **how: bool):
        store.write_json(recording.path("recording.json"), {**store.read_json(recording.path("recording.json")), "samples": 7})
        return locked(folder, **how)

    monkeypatch.setattr(store, "locked", meanwhile)
    jobs.reopen(out, change=lambda config: replace(config, filter=replace(config.filter, min_confidence=0.3)))
    about = store.read_json(recording.path("recording.json"))
    assert about["samples"] == 7
    assert about["config"]["filter"]["min_confidence"] == 0.3


def test_long_names_with_one_beginning_stay_apart() -> None:
    long = "क" * 60
    assert store.recording_id(f"{long}-1", "a" * 64) != store.recording_id(f"{long}-2", "a" * 64)
    assert store.recording_id("short", "a" * 64) == "short-aaaaaaaa"
