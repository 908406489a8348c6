"""What is known of input files: when they are read again, and which failures are tried again."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mining import jobs, ledger, store
from mining.config import Config, FilterConfig
from mining.corpus.catalogue import Entry
from mining.errors import EnvironmentProblem, InputError, Unreachable, UsageError


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    """Two small files that nobody reads here."""
    (tmp_path / "a.mp3").write_bytes(b"sound")
    (tmp_path / "a.pdf").write_bytes(b"pages")
    return Entry(id="a", audio=str(tmp_path / "a.mp3"), document=str(tmp_path / "a.pdf"), language="hi")


CONFIG = Config(language="hi")
SETTINGS = "settings"
EMPTY = InputError("a.mp3: empty.", "Copy it.")


def failed(out: Path, entry: Entry, error: BaseException = EMPTY) -> str:
    """What a run would do with an entry after it has failed."""
    ledger.fail(out, entry, error, jobs.settings_key(entry, CONFIG))
    return jobs.state(entry, out, CONFIG)


def test_what_is_written_is_read(entry: Entry, tmp_path: Path) -> None:
    note = ledger.Note(ledger.signatures(entry), ("1", "2"), "hi", "a-1")
    assert ledger.read(tmp_path, entry) is None
    ledger.write(tmp_path, entry, note)
    assert ledger.read(tmp_path, entry) == note
    (path,) = (tmp_path / "ledger").rglob("*.json")
    before = path.stat().st_mtime_ns
    ledger.write(tmp_path, entry, note)
    assert path.stat().st_mtime_ns == before, "the same is not written again"
    for damage in ('{"seen": ', "[]", "{}", "null", ""):
        path.write_text(damage)
        assert ledger.read(tmp_path, entry) is None, "what is damaged is found out again"


@pytest.mark.parametrize("change", ["replaced", "grown", "touched", "rights", "gone"])
def test_a_file_that_looks_otherwise(change: str, entry: Entry, tmp_path: Path) -> None:
    audio, before = Path(entry.audio), ledger.signatures(entry)
    assert ledger.signatures(entry) == before
    if change == "replaced":  # by one of the same size and time
        times = audio.stat()
        (tmp_path / "new").write_bytes(b"SOUND")
        os.utime(tmp_path / "new", ns=(times.st_atime_ns, times.st_mtime_ns))
        os.replace(tmp_path / "new", audio)
    elif change == "grown":
        audio.write_bytes(b"more sound")
    elif change == "touched":
        os.utime(audio)
    elif change == "rights":
        audio.chmod(0)
    else:
        audio.unlink()
    sound, paper = ledger.signatures(entry)
    assert sound != before[0]
    assert paper == before[1]


def test_one_file_has_one_note_however_it_is_named(entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    note = ledger.Note(ledger.signatures(entry), ("1", "2"))
    ledger.write(tmp_path, entry, note)
    (tmp_path / "b").mkdir()
    for audio in ("a.mp3", "./a.mp3", "b/../a.mp3", Path(entry.audio).as_uri()):
        assert ledger.read(tmp_path, replace(entry, audio=audio)) == note
    assert ledger.read(tmp_path, Entry(id="a", audio="a.mp3", document="x"), root=tmp_path) == note
    shutil.copy("a.mp3", "c.mp3")
    assert ledger.read(tmp_path, replace(entry, audio="c.mp3")) is None
    assert ledger.read(tmp_path, replace(entry, named=True)) is None, "two rows of one recording, told apart by their ids"


def test_what_lies_on_a_server_is_taken_to_stay(tmp_path: Path) -> None:
    entry = Entry(id="a", audio="https://example.org/a.mp3", document="https://example.org/a.pdf")
    assert ledger.signatures(entry) == (ledger.REMOTE, ledger.REMOTE)
    assert failed(tmp_path, entry) == "left", "a file that comes broken may come whole the next time"


@pytest.mark.parametrize("mended", [{"language": "ta"}, {"audio_sha256": "0" * 64}, {"document_sha256": "0" * 64}])
def test_a_row_that_is_mended_is_tried_again(mended: dict[str, str], entry: Entry, tmp_path: Path) -> None:
    assert failed(tmp_path, entry) == "failed"
    assert jobs.state(replace(entry, **mended), tmp_path, CONFIG) == "left"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (EMPTY, "failed"),
        (UsageError("no such language", "Name it."), "left"),
        (EnvironmentProblem("no Tesseract", "Install it."), "left"),
        (Unreachable("away", "Later."), "left"),
        (ValueError("a bug"), "left"),
    ],
)
def test_which_failures_last(error: BaseException, state: str, entry: Entry, tmp_path: Path) -> None:
    assert failed(tmp_path, entry, error) == state
    (row,) = ledger.failures(tmp_path)
    assert row["audio"] == entry.audio


def test_a_failure_lasts_until_something_changes(entry: Entry, tmp_path: Path) -> None:
    assert failed(tmp_path, entry) == "failed"
    assert jobs.state(entry, tmp_path, replace(CONFIG, ocr=replace(CONFIG.ocr, layer="always"))) == "left"
    assert jobs.state(entry, tmp_path, replace(CONFIG, filter=FilterConfig(min_confidence=0.1))) == "left"
    assert jobs.state(entry, tmp_path, replace(CONFIG, ocr=replace(CONFIG.ocr, workers=7))) == "failed"
    assert jobs.state(entry, tmp_path, replace(CONFIG, transcribe=replace(CONFIG.transcribe, device="cpu"))) == "failed"
    Path(entry.document).write_bytes(b"other pages")
    assert jobs.state(entry, tmp_path, CONFIG) == "left"


def test_what_was_missing_and_comes(entry: Entry, tmp_path: Path) -> None:
    Path(entry.audio).unlink()
    assert failed(tmp_path, entry) == "failed"
    Path(entry.audio).write_bytes(b"sound")
    assert jobs.state(entry, tmp_path, CONFIG) == "left"


def test_failing_keeps_what_is_known(entry: Entry, tmp_path: Path) -> None:
    note = ledger.Note(ledger.signatures(entry), ("1", "2"), "hi", "a-1")
    ledger.write(tmp_path, entry, note)
    ledger.fail(tmp_path, entry, EMPTY, jobs.settings_key(entry, CONFIG))
    found = ledger.read(tmp_path, entry)
    assert found and found.hashes == ("1", "2")
    os.utime(entry.audio)
    ledger.fail(tmp_path, entry, EMPTY, jobs.settings_key(entry, CONFIG))
    found = ledger.read(tmp_path, entry)
    assert found and found.hashes == ("", ""), "they were another file's"


def test_failures_of_rows_that_went_are_forgotten(entry: Entry, tmp_path: Path) -> None:
    other = replace(entry, audio=str(tmp_path / "b.mp3"))
    for one, catalogue in ((entry, "x.csv"), (other, "x.csv")):
        ledger.fail(tmp_path, one, EMPTY, SETTINGS, catalogue)
    ledger.forget(tmp_path, "another.csv", [])
    assert len(list(ledger.failures(tmp_path))) == 2
    ledger.forget(tmp_path, "x.csv", [entry])
    assert [row["audio"] for row in ledger.failures(tmp_path)] == [entry.audio]


def test_what_killed_processes_left_is_swept(entry: Entry, tmp_path: Path) -> None:
    ledger.fail(tmp_path, entry, EMPTY, jobs.settings_key(entry, CONFIG))
    (path,) = (tmp_path / "ledger").rglob("*.json")
    half = path.parent / f"{store.TEMPORARY}abc.json"
    half.write_text('{"seen"')
    assert len(list(ledger.failures(tmp_path))) == 1
    ledger.sweep(tmp_path)
    assert not half.exists()
    assert path.exists()
