"""Named entities: the names of a gazetteer in the texts, as whole words, the longest first."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from mining.corpus.stats.gazetteer import Entity, Gazetteer, shipped

TOP = 10  # entities of a kind that are told by name
LEAST_LETTERS = 3  # of the last word of a name that may bear an ending: what is shorter begins too many other words

ENDINGS = {
    "as": "ত ৰ ক লৈ তে ৰে",
    "bn": "র য় তে কে রা ের ে ও",
    "gu": "માં ના ની નો નું ને થી એ માંથી નાં",
    "kn": "ದ ದಲ್ಲಿ ದಿಂದ ಕ್ಕೆ ನ ನಲ್ಲಿ ಯ ಯಲ್ಲಿ ಯಿಂದ ಗೆ ವನ್ನು ವು ಿನ ಿನಲ್ಲಿ ಿಗೆ ಿನಿಂದ",
    "ml": "ന്റെ യുടെ യിൽ യിലെ യിലേക്ക് യിൽനിന്ന് യ്ക്ക് യും ിൽ ിലെ ിന്റെ ിലേക്ക് ിൽനിന്ന് ിന് ും",
    "mr": "त ला ने ची चा चे च्या तील तून मध्ये मधील हून साठी चं ात ातील ाला ाने ाची ाचा ाचे ाच्या ातून",
    "or": "ରେ ର କୁ ରୁ ରେର ଠାରୁ ସ୍ଥିତ",
    "ta": "யில் யின் யை யும் யிலிருந்து யிலும் வில் வின் வை வும் வுக்கு விலிருந்து க்கு ில் ின் ை ும் ிற்கு ுக்கு ிலிருந்து ிலும்",
    "te": "లో లోని కు కి ను ని నుంచి నుండి తో లోనూ",
}
"""Endings of nouns that a language writes in one word with a name: only these are taken off, and only all of what is left over.

A virama at the end of a name gives way to an ending that begins with a vowel sign, and a chillu becomes its letter. Forms in
which the name itself changes, as Tamil's சேலத்தில் of சேலம், are not found. Other languages set such words apart.
"""

_CHILLUS = str.maketrans("ൺൻർൽൾ", "ണനറലള")
_VIRAMA = 9  # canonical combining class


class Entities:
    """How often the entities of the lists are named. Lists of a language are looked for in its texts, a person's own in all."""

    def __init__(self, own: Gazetteer) -> None:
        """`own` are a person's own names."""
        self._own = own
        self._names: dict[str, _Names] = {}
        self._found: Counter[Entity] = Counter()
        self._holding: Counter[str] = Counter()
        self._pairs = 0

    def add(self, words: Sequence[str], language: str) -> None:
        """Count the names in the words of one more pair."""
        names = self._names.get(language)
        if names is None:
            names = self._names[language] = _Names({**shipped(language).entities, **self._own.entities}, language)
        if found := names.within([word.casefold() for word in words] if language == "en" else words):
            self._found.update(found)
            self._pairs += 1
            self._holding.update({entity.kind for entity in found})

    def figures(self) -> dict[str, Any]:
        """`pairs` that hold any name; of each kind, how often any is named, how many differ, in how many pairs, the commonest."""
        kinds: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for entity, count in sorted(self._found.items(), key=lambda item: (-item[1], item[0])):
            kinds[entity.kind].append((entity.name, count))
        return {
            "pairs": self._pairs,
            "kinds": {
                kind: {
                    "total": sum(count for _, count in kinds[kind]),
                    "distinct": len(kinds[kind]),
                    "pairs": self._holding[kind],
                    "commonest": dict(kinds[kind][:TOP]),
                }
                for kind in sorted(kinds)
            },
        }


class _Names:
    """Names by their first word, with the endings that they may have in a language."""

    def __init__(self, entities: dict[tuple[str, ...], Entity], language: str) -> None:
        endings = ENDINGS.get(language, "").split()
        forms: dict[tuple[str, ...], Entity] = {}
        for words, entity in entities.items():
            for last in _forms(words[-1], endings):
                forms.setdefault((*words[:-1], last), entity)
        forms.update(entities)  # a name as it stands goes before another with an ending
        self._by_first: dict[str, list[tuple[tuple[str, ...], Entity]]] = defaultdict(list)
        for words in sorted(forms, key=lambda words: (-len(words), words)):
            self._by_first[words[0]].append((words, forms[words]))

    def within(self, words: Sequence[str]) -> list[Entity]:
        """The entities that words name, from left to right; at each place the longest name, and none within another."""
        if self._by_first.keys().isdisjoint(words):
            return []
        found: list[Entity] = []
        place = 0
        while place < len(words):
            step = 1
            for name, entity in self._by_first.get(words[place], ()):
                if tuple(words[place : place + len(name)]) == name:
                    found.append(entity)
                    step = len(name)
                    break
            place += step
        return found


def _forms(word: str, endings: Sequence[str]) -> list[str]:
    """A name's last word with each of a language's endings."""
    if len(word) < LEAST_LETTERS:
        return []
    final = unicodedata.combining(word[-1]) == _VIRAMA
    stem = word[:-1] if final else word[:-1] + word[-1].translate(_CHILLUS)
    return [(stem if unicodedata.category(ending[0])[0] == "M" else word) + ending for ending in endings]
