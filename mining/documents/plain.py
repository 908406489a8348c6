"""Plain text as if it were typeset: lines with places, so that one layout serves all documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from mining.documents.languages import Language
from mining.documents.layout import PAGE_NUMBER, Row, assign_titles, ends, paragraphs

MIN_STOPS = 0.2  # a line; with fewer, a line is a sentence and nobody wrote stops
LETTER = 0.1  # size of a letter, large since letters are not equally wide: a line's end is known to two of these
MIN_SHARE = 0.5  # of a line's letters must be the language's


def plain_rows(pages: Sequence[str], language: Language) -> list[list[Row]]:
    """The lines of each page, numbered by paragraph and with their roles.

    Furniture is what has no letters of the language, or comes word for word on several lines
    without a stop. It does not part the paragraph that it stands in.
    """
    texts = [[" ".join(line.split()) for line in page.splitlines()] for page in pages]
    written = [line for lines in texts for line in lines if line]
    often = {line for line, count in Counter(written).items() if count > 1 and not ends(line, language)}
    a_line_each = sum(line.count(stop) for line in written for stop in language.stops) < MIN_STOPS * len(written)
    if a_line_each:
        often = set()
    longest = max(map(len, written), default=1)
    out = []
    for number, lines in enumerate(texts):
        rows = _placed(lines, often, longest, language)
        body = [row for row in rows if row.role == "body"]
        blocks = range(len(body)) if a_line_each else [row.block for row in paragraphs(body, language)]
        numbered = [replace(row, block=block) for row, block in zip(body, blocks, strict=True)]
        titled = iter(assign_titles(numbered, language, first=number == 0))
        out.append([next(titled) if row.role == "body" else row for row in rows])
    return out


def _placed(lines: Sequence[str], often: set[str], longest: int, language: Language) -> list[Row]:
    """Rows one step apart, two where an empty line parts them and nothing but that."""
    rows: list[Row] = []
    height = 1 / (2 * len(lines) + 1)
    at, empty, furniture = 0.0, False, True
    for line in lines:
        if not line:
            empty = True
            continue
        role = _role(line, often, language)
        if role == "body":
            at += height * (2 if empty and not furniture else 1)
        rows.append(Row(line, (0.0, max(0.0, at - height), len(line) / longest, at or height), LETTER, role=role))
        furniture, empty = role != "body", empty and role != "body"
    return rows


def _role(line: str, often: set[str], language: Language) -> str:
    if PAGE_NUMBER.fullmatch(line):
        return "page_number"
    return "header" if line in often or language.share(line) < MIN_SHARE else "body"
