"""What people said of pairs: one log a person, OUT/review/<person>.jsonl, to which lines are added and none is ever changed.

Every line is on the disk before `Logs.add` returns. All that write hold the folder, so that several people, and one person in
two windows, lose nothing; a line that a killed machine left half-written is ended by the next one, and passed over.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import unicodedata
from collections.abc import Callable
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

_LONGEST = 1e9  # seconds; no recording lasts for 30 years, and integers of any length are JSON
_LONGEST_NAME = 60  # characters; with three bytes each and the suffix still a file name
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")  # two names that differ by such signs alone look alike
_JOINERS = "\u200c\u200d"  # which many scripts write with
_NOT_IN_NAMES = '/\\:*?"<>|'  # one of the systems that a folder may be copied to forbids them


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one person said of one pair.

    `text`, `start` and `end` (seconds) are the pair as it was shown, `confidence` what was thought of it then;
    `new_start` and `new_end` are where an end was dragged to, None where it was left. `how` is one of `HOW`, `at` the time
    in ISO 8601 (UTC), `seconds` how long the pair was on the screen. `token` is the sending's: what comes twice has the same.

    Raises:
        ValueError: a kind or a way that there is not, a time that is no number, or anything else that is no text.
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
    token: str = ""

    def __post_init__(self) -> None:
        texts = ("pair", "recording", "text", "person", "at", "token")
        if wrong := [name for name in texts if not isinstance(getattr(self, name), str)]:
            raise ValueError(f"verdict on {self.pair}: {', '.join(wrong)} must be text")
        if self.verdict not in KINDS or self.how not in HOW:
            raise ValueError(f"verdict on {self.pair}: {self.verdict!r}, {self.how!r} are not of {KINDS}, {HOW}")
        times = (self.start, self.end, self.confidence, self.seconds, self.new_start or 0.0, self.new_end or 0.0)
        if not all(isinstance(time, int | float) and abs(time) < _LONGEST for time in times):
            raise ValueError(f"verdict on {self.pair}: not all of its times are numbers, or its confidence is none")


class DamagedLog(InputError):
    """A log that cannot be read until somebody mends it."""


_FIELDS = frozenset(one.name for one in fields(Verdict))


def check_person(name: object) -> str:
    """A person's name without what stands around it, fit to name a file.

    Raises:
        UsageError: it has no letter, is too long, or has a character that is not seen or that no file's name may have.
    """
    told = unicodedata.normalize("NFC", " ".join(name.split())) if isinstance(name, str) else ""
    unseen = [sign for sign in told if unicodedata.category(sign) in _UNSEEN and sign not in _JOINERS]
    named = any(map(str.isalnum, told)) and len(told) <= _LONGEST_NAME and not told.startswith(".")
    if not named or unseen or set(told) & set(_NOT_IN_NAMES):
        allowed = f"Give one of 1 to {_LONGEST_NAME} letters that can be seen, not beginning with a dot, without {_NOT_IN_NAMES}"
        raise UsageError(f"{name!r} cannot be a person's name here.", allowed)
    return told


class Logs:
    """All logs of a run. What has been read of them is not parsed again; may be asked by several threads.

    Args:
        out: the folder of the run.
    """

    def __init__(self, out: Path) -> None:
        self._folder = out / FOLDER
        self._logs: dict[Path, _Log] = {}
        self._found: tuple[object, list[Verdict]] = (None, [])
        self._lock = threading.Lock()

    def read(self) -> list[Verdict]:
        """Of each person and pair the last standing verdict, sorted by person and pair; the same list until that changes.

        Raises:
            DamagedLog: a whole line of a log is no verdict, or a log cannot be read.
        """
        with self._lock:
            paths = sorted(path for path in self._folder.glob("*.jsonl") if path.is_file())
            self._logs = {path: self._logs.get(path) or _Log(path) for path in paths}
            state = [(path, log.read()) for path, log in self._logs.items()]
            if state != self._found[0]:
                last = {(one.person, one.pair): one for log in self._logs.values() for one in log.standing}
                self._found = (state, [last[key] for key in sorted(last)])
            return self._found[1]

    def add(self, verdict: Verdict) -> None:
        """Add a verdict to its person's log, unless one with its token is there; it is on the disk when this returns.

        Raises:
            UsageError: the person's name cannot name a file.
            DamagedLog: the person's log cannot be read.
            EnvironmentProblem: OUT cannot be written.
        """
        path = self._path(verdict.person)
        with self._lock, store.locked(self._folder):
            if not (verdict.token and verdict.token in self._log(path).tokens):
                _append(path, asdict(verdict))

    def undo(self, person: str, counts: Callable[[Verdict], bool] = lambda _: True) -> Verdict | None:
        """Take the last standing verdict of a person back, and return it; None where there is none.

        What the person had said of the pair before, if anything, stands again.

        Args:
            counts: whether a verdict may be taken back: what does not is passed over.
        """
        path = self._path(person)
        if not path.exists():
            return None
        with self._lock, store.locked(self._folder):
            standing = self._log(path).standing
            last = {one.pair: one for one in standing}
            taken = next((one for one in reversed(standing) if one is last[one.pair] and counts(one)), None)
            if taken:
                now = datetime.now(UTC).isoformat(timespec="seconds")
                _append(path, {"pair": taken.pair, "verdict": UNDONE, "person": taken.person, "at": now})
        return taken

    def _path(self, person: str) -> Path:
        return self._folder / f"{check_person(person)}.jsonl"

    def _log(self, path: Path) -> _Log:
        """A person's log as it is now."""
        log = self._logs.setdefault(path, _Log(path))
        if path.exists():
            log.read()
        return log


