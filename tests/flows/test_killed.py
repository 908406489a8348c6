"""kill -9 of `shruti mine` at many moments, then the same command: every file is that of an uninterrupted run."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import pytest

from benchmarks.archive import run
from benchmarks.archive.killed import MOMENTS
from mining import store
from tests.flows import archives


@pytest.fixture(scope="module")
def whole(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An archive, and the folder of a run over it that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    catalogue = archives.archive(folder / "archive", 4, 20.0, ("scan", "text"))
    (folder / "archive" / "broken.mp3").write_text("This is no recording. " * 99)
    with catalogue.open("a") as file:
        file.write("broken.mp3,00000.pdf,hi\n")
    archives.end(archives.start(catalogue, folder / "out", server, "--runner", "threads"), 5)
    return catalogue, folder / "out"


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["processes", "threads"])
def test_killed_at_many_moments(runner: str, whole: tuple[Path, Path], server: dict[str, str], tmp_path: Path) -> None:
    """One run after the other is killed, each at a later moment than the one before, all in the same folder."""
    catalogue, wanted = whole
    out, seen = tmp_path / "out", 0
    moments = ["the first recording", "hearing", "the second recording", "a mark of done", "the training sets", "the report"]
    for moment in moments[:: 1 if runner == "processes" else 2]:
        there = MOMENTS[moment]
        mining = archives.start(catalogue, out, server, "--runner", runner, "--workers", "2")
        while mining.poll() is None and not there(out):
            time.sleep(0.005)
        seen += mining.poll() is None
        below = archives.below(mining) if mining.poll() is None else []
        mining.kill()
        mining.communicate()
        assert archives.gone(below, within=5)
        assert all(store.read_rows(path) is not None for path in out.rglob("[!.]*.jsonl")), "no file is ever half there"
    assert seen >= 2, "some were killed in time"
    archives.end(archives.start(catalogue, out, server, "--runner", runner, "--workers", "2"), 5)
    assert run.differences(out, wanted) == []


@pytest.mark.slow
def test_another_threshold_is_not_heard_again(whole: tuple[Path, Path], server: dict[str, str], tmp_path: Path) -> None:
    """Only what a threshold decides is made again: nothing is read, heard or matched."""
    catalogue, wanted = whole
    out = shutil.copytree(wanted, tmp_path / "out")
    written = {path: path.stat().st_mtime_ns for path in out.glob("recordings/*/**/*") if path.is_file()}
    archives.end(archives.start(catalogue, out, server, "--runner", "threads", "--min-confidence", "0.99995"), 5)
    changed = {path.name for path, when in written.items() if not path.exists() or path.stat().st_mtime_ns != when}
    assert changed <= {"pairs.jsonl", "rejected.jsonl", "coverage.json", "recording.json", "done.json", "clips.jsonl"} | {
        path.name for path in written if path.suffix == ".flac"
    }
    assert {"pairs.jsonl", "rejected.jsonl"} <= changed
    assert len(store.read_rows(out / "pairs.jsonl")) < len(store.read_rows(wanted / "pairs.jsonl"))
    archives.end(archives.start(catalogue, out, server, "--runner", "threads"), 5)
    assert run.differences(out, wanted) == [], "and back again"


@pytest.mark.slow
def test_two_runs_in_one_folder(whole: tuple[Path, Path], server: dict[str, str], tmp_path: Path) -> None:
    """The second says so; `--status` sees the first, and tells afterwards how it went."""
    catalogue, _ = whole
    out = tmp_path / "out"

    def status(*flags: str) -> str:
        return archives.end(archives.start(catalogue, out, server, "--status", *flags), 0)

    assert "nothing was mined into it" in archives.end(archives.start(catalogue, out, server, "--status"), 3)
    first = archives.start(catalogue, out, server, "--runner", "threads")
    archives.wait_for(lambda: archives.done(out) >= 2, first)
    first.send_signal(signal.SIGSTOP)  # else it could be through before the others have looked
    told = json.loads(status("--json"))
    assert (told["running"], told["done"] >= 2, told["done"] + told["failed"] + told["left"]) == (True, True, 5)
    assert told["left"] > 0
    assert 0 < told["seconds_left"] < 600
    second = archives.end(archives.start(catalogue, out, server, "--runner", "threads"), 6)
    assert "another run is at work in it" in second
    assert "--status" in second
    first.send_signal(signal.SIGCONT)
    archives.end(first, 5)
    assert json.loads(status("--json")) == {
        "done": 4, "failed": 1, "reasons": {"unusable_input": 1}, "left": 0, "running": False, "seconds_left": 0.0,
    }  # fmt: skip
    text = status()
    assert "failed  1: 1 unusable_input" in text
    assert "left  nothing" in text
    assert "no run is at work" in text
