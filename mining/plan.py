"""What it would take to mine an archive: core-hours, GPU-hours and disk, from what the stages cost when they were measured."""

from __future__ import annotations

import hashlib
import heapq
import math
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from mining import fetch, jobs, store
from mining.config import Config
from mining.corpus.catalogue import Entry, read_catalogue
from mining.errors import InputError

MEASURED = Path(__file__).parent / "data" / "costs.json"
"""The costs that come with the program: one core, the bundled model. docs/performance.md tells of what machine."""

SAMPLE = 200  # recordings that are looked into; their mean stands for all
HEARING = "transcribe"  # the stage that a GPU takes over
SHOWING, SOUND = "report", "sound"  # what the report takes, and leaves, for the recordings that lie inside it


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of one core by stage, for an hour of audio and for a page, and bytes of an hour of audio that stay, by kind."""

    machine: str
    audio: dict[str, float]
    page: dict[str, float]
    disk: dict[str, float]

    @classmethod
    def load(cls, path: Path = MEASURED) -> Costs:
        """Read costs.json, or what `python -m benchmarks.stages --json` wrote on another machine.

        Raises:
            InputError: it is no such file.
        """
        try:
            found = store.read_json(path)
            return cls(found["machine"], found["audio"], found["page"], found["bytes_per_hour"])
        except (KeyError, TypeError) as error:
            raise InputError(
                f"{path}: holds no costs.", "Give the file that `shruti plan --measure` or the benchmark wrote."
            ) from error


@dataclass(frozen=True, slots=True)
class Survey:
    """How large an archive is. `hours` and `pages` are means over `sampled` recordings, times all of them.

    `margin` is the half-width of the 95% interval of `hours`, as a share of it; `unknown` counts sampled recordings whose
    length could not be told, which stand outside of the mean.
    """

    recordings: int
    hours: float
    pages: float
    sampled: int
    unknown: int = 0
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Core-hours by stage, GPU-hours, and gigabytes by kind."""

    core_hours: dict[str, float]
    gpu_hours: float
    gigabytes: dict[str, float]

    @property
    def cores(self) -> float:
        """Core-hours of all stages."""
        return sum(self.core_hours.values())

    @property
    def disk(self) -> float:
        """Gigabytes of all kinds."""
        return sum(self.gigabytes.values())


def estimate(survey: Survey, costs: Costs, gpu_speed: float | None = None) -> Estimate:
    """What an archive takes.

    Args:
        gpu_speed: seconds of audio that the model hears in a second on the GPU; None where a core hears it.
    """
    from mining.corpus.report.sound import MAX_EMBEDDED

    shown = 1.0 if survey.hours * 3600 <= MAX_EMBEDDED else 0.0  # a longer run's report plays clips that are there already
    core = {stage: survey.hours * seconds / 3600 for stage, seconds in costs.audio.items()}
    if SHOWING in core:
        core[SHOWING] *= shown
    core |= {stage: survey.pages * seconds / 3600 for stage, seconds in costs.page.items()}
    gpu = 0.0
    if gpu_speed is not None:
        core.pop(HEARING, None)
        gpu = survey.hours / gpu_speed
    room = {kind: survey.hours * size / 1e9 * (shown if kind == SOUND else 1.0) for kind, size in costs.disk.items()}
    return Estimate(core, gpu, room)


def sample(catalogue: str, most: int = SAMPLE) -> tuple[int, list[Entry]]:
    """How many rows a catalogue has, and some of them drawn by the hash of their ids: the same each time, from all over it."""
    count = 0
    drawn: list[tuple[int, int, Entry]] = []
    for entry in read_catalogue(catalogue):
        count += 1
        rank = -int.from_bytes(hashlib.sha256(entry.id.encode()).digest()[:8])
        item = (rank, count, entry)
        heapq.heappush(drawn, item) if len(drawn) < most else heapq.heappushpop(drawn, item)
    return count, [entry for _, _, entry in sorted(drawn, key=lambda item: item[1])]


