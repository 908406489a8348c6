"""A Prefect server that keeps its runs in PostgreSQL, as one for a large archive should."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mining import store
from tests.flows import servers

MISSING = [name for name in ("initdb", "postgres", "psql") if not servers.postgres_program(name)]


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=f"PostgreSQL is not installed: no {', '.join(MISSING)}")
def test_an_archive_is_mined_with_a_server_on_postgresql(bulletin, model: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copy(bulletin.audio, tmp_path / f"{name}.flac")
    (tmp_path / "broken.flac").write_bytes(b"")
    rows = [f"{name},{name}.flac,{bulletin.document},hi" for name in ("one", "two", "broken")]
    (tmp_path / "list.csv").write_text("\n".join(["id,audio,document,language", *rows]) + "\n")
    with servers.postgres_server() as database, servers.prefect_server(tmp_path, database) as server:
        words = ("flows.cli", "mine", "list.csv", "-o", "mined", "--model", model, "--workers", "1", "--json")
        said = server.run(*words, cwd=tmp_path, status=5)  # one is broken
        figures = json.loads(said[said.index("{") : said.rindex("}") + 1])
        assert (figures["tried"], figures["mined"], figures["failed"]) == (3, 2, 1)
        (run,) = server.all("flow_runs")
        assert (run["name"], run["state_type"]) == ("mine list.csv into mined", "COMPLETED")
        finish = {"manifests and report of mined": "COMPLETED"}
        assert server.tasks(run["id"]) == {"align one": "COMPLETED", "align two": "COMPLETED", "align broken": "FAILED"} | finish
        assert server.artifacts(run["id"])["progress"] == 100

        url = database.replace("postgresql+asyncpg", "postgresql")
        query = "SELECT name FROM task_run ORDER BY name"
        told = subprocess.run(
            [servers.postgres_program("psql"), url, "-AtXc", query], check=True, capture_output=True, text=True
        ).stdout
        assert told.splitlines()[:3] == ["align broken", "align one", "align two"], "they are in this database"
        assert not list((tmp_path / "prefect").glob("*.db"))
    assert len({row["recording"] for row in store.read_rows(tmp_path / "mined" / "pairs.jsonl")}) == 2
