"""The scheduled flows: an archive mined again and again, by cron, on a Prefect server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import serve as run
from prefect.settings import PREFECT_API_URL

from flows.nightly import nightly, retraining
from flows.schedule import Discover, Schedule, When, read_schedule
from mining import fetch
from mining.corpus.catalogue import check_catalogue
from mining.corpus.catalogue.read import suffix
from mining.documents.languages import language
from mining.errors import EnvironmentProblem, InputError, UsageError
from mining.speech.ctc_model import check_device, resolve


def check(path: Path) -> Schedule:
    """Whether a schedule can work at all, before it is left alone.

    Raises:
        InputError: the file or the catalogue cannot be used.
        UsageError: it holds what cannot be: a wrong cron, no such language or model.
        EnvironmentProblem: no Prefect server is named by PREFECT_API_URL, or there is no such device.
    """
    schedule = read_schedule(path)
    config = schedule.config()
    check_device(schedule.device)
    if not (schedule.mine or schedule.train):
        raise UsageError(f"{path}: has neither a table [mine] nor [train].", "Give one, or both, a cron.")
    if schedule.discover:
        _check_discovery(schedule.discover, schedule)
    else:
        check_catalogue(schedule.catalogue)
    spoken = language(config.language) if config.language else None
    if spoken or config.transcribe.model:
        resolve(config.transcribe.model, spoken)
    if schedule.train and not (schedule.model or schedule.lang):
        raise UsageError(f"{path}: [train] needs to know what to begin with.", "Give a model, or lang for its bundled one.")
    if not PREFECT_API_URL.value():
        raise EnvironmentProblem(
            "A schedule needs a Prefect server, and PREFECT_API_URL names none.",
            "Start one with `prefect server start`, and set PREFECT_API_URL=http://127.0.0.1:4200/api",
        )
    return schedule


def _check_discovery(about: Discover, schedule: Schedule) -> None:
    """Raise UsageError or InputError where no catalogue can be made; what lies on servers is not asked for."""
    if fetch.is_remote(schedule.catalogue):
        raise UsageError(f"{schedule.catalogue}: cannot be written.", "With [discover], give a local path as catalogue.")
    suffix(schedule.catalogue)
    about.rules(schedule.lang)
    if not fetch.is_remote(about.source) and not Path(about.source).exists():
        raise InputError(f"{about.source}: is not there.", "Check source in [discover].")


def serve(path: Path) -> None:
    """Serve the flows of a schedule until stopped. Runs skip what former ones have done, and never overlap."""
    schedule, parameters = check(path), {"schedule": str(path.resolve())}
    made: list[Any] = []
    for flow, name, when in ((nightly, "nightly", schedule.mine), (retraining, "retraining", schedule.train)):
        if when:
            made.append(flow.to_deployment(name, cron=None, schedule=_cron(when), parameters=parameters, concurrency_limit=1))
    run(*made)


def _cron(when: When) -> Any:
    from prefect.client.schemas.schedules import CronSchedule

    return CronSchedule(cron=when.cron, timezone=when.timezone)