def survey(catalogue: str) -> Survey:
    """Look into some recordings of a catalogue, at their headers alone, and take them for all.

    Columns `duration` (seconds) and `pages` of the catalogue go before the files; remote files are not fetched.

    Raises:
        InputError: the catalogue cannot be read, or nothing tells how long any of the recordings is.
    """
    count, drawn = sample(catalogue)
    lengths = [seconds for entry in drawn if (seconds := _seconds(entry)) is not None]
    if not lengths:
        raise InputError(
            f"{catalogue}: no telling how long its recordings are.",
            "Add a column duration, in seconds, or look whether the files are there.",
        )
    pages = [number for entry in drawn if (number := _pages(entry)) is not None]
    spread = stdev(lengths) / math.sqrt(len(lengths)) * math.sqrt(1 - len(drawn) / count) if len(lengths) > 1 else 0.0
    return Survey(
        recordings=count,
        hours=count * mean(lengths) / 3600,
        pages=count * (mean(pages) if pages else 0.0),
        sampled=len(drawn),
        unknown=len(drawn) - len(lengths),
        margin=1.96 * spread / mean(lengths) if mean(lengths) else 0.0,
    )


def unseen(hours: float, pages: float) -> Survey:
    """The survey of an archive that is only spoken of; its recordings are taken to last ten minutes."""
    return Survey(recordings=math.ceil(hours * 6), hours=hours, pages=pages, sampled=0)


def measure(entries: Sequence[Entry], config: Config) -> Costs:
    """Mine some recordings in a temporary folder, and say what processor time each stage took, with that of its programs.

    On a GPU it is the seconds that hearing took which count.

    Raises:
        ShrutiError: a recording cannot be mined.
    """
    from mining import steps
    from mining.records import Page
    from mining.speech.ctc_model import chosen_device

    on_gpu = chosen_device(config.transcribe.device) != "cpu"
    spent: dict[str, float] = {}
    hours, pages, sizes = 0.0, 0, {"run": 0, "clips": 0}
    with tempfile.TemporaryDirectory(prefix="shruti-") as folder:
        for entry in entries:
            job = jobs.start(entry, Path(folder), config)
            for name, stage in steps.STAGES.items():
                clock = time.perf_counter if name == HEARING and on_gpu else _processor_seconds
                begun = clock()
                stage(job)
                spent[name] = spent.get(name, 0.0) + clock() - begun
            hours += steps.outcome(job).seconds / 3600
            pages += len(job.read("pages.jsonl", Page))
            for path in job.recording.folder.rglob("*"):
                if path.is_file() and path.name != "emissions.npz":
                    sizes["clips" if path.suffix == ".flac" else "run"] += path.stat().st_size
    page = {"ocr": spent.pop("ocr") / max(1, pages)}
    return Costs(
        f"measured on {len(entries)} recordings",
        {name: seconds / hours for name, seconds in spent.items()},
        page,
        {kind: size / hours for kind, size in sizes.items()},
    )


def _processor_seconds() -> float:
    """Of this process and of the programs that it has run to their ends."""
    return sum(os.times()[:4])


def as_dict(costs: Costs) -> dict[str, Any]:
    """What `Costs.load` reads."""
    return {"machine": costs.machine, "audio": costs.audio, "page": costs.page, "bytes_per_hour": costs.disk}


def _seconds(entry: Entry) -> float | None:
    """How long a recording is, as the catalogue or its header says; None where neither does."""
    from mining.errors import ShrutiError
    from mining.speech.audio import declared_seconds

    try:
        if "duration" in entry.about:
            told = float(entry.about["duration"])
            return told if 0 < told < math.inf else None
        return None if fetch.is_remote(entry.audio) else declared_seconds(Path(fetch.local_path(entry.audio))) or None
    except (ShrutiError, ValueError, OSError):
        return None


def _pages(entry: Entry) -> int | None:
    """How many pages a document has that may have to be read by OCR, as the catalogue or the file says; plain text has none."""
    from mining.errors import ShrutiError

    if entry.about.get("pages", "").isdecimal():
        return int(entry.about["pages"])
    path = Path(fetch.local_path(entry.document))
    if path.suffix.lower() in (".txt", ".text"):
        return 0
    if fetch.is_remote(entry.document):
        return None
    from mining.documents.pdf import open_pdf

    try:
        with open_pdf(path) as document:
            return len(document)
    except (ShrutiError, OSError):
        return None
