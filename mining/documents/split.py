"""split: pages in, sentences out, each with its raw text, its training text and its places.

Lines flow into paragraphs, over the ends of columns and pages; paragraphs are cut at sentence stops
and at what OCR makes of them. Titles, running headers and junk are kept apart, with a reason.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mining.config import SplitConfig
from mining.documents.languages import Language
from mining.documents.layout import JUNK, SHORT, ends
from mining.documents.stops import Cut, Cutter
from mining.documents.text import normalise
from mining.records import WILDCARD, Line, Page, Sentence

_Placed = tuple[int, int, Line]  # page number, line index, line
_FURNITURE = ("header", "footer", "page_number")
MIN_SHARE = 0.5  # of a sentence's letters and digits must be the language's
MAX_WILDCARDS = 0.5  # of its words
MISREAD = 0.8  # share of its letters and figures below which an unsure line is another script, misread
HOPELESS = 30.0  # confidence below which a line is junk whatever it holds


@dataclass(frozen=True, slots=True)
class _Flow:
    """Text that belongs together, with the place that each part of it comes from."""

    text: str
    starts: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    aside: str | None = None

    def touched(self, start: int, end: int) -> tuple[tuple[int, int], ...]:
        return self.places[bisect_right(self.starts, start) - 1 : bisect_right(self.starts, max(start, end - 1))]


def split(pages: Sequence[Page], language: Language, config: SplitConfig) -> list[Sentence]:
    """Cut a document into sentences.

    Args:
        pages: as `ocr.read_pages` gives them.
        language: its stops cut; its letters make a training text.
        config: the fewest words and the most characters of a sentence.

    Returns:
        All sentences in document order, ids s0001 and on. Those that are not to be matched have
        `aside`: "heading", "furniture" or "ocr_garbage".
    """
    flows = sorted(_flows(pages, language), key=lambda flow: flow.places[0])
    cut = Cutter([flow.text for flow in flows if flow.aside is None], language)
    sentences: list[Sentence] = []
    for flow in flows:
        cuts = [(0, len(flow.text), len(flow.text))] if flow.aside else cut(flow.text)
        for piece in cuts:
            for shorter in _shorten(flow.text, piece, config.max_characters):
                sentences.append(_sentence(flow, shorter, language, config))
    return [replace(sentence, id=f"s{number:04d}") for number, sentence in enumerate(sentences, 1)]


def _flows(pages: Sequence[Page], language: Language) -> Iterator[_Flow]:
    """Paragraphs over column and page ends, and what is set aside, each as one flow."""
    body: list[_Placed] = []
    aside: list[_Placed] = []
    kind: tuple[str | None, int, int] = (None, 0, 0)
    for page in pages:
        for index, line in enumerate(page.lines):
            here = (page.number, index, line)
            reason = _reason(line, language)
            pile = aside if reason else body
            whole = kind != (reason, page.number, line.block) if reason else bool(body) and not _goes_on(body, here, language)
            if pile and whole:
                yield _flow(pile, kind[0] if reason else None)
                pile.clear()
            pile.append(here)
            kind = (reason, page.number, line.block) if reason else kind
    if aside:
        yield _flow(aside, kind[0])
    if body:
        yield _flow(body)


def _reason(line: Line, language: Language) -> str | None:
    if line.role in _FURNITURE:
        return "furniture"
    if line.confidence < JUNK and (line.confidence < HOPELESS or _own(line.text, language) < MISREAD):
        return "ocr_garbage"
    return "heading" if line.role == "title" else None


def _own(text: str, language: Language) -> float:
    """Share of letters, marks and figures that are letters and marks of the language; 0 where there are none."""
    said = [c for c in text if unicodedata.category(c)[0] in "LMN"]
    return sum(map(language.holds, said)) / len(said) if said else 0.0


def _flow(lines: Sequence[_Placed], aside: str | None = None) -> _Flow:
    text, starts = "", []
    for _, _, line in lines:
        text += " " if text else ""
        starts.append(len(text))
        text += line.text
    return _Flow(text, tuple(starts), tuple((page, index) for page, index, _ in lines), aside)


def _goes_on(above: Sequence[_Placed], here: _Placed, language: Language) -> bool:
    """Whether a line continues the paragraph above it: the same block, or a full line without a stop before a break."""
    number, _, last = above[-1]
    page, _, line = here
    if number == page and line.block == last.block:
        return True
    broken = number != page or line.box[1] < last.box[1]
    if not broken or ends(last.text, language):
        return False
    widest = max(other.box[2] for _, _, other in above if abs(other.box[0] - last.box[0]) < 0.1)
    full = last.box[2] - last.box[0] >= SHORT * (widest - last.box[0])
    return full and (len(above) > 1 or last.box[2] - last.box[0] > 0.25)


def _shorten(text: str, cut: Cut, longest: int) -> Iterator[Cut]:
    """Cut what no reader says in one breath at its last comma or semicolon before the limit."""
    start, end, after = cut
    while end - start > longest:
        comma = max(text.rfind(mark, start, start + longest) for mark in (",", ";", "،"))
        if comma <= start:
            break
        yield start, comma, comma + 1
        start = comma + 1 + (len(text[comma + 1 :]) - len(text[comma + 1 :].lstrip()))
    yield start, end, after


def _sentence(flow: _Flow, cut: Cut, language: Language, config: SplitConfig) -> Sentence:
    start, end, after = cut
    raw = flow.text[start:after]
    text, offsets = normalise(flow.text[start:end], language)
    places = flow.touched(start, after)
    aside = flow.aside or _unfit(raw, text, language, config.min_words)
    return Sentence("s0000", text, raw, offsets, places[0][0], places, aside)


def _unfit(raw: str, text: str, language: Language, min_words: int) -> str | None:
    words = text.split()
    if _own(raw, language) < MIN_SHARE or words.count(WILDCARD) > MAX_WILDCARDS * len(words):
        return "ocr_garbage"
    return "heading" if len(words) < min_words else None
