"""The command, as tests call it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner

from flows.cli import app
from tests.flows import servers

Shruti = Callable[..., object]


@pytest.fixture
def shruti() -> Shruti:
    """`shruti("align", audio, ...)` runs the command in this process; the result has exit_code, stdout and stderr."""

    def run(*arguments: object) -> object:
        result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception  # a bug, and never a traceback that passes for an error message
        return result

    return run


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which Prefect is at home in a new folder, with no server named.

    Runs have one core each, so that those side by side do not crowd the machine.
    """
    home = tmp_path_factory.mktemp("prefect")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return kept | {"PREFECT_HOME": str(home), "COLUMNS": "200", "SHRUTI_CORES": "1"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment that names a running Prefect server, so that runs need not start one each; one core, as above."""
    with servers.prefect_server(tmp_path_factory.mktemp("server")) as running:
        yield running.environment | {"SHRUTI_CORES": "1"}
