"""What the page is made from: the recordings of a run one by one, each with its pairs, and every pair measured."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from mining import store
from mining.corpus.difference import clusters
from mining.corpus.rows import Row, Source, place, read_sources, stream_pairs, stream_rejected

MAX_ROWS = 40_000
"""Sentences whose rows lie inside one page, mined or not: some 30 MB, which a browser opens in a second or two."""

MAX_RECORDINGS = 1000
"""Recordings with a timeline on one page; most of an archive may have given few rows or none."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A kept pair and what is measured of it.

    `rate` is letters a second, letters being what a reader sees as one (grapheme clusters), without spaces. `error` is the
    edits of letters that turn what was heard into the text, over the letters of the text: 0 where they agree, and above 1
    where much more was heard.
    """

    row: Row
    rate: float
    error: float


@dataclass(frozen=True, slots=True)
class Part:
    """One recording of a run.

    `about` is what the catalogue tells of it; `threshold` the confidence from which on pairs were kept, None where it is not
    known. `rejected` are the public rows of its pairs and sentences that were not kept; stretches of sound without a pair
    stand in `source.audio`.
    """

    source: Source
    about: dict[str, str]
    threshold: float | None
    pairs: list[Pair]
    rejected: list[Row]


def parts(out: Path) -> Iterator[Part]:
    """The recordings of a run that went through every stage, sorted by id; no more than one is in memory at a time.

    Raises:
        InputError: the folder holds no run.
    """
    pairs, rejected = Rows(stream_pairs(out)), Rows(stream_rejected(out))
    for source in read_sources(out):
        recording = store.Recording(out / "recordings" / source.id)
        about = (store.read_json(recording.path("recording.json")) or {}).get("about") or {}
        yield Part(
            source=source,
            about={str(name): str(value) for name, value in about.items()},
            threshold=(store.read_json(recording.path("coverage.json")) or {}).get("threshold"),
            pairs=[measured(row) for row in pairs.of(source.id)],
            rejected=[row for row in rejected.of(source.id) if row["kind"] != "audio"],
        )


def measured(row: Row) -> Pair:
    """A pair with what is measured of it."""
    text, heard = clusters(" ".join(row["text"].split())), clusters(" ".join(row["heard"].split()))
    letters = sum(not cluster.isspace() for cluster in text)
    return Pair(row, letters / max(0.01, row["duration"]), Levenshtein.distance(heard, text) / max(1, len(text)))


def chosen(sources: Iterable[Source]) -> set[str]:
    """The ids of the recordings whose rows lie on the page: all, or as many as fit of those of the lowest yield; one at least.

    Where least came of the sound there is most to find out, so an archive too large for a page is shown from that end.
    """
    sizes = sorted(
        (source.seconds.get("mined", 0.0) / max(1e-9, source.duration), source.id, _rows(source)) for source in sources
    )
    room = itertools.accumulate(rows for _, _, rows in sizes)
    fit = [id for (_, id, _), sum in zip(sizes, room, strict=True) if sum <= MAX_ROWS] or [id for _, id, _ in sizes[:1]]
    return set(fit[:MAX_RECORDINGS])


def _rows(source: Source) -> int:
    return sum(source.sentences.values())


class Rows:
    """Rows that are sorted by recording, read no further than they are asked for."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._groups = itertools.groupby(rows, key=lambda row: row["recording"])
        self._next: tuple[str, Iterable[Row]] | None = next(self._groups, None)

    def of(self, recording: str) -> list[Row]:
        """The rows of a recording, sorted by time; recordings are to be asked for in the order of their ids."""
        while self._next and self._next[0] < recording:
            self._next = next(self._groups, None)
        if not self._next or self._next[0] != recording:
            return []
        found = sorted(self._next[1], key=place)
        self._next = next(self._groups, None)
        return found
