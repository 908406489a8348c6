"""What a schedule runs: the catalogue made anew, then mined, as one TOML file says; and now and then a better model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed, State

from flows import artifacts
from flows.archive import mine
from flows.schedule import Discover, read_schedule
from flows.training import train
from mining.corpus.catalogue.source import find
from mining.corpus.catalogue.write import write_catalogue


@task(task_run_name="discover {where.source}", tags=["shruti"], cache_policy=NO_CACHE, persist_result=False)
def discover(where: Discover, catalogue: str, language: str) -> int:
    """Write the catalogue anew from a folder tree, a feed or an index page; returns its rows, and leaves it alone for none.

    Raises:
        ShrutiError: the source cannot be read.
    """
    found = find(where.source, Path(catalogue), where.rules(language), where.depth)
    if found.entries:
        write_catalogue(Path(catalogue), found.entries)
    artifacts.left_out(where.source, found.left)
    return len(found.entries)


@flow(name="nightly", flow_run_name="nightly {schedule}", validate_parameters=False)
def nightly(schedule: str) -> dict[str, Any]:
    """Discover what is new, and mine it.

    Args:
        schedule: path of the TOML file; see docs/archive.md.

    Raises:
        ShrutiError: see the flow `mine`.
    """
    todo = read_schedule(schedule)
    found = {"discovered": discover(todo.discover, todo.catalogue, todo.lang)} if todo.discover else {}
    if found.get("discovered") == 0 and not Path(todo.catalogue).exists():
        return found
    return {**found, **mine(**todo.mining())}


@flow(name="retraining", flow_run_name="retraining {schedule}", validate_parameters=False)
def retraining(schedule: str) -> State[Any]:
    """Fine-tune when enough new hours have come.

    Args:
        schedule: path of the TOML file, which has a table `train`; see docs/archive.md.

    Returns:
        What `train` returns, with its message, which says so where it is too early.

    Raises:
        ShrutiError: see the flow `train`.
    """
    state = train(**read_schedule(schedule).training(), return_state=True)
    return Completed(message=state.message, data=state.result())
