"""kill -9 at any moment, then the same command: it ends with exactly the bytes of an uninterrupted run."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mining import store


def start(bulletin, out: Path, model: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "flows.cli",
        "align",
        bulletin.audio,
        bulletin.document,
        "-o",
        out,
        "--lang",
        "hi",
        "--model",
        model,
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def kill_once_there_is(path: str, process: subprocess.Popen, out: Path) -> None:
    """Kill the process as soon as it has written a file."""
    while process.poll() is None and not list(out.glob(path)):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_killed_at_many_moments(bulletin, model: str, tmp_path: Path) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    for moment in ("recordings/*/segments.jsonl", "recordings/*/emissions.npz", "recordings/*/pairs.jsonl", "manifests/.*"):
        kill_once_there_is(moment, start(bulletin, out, model), out)
        assert all(store.read_rows(path) is not None for path in out.rglob("[!.]*.jsonl")), "no file is ever half there"
    for folder in (out, whole):
        last = start(bulletin, folder, model)
        _, said = last.communicate()
        assert last.returncode == 0, said.decode()
    found, wanted = (
        {path.relative_to(folder): store.content_hash(path) for path in folder.rglob("*") if path.is_file()}
        for folder in (out, whole)
    )
    assert found == wanted
