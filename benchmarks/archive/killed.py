"""kill -9 at many moments, then the same command: are all bytes those of an uninterrupted run?"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from benchmarks.archive import make, run
from mining import store

Moment = Callable[[Path], object]


def _files(pattern: str, least: int = 1) -> Moment:
    return lambda out: len(list(out.glob(pattern))) >= least


def _reading(out: Path) -> bool:
    """Whether Tesseract is at a page of some recording now."""
    return any("tesseract" in _words(one) for one in psutil.Process().children(recursive=True))


def _done(least: int) -> Moment:
    def there(out: Path) -> bool:
        found = (store.read_json(path) or {} for path in out.glob("recordings/*/done.json"))
        return sum(bool(done.get("cut")) for done in found) >= least

    return there


MOMENTS: dict[str, Moment] = {
    "run.json": _files("run.json"),
    "the first recording": _files("recordings/*/recording.json"),
    "segments": _files("recordings/*/segments.jsonl"),
    "hearing": _files("recordings/*/.shruti-*"),
    "emissions": _files("recordings/*/emissions.npz"),
    "reading pages": _reading,
    "matching": _files("recordings/*/sentences.jsonl"),
    "a note in the ledger": _files("ledger/*/*"),
    "the second recording": _files("recordings/*/recording.json", 2),
    "cutting clips": _files("recordings/*/clips/*"),
    "a mark of done": _done(1),
    "half of all": _done(3),
    "gathering": _files(".shruti-*.jsonl"),
    "all pairs": _files("pairs.jsonl"),
    "the training sets": _files("manifests/*"),
    "the report": _files("report.html"),
}
"""What is on the disk, or going on, when a run is killed; in the order in which they come."""


@contextlib.contextmanager
def _cluster(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A Dask scheduler with two workers; its address."""
    address = "tcp://127.0.0.1:8799"
    commands = [("scheduler", "--host", "127.0.0.1", "--port", "8799")]
    commands += [("worker", address, "--nthreads", "1", "--local-directory", str(folder / str(one))) for one in (1, 2)]
    environment = environment | {"PYTHONPATH": str(run.ROOT)}
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *rest, "--no-dashboard"],
            env=environment,
            cwd=folder,
            **silent,  # type: ignore[call-overload]
        )
        for what, *rest in commands
    ]
    try:
        from distributed import Client

        with Client(address, timeout=60) as client:
            client.wait_for_workers(2, timeout=120)
        yield address
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGKILL)


def killed(given: Namespace, folder: Path) -> list[dict[str, object]]:
    """Kill a run of each runner at each moment, finish it, and compare it with an undisturbed one."""
    rows = make.recordings(folder / "archive", given.recordings or 6, 20.0, ("scan", "text"))
    (folder / "archive" / "broken.mp3").write_text("This is no recording. " * 99)
    catalogue = make.catalogue(folder / "archive" / "archive.csv", [*rows, ("broken.mp3", rows[0][1])])
    environment = run.environment(folder / "prefect", SHRUTI_CORES="1")
    whole = folder / "whole"
    run.run(run.command(catalogue, whole, "--runner", "threads"), environment)
    table: list[dict[str, object]] = []
    with _cluster(folder, environment) as address:
        for runner in given.runners:
            flags = ["--runner", runner, "--workers", "2", *(["--dask", address] if runner == "dask" else [])]
            for moment in given.moments or MOMENTS:
                there = MOMENTS[moment]
                out = folder / f"{runner}-{len(table)}"
                table.append({"runner": runner, "killed at": moment, **_one(catalogue, out, flags, there, environment, whole)})
                print(table[-1], file=sys.stderr)
    return table


def _words(process: psutil.Process) -> str:
    """What a process was started as."""
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def _one(
    catalogue: Path, out: Path, flags: list[str], there: Moment, environment: dict[str, str], whole: Path
) -> dict[str, object]:
    process = run.start(run.command(catalogue, out, *flags), environment)
    while process.poll() is None and not there(out):
        time.sleep(0.002)
    alive = process.poll() is None
    below = psutil.Process(process.pid).children(recursive=True) if alive else []
    process.kill()
    _, left = psutil.wait_procs(below, timeout=3)
    names = sorted({"server" if "uvicorn" in _words(one) else "worker" for one in left})
    for one in left:  # Prefect's own server, which outlives the one that it was started for; it holds no file of the run
        one.kill()
    process.communicate()
    files = [path for path in out.rglob("*") if path.is_file()] if out.exists() else []
    done = next((count for count in range(99) if not _done(count + 1)(out)), 0)
    last = run.run(run.command(catalogue, out, *flags), environment)
    different = run.differences(out, whole)
    return {
        "in time": alive,
        "left behind": names,
        "on disk": f"{len(files)} files, {done} recordings done",
        "exit code": last.code,
        "different": different,
    }
