"""What tests of the archive flow share: small archives, and `shruti mine` as a process."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from benchmarks.archive import make, run
from mining import store


def archive(folder: Path, count: int, seconds: float = 10.0, layers: tuple[str, ...] = ("text",)) -> Path:
    """A catalogue of recordings made in `folder`; its path."""
    folder.mkdir(exist_ok=True)
    return make.catalogue(folder / "archive.csv", make.recordings(folder, count, seconds, layers))


def start(catalogue: Path, out: Path, environment: Mapping[str, str], *flags: object, change: str = "") -> subprocess.Popen[str]:
    """`shruti mine` as a process; what it says is kept.

    Args:
        change: a line of Python that is carried out before, with `flows.archive` at hand as `archive`.
    """
    words = run.command(catalogue, out, *flags)
    if change:
        first = "import sys\nfrom flows.settings import prepare_prefect\nprepare_prefect()\nfrom flows import archive\n"
        words[1:3] = ["-c", f"{first}{change}\nif __name__ == '__main__':\n    from flows.cli import main\n    main()"]
    return run.start(words, environment)


def end(process: subprocess.Popen[str], code: int, within: float = 120.0) -> str:
    """Wait for a process that must end with an exit code; returns what it said."""
    said, _ = process.communicate(timeout=within)
    assert process.returncode == code, said
    assert "Traceback" not in said
    return said


def wait_for(what: Callable[[], object], process: subprocess.Popen[str], within: float = 120.0) -> None:
    """Look until something holds; fails where the process ends before, or in no time."""
    deadline = time.monotonic() + within
    while not what():
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def below(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """All processes that a process has started, and those that they have."""
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes: list[psutil.Process], within: float) -> bool:
    """Whether processes have ended, in time."""
    _, left = psutil.wait_procs(processes, timeout=within)
    return not [one for one in left if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def done(out: Path) -> int:
    """How many recordings of a run are done."""
    paths = (out / "recordings").glob("*/done.json")
    return sum(bool((store.read_json(path) or {}).get("cut")) for path in paths)
