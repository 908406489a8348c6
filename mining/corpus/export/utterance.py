"""A pair on its way into a training set: its split, its clip, its samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mining import store
from mining.corpus.clips import file_name, safe
from mining.corpus.rows import Row


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

    @classmethod
    def of(cls, row: Row, split: str) -> Utterance:
        """Give a row its split and the place of its clip, SPLIT/RECORDING/PAIR.flac."""
        return cls(row, split, f"{split}/{safe(row['recording'])}/{file_name(row['id'])}", *place(row))

    @property
    def name(self) -> str:
        """The name of its clip, the same in the run and in every export."""
        return self.path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name of its clip without the ending: its id, as file names may hold it."""
        return self.name.removesuffix(".flac")

    @property
    def about(self) -> dict[str, Any]:
        """What the catalogue knew of its recording."""
        return self.row.get("about") or {}

    @property
    def samples(self) -> int:
        """The clip's length in samples at 16 kHz."""
        return self.end - self.start

    @property
    def text(self) -> str:
        """The training text with single spaces, so that it is one line of a manifest."""
        return " ".join(self.row["text"].split())


def place(row: Row) -> tuple[int, int]:
    """The samples [start, end) of a row in its recording."""
    return store.samples(row["start"]), store.samples(row["end"])
