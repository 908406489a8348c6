"""What a run shows to the world: pairs, rejections and failures of all its recordings, in seconds, sorted."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mining import store
from mining.errors import EnvironmentProblem, InputError, ShrutiError, Unreachable, UsageError
from mining.records import Pair, Rejection

Row = dict[str, Any]

VERSION = 4
"""Raised when manifests or report come to look otherwise for the same files: it has them made again."""

FAILURES = {
    InputError: "unusable_input",
    Unreachable: "unreachable",
    EnvironmentProblem: "environment",
    UsageError: "usage",
}
"""The reason code of each kind of error in failures.jsonl, the first that fits; any other exception is a `bug`."""

NO_SPEECH, NOTHING_MINED = "no_speech", "nothing_mined"
"""The reason codes in failures.jsonl of recordings that went through every stage, and of which nothing was kept."""


def pair_row(pair: Pair, about: Row) -> Row:
    """A kept pair as pairs.jsonl has it; `about` is the recording's recording.json.

    What it repeats is known only when all recordings are together: see `gather`.
    """
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
        "corrections": [asdict(one) for one in pair.corrections],
        "about": about.get("about") or {},
        "repeats": None,
        "repeat": None,
    }


def recording_row(pair: Pair, about: Row) -> Row:
    """A kept pair as the pairs.jsonl of its recording has it: with the fingerprint of its sound."""
    return {**pair_row(pair, about), "sound": pair.sound}


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


def failure_row(audio: str, document: str, error: BaseException) -> Row:
    """A recording that could not be processed, as failures.jsonl has it: no times, no tracebacks."""
    reason = next((reason for kind, reason in FAILURES.items() if isinstance(error, kind)), "bug")
    message = str(error) if isinstance(error, ShrutiError) else f"{type(error).__name__}: {error}"
    return {"audio": audio, "document": document, "reason": reason, "message": message}


def sweep(folder: Path) -> None:
    """Remove what `store.writing` could not, since its process was killed."""
    for path in folder.glob(f"{store.TEMPORARY}*"):
        if path.is_file():
            path.unlink(missing_ok=True)


def gather(out: Path, failed: Iterable[Row] = ()) -> bool:
    """Rebuild OUT/pairs.jsonl, rejected.jsonl and failures.jsonl; all three exist afterwards, empty if need be.

    Recordings of which nothing was kept come to failures.jsonl by themselves, and go when something is.

    Args:
        failed: all other rows of failures.jsonl, as `ledger.failures` remembers them.

    Returns:
        Whether any pair was kept.
    """
    from mining.pairs import repeats

    sweep(out)
    found = store.recordings(out)
    contents: dict[str, str] = {}
    failures: dict[tuple[str, str], Row] = {}
    mined: set[int] = set()  # hashes of what something came of, in whichever version of the file
    for recording in found:
        about = store.read_json(recording.path("recording.json")) or {}
        contents[recording.id] = about.get("audio_hash", "")
        if row := nothing_row(recording, about):
            failures[row["audio"], row["document"]] = row
        elif about:
            mined.add(hash((about["audio"], about["document"])))
    failures = {place: row for place, row in failures.items() if hash(place) not in mined}
    store.write_rows(out / "pairs.jsonl", repeats.marked(_rows(found, "pairs.jsonl"), contents))
    store.write_rows(out / "rejected.jsonl", _rows(found, "rejected.jsonl"))
    failures |= {(row["audio"], row["document"]): row for row in failed}
    store.write_rows(out / "failures.jsonl", (failures[name] for name in sorted(failures)))
    return (out / "pairs.jsonl").stat().st_size > 0


def nothing_row(recording: store.Recording, about: Row) -> Row | None:
    """The row of failures.jsonl of a recording that went through every stage and of which nothing was kept, else None."""
    if not recording.path("pairs.jsonl").exists() or recording.path("pairs.jsonl").stat().st_size:
        return None
    coverage = store.read_json(recording.path("coverage.json"))
    if not coverage or not about:
        return None
    audio, document = about["audio"], about["document"]
    if set(coverage["seconds"]) <= {NO_SPEECH}:
        reason, message = NO_SPEECH, f"{audio}: no speech was heard in it. Play it: is it the right recording?"
    else:
        common = sorted(coverage["sentences"].items(), key=lambda item: (-item[1], item[0]))[:3]
        told = ", ".join(f"{count} {fate}" for fate, count in common)
        reason = NOTHING_MINED
        message = f"{audio}: no sentence of {document} was found in it ({told}). Is it the right document?"
    return {"audio": audio, "document": document, "reason": reason, "message": message}


def stream(path: Path) -> Iterator[Row]:
    """The rows of a JSON lines file one by one: see `store.stream_rows`."""
    return store.stream_rows(path)


def key(out: Path, *settings: object) -> str:
    """A hash of all that manifests and report are made of: the public files, and what is known of every recording."""
    digest = hashlib.sha256(store.key(VERSION, *settings).encode())
    for name in ("pairs.jsonl", "rejected.jsonl", "failures.jsonl"):
        digest.update(_told(out / name, out))
    for recording in store.recordings(out):
        for name in ("recording.json", "coverage.json", "clips/clips.jsonl"):
            digest.update(_told(recording.path(name), out))
    return digest.hexdigest()[:16]


def _told(path: Path, out: Path) -> bytes:
    """A file's name and the hash of its content; nothing where there is no file."""
    return f"{path.relative_to(out)}\0{store.content_hash(path)}\n".encode(errors="replace") if path.exists() else b""


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
