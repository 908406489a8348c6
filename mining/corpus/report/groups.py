"""Hours, yield and pairs by language and by whatever the catalogue tells of a recording, such as station, speaker and date."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from mining.corpus.report.facts import Part

SHOWN = 20
"""Values of a column that have a row of their own."""

DATES = 36
"""Days, else months, that have a row of their own; of more, years have."""

_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_TIME = re.compile(r"\d{4}(-\d{2}){0,2}")  # of a day, a month or a year
_MONTH, _YEAR = 7, 4  # letters of 2024-05, of 2024
LANGUAGE = "language"
FIRST = (LANGUAGE, "station", "speaker", "date")
"""The columns whose tables come first; the others follow by their names."""


@dataclass(slots=True)
class Sum:
    """What came of some recordings; `seconds` and `mined` are of audio, `confidence` the sum over pairs."""

    recordings: int = 0
    seconds: float = 0.0
    mined: float = 0.0
    pairs: int = 0
    confidence: float = 0.0

    def add(self, other: Sum) -> None:
        """Add what came of others."""
        self.recordings += other.recordings
        self.seconds += other.seconds
        self.mined += other.mined
        self.pairs += other.pairs
        self.confidence += other.confidence

    @property
    def share(self) -> float:
        """Seconds mined over seconds, 0 to 1."""
        return self.mined / self.seconds if self.seconds else 0.0

    @property
    def mean(self) -> float | None:
        """The mean confidence of the pairs, None where there are none."""
        return self.confidence / self.pairs if self.pairs else None


@dataclass(frozen=True, slots=True)
class Table:
    """A column's values and what came of each; `rest` sums the `others` that have no row. An empty value: not told."""

    column: str
    rows: list[tuple[str, Sum]]
    others: int
    rest: Sum


@dataclass(frozen=True, slots=True)
class Grouped:
    """`tables` of what differs; `same`, (column, value), of what is the same everywhere; `own`, of what is nearly never."""

    tables: list[Table]
    same: list[tuple[str, str]]
    own: list[str]


class Groups:
    """Sums for every value of every column, added recording by recording."""

    def __init__(self) -> None:
        self._columns: dict[str, dict[str, Sum]] = defaultdict(lambda: defaultdict(Sum))
        self._all = Sum()

    def add(self, part: Part) -> None:
        """Add a recording to the sums of what is told of it."""
        own = Sum(
            recordings=1,
            seconds=part.source.duration,
            mined=part.source.seconds.get("mined", 0.0),
            pairs=len(part.pairs),
            confidence=sum(pair.row["confidence"] for pair in part.pairs),
        )
        self._all.add(own)
        for column, value in {**part.about, LANGUAGE: part.source.language}.items():
            if value:
                self._columns[column][value].add(own)

    def grouped(self) -> Grouped:
        """A table for each column whose values say something: the largest first, dates in their order."""
        found = Grouped([], [], [])
        for column, told in sorted(self._columns.items(), key=lambda item: _rank(item[0])):
            values = _dated(self._with_untold(told))
            if len(values) == 1:
                found.same.append((column, next(iter(values))))
            elif len(values) > max(SHOWN, self._all.recordings / 2):
                found.own.append(column)
            else:
                found.tables.append(_table(column, values))
        return found

    def _with_untold(self, told: dict[str, Sum]) -> dict[str, Sum]:
        """With the recordings of which a column tells nothing, so that every table adds up to the whole run."""
        known = Sum()
        for one in told.values():
            known.add(one)
        if known.recordings == self._all.recordings:
            return dict(told)
        whole = self._all
        left = (
            whole.seconds - known.seconds,
            whole.mined - known.mined,
            whole.pairs - known.pairs,
            whole.confidence - known.confidence,
        )
        return {**told, "": Sum(whole.recordings - known.recordings, *left)}


def _rank(column: str) -> tuple[int, str]:
    return (FIRST.index(column) if column in FIRST else len(FIRST), column)


def _dated(values: dict[str, Sum]) -> dict[str, Sum]:
    """Days as months, and months as years, where there would be too many; what is no date stays as it is."""
    if not all(_DATE.fullmatch(value) for value in values if value):
        return values
    for length in (_MONTH, _YEAR):
        if len(values) > DATES:
            values = _joined(values, length)
    return values


def _joined(values: dict[str, Sum], length: int) -> dict[str, Sum]:
    joined: dict[str, Sum] = defaultdict(Sum)
    for value, own in values.items():
        joined[value[:length]].add(own)
    return dict(joined)


def _table(column: str, values: dict[str, Sum]) -> Table:
    largest = sorted(values.items(), key=lambda item: (-item[1].seconds, item[0]))
    dated = all(_TIME.fullmatch(value) for value in values if value)
    most = DATES if dated else SHOWN
    rows, rest = largest[:most], Sum()
    for _, own in largest[most:]:
        rest.add(own)
    return Table(column, sorted(rows, key=lambda row: row[0]) if dated else rows, len(largest) - len(rows), rest)
