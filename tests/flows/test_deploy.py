"""prefect.yaml, deployed to a real Prefect server, and a worker of a process pool that runs the deployments."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mining import store
from tests.flows import servers

pytestmark = pytest.mark.slow


def test_deployments_run_through_a_worker(bulletin, model: str, tmp_path: Path) -> None:
    (tmp_path / "tonight").mkdir()
    shutil.copy(bulletin.audio, tmp_path / "tonight" / "one.flac")
    shutil.copy(bulletin.document, tmp_path / "tonight" / "one.txt")
    schedule = tmp_path / "schedule.toml"
    schedule.write_text(
        f'catalogue = "list.csv"\nout = "mined"\nlang = "hi"\nmodel = "{model}"\nworkers = 1\n'
        '[discover]\nsource = "tonight"\n'
        '[train]\ncron = "0 5 * * 0"\nmodels = "models"\n'
    )
    before = (servers.ROOT / "prefect.yaml").read_bytes()
    with servers.prefect_server(tmp_path) as server:
        server.run("prefect", "work-pool", "create", "shruti", "--type", "process")
        server.run("prefect", "deploy", "--all")
        assert (servers.ROOT / "prefect.yaml").read_bytes() == before
        found = {one["name"]: one for one in server.all("deployments")}
        assert {one["work_pool_name"] for one in found.values()} == {"shruti"}
        crons = {name: [when["schedule"]["cron"] for when in one["schedules"]] for name, one in found.items()}
        assert crons == {"nightly": ["0 2 * * *"], "retraining": ["0 5 * * 0"], "recording": []}

        night = server.start("nightly", schedule=str(schedule))
        alone = {"audio": str(bulletin.audio), "document": str(bulletin.document), "out": str(tmp_path / "alone")}
        by_hand = server.start("recording", **alone, config={"language": "hi", "transcribe": {"model": model}})
        said = server.run("prefect", "worker", "start", "--pool", "shruti", "--run-once")
        assert server.ended(night)["state"]["type"] == "COMPLETED", said
        assert server.ended(by_hand)["state"]["type"] == "COMPLETED", said
        (mining,) = server.below(night)
        assert server.tasks(mining["id"])["align one"] == "COMPLETED"
        stages = {name.split()[0] for name in server.tasks(by_hand)}
        assert {"segment", "transcribe", "ocr", "split", "match", "filter"} <= stages

        sunday = server.start("retraining", schedule=str(schedule))
        server.run("prefect", "worker", "start", "--pool", "shruti", "--run-once")
        assert server.ended(sunday)["state"]["message"].endswith("too early")
    texts = [[row["text"] for row in store.read_rows(tmp_path / out / "pairs.jsonl")] for out in ("mined", "alone")]
    assert texts[0] and texts[0] == texts[1]
