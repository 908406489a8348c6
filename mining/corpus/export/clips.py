"""Where the clip of each pair lies in an export, and from where it is taken."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mining import store
from mining.corpus.clips import file_name, link, listed, safe
from mining.corpus.rows import Row
from mining.errors import InputError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A pair on its way into a training set.

    `row` is the public row, `split` one of train, valid, test, `path` the clip inside the export
    with forward slashes, and [`start`, `end`) its samples in the recording.
    """

    row: Row
    split: str
    path: str
    start: int
    end: int

    @property
    def samples(self) -> int:
        """The clip's length in samples at 16 kHz."""
        return self.end - self.start

    @property
    def text(self) -> str:
        """The training text with single spaces, so that it is one line of a manifest."""
        return " ".join(self.row["text"].split())


def plan(rows: Sequence[Row], splits: Sequence[str]) -> list[Utterance]:
    """Give every row its split and the place of its clip, SPLIT/RECORDING/PAIR.flac.

    Raises:
        InputError: two pairs would share a clip.
    """
    planned = [
        Utterance(row, split, f"{split}/{safe(row['recording'])}/{file_name(row['id'])}", *_place(row))
        for row, split in zip(rows, splits, strict=True)
    ]
    if len({utterance.path for utterance in planned}) < len(planned):
        raise InputError("Two pairs of the run have the same id.", "Run shruti filter again, to write pairs.jsonl anew.")
    return planned


def cut_already(out: Path, rows: Iterable[Row]) -> list[Row]:
    """The rows whose clips lie in the run; a warning tells of those that are left out.

    They are left out where a recording was gone when its pairs were chosen anew, and nothing could be cut.

    Raises:
        InputError: there is no clip at all.
    """
    found: list[Row] = []
    without: list[Row] = []
    for recording, group in itertools.groupby(rows, key=lambda row: row["recording"]):
        there = listed(_folder(out, recording))
        for row in group:
            (found if there.get(file_name(row["id"])) == _place(row) else without).append(row)
    if without:
        where = len({row["recording"] for row in without})
        told = f"{without[0]['audio']}: the clips of {len(without)} pairs of {where} recordings are not there, this one's first"
        if not found:
            raise InputError(f"{told}.", f"Run `shruti filter {out}`: it cuts them, where the recordings are.")
        log.warning("%s; they are left out", told)
    return found


def take(out: Path, folder: Path, utterances: Iterable[Utterance]) -> None:
    """Give `folder` the clips of a run: as hard links, or as copies where those cannot be."""
    for utterance in utterances:
        link(_folder(out, utterance.row["recording"]) / file_name(utterance.row["id"]), folder / utterance.path)


def _folder(out: Path, recording: str) -> Path:
    return out / "recordings" / recording / "clips"


def _place(row: Row) -> tuple[int, int]:
    return store.samples(row["start"]), store.samples(row["end"])
