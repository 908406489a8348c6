"""Places: where work is done, what becomes of it when a worker dies, and that nothing outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from flows import places
from flows.places import Here, Processes, place
from mining.errors import EnvironmentProblem, InputError, UsageError
from tests.flows import archives

ROOT = Path(__file__).parents[2]


def whereabouts() -> tuple[int, str]:
    return os.getpid(), os.environ.get("SHRUTI_CORES", "")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        die()
    return "done"


def fail() -> None:
    raise InputError("a.mp3: empty.", "Copy it.")


def rest(mark: Path) -> None:
    mark.touch()
    time.sleep(60)


def test_processes_work_elsewhere_and_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHRUTI_CORES", "4")
    with Processes(2) as at:
        (one, cores), (two, _) = at.run(whereabouts), at.run(whereabouts)
        assert cores == "2", "each has its share"
        assert os.getpid() not in (one, two)
        assert at.run(whereabouts)[0] in (one, two), "they are used again: what they have loaded stays"
        workers = [psutil.Process(one)]
    assert archives.gone(workers, within=5)


def test_threads_work_here() -> None:
    with Here(1) as at:
        assert at.run(os.getpid) == os.getpid()


def test_a_worker_that_dies_takes_no_other_work_with_it(tmp_path: Path) -> None:
    with Processes(1) as at:
        before = at.run(os.getpid)
        with pytest.raises(EnvironmentProblem, match=f"killed \\({places.DEATHS} times"):
            at.run(die)
        assert at.run(os.getpid) != before
        assert at.run(die_once, tmp_path / "mark") == "done", "one death is no proof"


def test_errors_come_back_whole() -> None:
    with Processes(1) as at:
        before = at.run(os.getpid)
        with pytest.raises(InputError) as caught:
            at.run(fail)
        assert (caught.value.message, caught.value.advice) == ("a.mp3: empty.", "Copy it.")
        assert at.run(os.getpid) == before, "an error is no death"


def test_an_interrupted_place_ends_what_it_has_in_hand(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            at.run(rest, tmp_path / "mark")
        except EnvironmentProblem as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    with pytest.raises(KeyboardInterrupt), Processes(1) as at:  # noqa: PT012
        thread.start()
        while not (tmp_path / "mark").exists():
            time.sleep(0.01)
        raise KeyboardInterrupt
    thread.join(10)
    assert not thread.is_alive()
    assert "stopped" in str(errors[0]), "and it is not begun again"


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """Even killed, and even in the middle of a program that a worker has started."""
    code = (
        "import subprocess, sys\nfrom flows.places import Processes\n"
        "if __name__ == '__main__':\n    with Processes(1) as at:\n        at.run(subprocess.run, ['sleep', '60'])\n"
    )
    (tmp_path / "parent.py").write_text(code)
    parent = subprocess.Popen([sys.executable, tmp_path / "parent.py"], env=os.environ | {"PYTHONPATH": str(ROOT)})
    sleeping: list[psutil.Process] = []
    while not sleeping:
        assert parent.poll() is None
        sleeping = [one for one in psutil.Process(parent.pid).children(recursive=True) if one.name() == "sleep"]
        time.sleep(0.02)
    below = psutil.Process(parent.pid).children(recursive=True)
    parent.kill()
    parent.wait()
    assert archives.gone(below, within=5)


@pytest.mark.parametrize(
    ("runner", "workers", "dask", "told"),
    [
        ("boats", 0, "", "processes, threads, dask"),
        ("processes", -1, "", "--workers is -1"),
        ("dask", 0, "", "--dask ADDRESS"),
        ("threads", 0, "tcp://127.0.0.1:1", "--runner dask"),
    ],
)
def test_flags_that_do_not_go_together(runner: str, workers: int, dask: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=told):
        place(runner, workers, dask, tmp_path)


def test_as_many_workers_as_suit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHRUTI_CORES", "3")
    assert place("processes", 0, "", tmp_path).workers == 3
    assert place("processes", 5, "", tmp_path).workers == 5
    assert place("threads", 0, "", tmp_path).workers == 1


@pytest.mark.slow
def test_the_model_is_loaded_once_in_each_process(tmp_path: Path, model: str) -> None:
    from flows.order import Order, carry_out
    from mining.config import Config, TranscribeConfig
    from mining.corpus.catalogue import read_catalogue

    catalogue = archives.archive(tmp_path / "archive", 3)
    order = Order(str(catalogue), str(tmp_path / "out"), Config(transcribe=TranscribeConfig(model=model)).as_dict())
    with Processes(1) as at:
        for entry in read_catalogue(catalogue):
            assert at.run(carry_out, entry, order).seconds > 5
        assert at.run(models_loaded) == (1, 2), "loaded for the first, there for the others"


def models_loaded() -> tuple[int, int]:
    from mining import loaded

    about = loaded._loaded.cache_info()
    return about.misses, about.hits


@pytest.mark.slow
def test_ctrl_c_ends_a_run_soon_and_leaves_nothing_behind(tmp_path: Path, server: dict[str, str]) -> None:
    catalogue, out = archives.archive(tmp_path / "archive", 4, 30.0, ("scan",)), tmp_path / "out"
    mining = archives.start(catalogue, out, server, "--workers", "2")
    archives.wait_for(lambda: list(out.glob("recordings/*/transcript.jsonl")), mining)
    below = archives.below(mining)
    mining.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert "the same command" in archives.end(mining, 130)
    assert time.monotonic() - began < 10
    assert archives.gone(below, within=3)
    assert archives.done(out) < 4
    archives.end(archives.start(catalogue, out, server, "--workers", "2"), 0)
    assert archives.done(out) == 4
