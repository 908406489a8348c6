"""What people said of pairs: one log a person, OUT/review/<person>.jsonl, to which lines are added and none is ever changed.

Every line is on the disk before `add` returns. All that write hold the folder, so that several people, and one person in
two windows, lose nothing; a line that a killed machine left half-written is ended by the next one, and passed over.
"""

from __future__ import annotations

import json
import logging
import math
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mining import store
from mining.errors import InputError, UsageError

FOLDER = "review"
KINDS = ("right", "text", "ends", "skip")
"""What a person says: all is right; the text is not what is said; an end is off; cannot tell."""

HOW = ("stratified", "active", "chosen")
"""How a pair came before the person: in the fair order, least sure first, or because somebody picked it."""

UNDONE = "undone"
SAME_PLACE = 0.1  # seconds that an end may have moved since it was judged: a frame or a rounding, and nobody's other verdict

_LONGEST_NAME = 60  # characters; with three bytes each and the suffix still a file name
_NOT_IN_NAMES = '/\\:*?"<>|'  # one of the systems that a folder may be copied to forbids them


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one person said of one pair.

    `text`, `start` and `end` (seconds) are the pair as it was shown, `confidence` what was thought of it then;
    `new_start` and `new_end` are where an end was dragged to, None where it was left. `how` is one of `HOW`, `at` the time
    in ISO 8601 (UTC), `seconds` how long the pair was on the screen.

    Raises:
        ValueError: a kind or a way that there is not, or a time that is no number.
    """

    pair: str
    recording: str
    text: str
    start: float
    end: float
    verdict: str
    person: str
    new_start: float | None = None
    new_end: float | None = None
    confidence: float
    how: str
    at: str
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.verdict not in KINDS or self.how not in HOW:
            raise ValueError(f"verdict on {self.pair}: {self.verdict!r}, {self.how!r} are not of {KINDS}, {HOW}")
        times = (self.start, self.end, self.confidence, self.seconds, self.new_start or 0.0, self.new_end or 0.0)
        if not all(isinstance(time, int | float) and math.isfinite(time) for time in times):
            raise ValueError(f"verdict on {self.pair}: {times} are not all numbers")


_FIELDS = frozenset(one.name for one in fields(Verdict))


def check_person(name: str) -> str:
    """A person's name without what stands around it, fit to name a file.

    Raises:
        UsageError: it is empty, too long, or has a character that no file's name may have.
    """
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    wrong = [sign for sign in name if sign in _NOT_IN_NAMES or unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn")]
    if not name or len(name) > _LONGEST_NAME or name.startswith(".") or wrong:
        allowed = f"Give one of 1 to {_LONGEST_NAME} letters, that does not begin with a dot, without {_NOT_IN_NAMES}"
        raise UsageError(f"{name!r} cannot be a person's name here.", allowed)
    return name


def add(out: Path, verdict: Verdict) -> None:
    """Add a verdict to its person's log; it is on the disk when this returns.

    Raises:
        UsageError: the person's name cannot name a file.
        EnvironmentProblem: OUT cannot be written.
    """
    path = _path(out, verdict.person)
    with store.locked(path.parent):
        _append(path, asdict(verdict))


def undo(out: Path, person: str) -> Verdict | None:
    """Take the last standing verdict of a person back, and return it; None where there is none.

    What the person had said of the pair before, if anything, stands again.
    """
    path = _path(out, person)
    if not path.exists():
        return None
    with store.locked(path.parent):
        standing = _standing(path)
        if not standing:
            return None
        last = standing[-1]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        _append(path, {"pair": last.pair, "verdict": UNDONE, "person": last.person, "at": now})
    return last


def read(out: Path) -> list[Verdict]:
    """Of each person and pair the last standing verdict, sorted by person and pair.

    Raises:
        InputError: a whole line of a log is no verdict.
    """
    paths = sorted((out / FOLDER).glob("*.jsonl"))
    last = {(one.person, one.pair): one for path in paths for one in _standing(path)}
    return [last[key] for key in sorted(last)]


def fits(verdict: Verdict, row: dict[str, Any]) -> bool:
    """Whether a verdict is still about this row of a run: the same text, both ends within 0.1 s of where they were."""
    moved = max(abs(verdict.start - row["start"]), abs(verdict.end - row["end"]))
    return bool(verdict.pair == row["id"] and verdict.text == row["text"] and moved <= SAME_PLACE + 1e-9)


def _path(out: Path, person: str) -> Path:
    return out / FOLDER / f"{check_person(person)}.jsonl"


def _append(path: Path, row: dict[str, Any]) -> None:
    """One line more, after a line's end, on the disk; the folder is held."""
    line = (json.dumps(row, ensure_ascii=False) + "\n").encode()
    new = not path.exists()
    try:
        with path.open("ab+", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                line = line if file.read(1) == b"\n" else b"\n" + line
            while line:  # a disk that fills up may take a part of it
                line = line[file.write(line) :]
            os.fsync(file.fileno())
        if new:
            _sync(path.parent)
    except OSError as error:
        raise store.unwritable(path.parent, error) from error


def _sync(folder: Path) -> None:
    """The name of a new file is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _standing(path: Path) -> list[Verdict]:
    """The verdicts of a log in its order, without those that were taken back."""
    standing: list[Verdict] = []
    for number, row in _rows(path):
        if row.get("verdict") == UNDONE:
            _take_back(standing, row.get("pair"))
            continue
        try:
            standing.append(Verdict(**{name: value for name, value in row.items() if name in _FIELDS}))
        except (TypeError, ValueError) as error:
            raise InputError(f"{path}, line {number}: is no verdict ({error}).", "Mend the line, or remove it.") from error
    return standing


def _take_back(standing: list[Verdict], pair: object) -> None:
    """Remove the last verdict on a pair."""
    at = next((i for i in reversed(range(len(standing))) if standing[i].pair == pair), None)
    if at is not None:
        del standing[at]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The whole lines of a log with their numbers."""
    *lines, last = path.read_bytes().split(b"\n")
    for number, line in enumerate([*lines, last], 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            if number <= len(lines):  # the last one may still be on its way
                logging.getLogger(__name__).warning("%s, line %d: was cut off, and is left out.", path, number)
            continue
        if not isinstance(row, dict):
            raise InputError(f"{path}, line {number}: is no verdict.", "Mend the line, or remove it.")
        yield number, row
