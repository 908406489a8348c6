"""Models that grow with their archive: when one is due, which is current, and what is left of one that was interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mining import store
from mining.errors import InputError, UsageError
from mining.models import finetune, measure, retrain
from mining.speech.ctc_model import resolve

ROOT = Path(__file__).parents[3]


def names(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir())


def current(models: Path) -> str:
    return os.readlink(models / "current")


@pytest.fixture(scope="module")
def one(run: Path, model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models that holds a first one, made in one step; not to be changed."""
    models = tmp_path_factory.mktemp("models") / "models"
    retrain.retrain(run, models, model, steps=1)
    return models


@pytest.fixture
def models(one: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    shutil.copytree(one, tmp_path / "models", symlinks=True)
    return tmp_path / "models"


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch):
    """`judged(0.2, 0.3)`: the error rate before and after training, which a single step cannot move as a test wants it."""

    def judge(*rates: float) -> None:
        left = iter(rates)
        monkeypatch.setattr(measure, "cer", lambda *_: next(left))

    return judge


def test_due_counts_hours(run: Path, tmp_path: Path) -> None:
    hours = sum(row["duration"] for row in store.read_rows(run / "pairs.jsonl")) / 3600
    found = retrain.due(run, tmp_path / "models")
    assert found.hours == found.new == pytest.approx(hours, abs=1e-6) and found.before == 0.0
    for name, heard in (("0001", 0.001), ("0002", 0.002)):
        store.write_json(tmp_path / "models" / name / "training.json", {"hours": heard})
    (tmp_path / "models" / "0003").mkdir()  # one without training.json is none
    found = retrain.due(run, tmp_path / "models")
    assert found.before == 0.002 and found.new == pytest.approx(hours - 0.002, abs=1e-6)


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the folder of a run"):
        retrain.due(tmp_path, tmp_path / "models")
    with pytest.raises(InputError, match="no training set"):
        retrain.retrain(tmp_path, tmp_path / "models", "hi")
    assert not (tmp_path / "models").exists()


def test_an_unknown_model_is_told(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Unknown model"):
        retrain.retrain(run, tmp_path / "models", "no/such/model")
    assert not (tmp_path / "models").exists()


def test_the_first_model(one: Path, run: Path, model: str) -> None:
    assert names(one) == ["0001", "current"] and current(one) == "0001"
    about = store.read_json(one / "0001" / "training.json")
    assert about["hours"] == retrain.due(run, one).hours
    assert about["steps"] == 1 and about["from"] == Path(resolve(model, None)).name
    assert 0 <= about["valid_cer"] <= about["valid_cer_before"] < 1
    assert resolve(str(one / "current"), None)
    assert retrain.due(run, one).new == 0.0


def test_the_next_is_made_of_the_current_one_and_takes_its_place_when_no_worse(run: Path, models: Path, judged) -> None:
    judged(0.2, 0.2)
    made = retrain.retrain(run, models, "no/such/model", steps=1)  # only the first is made of what is named
    assert made["current"] and made["from"] == "0001" and made["model"] == str(models / "0002")
    assert names(models) == ["0001", "0002", "current"] and current(models) == "0002"


def test_the_device_and_the_precision_are_what_the_machine_has(run: Path, models: Path, judged, monkeypatch) -> None:
    class Seen(Exception):
        """The settings of the training."""

    def tune(*_: object, settings: finetune.Settings, **__: object) -> None:
        raise Seen(settings)

    judged(0.2)
    monkeypatch.setattr(finetune, "finetune", tune)
    with pytest.raises(Seen) as caught:
        retrain.retrain(run, models, "hi", steps=1)
    settings = caught.value.args[0]
    assert (settings.device, settings.precision, settings.vocabulary) == ("auto", "auto", "auto")


def test_a_worse_one_stays_beside_it(run: Path, models: Path, judged) -> None:
    judged(0.2, 0.3)
    assert not retrain.retrain(run, models, "hi", steps=1)["current"]
    assert names(models) == ["0001", "0002", "current"] and current(models) == "0001"
    judged(0.2, 0.1)
    made = retrain.retrain(run, models, "hi", steps=1)
    assert made["from"] == "0001", "what was worse is not gone on from"
    assert made["current"] and current(models) == "0003"


def test_one_that_breaks_off_leaves_nothing(run: Path, models: Path) -> None:
    before = (models / "0001" / "training.json").read_bytes()

    def fail(*_: float) -> None:
        raise OSError("no more room")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "write_figures", fail)  # all that is left to write, when the weights are there
        with pytest.raises(OSError, match="no more room"):
            retrain.retrain(run, models, "hi", steps=1)
    assert names(models) == ["0001", "current"] and (models / "0001" / "training.json").read_bytes() == before


def test_one_that_is_killed_leaves_nothing_that_passes_for_a_model(run: Path, models: Path) -> None:
    code = "import sys; from pathlib import Path; from mining.models.retrain import retrain\n"
    code += "retrain(Path(sys.argv[1]), Path(sys.argv[2]), 'hi', steps=500)"
    process = subprocess.Popen([sys.executable, "-c", code, run, models], cwd=ROOT)
    deadline = time.monotonic() + 120
    while not (models / ".0002.clips" / "train" / "index.jsonl").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert [name for name in names(models) if not name.startswith(".")] == ["0001", "current"] and current(models) == "0001"
    assert retrain.due(run, models).before == retrain.due(run, models).hours

    made = retrain.retrain(run, models, "hi", steps=1)
    assert made["model"] == str(models / "0002")
    assert [name for name in names(models) if name.startswith(".")] == []
