"""Prefect tasks: each calls one step at a place, and adds nothing to it but a name that a person can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.order import Order, carry_out
from flows.places import Here
from mining import steps
from mining.config import Config
from mining.corpus.catalogue import Entry
from mining.jobs import Job


# What is done is known from the run's folder (see `mining.jobs.state`), so Prefect need not remember it as well. No tags: for
# each task run that has some, Prefect asks its server for leave to begin, and waits two seconds where its database is busy.
@task(name="align", task_run_name="align {entry.id}", cache_policy=NO_CACHE, persist_result=False)
def align(entry: Entry, order: Order, at: Here) -> steps.Yield:
    """One recording through every stage, in the run's folder.

    Raises:
        ShrutiError: the recording cannot be processed.
    """
    return at.run(carry_out, entry, order)


@task(task_run_name="{name} {job.recording.id}", cache_policy=NO_CACHE, persist_result=False)
def stage(name: str, job: Job) -> bool:
    """One stage of a recording; returns whether there was something to do.

    Raises:
        ShrutiError: see the stages in `mining.steps`.
    """
    return steps.STAGES[name](job)


@task(name="finish", task_run_name="manifests and report of {out}", cache_policy=NO_CACHE, persist_result=False)
def finish(out: str, config: dict[str, Any]) -> None:
    """Everything that a run shows, from all its recordings.

    Raises:
        ShrutiError: see `mining.steps.finish`.
    """
    steps.finish(Path(out), Config.from_dict(config))
