"""How far a run is: counts, reasons, whether it runs, and a time left that is sane."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mining import jobs, ledger, progress, steps, store
from mining.config import Config
from mining.corpus.catalogue import Entry, read_catalogue
from mining.errors import EnvironmentProblem, InputError
from mining.progress import pace

ROOT = Path(__file__).parents[2]


@pytest.fixture
def archive(bulletin, tmp_path: Path) -> Path:
    """A catalogue of five recordings, each 1,000 bytes longer than the one before."""
    shutil.copy(bulletin.document, tmp_path / "script.txt")
    for number in range(5):
        shutil.copy(bulletin.audio, tmp_path / f"{number}.flac")
        with (tmp_path / f"{number}.flac").open("ab") as file:
            file.write(bytes(1000 * number))
    rows = "".join(f"{number}.flac,script.txt\n" for number in range(5))
    (tmp_path / "archive.csv").write_text(f"audio,document\n{rows}")
    return tmp_path / "archive.csv"


def mined(entry: Entry, out: Path, run: Path, config: Config, at: float) -> None:
    """Pass for mined at a time: the files of a finished run, under this entry's own keys."""
    job = jobs.start(entry, out, config)
    for path in store.recordings(run)[0].folder.iterdir():
        if path.suffix == ".jsonl" or path.name == "coverage.json":
            shutil.copy(path, job.recording.folder)
    for name in steps.STAGES:
        job.recording.mark_done(name, job.keys[name])
    os.utime(job.path("done.json"), (at, at))


def test_before_in_the_middle_and_after(archive: Path, run: Path, config: Config, tmp_path: Path) -> None:
    out, entries = tmp_path / "out", list(read_catalogue(archive))
    size = [Path(entry.audio).stat().st_size for entry in entries]
    found = progress.status(str(archive), out, config)
    assert (found.done, found.failed, found.left, found.running) == (0, 0, 5, False)
    assert found.seconds_left is None, "nothing tells the pace"
    assert not (out / "recordings").exists(), "it only looks"

    for number, at in enumerate((1000.0, 1010.0, 1020.0)):
        mined(entries[number], out, run, config, at)
    found = progress.status(str(archive), out, config)
    assert (found.done, found.failed, found.left) == (3, 0, 2)
    assert found.pace == pytest.approx((size[1] + size[2]) / 20)
    assert found.seconds_left == pytest.approx(20, rel=0.02), "ten seconds each"

    ledger.fail(out, entries[3], InputError("3.flac: truncated.", "Copy it."), jobs.settings_key(entries[3], config))
    ledger.fail(out, entries[4], EnvironmentProblem("no Tesseract.", "Install it."), jobs.settings_key(entries[3], config))
    found = progress.status(str(archive), out, config)
    assert (found.done, found.failed, found.left, found.seconds_left) == (3, 2, 0, 0.0)
    assert found.reasons == {"unusable_input": 1, "environment": 1}
    os.utime(entries[3].audio)
    assert progress.status(str(archive), out, config).left == 1, "it may be mended"


def test_whether_a_run_is_at_work(tmp_path: Path) -> None:
    assert not progress.is_running(tmp_path)
    assert not (tmp_path / "ledger").exists()
    code = (
        "import sys\nfrom pathlib import Path\nfrom mining import store\n"
        "with store.locked(Path(sys.argv[1]), wait=False) as held:\n    print(held, flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, tmp_path / "ledger"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        assert other.stdout.readline() == "True\n"
        assert progress.is_running(tmp_path)
        with store.locked(tmp_path / "ledger", wait=False) as held:
            assert not held
        other.kill()
        other.wait()
    assert not progress.is_running(tmp_path), "the system lets go of what the dead have held"


def test_the_settings_of_the_last_run(tmp_path: Path, config: Config) -> None:
    assert progress.run_config(tmp_path) is None
    store.write_json(tmp_path / "run.json", {"catalogue": "a.csv", "config": config.as_dict()})
    assert progress.run_config(tmp_path) == config


@pytest.mark.parametrize(
    ("ends", "wanted"),
    [
        ([], None),
        ([(5.0, 100)], None),
        ([(0.0, 1), (10.0, 100)], 10.0),
        ([(0.0, 1), (10.0, 100), (20.0, 300)], 20.0),
        ([(0.0, 1), *((10.0 * n, 100) for n in range(1, 9)), (9999.0, 100), (10009.0, 100)], 10.0),  # a night's pause
        ([(0.0, 100)] * 4, 3e5),  # a disk that tells whole seconds: no division by zero
    ],
)
def test_the_pace(ends: list[tuple[float, int]], wanted: float | None) -> None:
    assert pace(ends) == (wanted if wanted is None else pytest.approx(wanted))
