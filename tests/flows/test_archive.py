"""The archive flow, run for real on Prefect's embedded server: two small recordings and a broken one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mining import store

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which Prefect is at home in a new folder, with no server named."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return environment | {"PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")), "COLUMNS": "200"}


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

    before = (out / "pairs.jsonl").read_bytes()
    shutil.copy(archive.parent / "second.flac", archive.parent / "broken.flac")
    again = mine(archive, out, model, prefect)
    assert again.returncode == 0, again.stderr
    assert store.read_rows(out / "failures.jsonl") == []
    assert set(before.splitlines()) < set((out / "pairs.jsonl").read_bytes().splitlines())


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
