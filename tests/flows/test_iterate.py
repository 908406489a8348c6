"""`shruti iterate` on the bundled sample, twice over: a real archive, a real loop."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mining import sample

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_sample_goes_round_once(tmp_path: Path, prefect: dict[str, str]) -> None:
    for number in (1, 2):
        for name in ("bulletin.ogg", "bulletin.pdf", "bulletin.gold.json"):
            shutil.copy(sample.FOLDER / name, tmp_path / f"{number}-{name}")
    table = [f"{n},{n}-bulletin.ogg,{n}-bulletin.pdf,hi,{n}-bulletin.gold.json" for n in (1, 2)]
    (tmp_path / "archive.csv").write_text("\n".join(["id,audio,document,language,gold", *table]) + "\n", encoding="utf8")
    out = tmp_path / "loop"
    words = [sys.executable, "-m", "flows.cli", "iterate", tmp_path / "archive.csv", "-o", out, "--lang", "hi"]
    words += ["--rounds", "1", "--steps", "2", "--runner", "threads", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, env=prefect, timeout=600)
    assert done.returncode == 0, done.stderr
    rounds = [json.loads(line) for line in (out / "rounds.jsonl").read_text(encoding="utf8").splitlines()]
    assert json.loads(done.stdout) == rounds and [one["number"] for one in rounds] == [0, 1]
    assert rounds[0]["precision"] > 0.8 and rounds[1]["pairs"] > 10
    assert (out / "iterate.html").is_file() and (out / "run" / "pairs.jsonl").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--keep", "half"], 2, "--keep 'half' is no list of numbers"),
        (["--keep", "0.5,2"], 2, "are no shares"),
        (["--steps", "5,x"], 2, "--steps '5,x' is no list of numbers"),
        (["--rounds", "0"], 2, "0 rounds"),
        (["--replay", "nowhere"], 3, "nowhere: is not there"),
        ([], 3, "none.csv"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_done(
    arguments: list[str], code: int, message: str, tmp_path: Path, shruti
) -> None:
    result = shruti("iterate", tmp_path / "none.csv", "-o", tmp_path / "loop", *arguments)
    assert (result.exit_code, message in " ".join(result.stderr.split())) == (code, True), result.stderr
    assert not (tmp_path / "loop" / "run").exists()
