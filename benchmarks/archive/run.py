"""Runs of `shruti mine` as a person starts them: processes of their own, timed, and what they leave compared."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mining import store

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a process ended: seconds from its start, exit code, the most memory that it itself held (MB), what it said."""

    seconds: float
    code: int
    megabytes: float
    said: str


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment in which Prefect is at home in `home`, and named no server but by `more`."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "SHRUTI_CORES"))}
    return mine | {"PREFECT_HOME": str(home), "COLUMNS": "200"} | more


def command(catalogue: Path, out: Path, *flags: object) -> list[str]:
    """`shruti mine` with flags."""
    return [sys.executable, "-m", "flows.cli", "mine", str(catalogue), "-o", str(out), *map(str, flags)]


def start(words: list[str], environment: Mapping[str, str], cwd: Path = ROOT) -> subprocess.Popen[str]:
    """Start a process; what it says on either stream is kept for `finish`."""
    path = os.pathsep.join(filter(None, (str(ROOT), environment.get("PYTHONPATH", ""))))
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(words, env={**environment, "PYTHONPATH": path}, cwd=cwd, **output)  # type: ignore[call-overload]


def run(words: list[str], environment: Mapping[str, str], cores: str = "") -> Finished:
    """Run a process to its end, on some cores (as `taskset -c` takes them) or on all."""
    began = time.monotonic()
    process = start([*(["taskset", "-c", cores] if cores else []), *words], environment)
    most = [0.0]

    def watch() -> None:
        while process.poll() is None:
            most[0] = max(most[0], _held(process.pid))
            time.sleep(0.1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    said, _ = process.communicate()
    seconds = time.monotonic() - began
    watcher.join()
    return Finished(seconds, process.returncode, most[0], said)


def _held(pid: int) -> float:
    """The most memory that a process has held so far, in MB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def contents(out: Path) -> dict[str, str]:
    """The hash of every file of a run, by its path in it."""
    paths = sorted(path for path in out.rglob("*") if path.is_file())
    return {str(path.relative_to(out)): store.content_hash(path) for path in paths}


def differences(out: Path, other: Path) -> list[str]:
    """The files of two runs that are not the same in both."""
    one, two = contents(out), contents(other)
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def ends(out: Path) -> list[float]:
    """The times at which recordings of a run were done, sorted."""
    return sorted(path.stat().st_mtime for path in (out / "recordings").glob("*/done.json"))


def load() -> float:
    """Processes that wanted a core in the last minute: what else the machine was busy with, if it was."""
    return os.getloadavg()[0]
