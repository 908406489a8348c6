"""The training flow: a better model, when enough new hours have been mined for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed, State

from mining.models import retrain


@task(task_run_name="fine-tune on {out}", tags=["shruti"], cache_policy=NO_CACHE, persist_result=False)
def finetune(out: str, models: str, model: str, steps: int | None) -> dict[str, Any]:
    """Fine-tune on what a run holds; see `mining.models.retrain`.

    Raises:
        ShrutiError: there is no training set, or no such model.
    """
    return retrain.retrain(Path(out), Path(models), model, steps)


@flow(name="train", flow_run_name="train {models} on {out}", validate_parameters=False)
def train(
    out: str, models: str, model: str = "hi", new_hours: float = 10.0, steps: int | None = None
) -> State[Any] | dict[str, Any]:
    """Fine-tune the newest model of a folder on a run, if the run has grown by enough hours since it was made.

    Args:
        out: folder of the run.
        models: folder of the models; the newest that is no worse than its forerunner is MODELS/current.
        model: what the first one is made from.
        new_hours: hours that must have been mined since the last one.
        steps: of training; else the recipe's.

    Returns:
        The new model's folder and figures; or, where it is too early, only `hours` and `new_hours`.

    Raises:
        ShrutiError: there is no run, no training set, or no such model.
    """
    due = retrain.due(Path(out), Path(models))
    known = {"hours": due.hours, "new_hours": round(due.new, 6)}
    if due.new < new_hours:
        return Completed(message=f"{due.new:.1f} new hours of {new_hours:g}: too early", data=known)
    made = finetune(out, models, model, steps)
    create_table_artifact([made], key="model", description=f"Trained on {due.hours:.1f} hours of {out}")
    return {**known, **made}
