"""Prefect tasks: each calls one step, and adds nothing to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from mining import steps
from mining.config import Config


# What is done is known from the run's folder (see `mining.steps`), so Prefect need not remember it as well.
@task(name="align", task_run_name="align {audio}", cache_policy=NO_CACHE, persist_result=False)
def align(audio: str, document: str, out: str, config: dict[str, Any], keep_emissions: bool = False) -> str:
    """One recording through every stage, in the run's folder; returns its id.

    Raises:
        ShrutiError: the recording cannot be processed.
    """
    job = steps.align_recording(Path(audio), Path(document), Path(out), Config.from_dict(config), keep_emissions=keep_emissions)
    return job.recording.id
