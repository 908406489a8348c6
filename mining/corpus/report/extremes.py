"""The pairs to look at first: the least sure, those least like what was heard, and the surest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mining.corpus.report.facts import Pair, Part

SHOWN = 8
Key = tuple[float, float, str]


@dataclass(frozen=True, slots=True)
class Pick:
    """A pair that is shown, with the language it is in."""

    pair: Pair
    language: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Some pairs under a title."""

    title: str
    note: str
    picks: list[Pick]


def _least_sure(pair: Pair) -> Key:
    return (pair.row["confidence"], -pair.error, pair.row["id"])


def _least_alike(pair: Pair) -> Key:
    return (-pair.error, pair.row["confidence"], pair.row["id"])


def _surest(pair: Pair) -> Key:
    return (-pair.row["confidence"], pair.error, pair.row["id"])


ORDERS: list[tuple[str, str, Callable[[Pair], Key]]] = [
    ("Least sure", "the lowest confidence of all that were kept", _least_sure),
    ("Least like what was heard", "the most letters to be changed to make what was heard the text", _least_alike),
    ("Surest", "the highest confidence", _surest),
]


class Extremes:
    """The first of every order, of pairs added recording by recording."""

    def __init__(self) -> None:
        self._found: list[list[tuple[Key, Pick]]] = [[] for _ in ORDERS]

    def add(self, part: Part) -> None:
        """Add a recording's kept pairs."""
        for found, (_, _, order) in zip(self._found, ORDERS, strict=True):
            found += [(order(pair), Pick(pair, part.source.language)) for pair in part.pairs]
            found.sort(key=lambda item: item[0])
            del found[SHOWN:]

    def listings(self) -> list[Listing]:
        """The pairs of each order, the most extreme first; empty for a run without pairs."""
        listings = [
            Listing(title, note, [pick for _, pick in found]) for (title, note, _), found in zip(ORDERS, self._found, strict=True)
        ]
        return [listing for listing in listings if listing.picks]
