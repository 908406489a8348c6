"""How likely a word is to be printed: by its count among others, or by its letters where it is not among them."""

from __future__ import annotations

import logging
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from mining.documents.languages import Language
from mining.errors import InputError

FOLDER = Path(__file__).parents[1] / "data" / "lexicon"
"""Holds CODE.txt for languages that a word list is shipped of."""

SHARES = {"document": 0.3, "words": 0.6, "letters": 0.1}
"""How far each source is trusted to name the next word."""

_ADVICE = "Give a word list, or a text, as --lexicon."

log = logging.getLogger(__name__)

LEAST = 1e-4  # probability of a letter that no word has after these two
_EDGE = "\n"  # stands before the first letter and behind the last


class Letters:
    """Words letter by letter, each after the two before it: trigrams, with bigrams and single letters where those are rare.

    The weights are those of Witten and Bell (1991): the more kinds of letters follow, the less a count says.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        for word in words:
            written = _EDGE * 2 + word + _EDGE
            for at in range(2, len(written)):
                for length in range(3):
                    self._counts[written[at - length : at]][written[at]] += 1
        self._totals = {context: (sum(after.values()), len(after)) for context, after in self._counts.items()}
        self._known: dict[tuple[str, str], float] = {}

    def follows(self, context: str) -> Iterable[str]:
        """The letters seen after two others; `"\\n"` stands for either end of a word."""
        return self._counts.get(context, ())

    def log_probability(self, word: str) -> float:
        """Natural log of the probability of a word among all strings."""
        written = _EDGE * 2 + word + _EDGE
        return sum(self._log(written[at - 2 : at], written[at]) for at in range(2, len(written)))

    def _log(self, context: str, letter: str) -> float:
        if (context, letter) not in self._known:
            probability = LEAST
            for length in range(3):
                behind = context[2 - length :]
                total, kinds = self._totals.get(behind, (0, 0))
                if total:
                    probability = (self._counts[behind][letter] + kinds * probability) / (total + kinds)
            self._known[context, letter] = math.log(probability)
        return self._known[context, letter]


class Lexicon:
    """Words with their counts, and what their letters say of all others."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts
        self.letters = Letters(counts)
        self.total = max(1, sum(counts.values()))
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted(counts):
            self._by_length[len(word)].append(word)

    def near(self, word: str, most: int) -> list[str]:
        """The other words at most so many letters away, sorted."""
        found: list[str] = []
        for length in range(len(word) - most, len(word) + most + 1):
            words = self._by_length.get(length, ())
            found += [
                other for other, _, _ in process.extract(word, words, scorer=Levenshtein.distance, score_cutoff=most, limit=None)
            ]
        return sorted(set(found) - {word})


class Prior:
    """Which word to expect in a document: one that it prints elsewhere, one of the lexicon, or any at all."""

    def __init__(self, lexicon: Lexicon, document: Mapping[str, int]) -> None:
        self.lexicon = lexicon
        self.document = Lexicon(document)
        self._likely: dict[str, float] = {}
        self._follows: dict[str, frozenset[str]] = {}

    def near(self, word: str, most: int) -> list[str]:
        """Words of lexicon and document at most so many letters away, sorted."""
        return sorted({*self.lexicon.near(word, most), *self.document.near(word, most)})

    def knows(self, word: str) -> bool:
        """Whether lexicon or document has the word."""
        return word in self.lexicon.counts or word in self.document.counts

    def log_probability(self, word: str) -> float:
        """Natural log of the probability that a word is this one."""
        if word not in self._likely:
            letters = self.lexicon.letters if self.lexicon.counts else self.document.letters
            self._likely[word] = math.log(
                SHARES["document"] * self.document.counts.get(word, 0) / self.document.total
                + SHARES["words"] * self.lexicon.counts.get(word, 0) / self.lexicon.total
                + SHARES["letters"] * math.exp(letters.log_probability(word))
                + 1e-30
            )
        return self._likely[word]

    def follows(self, context: str) -> frozenset[str]:
        """The letters that lexicon or document has after two others."""
        if context not in self._follows:
            seen = {*self.lexicon.letters.follows(context), *self.document.letters.follows(context)}
            self._follows[context] = frozenset(seen)
        return self._follows[context]


def words_of(text: str, language: Language) -> list[str]:
    """The words of a text in letters and marks of the language alone, in NFC."""
    words = ("".join(filter(language.holds, word)) for word in unicodedata.normalize("NFC", text).split())
    return [word for word in words if word]


@lru_cache(maxsize=4)
def load(path: Path | None, language: Language) -> Lexicon:
    """A lexicon out of a file, or the one that is shipped for a language, which is empty for most.

    An archive may be of several languages and its file of one: a language of which the file has no word takes what is shipped.

    Args:
        path: UTF-8 text: a word and its count a line, or any text, whose words are counted.

    Raises:
        InputError: the file cannot be read, or holds no word of any language.
    """
    if path is None:
        shipped = FOLDER / f"{language.code}.txt"
        return Lexicon(_counts(shipped.read_text(encoding="utf8"), language) if shipped.is_file() else {})
    try:
        text = path.read_text(encoding="utf8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text.", _ADVICE) from error
    if not any(map(str.isalpha, text)):
        raise InputError(f"{path}: holds no words.", _ADVICE)
    counts = _counts(text, language)
    if counts:
        return Lexicon(counts)
    _tell_foreign(path, language)
    return load(None, language)


def _counts(text: str, language: Language) -> Counter[str]:
    """The words of a list or a text, each with its count; those of other scripts left out."""
    counts: Counter[str] = Counter()
    for line in text.splitlines():
        *words, last = line.split() or [""]
        listed = len(words) == 1 and last.isdigit()
        for word in words_of(words[0] if listed else line, language):
            counts[word] += int(last) if listed else 1
    return counts


@cache
def _tell_foreign(path: Path, language: Language) -> None:
    """Warn of a file without a word of a language: once, however often it is loaded."""
    log.warning("%s: holds no word of %s; what is shipped for it, if anything, is used instead", path, language.name)
