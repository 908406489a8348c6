"""`--runner dask`, on a real scheduler with real worker processes, which run somewhere else than the command."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.archive import run
from flows.places import place
from mining.errors import EnvironmentProblem
from tests.flows import archives, servers

pytest.importorskip("distributed")
ROOT = Path(__file__).parents[2]


def started(what: str, *words: object, folder: Path) -> contextlib.AbstractContextManager:
    """`dask scheduler` or `dask worker`, as long as the block lasts."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SHRUTI_CORES": "1"}
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words, "--no-dashboard"]
    return servers.process(command, folder / f"{what}-{servers.free_port()}.log", env=environment, cwd=folder)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler that has no workers yet."""
    folder, port = tmp_path_factory.mktemp("scheduler"), servers.free_port()
    with started("scheduler", "--host", "127.0.0.1", "--port", port, folder=folder):
        yield f"tcp://127.0.0.1:{port}"


@pytest.fixture
def workers(scheduler: str, tmp_path: Path) -> Iterator[list[psutil.Process]]:
    """Two workers; the processes that do the work, below their nannies."""
    from distributed import Client

    folder = tmp_path / "elsewhere"
    folder.mkdir()
    flags = (scheduler, "--nthreads", "1", "--local-directory", folder)
    with started("worker", *flags, folder=folder) as one, started("worker", *flags, folder=folder) as two:
        with Client(scheduler, timeout=60) as client:
            client.wait_for_workers(2, timeout=120)
            pids = client.run(os.getpid)
        assert not {one.pid, two.pid} & set(pids.values())
        yield [psutil.Process(pid) for pid in pids.values()]


def test_a_cluster_that_cannot_be_used_is_told(scheduler: str, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="has no workers"):
        place("dask", 0, scheduler, tmp_path)
    with pytest.raises(EnvironmentProblem, match=r"No Dask scheduler answers at nowhere://.*--dask"):
        place("dask", 0, "nowhere://127.0.0.1:1", tmp_path)


@pytest.mark.slow
def test_a_scheduler_that_is_not_there(tmp_path: Path, server: dict[str, str]) -> None:
    catalogue = archives.archive(tmp_path / "archive", 1)
    address = f"tcp://127.0.0.1:{servers.free_port()}"
    said = archives.end(archives.start(catalogue, tmp_path / "out", server, "--runner", "dask", "--dask", address), 6)
    assert f"No Dask scheduler answers at {address}" in said
    assert "dask scheduler" in said


@pytest.mark.slow
def test_workers_that_die_lose_nothing(scheduler: str, workers, tmp_path: Path, server: dict[str, str]) -> None:
    """One is killed in the middle of a recording, its nanny first; the bytes are those of a run in threads."""
    catalogue, out, other = (
        archives.archive(tmp_path / "archive", 6, 20.0, ("text", "good")),
        tmp_path / "out",
        tmp_path / "other",
    )
    mining = archives.start(catalogue, out, server, "--runner", "dask", "--dask", scheduler)
    archives.wait_for(lambda: archives.done(out) >= 1, mining)
    archives.wait_for(lambda: len(list(out.glob("recordings/*/recording.json"))) > archives.done(out), mining)
    victim = workers[0]
    with contextlib.suppress(psutil.NoSuchProcess):
        victim.parent().kill()
        victim.kill()
    archives.end(mining, 0)
    assert archives.done(out) == 6
    archives.end(archives.start(catalogue, other, server, "--runner", "threads"), 0)
    assert run.differences(out, other) == []

    # What is done already is not done again, whoever did it; what one of the workers cannot see is told.
    before = {path: path.stat().st_mtime_ns for path in out.glob("recordings/*/*")}
    archives.end(archives.start(catalogue, out, server, "--runner", "dask", "--dask", scheduler), 0)
    assert before == {path: path.stat().st_mtime_ns for path in out.glob("recordings/*/*")}
    shutil.rmtree(other)
    with pytest.raises(EnvironmentProblem, match="not seen by the Dask worker"):
        place("dask", 0, scheduler, other)
