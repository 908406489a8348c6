"""The TOML file of a schedule: read, checked, and turned into what the flows take."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from flows.options import calibrated
from flows.places import RUNNERS
from mining import fetch
from mining.config import Config, FilterConfig, MatchConfig, TranscribeConfig
from mining.corpus.catalogue.pairing import Rules
from mining.documents.languages import language
from mining.errors import InputError, UsageError


def _check_runner(name: str) -> None:
    if name not in RUNNERS:
        raise UsageError(f"Unknown runner {name!r}.", f"There are {', '.join(RUNNERS)}.")


# Each raises UsageError for a value that there is not.
_CHECKS: dict[str, Callable[[Any], object]] = {
    "lang": lambda code: language(code) if code else None,
    "strategy": lambda name: MatchConfig(strategy=name),
    "target_precision": lambda share: FilterConfig(target_precision=share),
    "min_confidence": lambda share: FilterConfig(min_confidence=share),
    "runner": _check_runner,
}


class Table(BaseModel):
    """A part of the file; a name that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


class When(Table):
    """Five fields of cron, and whose clock they are read by."""

    cron: str
    timezone: str = "UTC"

    @model_validator(mode="after")
    def _is_a_schedule(self) -> When:
        from prefect.client.schemas.schedules import CronSchedule

        try:
            CronSchedule(cron=self.cron, timezone=self.timezone)
        except ValueError as error:
            advice = 'give five fields, as in "0 2 * * *", and a zone such as Asia/Kolkata'
            raise ValueError(f"{self.cron!r} in {self.timezone} is no schedule; {advice}") from error
        return self


class Discover(Table):
    """What the catalogue is made of before each run: the flags of `shruti catalogue`, by their names."""

    source: str
    pattern: str = ""
    audio_pattern: str = ""
    document_pattern: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    depth: int = Field(0, ge=0)

    def rules(self, language: str) -> Rules:
        """How files are paired.

        Raises:
            UsageError: a pattern is none, is alone, or shares no field with the other.
        """
        return Rules.of(self.pattern, self.audio_pattern, self.document_pattern, language, self.columns)


class Train(When):
    """When, and for how many new hours, a better model is made."""

    models: str
    new_hours: float = Field(10.0, ge=0)
    steps: int | None = Field(None, ge=1)


class Schedule(Table):
    """All of it. Relative paths count from the folder of the file."""

    catalogue: str
    out: str
    lang: str = ""
    model: str = ""
    strategy: str = "hybrid"
    device: str = "auto"
    target_precision: float = 0.95
    min_confidence: float | None = None
    calibrator: str = ""
    runner: str = RUNNERS[0]
    workers: int = Field(0, ge=0)
    dask: str = ""
    discover: Discover | None = None
    mine: When | None = None
    train: Train | None = None

    @field_validator(*_CHECKS)
    @classmethod
    def _is_known(cls, value: Any, about: ValidationInfo) -> Any:
        try:
            _CHECKS[about.field_name or ""](value)
        except UsageError as error:
            raise ValueError(str(error)) from error
        return value

    @model_validator(mode="after")
    def _has_a_cluster(self) -> Schedule:
        if (self.runner == "dask") != bool(self.dask):
            raise ValueError('runner = "dask" and dask go together; give both, as in dask = "tcp://10.0.0.1:8786"')
        return self

    def config(self) -> Config:
        """The config of the stages.

        Raises:
            InputError: the calibrator is none.
        """
        kept = FilterConfig(target_precision=self.target_precision, min_confidence=self.min_confidence)
        return Config(
            language=self.lang,
            transcribe=TranscribeConfig(model=self.model, device=self.device),
            match=MatchConfig(strategy=self.strategy),
            filter=calibrated(kept, self.calibrator),
        )

    def mining(self) -> dict[str, Any]:
        """The arguments of the flow `mine`."""
        places = {"runner": self.runner, "workers": self.workers, "dask": self.dask}
        return {"catalogue": self.catalogue, "out": self.out, "config": self.config().as_dict(), **places}

    def training(self) -> dict[str, Any]:
        """The arguments of the flow `train`.

        Raises:
            UsageError: the file has no table `train`.
        """
        if self.train is None:
            raise UsageError("The schedule has no table [train].", "Add one, with cron and models.")
        about = self.train
        first = self.model or self.lang
        return {"out": self.out, "models": about.models, "model": first, "new_hours": about.new_hours, "steps": about.steps}


def read_schedule(path: str | Path) -> Schedule:
    """The schedule of a TOML file, with its paths made absolute.

    Raises:
        InputError: it cannot be read, or is not TOML.
        UsageError: it lacks a name, holds one that it should not, or a value that cannot be; all of them are told.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read as TOML ({error}).", "See docs/archive.md for an example.") from error
    try:
        return Schedule(**_absolute(values, path.resolve().parent))
    except ValidationError as error:
        faults = "; ".join(_fault(one) for one in error.errors())
        raise UsageError(f"{path}: {faults}.", "See docs/archive.md for an example.") from error


def _absolute(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same with every local path counted from `folder`; a model may also be a name, so only a folder of one is a path."""
    paths = {None: ("catalogue", "out", "calibrator"), "discover": ("source",), "train": ("models",)}
    made = {**values}
    for table, names in paths.items():
        part = made if table is None else made.get(table)
        if isinstance(part, dict):
            found = {name: _path(part[name], folder) for name in names if name in part}
            made = {**made, **found} if table is None else {**made, table: {**part, **found}}
    model = made.get("model")
    if isinstance(model, str) and model and (folder / model / "config.json").is_file():
        made["model"] = str(folder / model)
    return made


def _path(value: Any, folder: Path) -> Any:
    return str(folder / fetch.local_path(value)) if isinstance(value, str) and not fetch.is_remote(value) else value


def _fault(error: Any) -> str:
    """One of pydantic's findings, as a person says it."""
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"unknown setting {name!r}"
    if error["type"] == "missing":
        return f"{name} is missing"
    told = error["msg"].removeprefix("Value error, ").removesuffix(".")
    return told if error["type"] == "value_error" else f"{name} is {error['input']!r}: {told[0].lower()}{told[1:]}"
