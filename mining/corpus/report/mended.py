"""The words that OCR misread, or may have: how many were mended, and which most often."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from mining.corpus.report.facts import Part

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Word:
    """A reading of OCR and the likelier one: how often they were found, and how often put into the text."""

    old: str
    new: str
    found: int
    applied: int


@dataclass(frozen=True, slots=True)
class Mended:
    """`applied` words mended in `pairs` pairs, of `found` with a likelier reading; the commonest `words` of `distinct`."""

    found: int
    applied: int
    pairs: int
    distinct: int
    words: list[Word]


class Words:
    """Corrections, counted recording by recording."""

    def __init__(self) -> None:
        self._found: Counter[tuple[str, str]] = Counter()
        self._applied: Counter[tuple[str, str]] = Counter()
        self._pairs = 0

    def add(self, part: Part) -> None:
        """Count the corrections of a recording's pairs."""
        for pair in part.pairs:
            made = pair.row.get("corrections") or []
            self._found.update((one["old"], one["new"]) for one in made)
            self._applied.update((one["old"], one["new"]) for one in made if one["applied"])
            self._pairs += any(one["applied"] for one in made)

    def mended(self) -> Mended:
        """The counts, those that were applied most often first."""
        order = sorted(self._found, key=lambda word: (-self._applied[word], -self._found[word], word))
        words = [Word(*word, self._found[word], self._applied[word]) for word in order[:SHOWN]]
        return Mended(self._found.total(), self._applied.total(), self._pairs, len(order), words)
