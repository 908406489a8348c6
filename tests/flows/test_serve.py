"""`shruti serve` on a real Prefect server: two deployments, runs of both, and what a person sees of them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mining import store
from tests.flows import servers

SCHEDULE = """\
catalogue = "list.csv"
out = "mined"
lang = "hi"
model = "MODEL"
workers = 1

[discover]
source = "tonight"
columns = {station = "Delhi"}

[mine]
cron = "0 2 * * *"
timezone = "Asia/Kolkata"

[train]
cron = "30 5 * * 0"
timezone = "Asia/Kolkata"
models = "models"
steps = 1
new_hours = 10
"""


@dataclass
class Week:
    """What was there after each run of a served schedule; runs are those of `server`."""

    folder: Path
    server: servers.Prefect
    deployments: dict[str, dict[str, Any]]
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    mined: dict[str, set[str]] = field(default_factory=dict)

    def within(self, name: str) -> dict[str, Any]:
        """The one flow run that a run has called."""
        (found,) = self.server.below(self.runs[name]["id"])
        return found


@pytest.fixture(scope="module")
def week(bulletin, model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    """Two nights, of which the second has one recording more and is asked for twice, and two Sundays of training."""
    folder = tmp_path_factory.mktemp("week")
    path, tonight = folder / "nightly.toml", folder / "tonight"
    path.write_text(SCHEDULE.replace("MODEL", model))
    tonight.mkdir()
    _put(bulletin, tonight / "one")
    (tonight / "broken.flac").write_bytes(b"")
    shutil.copy(bulletin.document, tonight / "broken.txt")
    (tonight / "alone.txt").write_text("नमस्ते")
    command = [sys.executable, "-m", "flows.cli", "serve", path]
    with (
        servers.prefect_server(folder) as server,
        servers.process(command, folder / "serve.log", env=server.environment, cwd=folder) as serving,
    ):
        found = servers.wait_for(lambda: len(found := server.all("deployments")) == 2 and found, serving)
        week = Week(folder, server, {one["name"]: one for one in found})

        def take(name: str, run: str) -> None:
            week.runs[name] = server.ended(run, serving)
            week.mined[name] = {row["recording"] for row in store.read_rows(folder / "mined" / "pairs.jsonl")}

        take("first", server.start("nightly"))
        _put(bulletin, tonight / "two")
        second, third = server.start("nightly"), server.start("nightly")
        # Which of the two goes first is for the server to say.
        both = sorted((server.ended(run, serving) for run in (second, third)), key=lambda run: run["start_time"])
        for name, ended in zip(("second", "third"), both, strict=True):
            week.runs[name] = ended
            week.mined[name] = {row["recording"] for row in store.read_rows(folder / "mined" / "pairs.jsonl")}
        take("early", server.start("retraining"))
        path.write_text(path.read_text().replace("new_hours = 10", "new_hours = 0.001"))
        take("trained", server.start("retraining"))
        yield week


def _put(bulletin, stem: Path) -> None:
    shutil.copy(bulletin.audio, stem.with_suffix(".flac"))
    shutil.copy(bulletin.document, stem.with_suffix(".txt"))


@pytest.mark.slow
def test_both_deployments_have_their_schedule(week: Week) -> None:
    when = {
        name: [(one["schedule"]["cron"], one["schedule"]["timezone"]) for one in deployment["schedules"]]
        for name, deployment in week.deployments.items()
    }
    assert when == {"nightly": [("0 2 * * *", "Asia/Kolkata")], "retraining": [("30 5 * * 0", "Asia/Kolkata")]}
    for deployment in week.deployments.values():
        assert deployment["parameters"] == {"schedule": str(week.folder / "nightly.toml")}
        limit = deployment["global_concurrency_limit"] or {"limit": deployment["concurrency_limit"]}
        assert limit["limit"] == 1


@pytest.mark.slow
def test_every_run_completes(week: Week) -> None:
    log = (week.folder / "serve.log").read_text()
    assert {run["state"]["type"] for run in week.runs.values()} == {"COMPLETED"}, log
    assert "Serving" in log


@pytest.mark.slow
def test_a_night_mines_what_lies_in_the_folder_and_no_more_than_is_new(week: Week) -> None:
    assert {name.rsplit("-", 1)[0] for name in week.mined["first"]} == {"one"}
    assert {name.rsplit("-", 1)[0] for name in week.mined["second"]} == {"one", "two"}


@pytest.mark.slow
def test_columns_of_the_schedule_reach_the_pairs(week: Week) -> None:
    assert {row["about"]["station"] for row in store.read_rows(week.folder / "mined" / "pairs.jsonl")} == {"Delhi"}


@pytest.mark.slow
def test_names_can_be_read(week: Week) -> None:
    schedule, out = week.folder / "nightly.toml", week.folder / "mined"
    assert week.runs["first"]["name"] == f"nightly {schedule}"
    assert week.within("first")["name"] == f"mine {week.folder / 'list.csv'} into {out}"
    assert week.server.tasks(week.runs["first"]["id"])[f"discover {week.folder / 'tonight'}"] == "COMPLETED"
    first = week.server.tasks(week.within("first")["id"])
    assert first == {"align broken": "FAILED", "align one": "COMPLETED", f"manifests and report of {out}": "COMPLETED"}
    second = week.server.tasks(week.within("second")["id"])
    assert second == {"align two": "COMPLETED", f"manifests and report of {out}": "COMPLETED"}
    third = week.server.tasks(week.within("third")["id"])
    assert not [name for name in third if name.startswith("align")]


@pytest.mark.slow
def test_runs_of_one_deployment_do_not_overlap(week: Week) -> None:
    one, other = sorted((week.runs["second"], week.runs["third"]), key=lambda run: run["start_time"])
    assert one["end_time"] <= other["start_time"]


@pytest.mark.slow
def test_artifacts_tell_what_came_of_it(week: Week) -> None:
    first = week.server.artifacts(week.within("first")["id"])
    assert first["progress"] == 100
    (whole,) = first["yield"]
    assert (whole["recordings"], whole["failed"], whole["mined now"], whole["done before"]) == (1, 1, 1, 0)
    (failure,) = first["failures"]
    assert Path(failure["audio"]).name == "broken.flac" and failure["reason"] == "unusable_input"
    assert (week.folder / "mined" / "report.html").as_uri() in first["report"]
    (second,) = week.server.artifacts(week.within("second")["id"])["yield"]
    assert (second["recordings"], second["failed"], second["mined now"], second["done before"]) == (2, 1, 1, 1)


@pytest.mark.slow
def test_what_is_in_no_pair_is_shown(week: Week) -> None:
    found = week.server.artifacts(week.runs["first"]["id"])["left-out"]
    assert found == [{"file": "alone.txt", "reason": "documents without a recording"}]


@pytest.mark.slow
def test_training_waits_for_its_hours(week: Week) -> None:
    state = week.runs["early"]["state"]
    assert state["message"] == "0.0 new hours of 10: too early"
    assert week.within("early")["name"] == f"train {week.folder / 'models'} on {week.folder / 'mined'}"
    assert week.server.tasks(week.within("early")["id"]) == {}


@pytest.mark.slow
def test_training_makes_a_model(week: Week) -> None:
    models = week.folder / "models"
    assert sorted(path.name for path in models.iterdir() if path.name != "current") == ["0001"]
    about = store.read_json(models / "0001" / "training.json")
    assert about["steps"] == 1 and about["hours"] > 0.01
    inner = week.within("trained")["id"]
    assert week.server.tasks(inner) == {f"fine-tune on {week.folder / 'mined'}": "COMPLETED"}
    (row,) = week.server.artifacts(inner)["model"]
    assert row["model"] == str(models / "0001")
