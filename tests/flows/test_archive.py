"""The archive flow, run for real on Prefect's embedded server: two small recordings and a broken one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows.counts import Counts
from mining import jobs, ledger, progress, store
from mining.corpus.catalogue import read_catalogue
from mining.errors import InputError
from tests.flows import archives

ROOT = Path(__file__).parents[2]


@pytest.fixture
def archive(bulletin, tmp_path: Path) -> Path:
    """A catalogue of three recordings, one of them broken, one with a name that must simply work."""
    odd = 'it\'s "उत्तर" 1.flac'
    shutil.copy(bulletin.audio, tmp_path / odd)
    shutil.copy(bulletin.audio, tmp_path / "second.flac")
    (tmp_path / "broken.flac").write_bytes(b"")
    shutil.copy(bulletin.document, tmp_path / "script.txt")
    quoted = odd.replace('"', '""')
    rows = [f'"{quoted}",script.txt,hi', "broken.flac,script.txt,hi", "second.flac,script.txt,hi"]
    (tmp_path / "archive.csv").write_text("\n".join(["audio,document,language", *rows]) + "\n", encoding="utf8")
    return tmp_path / "archive.csv"


def mine(archive: Path, out: Path, model: str, environment: dict[str, str]) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "flows.cli", "mine", archive, "-o", out, "--model", model, "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment, timeout=300)


def pairs(out: Path) -> dict[str, str]:
    """Every pair but for what it repeats: that depends on which recordings there are beside it."""
    rows = store.read_rows(out / "pairs.jsonl")
    return {row["id"]: json.dumps({**row, "repeats": None, "repeat": None}) for row in rows}


@pytest.mark.slow
def test_an_archive_is_mined_around_a_broken_recording(
    archive: Path, model: str, prefect: dict[str, str], run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mined"
    done = mine(archive, out, model, prefect)
    assert done.returncode == 5, done.stderr
    assert "Traceback" not in done.stderr
    figures = json.loads(done.stdout)
    assert (figures["tried"], figures["failed"], figures["recordings"]) == (3, 1, 2)
    assert figures["pairs"] == 2 * len(store.read_rows(run / "pairs.jsonl"))
    (failure,) = store.read_rows(out / "failures.jsonl")
    assert Path(failure["audio"]).name == "broken.flac"
    assert "empty" in failure["message"]
    assert not list(out.rglob("emissions.npz"))
    assert (out / "manifests" / "fairseq" / "train.tsv").is_file()

    before = pairs(out)
    shutil.copy(archive.parent / "second.flac", archive.parent / "broken.flac")
    again = mine(archive, out, model, prefect)
    assert again.returncode == 0, again.stderr
    assert store.read_rows(out / "failures.jsonl") == []
    assert before.items() < pairs(out).items()


def test_a_bad_catalogue_stops_before_any_work(tmp_path: Path, model: str, prefect: dict[str, str]) -> None:
    (tmp_path / "bad.csv").write_text("audio,document,language\na.mp3,,hi\n,b.pdf,xx\n")
    done = mine(tmp_path / "bad.csv", tmp_path / "out", model, prefect)
    assert done.returncode == 3, done.stderr
    assert "line 2: no document" in done.stderr
    assert "line 3: unknown language" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_catalogue_of_no_recordings(tmp_path: Path, model: str, prefect: dict[str, str]) -> None:
    (tmp_path / "none.csv").write_text("audio,document,language\n")
    done = mine(tmp_path / "none.csv", tmp_path / "out", model, prefect)
    assert done.returncode == 3, done.stderr
    assert "names no recording" in done.stderr
    assert "Prefect" not in done.stderr


@pytest.mark.slow
def test_a_server_that_does_not_start_is_told(archive: Path, model: str, prefect: dict[str, str], tmp_path: Path) -> None:
    done = mine(archive, tmp_path / "out", model, prefect | {"PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "0"})
    assert done.returncode == 6, done.stderr
    assert "Timed out" in done.stderr
    assert "less busy" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_failure_that_lasts_is_tried_again_only_when_asked(server: dict[str, str], tmp_path: Path) -> None:
    catalogue, out = archives.archive(tmp_path / "archive", 2), tmp_path / "out"

    def counts(*flags: str) -> tuple[int, int, int]:
        code = 0 if "--retry-failed" in flags or not (out / "run.json").exists() else 5
        said = archives.end(archives.start(catalogue, out, server, "--runner", "threads", "--json", *flags), code)
        told = json.loads(said[said.index("{\n") : said.rindex("}") + 1])
        return told["mined"], told["skipped"], told["failed"]

    assert counts() == (2, 0, 0)
    config = progress.run_config(out)
    assert config
    entry = list(read_catalogue(catalogue))[1]
    ledger.fail(out, entry, InputError("a.flac: truncated.", "Copy it again."), jobs.settings_key(entry, config), str(catalogue))
    assert counts() == (0, 1, 1), "though nothing is wrong with it: it was not looked at"
    assert [row["reason"] for row in store.read_rows(out / "failures.jsonl")] == ["unusable_input"]
    assert counts("--retry-failed") == (1, 1, 0)
    assert store.read_rows(out / "failures.jsonl") == []


def test_the_counts_of_a_run() -> None:
    counts = Counts(10)
    assert counts.seconds_left is None
    assert counts.line() == "0 of 10 recordings, 0 mined now, 0 done before"
    counts.skipped, counts.begun = 4, counts.begun - 10
    assert counts.seconds_left is None, "what is skipped takes no time, so it tells none"
    counts.mined, counts.failed, counts.worked, counts.seconds = 1, 1, 2, 600.0
    assert counts.seconds_left == pytest.approx(20, rel=0.01), "four are left, at five seconds each"
    assert counts.line() == "6 of 10 recordings, 1 mined now, 4 done before, 1 failed, 60 x real time, 20 s left"
    told: list[int] = []
    counts.watchers.append(lambda: told.append(counts.passed))
    counts.tell()
    assert told == [6]
