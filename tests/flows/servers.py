"""Real servers for tests, each on a free port and at home in a new folder: Prefect's, and PostgreSQL's beneath it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 300  # seconds; a new database takes a while on a busy machine
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def process(command: list[object], log: Path, **options: Any) -> Iterator[subprocess.Popen]:
    """A program that runs as long as the block does; what it says is in `log`."""
    with log.open("w") as file:
        started = subprocess.Popen([str(word) for word in command], stdout=file, stderr=file, **options)
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def wait_for(what: Callable[[], Any], *alive: subprocess.Popen) -> Any:
    """Ask until there is an answer that holds; fails if one of the processes ends before."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for one in alive:
            assert one.poll() is None, f"{one.args} ended with {one.returncode}"
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):  # 503: SQLite was busy
            if answer := what():
                return answer
        time.sleep(0.3)
    raise AssertionError("no answer in time")


@dataclass(frozen=True)
class Prefect:
    """A running server. `environment` is for programs that are to use it."""

    api: str
    environment: dict[str, str]
    server: subprocess.Popen

    def ask(self, path: str, body: dict | None = None) -> Any:
        """GET, or POST with a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api}/{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or "null")

    def all(self, kind: str, **filters: Any) -> list[dict[str, Any]]:
        """All flow_runs, task_runs, deployments or artifacts."""
        return wait_for(lambda: [self.ask(f"{kind}/filter", filters)], self.server)[0]

    def run(self, *words: object, cwd: Path = ROOT, status: int = 0) -> str:
        """Run `python -m WORDS` with this server, to its end; returns what it said."""
        command = [sys.executable, "-m", *map(str, words)]
        done = subprocess.run(
            command, env=self.environment, cwd=cwd, capture_output=True, text=True, check=False, timeout=2 * PATIENCE
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, deployment: str, **parameters: Any) -> str:
        """Ask for a run of a deployment now; returns the run's id."""
        found = {one["name"]: one["id"] for one in self.all("deployments")}
        path, body = f"deployments/{found[deployment]}/create_flow_run", {"parameters": parameters}
        return wait_for(lambda: self.ask(path, body), self.server)["id"]

    def ended(self, run: str, *alive: subprocess.Popen) -> dict[str, Any]:
        """A flow run, once it has ended."""

        def look() -> dict[str, Any] | None:
            found = self.ask(f"flow_runs/{run}")
            return found if found["state"]["type"] in ENDED else None

        return wait_for(look, self.server, *alive)

    def below(self, run: str) -> list[dict[str, Any]]:
        """The flow runs that a flow run has called."""
        parents = {"flow_runs": {"parent_flow_run_id": {"any_": [run]}}}
        return self.all("flow_runs", **parents)

    def tasks(self, run: str) -> dict[str, str]:
        """Name -> state of the task runs of a flow run."""
        found = self.all("task_runs", task_runs={"flow_run_id": {"any_": [run]}})
        return {one["name"]: one["state_type"] for one in found}

    def artifacts(self, run: str) -> dict[str, Any]:
        """Key -> what they show, of the artifacts of a flow run."""
        found = self.all("artifacts", artifacts={"flow_run_id": {"any_": [run]}})
        return {one["key"]: json.loads(one["data"]) if one["type"] == "table" else one["data"] for one in found}


@contextlib.contextmanager
def prefect_server(folder: Path, database: str = "") -> Iterator[Prefect]:
    """`prefect server start`, at home in `folder`; on SQLite, unless the URL of another database is given."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "COLUMNS": "200",
        "PYTHONPATH": str(ROOT),
    }
    if database:
        environment["PREFECT_API_DATABASE_CONNECTION_URL"] = database
    command = [sys.executable, "-m", "prefect", "server", "start", "--port", port]
    with process(command, folder / "server.log", env=environment, cwd=folder) as server:
        api = f"http://127.0.0.1:{port}/api"
        prefect = Prefect(api, environment | {"PREFECT_API_URL": api}, server)
        wait_for(lambda: prefect.ask("health"), server)
        yield prefect


def postgres_program(name: str) -> str | None:
    """A program of PostgreSQL; Debian's are in no PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    return str(found[-1]) if found else shutil.which(name)


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """A new PostgreSQL; yields its URL. It refuses to run as root, so then it runs as nobody, in a folder that is nobody's."""
    port, options = free_port(), {}
    with tempfile.TemporaryDirectory(prefix="shruti-postgres-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
            options = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        initdb = [postgres_program("initdb"), "-D", folder / "data", "-U", "shruti", "--auth=trust", "-E", "UTF8", "--no-locale"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **options)
        command = [postgres_program("postgres"), "-D", folder / "data", "-p", port, "-h", "127.0.0.1", "-k", folder]
        with process([*command, "-c", "fsync=off"], folder / "log", cwd=folder, **options) as server:

            def answers() -> bool:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                    return "ready to accept connections" in (folder / "log").read_text()
                return False

            wait_for(answers, server)
            yield f"postgresql+asyncpg://shruti@127.0.0.1:{port}/postgres"
