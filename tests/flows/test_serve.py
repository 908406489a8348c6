"""shruti serve, against a real Prefect server on a free port: the deployment, its schedule, and a run of it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.serve import read_settings
from mining import store
from mining.errors import InputError, UsageError

PATIENCE = 180  # seconds; a new database takes a while on a busy machine


def ask(url: str, body: dict | None = None) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode() if body is not None else None, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read() or "null")


def wait_for(what: Callable[[], Any], process: subprocess.Popen) -> Any:
    """Ask until there is an answer that holds; fails if the process ends before."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, f"it ended with {process.returncode}"
        try:
            if answer := what():
                return answer
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.5)
    raise AssertionError("no answer in time")


@pytest.fixture
def stop() -> Iterator[Callable[[subprocess.Popen], subprocess.Popen]]:
    """Processes given to it are stopped when the test ends."""
    running: list[subprocess.Popen] = []

    def keep(process: subprocess.Popen) -> subprocess.Popen:
        running.append(process)
        return process

    yield keep
    for process in reversed(running):
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.mark.slow
def test_serving_on_a_real_server(bulletin, model: str, tmp_path: Path, stop) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {"PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    with (tmp_path / "server.log").open("w") as log:
        command = [sys.executable, "-m", "prefect", "server", "start", "--port", str(port), "--no-services"]
        server = stop(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
    wait_for(lambda: ask(f"{api}/health"), server)

    shutil.copy(bulletin.audio, tmp_path / "one.flac")
    (tmp_path / "archive.csv").write_text(f"audio,document,language\none.flac,{bulletin.document},hi\n")
    (tmp_path / "nightly.toml").write_text(
        f'catalogue = "archive.csv"\nout = "mined"\ncron = "0 2 * * *"\nlang = "hi"\nmodel = "{model}"\n'
    )
    environment |= {"PREFECT_API_URL": api}
    with (tmp_path / "serve.log").open("w") as log:
        command = [sys.executable, "-m", "flows.cli", "serve", "nightly.toml"]
        serving = stop(subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=log, stderr=log))
    (deployment,) = wait_for(lambda: ask(f"{api}/deployments/filter", {}), serving)
    assert deployment["name"] == "nightly"
    assert [schedule["schedule"]["cron"] for schedule in deployment["schedules"]] == ["0 2 * * *"]
    assert deployment["parameters"]["config"]["language"] == "hi"

    started = wait_for(lambda: ask(f"{api}/deployments/{deployment['id']}/create_flow_run", {}), serving)  # 503: SQLite was busy
    ended = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    state = wait_for(lambda: (now := ask(f"{api}/flow_runs/{started['id']}")["state"]["type"]) in ended and now, serving)
    assert state == "COMPLETED", (tmp_path / "serve.log").read_text()
    assert store.read_rows(tmp_path / "mined" / "pairs.jsonl"), (tmp_path / "mined" / "failures.jsonl").read_text()


def test_what_a_schedule_needs(shruti, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    catalogue = ("--catalogue", tmp_path / "archive.csv", "-o", tmp_path / "out")
    assert shruti("serve", *catalogue, "--cron", "0 2 * * *").exit_code == 3, "there is no such catalogue"
    (tmp_path / "archive.csv").write_text("audio,document\na.mp3,a.pdf\n")
    assert shruti("serve", *catalogue, "--cron", "0 2 * * *", "--model", "nope").exit_code == 2
    assert "cron" in shruti("serve", *catalogue).stderr
    wrong = shruti("serve", *catalogue, "--cron", "every night")
    assert wrong.exit_code == 2
    assert "every night" in wrong.stderr
    alone = shruti("serve", *catalogue, "--cron", "0 2 * * *")
    assert alone.exit_code == 6
    assert "prefect server start" in alone.stderr


def test_settings_in_toml(tmp_path: Path) -> None:
    path = tmp_path / "nightly.toml"
    path.write_text('catalogue = "a.csv"\ntarget_precision = 0.99\n')
    assert read_settings(path) == {"catalogue": "a.csv", "target_precision": 0.99}
    path.write_text('catalog = "a.csv"\n')
    with pytest.raises(UsageError, match="catalog"):
        read_settings(path)
    for wrong in ("catalogue = 5", 'target_precision = "high"', "min_confidence = true"):
        path.write_text(wrong)
        with pytest.raises(UsageError, match=wrong.split()[0]):
            read_settings(path)
    path.write_text("catalogue: a.csv\n")
    with pytest.raises(InputError, match="TOML"):
        read_settings(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")
