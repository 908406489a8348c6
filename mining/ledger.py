"""What a run remembers of its input files, so that an archive need not be read again to know that nothing has changed.

One small file for each recording, OUT/ledger/<xx>/<16 hex>.json: how its files looked when they were last hashed, their
hashes, and, where it failed, why. Nothing in it is lost by losing it: what is not there is found out again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from mining import fetch, results, store
from mining.corpus.catalogue import Entry
from mining.errors import InputError

REMOTE = ("remote",)
"""The signature of what lies on a server: what was published under a name is taken to stay what it was."""

LASTING = "unusable_input"
"""The reason of failures that the same files and settings would meet again."""

Signature = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of one recording.

    `seen` holds the signatures of recording and document, `hashes` their contents' hashes ("" where they could not be read).
    `failure` is a row for failures.jsonl, `settings` the key of those under which it failed, and `catalogue` the one that named
    it, if one did; all empty where all went well.
    """

    seen: tuple[Signature, Signature]
    hashes: tuple[str, str] = ("", "")
    language: str = ""
    recording: str = ""
    failure: dict[str, str] | None = None
    settings: str = ""
    catalogue: str = ""

    @property
    def lasting(self) -> bool:
        """Whether the failure would come again: the same local files, and a fault that is theirs."""
        return self.failure is not None and self.failure["reason"] == LASTING and REMOTE not in self.seen


def signature(location: str, root: Path = Path()) -> Signature:
    """How a file looks from outside: size, and the times of its content and of its name and rights; () where there is none.

    A file that is changed, replaced, or made readable gets another signature; so does one that is moved and moved back,
    which only has it hashed again.
    """
    if fetch.is_remote(location):
        return REMOTE
    try:
        about = os.stat(root / fetch.local_path(location))
    except OSError:
        return ()
    return (about.st_size, about.st_mtime_ns, about.st_ctime_ns)


def signatures(entry: Entry, root: Path = Path()) -> tuple[Signature, Signature]:
    """The signatures of an entry's recording and document as they are now."""
    return signature(entry.audio, root), signature(entry.document, root)


def read(out: Path, entry: Entry, root: Path = Path()) -> Note | None:
    """What is known of an entry; None where nothing is, or the note is damaged."""
    return _load(_path(out, entry, root))


def write(out: Path, entry: Entry, note: Note, root: Path = Path()) -> None:
    """Remember what is known of an entry."""
    path = _path(out, entry, root)
    if _load(path) != note:
        store.write_json(path, asdict(note))


def fail(out: Path, entry: Entry, error: BaseException, settings: str, catalogue: str = "") -> dict[str, str]:
    """Remember that an entry failed, and return its row of failures.jsonl."""
    row = results.failure_row(entry.audio, entry.document, error)
    seen, before = signatures(entry), read(out, entry)
    note = before if before is not None and before.seen == seen else Note(seen)
    write(out, entry, replace(note, failure=row, settings=settings, catalogue=catalogue))
    return row


def failures(out: Path) -> Iterator[dict[str, str]]:
    """The failures that are remembered, in no order that means anything."""
    for path in (out / "ledger").glob("*/*.json"):
        note = _load(path)
        if note and note.failure:
            yield note.failure


def forget(out: Path, catalogue: str, entries: Iterable[Entry]) -> None:
    """Forget the failures of what a catalogue named once and does not any more: a path that was mended, a row that went."""
    gone = {
        path
        for path in (out / "ledger").glob("*/*.json")
        if (note := _load(path)) and note.failure and note.catalogue == catalogue
    }
    for entry in entries if gone else ():
        gone.discard(_path(out, entry, Path()))
    for path in gone:
        path.unlink(missing_ok=True)


def sweep(out: Path) -> None:
    """Remove what killed processes left half-written."""
    for folder in (out / "ledger").glob("*"):
        results.sweep(folder)


def _path(out: Path, entry: Entry, root: Path) -> Path:
    """By the recording's whole location, so that one file reached by two relative paths has one note."""
    place = entry.audio if fetch.is_remote(entry.audio) else os.path.abspath(root / fetch.local_path(entry.audio))
    name = store.key(place, entry.id if entry.named else "")
    return out / "ledger" / name[:2] / f"{name}.json"


def _load(path: Path) -> Note | None:
    try:
        values = store.read_json(path)
        names = {field.name for field in fields(Note)}
        return Note(**{name: store.as_tuples(value) for name, value in values.items() if name in names})
    except (ValueError, AttributeError, TypeError, InputError):  # damaged, or none: then it is found out again
        return None
