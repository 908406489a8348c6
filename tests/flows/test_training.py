"""The training flow in Prefect: too early, or a model with its table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mining import store
from tests.flows.servers import ROOT

CODE = """\
import json, sys
from flows.settings import prepare_prefect
prepare_prefect()
from flows.training import train
states = [train(**arguments, return_state=True) for arguments in json.loads(sys.argv[1])]
print(json.dumps([[state.type.value, state.message, state.result()] for state in states]))
"""


@pytest.mark.slow
def test_training_in_prefect(run: Path, model: str, prefect: dict[str, str], tmp_path: Path) -> None:
    models = tmp_path / "models"
    about = {"out": str(run), "models": str(models), "model": model, "steps": 1}
    runs = [{**about, "new_hours": 1}, {**about, "new_hours": 0.001}, {**about, "new_hours": 0.001}]
    command = [sys.executable, "-c", CODE, json.dumps(runs)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=prefect, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    early, made, again = json.loads(done.stdout.splitlines()[-1])

    assert early[:2] == ["COMPLETED", "0.0 new hours of 1: too early"]
    assert early[2]["hours"] > 0 and early[2]["new_hours"] == early[2]["hours"]
    assert made[0] == "COMPLETED" and made[2]["model"] == str(models / "0001")
    assert store.read_json(models / "0001" / "training.json")["hours"] == made[2]["hours"] == early[2]["hours"]
    assert "too early" in again[1] and again[2]["new_hours"] == 0.0, "it has heard all of it"
    assert sorted(path.name for path in models.iterdir()) == ["0001", "current"]
