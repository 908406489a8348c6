"""Words, sentences and letters: how many there are, and how many of them differ."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mining.corpus.stats.hashes import Hashes
from mining.corpus.stats.letters import inventory, unseen


class Vocabulary:
    """The words of some texts, language by language, and their sentences.

    Each distinct word is kept, for its letters and for what other corpora lack; of a distinct sentence stay eight bytes.
    """

    def __init__(self) -> None:
        self.sentences = 0
        self.words: dict[str, Counter[str]] = {}
        self._distinct = Hashes()

    def add(self, text: str, language: str) -> list[str]:
        """Count one more sentence, and return its words."""
        words = text.split()
        self.sentences += 1
        self.words.setdefault(language, Counter()).update(words)
        self._distinct.add(hash(text))
        return words

    @property
    def distinct_sentences(self) -> int:
        """How many sentences differ."""
        return len(self._distinct)

    def together(self) -> Counter[str]:
        """The words of all languages with their counts."""
        if len(self.words) == 1:
            return next(iter(self.words.values()))
        return sum((self.words[code] for code in sorted(self.words)), Counter())

    def figures(self) -> dict[str, Any]:
        """What there is of them.

        `once` counts words that occur a single time; `type_token` is distinct words over words, and falls as a corpus grows.
        `languages` tells of each which letters of its inventory (`letters.inventory`) were never seen; null where there is none.
        """
        words = self.together()
        count = words.total()
        return {
            "words": count,
            "distinct_words": len(words),
            "once": sum(1 for number in words.values() if number == 1),
            "type_token": round(len(words) / count, 4) if count else None,
            "sentences": self.sentences,
            "distinct_sentences": self.distinct_sentences,
            "characters": len(set().union(*words)),
            "languages": {code: _letters(code, self.words[code]) for code in sorted(self.words)},
        }


def _letters(code: str, words: Counter[str]) -> dict[str, Any]:
    known = inventory(code)
    return {
        "words": words.total(),
        "distinct_words": len(words),
        "letters": len(known) if known else None,
        "never_seen": unseen(code, words) if known else None,
    }
