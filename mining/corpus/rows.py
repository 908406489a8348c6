"""What a finished run holds, as `export`, `show`, `stats` and the report read it."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining import results, store
from mining.errors import InputError

Row = dict[str, Any]
"""One line of a public file of a run: times in seconds; docs/files.md tells every field."""


_OF_PAIRS = frozenset(("id", "recording", "text", "start", "end", "confidence"))
_OF_REJECTED = frozenset(("id", "recording", "kind", "reason"))


@dataclass(frozen=True, slots=True)
class Source:
    """One recording of a run: what it was, and what became of every second and every sentence.

    `duration` is in seconds. `audio` holds (start, end, fate) from 0 to the end without a hole,
    `seconds` and `sentences` the sums by fate; a fate is "mined" or a reason of `records.REASONS`.
    """

    id: str
    path: str
    document: str
    language: str
    duration: float
    audio: tuple[tuple[float, float, str], ...]
    seconds: dict[str, float]
    sentences: dict[str, int]


def read_pairs(out: Path) -> list[Row]:
    """The kept pairs of a run, sorted by recording and time.

    Raises:
        InputError: the folder holds no run, or a line of the file is damaged.
    """
    return sorted(stream_pairs(out), key=place)


def stream_pairs(out: Path) -> Iterator[Row]:
    """The kept pairs of a run one by one, in the order of the file: by recording and time. There may be more than memory holds.

    Raises:
        InputError: the folder holds no run, or a line of the file is damaged.
    """
    return _public(out, "pairs.jsonl", _OF_PAIRS)


def stream_rejected(out: Path) -> Iterator[Row]:
    """What was not mined and why, one by one, in the order of the file: by recording.

    Raises:
        InputError: the folder holds no run, or a line of the file is damaged.
    """
    blank = {"text": "", "start": None, "end": None, "page": None, "confidence": None}
    return ({**blank, **row} for row in _public(out, "rejected.jsonl", _OF_REJECTED))


def read_failures(out: Path) -> list[Row]:
    """The recordings that could not be processed, each with its reason."""
    return store.read_rows(out / "failures.jsonl")


def count_failures(out: Path) -> int:
    """How many recordings could not be processed, or gave nothing."""
    return sum(1 for _ in results.stream(out / "failures.jsonl"))


def read_sources(out: Path) -> Iterator[Source]:
    """The recordings of a run that went through every stage, one by one, sorted by id."""
    for recording in store.recordings(out):
        facts, coverage = (store.read_json(recording.path(name)) for name in ("recording.json", "coverage.json"))
        if facts and coverage:
            yield _source(recording.id, facts, coverage)


def place(row: Row) -> tuple[str, float, str]:
    """The order of rows: recording, then start, then id."""
    start = row.get("start")
    return (row["recording"], float("inf") if start is None else start, row["id"])


def clock(seconds: float) -> str:
    """Seconds as people write a place in a recording: 12:03.45, or 1:12:03.45.

    >>> clock(723.449), clock(59.999), clock(4323.45)
    ('12:03.45', '1:00.00', '1:12:03.45')
    """
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{rest // 100:02d}.{rest % 100:02d}"


def _public(out: Path, name: str, needed: Set[str]) -> Iterator[Row]:
    if not (out / name).is_file():
        raise InputError(f"{out}: not the folder of a run, there is no {name} in it.", "Give the folder that shruti align wrote.")
    return store.stream_rows(out / name, needed, "Run shruti align or shruti filter on the folder again: they write it anew.")


def _source(id: str, facts: Row, coverage: Row) -> Source:
    return Source(
        id=id,
        path=facts.get("audio", ""),
        document=facts.get("document", ""),
        language=facts.get("language", ""),
        duration=float(coverage["duration"]),
        audio=tuple((start, end, fate) for start, end, fate in coverage["audio"]),
        seconds=coverage["seconds"],
        sentences=coverage["sentences"],
    )