def add(out: Path, verdict: Verdict) -> None:
    """Add one verdict: see `Logs.add`."""
    Logs(out).add(verdict)


def read(out: Path) -> list[Verdict]:
    """All that stands in the logs of a run: see `Logs.read`."""
    return Logs(out).read()


def fits(verdict: Verdict, row: dict[str, Any]) -> bool:
    """Whether a verdict is still about this row of a run: the same text, both ends within 0.1 s of where they were."""
    moved = max(abs(verdict.start - row["start"]), abs(verdict.end - row["end"]))
    return bool(verdict.pair == row["id"] and verdict.text == row["text"] and moved <= SAME_PLACE + 1e-9)


class _Log:
    """One person's log, as far as it has been read.

    `standing` has its verdicts in their order, without those that were taken back; `tokens` those of all verdicts.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin()

    def _begin(self) -> None:
        self._known = b""
        self.standing: list[Verdict] = []
        self.tokens: set[str] = set()

    def read(self) -> bytes:
        """Take what has been added since; all that has been taken by now."""
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise DamagedLog(f"{self._path}: cannot be read ({error.strerror}).", "Check its permissions.") from error
        if not content.startswith(self._known):  # somebody mended it, or put another there
            self._begin()
        try:
            self._take(content[len(self._known) :])
        except DamagedLog:
            self._begin()  # somebody may mend the line
            raise
        return self._known

    def _take(self, added: bytes) -> None:
        """Take all lines; the last one may still be on its way, and is left for the next time."""
        *lines, last = added.split(b"\n")
        first = self._known.count(b"\n") + 1
        for number, line in enumerate(lines, first):
            if line.strip() and not self._take_line(line, number):
                told = "%s, line %d: is no JSON, and is left out; the machine may have stopped while it was written."
                logging.getLogger(__name__).warning(told, self._path, number)
        whole = self._take_line(last, first + len(lines))
        if taken := len(added) - (0 if whole else len(last)):
            self._known += added[:taken]

    def _take_line(self, line: bytes, number: int) -> bool:
        """Take a line, if it is JSON; whether it is."""
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            return False
        if isinstance(row, dict) and row.get("verdict") == UNDONE:
            _take_back(self.standing, row.get("pair"))
            return True
        try:
            one = Verdict(**{name: value for name, value in dict(row).items() if name in _FIELDS})
        except (TypeError, ValueError) as error:
            raise DamagedLog(f"{self._path}, line {number}: is no verdict ({error}).", "Mend the line, or remove it.") from error
        self.standing.append(one)
        self.tokens.add(one.token)
        return True


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


def _take_back(standing: list[Verdict], pair: object) -> None:
    """Remove the last verdict on a pair."""
    at = next((i for i in reversed(range(len(standing))) if standing[i].pair == pair), None)
    if at is not None:
        del standing[at]
