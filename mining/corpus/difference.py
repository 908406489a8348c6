"""A text beside what the model heard: cut into what a reader sees as letters, and compared.

A Devanagari syllable such as कि or क्षे is several code points and one letter to its reader; a
mark under half of it would be unreadable. So all comparing here is by grapheme cluster.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex
from rapidfuzz.distance import Levenshtein

SAME, CHANGED, UNHEARD, EXTRA = "same", "changed", "unheard", "extra"
_KINDS = {"equal": SAME, "replace": CHANGED, "delete": UNHEARD, "insert": EXTRA}
Cell = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of both texts: `text` and `heard` are clusters, one of them empty unless same or changed.

    `kind` is SAME, CHANGED, UNHEARD (in the text, not heard) or EXTRA (heard, not in the text).
    """

    kind: str
    text: tuple[str, ...]
    heard: tuple[str, ...]


def clusters(text: str) -> list[str]:
    r"""Cut text into extended grapheme clusters (Unicode Standard Annex 29).

    >>> clusters("हिन्दी")
    ['हि', 'न्दी']
    """
    # A model may write a mark after a space; by the annex both would be one letter, and words would stick together.
    return regex.findall(r"\s|\X", text)


def stamps(text: str, times: Sequence[int] | None) -> Iterator[int | None]:
    """The time of each cluster's first code point, of those of `text` with white space made single spaces.

    Args:
        times: one for every code point that is not white space; None where they are not known.

    Returns:
        None for spaces, and where times are not known.
    """
    position = 0
    for cluster in clusters(" ".join(text.split())):
        spoken = sum(not letter.isspace() for letter in cluster)
        yield times[position] if times and spoken else None
        position += spoken


def shown(cluster: str) -> str:
    """A cluster as it is to be displayed: a mark that a model wrote without a letter stands on a no-break space.

    So says the Unicode Standard (section 2.11); fonts put a dotted circle under it otherwise.
    """
    return f"\u00a0{cluster}" if unicodedata.category(cluster[0]).startswith("M") else cluster


def compare(text: str, heard: str) -> list[Piece]:
    """Align two texts with the fewest edits of clusters, as stretches in order.

    Between spaces that both have, a stretch of which more than half differs is one piece: single letters that happen to
    agree in an altogether different word tell nothing.

    The clusters of all pieces, joined, give back both texts (with white space made single spaces).
    """
    left, right = (clusters(" ".join(side.split())) for side in (text, heard))
    pieces: list[Piece] = []
    for _, word in itertools.groupby(_cells(left, right), key=lambda cell: cell == (SAME, " ", " ")):
        pieces += _pieces(list(word))
    return _joined(pieces)


def _cells(left: list[str], right: list[str]) -> Iterator[Cell]:
    """Every edit of one cluster: its kind, and both sides, one of them empty where nothing faces it."""
    for step in Levenshtein.opcodes(left, right):
        sides = itertools.zip_longest(left[step.src_start : step.src_end], right[step.dest_start : step.dest_end], fillvalue="")
        yield from ((_KINDS[step.tag], above, below) for above, below in sides)


def _pieces(word: list[Cell]) -> Iterator[Piece]:
    differing = sum(kind != SAME for kind, _, _ in word)
    if 2 * differing > len(word) and len({kind for kind, _, _ in word}) > 1:
        word = [(CHANGED, above, below) for _, above, below in word]
    for kind, group in itertools.groupby(word, key=lambda cell: cell[0]):
        cells = list(group)
        yield Piece(kind, tuple(a for _, a, _ in cells if a), tuple(b for _, _, b in cells if b))


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbours of one kind as one piece."""
    groups = (list(group) for _, group in itertools.groupby(pieces, key=lambda piece: piece.kind))
    return [Piece(g[0].kind, sum((p.text for p in g), ()), sum((p.heard for p in g), ())) for g in groups]
