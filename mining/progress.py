"""How far a run over an archive is, told from its folder alone: what is done, failed or left, and for how long."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

from mining import fetch, jobs, ledger, results, store
from mining.config import Config
from mining.corpus.catalogue import Entry, read_catalogue

RECENT = 500  # recordings whose ends tell the pace
PAUSE = 20.0  # times the usual stretch between two ends: a longer one was a pause between runs, and says nothing of the pace


@dataclass(slots=True)
class Status:
    """Recordings of a catalogue by state, and the pace.

    `bytes_left` is the size of the recordings left, as far as they are local; `pace` bytes of audio a second while it last
    ran; `running` whether a run is at work now.
    """

    done: int = 0
    failed: int = 0
    left: int = 0
    running: bool = False
    reasons: Counter[str] = field(default_factory=Counter)
    bytes_left: int = 0
    pace: float | None = None

    @property
    def seconds_left(self) -> float | None:
        """Seconds of work left at the last pace; None where nothing tells it."""
        if not self.left:
            return 0.0
        return self.bytes_left / self.pace if self.pace and self.bytes_left else None


def status(catalogue: str, out: Path, config: Config) -> Status:
    """How far the run in `out` is with a catalogue, for one config.

    Raises:
        InputError: the catalogue cannot be read.
    """
    found = Status()
    ends: list[tuple[float, int]] = []
    for entry in read_catalogue(catalogue):
        state = jobs.state(entry, out, config)
        note = ledger.read(out, entry)
        barren = _barren(out, note) if state == "done" else None
        if barren:
            found.failed += 1
            found.reasons[barren] += 1
        elif state == "done":
            found.done += 1
            ends.append(_end(out, entry, note))
            if len(ends) > 4 * RECENT:
                ends = sorted(ends)[-RECENT:]
        elif note and note.failure and note.seen == ledger.signatures(entry):
            found.failed += 1
            found.reasons[note.failure["reason"]] += 1
        else:
            found.left += 1
            found.bytes_left += _size(entry)
    found.pace = pace(sorted(ends)[-RECENT:])
    found.running = is_running(out)
    return found


def run_config(out: Path) -> Config | None:
    """The config of the last `shruti mine` into a folder; None where there was none."""
    about = store.read_json(out / "run.json") if (out / "run.json").is_file() else None
    return Config.from_dict(about["config"]) if about else None


def is_running(out: Path) -> bool:
    """Whether a run is at work in a folder now, on this machine or on one that shares its locks."""
    if not (out / "ledger").is_dir():
        return False
    with store.locked(out / "ledger", wait=False) as free:
        return not free


def pace(ends: list[tuple[float, int]]) -> float | None:
    """Bytes a second, from (time at which a recording was done, its size) in order of time; pauses between runs are left out.

    >>> pace([(0.0, 7), (10.0, 100), (20.0, 100), (30.0, 100), (9000.0, 100), (9010.0, 100)])
    10.0
    """
    steps = [(later - earlier, size) for (earlier, _), (later, size) in pairwise(ends)]
    if not steps:
        return None
    usual = median(seconds for seconds, _ in steps)
    going = [(seconds, size) for seconds, size in steps if seconds <= max(1.0, PAUSE * usual)]
    return sum(size for _, size in going) / max(1e-3, sum(seconds for seconds, _ in going))


def _end(out: Path, entry: Entry, note: ledger.Note | None) -> tuple[float, int]:
    """When a recording was last written to, and its size."""
    try:
        when = (out / "recordings" / (note.recording if note else "") / "done.json").stat().st_mtime
    except OSError:
        when = 0.0
    return when, _size(entry)


def _barren(out: Path, note: ledger.Note | None) -> str | None:
    """Why nothing came of a recording that is done; None where something did."""
    recording = store.Recording(out / "recordings" / (note.recording if note else ""))
    if recording.path("pairs.jsonl").stat().st_size:
        return None
    row = results.nothing_row(recording, store.read_json(recording.path("recording.json")) or {})
    return row["reason"] if row else None


def _size(entry: Entry) -> int:
    try:
        return 0 if fetch.is_remote(entry.audio) else os.stat(fetch.local_path(entry.audio)).st_size
    except OSError:
        return 0
