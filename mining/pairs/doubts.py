"""Which words of a document OCR was not sure of, and which it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mining.documents.languages import Language
from mining.records import Page, Pair, Sentence

DOUBTED = 93
"""Tesseract's confidence (0..100) from which on a word is left alone, and counts among those that the document prints:
95% of the words that it read wrongly have less."""

CLEAN, DOUBTED_THERE = 91.0, 80
"""Mean confidence over a document from which on it is clean, and what then stands for `DOUBTED`: in a clean scan (mean 93 to 94;
with 2% of errors 89) an unusual word read with more is what the page says, if only by a slip of its writer."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A word of a pair that OCR was not sure of; `text[start:end]`, read with a confidence of `sure`, 0..100."""

    start: int
    end: int
    word: str
    sure: int


class Reader:
    """Words of a document as OCR read them, with its confidence in each.

    Attributes:
        surely: mean confidence over all words, 0..100; 100 where nothing was read by OCR.
    """

    def __init__(self, pages: Sequence[Page]) -> None:
        self._lines = {(page.number, index): line for page in pages for index, line in enumerate(page.lines)}
        sure = [sure for line in self._lines.values() if line.role == "body" for sure in line.sure]
        self.surely = sum(sure) / len(sure) if sure else 100.0

    def sure(self, sentence: Sentence) -> list[int]:
        """The confidence of the word that each character of the sentence's raw text is of; empty where it is not known."""
        lines = [self._lines.get(place) for place in sentence.places]
        if any(line is None or len(line.sure) != len(line.text.split()) for line in lines):
            return []
        whole = " ".join(line.text for line in lines if line)
        at = whole.find(sentence.raw_text)
        sures = iter([sure for line in lines if line for sure in line.sure])
        of, now, inside = [], 100, False
        for character in whole:
            if not character.isspace() and not inside:
                now = next(sures)
            inside = not character.isspace()
            of.append(now if inside else 100)
        return of[at : at + len(sentence.raw_text)] if at >= 0 else []

    def doubts(self, pair: Pair, sentence: Sentence, language: Language) -> list[Doubt]:
        """The words of a pair that OCR was not sure of; numbers, which the page has in figures, are none."""
        sure, shift = self.sure(sentence), sentence.text.find(pair.text)
        if not sure or shift < 0:
            return []
        limit = DOUBTED if self.surely < CLEAN else DOUBTED_THERE
        doubts = []
        for start, end in spans(pair.text):
            word, raw = pair.text[start:end], [sentence.offsets[shift + i] for i in range(start, end)]
            between = sentence.raw_text[raw[0] : raw[-1] + 1]
            least = min(sure[raw[0] : raw[-1] + 1])
            if least < limit and len(word) > 1 and all(map(language.holds, word)) and not any(map(str.isdigit, between)):
                doubts.append(Doubt(start, end, word, least))
        return doubts


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the words of a text are, [start, end); single spaces part them."""
    start = 0
    for word in text.split(" "):
        yield start, start + len(word)
        start += len(word) + 1


def printed(sentences: Sequence[Sentence], words: Reader) -> Mapping[str, int]:
    """The words that a document prints, with how often they were read surely."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        sure = words.sure(sentence) if sentence.aside is None else []
        if sure:
            counts.update(
                sentence.text[start:end]
                for start, end in spans(sentence.text)
                if sure[sentence.offsets[start]] >= DOUBTED and sentence.text[start:end].strip()
            )
    return counts
