"""How diverse the pairs of a corpus are: words, letters, speakers, regions, names, and how they compare with other corpora."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mining.corpus.rows import Row
from mining.corpus.stats.entities import Entities
from mining.corpus.stats.gazetteer import Gazetteer
from mining.corpus.stats.overlap import Against
from mining.corpus.stats.people import People
from mining.corpus.stats.regions import Regions
from mining.corpus.stats.vocabulary import Vocabulary


class Diversity:
    """Counts pairs as they go by.

    Each distinct word is kept, eight bytes of each distinct sentence, and a number for each speaker, station and name.
    """

    def __init__(self, own: Gazetteer | None = None, named: bool = False, corpora: Sequence[Against] = ()) -> None:
        """Count nothing yet.

        Args:
            own: a person's own stations and names.
            named: whether names are looked for.
            corpora: what the texts are compared with.
        """
        own = own or Gazetteer()
        self.vocabulary, self.people, self.regions = Vocabulary(), People(), Regions(own)
        self._entities = Entities(own) if named else None
        self._corpora = corpora

    def add(self, row: Row) -> None:
        """Count one more pair."""
        words = self.vocabulary.add(row["text"], row["language"])
        about = row.get("about") or {}
        self.people.add(about, row["duration"])
        self.regions.add(about, row["duration"])
        if self._entities:
            self._entities.add(words, row["language"])
        for corpus in self._corpora:
            corpus.add(words)

    def figures(self) -> dict[str, Any]:
        """`vocabulary`, `speakers`, `gender`, `regions`; `entities` and `against` if they are asked for."""
        found = {"vocabulary": self.vocabulary.figures(), **self.people.figures(), "regions": self.regions.figures()}
        if self._entities:
            found["entities"] = self._entities.figures()
        if self._corpora:
            words = self.vocabulary.together()
            found["against"] = [corpus.figures(words) for corpus in self._corpora]
        return found
