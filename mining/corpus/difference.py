"""A text beside what the model heard: cut into what a reader sees as letters, and compared.

A Devanagari syllable such as कि or क्षे is several code points and one letter to its reader; a
mark under half of it would be unreadable. So all comparing here is by grapheme cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex
from rapidfuzz.distance import Levenshtein

SAME, CHANGED, UNHEARD, EXTRA = "same", "changed", "unheard", "extra"
_KINDS = {"equal": SAME, "replace": CHANGED, "delete": UNHEARD, "insert": EXTRA}


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


def compare(text: str, heard: str) -> list[Piece]:
    """Align two texts with the fewest edits of clusters, as alternating stretches in order.

    The clusters of all pieces, joined, give back both texts (with white space made single spaces).
    """
    left, right = (clusters(" ".join(side.split())) for side in (text, heard))
    return [
        Piece(_KINDS[step.tag], tuple(left[step.src_start : step.src_end]), tuple(right[step.dest_start : step.dest_end]))
        for step in Levenshtein.opcodes(left, right)
    ]
