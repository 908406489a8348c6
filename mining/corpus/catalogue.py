"""An archive's catalogue: a CSV with a row for each recording, its document and its language."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path

from mining.documents.languages import LANGUAGES
from mining.errors import InputError

REQUIRED = ("audio", "document")
SHOWN = 20  # bad rows told one by one; the others are counted


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording of an archive. `language` may be empty: then the run's, or the document's script, decides."""

    audio: Path
    document: Path
    language: str = ""


def read_catalogue(path: Path) -> list[Entry]:
    """The entries of a catalogue, in its order.

    Columns are `audio` and `document` (paths, relative to the catalogue's folder) and, if there is one, `language`;
    others are left alone. Whether the files exist is not asked here: a missing recording fails by itself, later.

    Raises:
        InputError: the file cannot be read, lacks a column or names no recording, or rows are bad; all of them are told at once.
    """
    rows = _rows(path)
    if not rows:
        raise InputError(f"{path}: names no recording.", "Give each its own line, below the header.")
    seen: dict[str, int] = {}
    faults: list[str] = []
    for number, row in rows:
        faults += [f"line {number}: {fault}" for fault in _faults(row, seen)]
        seen.setdefault(normpath(row["audio"]), number)
    if faults:
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        raise InputError(f"{path}: {'; '.join(faults[:SHOWN] + more)}.", "Mend these lines, and run it again.")
    return [Entry(path.parent / row["audio"], path.parent / row["document"], row["language"]) for _, row in rows]


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Each row with the line of the file that it ends in."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: has no column {' and no column '.join(missing)}.", "Its first line must name them.")
            columns = (*REQUIRED, "language")
            return [(reader.line_num, {name: (row.get(name) or "").strip() for name in columns}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a CSV file ({error}).", "Give a UTF-8 file with a header line.") from error


def _faults(row: dict[str, str], seen: dict[str, int]) -> list[str]:
    """What is wrong with one row; `seen` has the line of every recording before it."""
    faults = [f"no {name}" for name in REQUIRED if not row[name]]
    if row["language"] and row["language"] not in LANGUAGES:
        faults.append(f"unknown language {row['language']!r}")
    if row["audio"] and normpath(row["audio"]) in seen:
        faults.append(f"{row['audio']} again, after line {seen[normpath(row['audio'])]}")
    return faults
