from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from mining.errors import UsageError
from mining.speech.turns import JOBS, gpu_turn

WORK = """
import sys, time
from mining.speech.turns import gpu_turn
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with gpu_turn(sys.argv[1]):
        began = time.monotonic()
        time.sleep(0.05)
        print(began, time.monotonic(), flush=True)
"""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv(JOBS, raising=False)


def start(device: str, turns: int) -> subprocess.Popen[str]:
    program = [sys.executable, "-c", WORK, device, str(turns)]
    return subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def stretches(devices: list[str], turns: int = 8) -> list[list[tuple[float, float]]]:
    """When each of several processes, begun together, had its turns: [(begin, end), ...]."""
    running = [start(device, turns) for device in devices]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[0] for process in running]
    assert not any(process.returncode for process in running)
    return [[tuple(map(float, line.split())) for line in text.splitlines()] for text in told]


def most_at_once(found: list[list[tuple[float, float]]]) -> int:
    events = sorted((time, step) for own in found for begin, end in own for time, step in ((begin, 1), (end, -1)))
    now, most = 0, 0
    for _, step in events:
        now += step
        most = max(most, now)
    return most


def test_two_processes_are_never_on_one_gpu_at_once() -> None:
    found = stretches(["cuda:0", "cuda"])  # two names of the first
    assert [len(own) for own in found] == [8, 8]
    assert most_at_once(found) == 1


def test_as_many_as_were_allowed_work_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(JOBS, "2")
    found = stretches(["cuda:1"] * 3)
    assert [len(own) for own in found] == [8, 8, 8]
    assert most_at_once(found) == 2


def test_other_devices_are_not_waited_for() -> None:
    with gpu_turn("cuda:0"):
        assert most_at_once(stretches(["cuda:1"], 2)) == 1
        with gpu_turn("cpu"), gpu_turn("cpu:0"):
            assert most_at_once(stretches(["cpu", "cpu"])) == 2


def test_a_turn_ends_with_its_process() -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", "import time\nfrom mining.speech.turns import gpu_turn\nwith gpu_turn('cuda'):\n"
         " print('mine', flush=True)\n time.sleep(600)"], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout.readline() == "mine\n"
    other.kill()
    began = time.monotonic()
    with gpu_turn("cuda"):
        assert time.monotonic() - began < 10
    other.communicate()


def test_a_turn_ends_with_an_error() -> None:
    with pytest.raises(ZeroDivisionError), gpu_turn("cuda"):
        raise ZeroDivisionError
    with gpu_turn("cuda"):
        pass


@pytest.mark.parametrize("said", ["0", "two", "-1", "1.5"])
def test_a_number_that_is_none_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(JOBS, said)
    with pytest.raises(UsageError, match=f"{JOBS} is '{said}'"), gpu_turn("cuda"):
        pass
