"""plan: what an archive takes, from measured costs, against sums done by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mining import plan, store
from mining.config import Config
from mining.errors import InputError
from mining.plan import Costs, Survey, estimate, sample, survey
from mining.speech.audio import write_flac

COSTS = Costs("a machine", {"decode": 2.0, "transcribe": 16.0, "report": 4.0}, {"ocr": 2.0}, {"clips": 4e7, "sound": 1e7})


def test_an_estimate_is_the_costs_times_the_size() -> None:
    made = estimate(Survey(recordings=100, hours=1000.0, pages=18_000, sampled=100), COSTS)
    assert made.core_hours == pytest.approx({"decode": 2000 / 3.6e3, "transcribe": 16_000 / 3.6e3, "report": 0.0, "ocr": 10.0})
    assert made.cores == pytest.approx(18_000 / 3600 + 10)
    assert made.gpu_hours == 0
    assert made.gigabytes == pytest.approx({"clips": 40.0, "sound": 0.0})


def test_only_a_short_run_lies_inside_its_report() -> None:
    made = estimate(Survey(recordings=20, hours=3.0, pages=0, sampled=20), COSTS)
    assert made.core_hours["report"] == pytest.approx(3 * 4 / 3600)
    assert made.gigabytes["sound"] == pytest.approx(0.03)


def test_a_gpu_takes_over_what_it_hears() -> None:
    made = estimate(Survey(recordings=1, hours=500.0, pages=0, sampled=1), COSTS, gpu_speed=250.0)
    assert "transcribe" not in made.core_hours
    assert made.gpu_hours == pytest.approx(2.0)


def test_the_costs_that_come_along_name_every_stage() -> None:
    from mining.steps import STAGES

    costs = Costs.load()
    assert set(STAGES) - {"ocr"} <= set(costs.audio)
    assert "ocr" in costs.page
    assert {"run", "clips"} <= set(costs.disk)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Six recordings of 1 to 6 seconds and one that is missing; documents of no pages."""
    rows = ["audio,document"]
    for seconds in range(1, 7):
        write_flac(tmp_path / f"{seconds}.flac", np.zeros(16_000 * seconds, np.int16))
        rows.append(f"{seconds}.flac,text.txt")
    (tmp_path / "list.csv").write_text("\n".join([*rows, "none.flac,text.txt"]) + "\n")
    return tmp_path / "list.csv"


def test_a_survey_reads_headers(catalogue: Path) -> None:
    found = survey(str(catalogue))
    assert (found.recordings, found.sampled, found.unknown) == (7, 7, 1)
    assert found.hours * 3600 == pytest.approx(7 * 3.5)
    assert found.pages == 0
    assert found.margin == pytest.approx(0.0), "all of them were looked into"


def test_a_survey_believes_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("audio,document,duration\nhttps://example.org/a.mp3,https://example.org/a.pdf,1800\n")
    assert survey(str(tmp_path / "list.csv")).hours == 0.5


def test_a_survey_of_nothing_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("audio,document\nnone.mp3,none.pdf\n")
    with pytest.raises(InputError, match="column duration"):
        survey(str(tmp_path / "list.csv"))


def test_a_sample_is_the_same_each_time_and_from_all_over(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("audio,document\n" + "".join(f"{i}.mp3,{i}.pdf\n" for i in range(1000)))
    count, drawn = sample(str(tmp_path / "list.csv"), 50)
    places = [int(Path(entry.audio).stem) for entry in drawn]
    assert count == 1000
    assert len(drawn) == 50
    assert places == sorted(places)
    assert drawn == sample(str(tmp_path / "list.csv"), 50)[1]
    assert min(places) < 200 and max(places) > 800


def test_measuring_gives_costs_that_can_be_loaded(bulletin, config: Config, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"audio,document,language\n{bulletin.audio},{bulletin.document},hi\n")
    measured = plan.measure(sample(str(tmp_path / "list.csv"))[1], config)
    assert measured.audio["transcribe"] > 0
    store.write_json(tmp_path / "costs.json", plan.as_dict(measured))
    assert Costs.load(tmp_path / "costs.json") == measured
    shutil.copy(bulletin.document, tmp_path / "none.json")
    with pytest.raises(InputError):
        Costs.load(tmp_path / "none.json")


def test_the_verb_tells_hours_cores_and_money(catalogue: Path, shruti_json) -> None:
    told = shruti_json("plan", catalogue, "--cores", "4", "--core-price", "3600", "--json")
    assert told["recordings"] == 7
    assert told["seconds"] == pytest.approx(told["core_hours_in_all"] * 900, rel=0.01, abs=0.1)
    assert told["money"]["core"] == pytest.approx(told["core_hours_in_all"] * 3600, rel=0.01, abs=0.01)
    assert shruti_json("plan", "--hours", "10000", "--pages", "180000", "--json")["pages"] == 180_000


@pytest.fixture
def shruti_json():
    """`shruti` in this process; returns what it printed as JSON."""
    from typer.testing import CliRunner

    from flows.cli import app

    def run(*arguments: object) -> dict:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run
