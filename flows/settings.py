"""How Prefect behaves inside `shruti`; to be called before it is imported."""

from __future__ import annotations

import os

DEFAULTS = {
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",  # no server needed: one runs inside, as long as the flow does
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",  # its own 20 are too few on a busy machine
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # its telemetry meets a locked database, and says so
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
}


def prepare_prefect() -> None:
    """Set what the environment does not say already."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
