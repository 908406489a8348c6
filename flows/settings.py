"""How Prefect behaves inside `shruti`; to be called before it is imported."""

from __future__ import annotations

import os

DEFAULTS = {
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",  # no server needed: one runs inside, as long as the flow does
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",  # its own 20 are too few on a busy machine
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # its telemetry meets a locked database, and says so
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # what a person is to know, `screen` tells
    "PREFECT_CLI_PROMPT": "false",
}
INSIDE = {
    "PREFECT_LOGGING_TO_API_ENABLED": "false",  # nobody will look at the logs of a server that ends with the flow
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",  # ended in the middle of a write, it complains at length
}
"""And these where no server is named."""


def prepare_prefect() -> None:
    """Set what the environment does not say already."""
    named = "PREFECT_API_URL" in os.environ
    for name, value in (DEFAULTS if named else DEFAULTS | INSIDE).items():
        os.environ.setdefault(name, value)
