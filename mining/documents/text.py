"""Training text out of what a page says: words of the language alone, and a map back.

Spelling stays the document's own. Only what Unicode calls equal becomes one form (NFC); joiners go,
except where they make another letter (Malayalam chillu, Bengali khanda ta).
"""

from __future__ import annotations

import unicodedata

from mining.documents.languages import Language
from mining.documents.numbers import spoken
from mining.records import WILDCARD

_JOINERS = "\u200c\u200d"
_JOINED = {
    "ണ്\u200d": "ൺ",
    "ന്\u200d": "ൻ",
    "ര്\u200d": "ർ",
    "ല്\u200d": "ൽ",
    "ള്\u200d": "ൾ",
    "ക്\u200d": "ൿ",
    "ত্\u200d": "ৎ",
}
_READ_ALOUD = "&@#"  # punctuation by category, but a reader says something

Mapped = list[tuple[str, int]]


def normalise(raw: str, language: Language) -> tuple[str, tuple[int, ...]]:
    """The words of a text as they are read, and where each character comes from.

    Letters and marks of the language stay, single spaces part words, numbers and abbreviations are
    written out (`numbers.spoken`), and each run of anything else that a reader would say (Latin
    words, symbols) is one `WILDCARD`.

    Returns:
        The text in NFC, and per character its index in `raw`, never falling. A number's words are
        spread over its figures.

    >>> from mining.documents.languages import language
    >>> normalise("कुल 62% मत।", language("hi"))[0]
    'कुल बासठ प्रतिशत मत'
    """
    mapped: Mapped = []
    position = 0
    for start, end, words in spoken(raw, language):
        mapped += _letters(raw, position, start, language)
        step = (end - start) / max(1, len(words))
        mapped += [(" ", start), *((c, start + int(i * step)) for i, c in enumerate(words)), (" ", end - 1)]
        position = end
    mapped += _letters(raw, position, len(raw), language)
    return _join(mapped)


def unjoined(text: str) -> str:
    """A text without joiners; where they make another letter (Malayalam chillu, Bengali khanda ta), with that.

    >>> unjoined("അവന്\u200d"), unjoined("राम\u200cजी")
    ('അവൻ', 'रामजी')
    """
    for spelt, letter in _JOINED.items():
        text = text.replace(spelt, letter)
    return "".join(c for c in text if c not in _JOINERS)


def _letters(raw: str, start: int, end: int, language: Language) -> Mapped:
    mapped: Mapped = []
    while start < end:
        if not language.holds(raw[start]):
            mapped += _other(raw[start], start)
            start += 1
            continue
        stop = start + 1
        while stop < end and (raw[stop] in _JOINERS or unicodedata.category(raw[stop])[0] == "M"):
            stop += 1
        mapped += _cluster(raw[start:stop], start, language)
        start = stop
    return mapped


def _cluster(cluster: str, start: int, language: Language) -> Mapped:
    """One base letter and its marks, in NFC; composing shortens, so an index may stand for two."""
    text = "".join(c for c in _JOINED.get(cluster, cluster) if c not in _JOINERS)
    text = "".join(filter(language.holds, unicodedata.normalize("NFC", text)))
    return [(c, start + min(i, len(cluster) - 1)) for i, c in enumerate(text)]


def _other(character: str, index: int) -> Mapped:
    category = unicodedata.category(character)
    if character in _JOINERS or character in "'’" or category[0] == "M":
        return []
    said = category[0] in "LN" or category in ("Sc", "So", "Sm", "Co", "Cn") or character in _READ_ALOUD
    if said and character not in "|~":
        return [(" ", index), (WILDCARD, index), (" ", index)]
    return [(" ", index)]


def _join(mapped: Mapped) -> tuple[str, tuple[int, ...]]:
    """Single spaces, no space at the ends, runs of wildcards as one."""
    words: list[Mapped] = [[]]
    gaps: list[int] = []  # gaps[i] is where the space behind words[i] comes from
    for character, index in mapped:
        if character != " ":
            words[-1].append((character, index))
        elif words[-1]:
            words.append([])
            gaps.append(index)
    kept: Mapped = []
    last = ""
    for number, word in enumerate(filter(None, words)):
        text = "".join(c for c, _ in word)
        if text == last == WILDCARD:
            continue
        kept += [(" ", gaps[number - 1]), *word] if kept else word
        last = text
    return "".join(c for c, _ in kept), tuple(index for _, index in kept)
