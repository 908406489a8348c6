"""Whether a catalogue can be used: all of it is read once, and every bad row is told."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mining.corpus.catalogue.entry import faults_of, id_of
from mining.corpus.catalogue.read import counted, read_rows
from mining.errors import InputError
from mining.fetch import shown

SHOWN = 20
"""Bad rows told one by one; the others are counted."""

Fault = tuple[int, str]


class _Faults:
    """The first `SHOWN` faults, and the number of all."""

    def __init__(self) -> None:
        self.first: list[Fault] = []
        self.count = 0

    def add(self, number: int, fault: str) -> None:
        """Note one more; they come in the order of their lines."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append((number, fault))


def check_catalogue(location: str | Path) -> int:
    """Read all of a catalogue once; how many rows it has.

    Eight bytes a row are held, whatever the rows hold. A catalogue in which ids seem to come twice is read once more.

    Raises:
        InputError: it cannot be read, names no recording, or rows are bad: the first `SHOWN` of those are told.
    """
    place = str(location)
    faults, hashes, count = _Faults(), array("Q"), 0
    for number, row in read_rows(place):
        count += 1
        for fault in [row] if isinstance(row, str) else faults_of(row):
            faults.add(number, fault)
        if not isinstance(row, str) and row.get("audio"):
            hashes.append(_hash(id_of(place, row)))
    if not count:
        raise InputError(f"{shown(place)}: names no recording.", "Give each its own line.")
    again = _Faults()
    if suspects := _twice(hashes):
        for number, fault in _repeated(place, suspects):
            again.add(number, fault)
    if total := faults.count + again.count:
        kind = counted(place)
        first = sorted(faults.first + again.first, key=lambda fault: fault[0])[:SHOWN]
        told = [f"{kind} {number}: {fault}" for number, fault in first]
        more = [f"and {total - SHOWN} more"] if total > SHOWN else []
        advice = f"Mend these {kind}s, and run it again."
        if again.count:
            advice += " Where no id is given, it is the audio's path without suffix: a column id tells such recordings apart."
        raise InputError(f"{shown(place)}: {'; '.join(told + more)}.", advice)
    return count


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "little")


def _twice(hashes: array[int]) -> set[int]:
    """The values that come more than once."""
    values = np.sort(np.frombuffer(hashes, dtype=np.uint64)) if hashes else np.zeros(0, dtype=np.uint64)
    return set(values[1:][values[1:] == values[:-1]].tolist())


def _repeated(place: str, suspects: set[int]) -> Iterator[Fault]:
    """The rows whose id an earlier one has, each with the number of the first."""
    first: dict[str, int] = {}
    for number, row in read_rows(place):
        if isinstance(row, str) or not row.get("audio"):
            continue
        id = id_of(place, row)
        if _hash(id) in suspects and first.setdefault(id, number) != number:
            yield number, f"id {id!r} again, after {counted(place)} {first[id]}"
