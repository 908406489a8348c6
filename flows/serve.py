"""The scheduled flows: an archive mined again and again, by cron, on a Prefect server."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL

from flows.archive import mine
from mining.config import Config
from mining.corpus.catalogue import read_catalogue
from mining.documents.languages import language
from mining.errors import EnvironmentProblem, InputError, UsageError
from mining.speech.ctc_model import resolve

TEXTS = ("catalogue", "out", "cron", "lang", "model", "strategy", "device")
NUMBERS = ("target_precision", "min_confidence")
KEYS = TEXTS + NUMBERS
"""What a TOML file for `shruti serve` may hold."""


def read_settings(path: Path) -> dict[str, Any]:
    """The settings of a TOML file.

    Raises:
        InputError: it cannot be read, or is not TOML.
        UsageError: it holds a key that is not in `KEYS`, or a value of another kind.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read as TOML ({error}).", "See docs/archive.md for an example.") from error
    if unknown := sorted(set(settings) - set(KEYS)):
        raise UsageError(f"{path}: unknown setting {unknown[0]!r}.", f"There are {', '.join(KEYS)}.")
    for name, value in settings.items():
        kind = str if name in TEXTS else (int, float)
        if not isinstance(value, kind) or isinstance(value, bool):
            advice = "Give a text in quotes." if kind is str else "Give a number from 0 to 1."
            raise UsageError(f"{path}: {name} is {value!r}.", advice)
    return settings


def check(catalogue: Path, cron: str, config: Config) -> None:
    """Whether a schedule can work at all, before it is left alone.

    Raises:
        InputError: the catalogue cannot be used.
        UsageError: `cron` is no schedule, or there is no such language or model.
        EnvironmentProblem: no Prefect server is named by PREFECT_API_URL.
    """
    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise UsageError(f"{cron!r} is not a cron schedule.", 'Give five fields, as in "0 2 * * *".') from error
    read_catalogue(catalogue)
    spoken = language(config.language) if config.language else None
    if spoken or config.transcribe.model:
        resolve(config.transcribe.model, spoken)
    if not PREFECT_API_URL.value():
        raise EnvironmentProblem(
            "A schedule needs a Prefect server, and PREFECT_API_URL names none.",
            "Start one with `prefect server start`, and set PREFECT_API_URL=http://127.0.0.1:4200/api",
        )


def serve(catalogue: Path, out: Path, cron: str, config: dict[str, Any], name: str = "nightly") -> None:
    """Serve the archive flow on a schedule until it is stopped. Its runs skip what former ones have done.

    Args:
        cron: five fields, as in "0 2 * * *": at two every night.
    """
    parameters = {"catalogue": str(catalogue.resolve()), "out": str(out.resolve()), "config": config}
    mine.serve(name=name, cron=cron, parameters=parameters, description="Mines what is new in an archive's catalogue.")
