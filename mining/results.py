"""What a run shows to the world: pairs, rejections and failures of all its recordings, in seconds, sorted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mining import store
from mining.errors import EnvironmentProblem, InputError, ShrutiError, UsageError
from mining.records import Pair, Rejection

Row = dict[str, Any]

VERSION = 1
"""Raised when manifests or report come to look otherwise for the same files: it has them made again."""

FAILURES = {InputError: "unusable_input", EnvironmentProblem: "environment", UsageError: "usage"}
"""The reason code of each kind of error in failures.jsonl; any other exception is a `bug`."""


def pair_row(pair: Pair, about: Row) -> Row:
    """A kept pair as pairs.jsonl has it; `about` is the recording's recording.json."""
    return {
        "id": pair.id,
        "recording": pair.recording,
        "audio": about["audio"],
        "start": store.seconds(pair.start),
        "end": store.seconds(pair.end),
        "duration": store.seconds(pair.end - pair.start),
        "segments": list(pair.segments),
        "text": pair.text,
        "raw_text": pair.raw_text,
        "language": about["language"],
        "confidence": round(pair.confidence, 4),
        "document": about["document"],
        "page": pair.page,
        "strategy": pair.strategy,
        "sentence": pair.sentence,
        "heard": pair.heard,
    }


def rejection_row(rejection: Rejection) -> Row:
    """A rejection as rejected.jsonl has it; `start` and `end` are null for a sentence without a place."""
    return {
        "id": rejection.id,
        "kind": rejection.kind,
        "recording": rejection.recording,
        "reason": rejection.reason,
        "text": rejection.text,
        "start": None if rejection.start is None else store.seconds(rejection.start),
        "end": None if rejection.end is None else store.seconds(rejection.end),
        "page": rejection.page,
        "confidence": None if rejection.confidence is None else round(rejection.confidence, 4),
    }


def failure_row(audio: Path, document: Path, error: BaseException) -> Row:
    """A recording that could not be processed, as failures.jsonl has it: no times, no tracebacks."""
    reason = next((reason for kind, reason in FAILURES.items() if isinstance(error, kind)), "bug")
    message = str(error) if isinstance(error, ShrutiError) else f"{type(error).__name__}: {error}"
    return {"audio": str(audio), "document": str(document), "reason": reason, "message": message}


def sweep(folder: Path) -> None:
    """Remove what `store.writing` could not, since its process was killed."""
    for path in folder.glob(f"{store.TEMPORARY}*"):
        if path.is_file():
            path.unlink(missing_ok=True)


def gather(out: Path, failed: Iterable[Row] = (), tried: Iterable[str] = ()) -> bool:
    """Rebuild OUT/pairs.jsonl, rejected.jsonl and failures.jsonl; all three exist afterwards, empty if need be.

    Returns:
        Whether any pair was kept.

    Args:
        failed: new rows of failures.jsonl.
        tried: recordings that were processed now, so that what failed before and went well now is forgotten.
    """
    sweep(out)
    found = store.recordings(out)
    for name in ("pairs.jsonl", "rejected.jsonl"):
        store.write_rows(out / name, _rows(found, name))
    well = set(tried)
    known = store.read_rows(out / "failures.jsonl")
    failures = {(row["audio"], row["document"]): row for row in known if row["audio"] not in well}
    failures |= {(row["audio"], row["document"]): row for row in failed}
    store.write_rows(out / "failures.jsonl", (failures[name] for name in sorted(failures)))
    return (out / "pairs.jsonl").stat().st_size > 0


def key(out: Path, *settings: object) -> str:
    """A hash of all that manifests and report are made of: the public files, and what is known of every recording."""
    paths = [out / name for name in ("pairs.jsonl", "rejected.jsonl", "failures.jsonl")]
    for recording in store.recordings(out):
        paths += [recording.path(name) for name in ("recording.json", "coverage.json")]
    contents = [(str(path.relative_to(out)), store.content_hash(path)) for path in paths if path.exists()]
    return store.key(VERSION, contents, *settings)


def _rows(found: list[store.Recording], name: str) -> Iterator[Row]:
    for recording in found:
        yield from sorted(store.read_rows(recording.path(name)), key=lambda row: (row["start"] is None, row["start"], row["id"]))


def check_writable(folder: Path) -> None:
    """Make a folder and write into it, before hours of work are spent on what could not be kept.

    Raises:
        EnvironmentProblem: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=store.TEMPORARY, dir=folder)
        os.close(handle)
        os.unlink(name)
    except OSError as error:
        raise store.unwritable(folder, error) from error
