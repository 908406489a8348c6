"""The command, as tests call it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from flows.cli import app

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
