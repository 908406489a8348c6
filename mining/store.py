"""The files of one run: where they lie, how they are read, and how they are written whole.

Every file is written to a temporary name beside it and renamed, so a reader never meets half of
one. `Recording.is_done` compares a stage's key (a hash of its inputs and config) with the key of
the last finished run of that stage; that is all there is to resuming.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Set
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from mining.errors import EnvironmentProblem, InputError
from mining.records import SAMPLE_RATE

Record = TypeVar("Record")

TEMPORARY = ".shruti-"
"""How the name of every file begins that is still being written; its own name plus more could be too long."""

LOCK = ".lock"
"""The file that stands for a folder where the folder itself cannot be locked."""

DAMAGED = "Remove it, and run the command again."
"""What to do about a file of a run that cannot be read."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_NAME_BYTES = 100  # of a recording's name in a recording's id; file systems allow 255, and ids get suffixes


def seconds(samples: int) -> float:
    """Samples to seconds, rounded to a tenth of a millisecond, for files and screens."""
    return round(samples / SAMPLE_RATE, 4)


def samples(seconds: float) -> int:
    """Seconds to the nearest whole sample."""
    return round(seconds * SAMPLE_RATE)


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex.

    Raises:
        InputError: the file is missing or cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).", "Check the path and its permissions.") from error
    return digest.hexdigest()


def key(*parts: object) -> str:
    """A hash of anything JSON can hold (hashes, configs): equal parts, equal key."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its name if, and only if, the block succeeds.

    Raises:
        EnvironmentProblem: the folder cannot be written, or has no room.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except FileNotFoundError:  # a program or an input that the block wants, and no fault of the folder
        raise
    except OSError as error:
        raise unwritable(path.parent, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a folder, made if it is not there, against all other processes that ask for it; the system lets go if this one dies.

    Yields whether it is held: False where it is not to be waited for and another process has it. File systems that know
    no locks, as some on networks, let everybody in.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        try:
            held = _lock(handle, wait)
        except OSError:  # NFS locks only what can be written: a file in the folder, then
            os.close(handle)
            handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                held = _lock(handle, wait)
            except OSError:
                held = True
        yield held
    finally:
        os.close(handle)


def _lock(handle: int, wait: bool) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def unwritable(folder: Path, error: OSError) -> EnvironmentProblem:
    """What to tell of a folder into which nothing can be written."""
    advice = "Make room, and run it again." if error.errno in NO_ROOM else "Make it writable, or choose another folder."
    return EnvironmentProblem(f"{folder}: cannot be written ({error.strerror or error}).", advice)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all."""
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf8")


def write_json(path: Path, value: object) -> None:
    """Write one JSON value, indented, whole or not at all."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def read_json(path: Path) -> Any:
    """Read one JSON value; None where there is no file.

    Raises:
        InputError: it is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf8")) if path.exists() else None
    except ValueError as error:
        raise InputError(f"{path}: is damaged ({error}).", DAMAGED) from error


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write dicts as JSON lines, whole or not at all."""
    with writing(path) as temporary, temporary.open("w", encoding="utf8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines; an empty list where there is no file.

    Raises:
        InputError: a line is no JSON object.
    """
    return list(stream_rows(path))


def stream_rows(path: Path, needed: Set[str] = frozenset(), advice: str = DAMAGED) -> Iterator[dict[str, Any]]:
    """The rows of a JSON lines file one by one, so that it may be larger than memory; none where there is no file.

    Args:
        needed: what every row must have.
        advice: what to do about a line that is damaged.

    Raises:
        InputError: a line is no JSON object, or lacks something; the message tells which.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode())
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict) or not needed <= row.keys():
                wanted = f" with {', '.join(sorted(needed))}" if needed else ""
                raise InputError(f"{path}, line {number}: is damaged, it is no JSON object{wanted}.", advice)
            yield row


def write_records(path: Path, records: Iterable[Any]) -> None:
    """Write record dataclasses as JSON lines; times stay samples, since these files are ours."""
    write_rows(path, (asdict(record) for record in records))


def read_records(path: Path, kind: type[Record]) -> list[Record]:
    """Read what `write_records` wrote; JSON's lists become the tuples that records hold."""
    names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    return [kind(**{k: as_tuples(v) for k, v in row.items() if k in names}) for row in read_rows(path)]


def as_tuples(value: Any) -> Any:
    """JSON's lists as the tuples that records hold, however deep."""
    return tuple(as_tuples(v) for v in value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Recording:
    """The folder of one recording inside a run, OUT/recordings/<id>/."""

    folder: Path

    @property
    def id(self) -> str:
        """What `recording_id` made."""
        return self.folder.name

    def path(self, name: str) -> Path:
        """The path of one of the recording's files, such as `pairs.jsonl`."""
        return self.folder / name

    def is_done(self, stage: str, stage_key: str) -> bool:
        """Whether `stage` was finished for exactly these inputs and this config."""
        return (read_json(self.path("done.json")) or {}).get(stage) == stage_key

    def mark_done(self, stage: str, stage_key: str) -> None:
        """Remember that `stage` is finished; call it after its files are written."""
        done = read_json(self.path("done.json")) or {}
        write_json(self.path("done.json"), {**done, stage: stage_key})


def recording_id(name: str, digest: str) -> str:
    """The id of a recording: its name, cut where it is very long, and 8 hex digits of its `content_hash`."""
    short = name.encode(errors="replace")[:_NAME_BYTES].decode(errors="ignore")  # ends with a whole character
    return f"{short}-{digest[:8] if short == name else key(name, digest)[:8]}"  # else names with one beginning would be one


def recordings(out: Path) -> list[Recording]:
    """All recordings of a run, sorted by id."""
    folder = out / "recordings"
    return [Recording(path) for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []


def point(link: Path, target: Path) -> None:
    """Make a link point to something in or below its own folder, by a relative path; nobody finds it missing meanwhile."""
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)
    os.symlink(os.path.relpath(target, link.parent), new)
    new.replace(link)
