"""Where a sentence stands in its document: the image of the page and the boxes of its lines, or the lines around it.

A PDF's page is rendered when it is asked for. Where the document is plain text, or has gone, its lines are shown as they were
read, with what stands around them.
"""

from __future__ import annotations

import functools
import io
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mining import store
from mining.corpus.review.sources import gone, local
from mining.corpus.rows import Row
from mining.errors import InputError
from mining.records import Page, Sentence
from mining.store import Recording

DPI = 150  # an A4 page is 1240 pixels wide: sharp on a dense screen, some 250 kB
QUALITY = 80  # of a JPEG: letters have no halos yet
IMAGES = 32  # pages that stay rendered, 8 MB
LINES = 4  # of text before and after a sentence
_RIGHT_TO_LEFT = range(0x0590, 0x0900)  # Hebrew to Arabic Extended-A
_pdfium = threading.Lock()  # it is not to be called from two threads, however many documents are open


def place(out: Path, row: Row) -> dict[str, Any]:
    """Where a pair's sentence stands.

    Returns:
        `note`, "" or one sentence on what is missing; `pages`, each with its `number` and either `boxes` (left, top,
        right, bottom as fractions of the image that `image` gives) or `lines`, each [text, whether the sentence is in it].
    """
    recording = Recording(out / "recordings" / row["recording"])
    sentence = _sentences(*_stamped(recording.path("sentences.jsonl"))).get(row.get("sentence", ""))
    pages = _pages(*_stamped(recording.path("pages.jsonl")))
    if sentence is None or not any(number in pages for number, _ in sentence.places):
        return {"note": "The run does not hold the pages of this document any more.", "pages": []}
    numbers = sorted({number for number, _ in sentence.places if number in pages})
    note = "" if all(pages[number].method == "text" for number in numbers) else gone("document", row["document"], out)
    drawn = not note and all(pages[number].method != "text" for number in numbers)
    shown = [
        {
            "number": number,
            **({"boxes": _boxes(pages[number], sentence)} if drawn else {"lines": _lines(pages[number], sentence)}),
        }
        for number in numbers
    ]
    return {"note": note, "pages": shown}


def image(out: Path, row: Row, number: int) -> bytes:
    """A page of a pair's document as a grey JPEG, straightened as it was for OCR, so that boxes fit.

    Args:
        number: of the page, from 1.

    Raises:
        InputError: the document has gone, is none that has images, or has no such page.
    """
    if why := gone("document", row["document"], out):
        raise InputError(why)
    path = local(row["document"], out)
    pages = _pages(*_stamped(Recording(out / "recordings" / row["recording"]).path("pages.jsonl")))
    if number not in pages or pages[number].method == "text":
        raise InputError(f"{path.name}: has no image of a page {number}.")
    return _rendered(*_stamped(path), number, pages[number].method == "ocr")


@functools.lru_cache(maxsize=IMAGES)
def _rendered(path: Path, _version: int, number: int, turned: bool) -> bytes:
    from PIL import Image

    from mining.documents.pdf import open_pdf
    from mining.documents.tesseract import straighten

    with _pdfium, open_pdf(path) as document:
        if number > len(document):
            raise InputError(f"{path.name}: has {len(document)} pages, and page {number} is asked for.")
        pixels = document.render(number - 1, DPI)
    jpeg = io.BytesIO()
    Image.fromarray(straighten(pixels) if turned else pixels).save(jpeg, "JPEG", quality=QUALITY)
    return jpeg.getvalue()


def _stamped(path: Path) -> tuple[Path, int]:
    """A path and when it was last written, as what is remembered of it is filed under."""
    return path, path.stat().st_mtime_ns if path.exists() else 0


@functools.lru_cache(maxsize=64)
def _sentences(path: Path, _version: int) -> dict[str, Sentence]:
    return {sentence.id: sentence for sentence in store.read_records(path, Sentence)}


@functools.lru_cache(maxsize=64)
def _pages(path: Path, _version: int) -> dict[int, Page]:
    return {page.number: page for page in store.read_records(path, Page)}


def _lines(page: Page, sentence: Sentence) -> list[tuple[str, bool]]:
    """The lines of a page around a sentence."""
    inside = {line for number, line in sentence.places if number == page.number}
    first, last = max(0, min(inside) - LINES), min(len(page.lines), max(inside) + 1 + LINES)
    return [(page.lines[i].text, i in inside) for i in range(first, last)]


def _boxes(page: Page, sentence: Sentence) -> list[list[float]]:
    """The boxes of a sentence's lines on a page; the first and the last are cut where it begins and ends in them."""
    boxes = []
    for number, i in sentence.places:
        if number != page.number or i >= len(page.lines):
            continue
        line = page.lines[i]
        begins = (number, i) == sentence.places[0]
        ends = (number, i) == sentence.places[-1]
        boxes.append(_cut(line.text, line.box, sentence.raw_text, begins, ends))
    return boxes


def _cut(text: str, box: Sequence[float], sentence: str, begins: bool, ends: bool) -> list[float]:
    """The part of a line's box that a sentence takes, as far as letters are equally wide."""
    left, top, right, bottom = box
    first, last = 0, len(text)
    if begins and ends and sentence in text:
        first = text.index(sentence)
        last = first + len(sentence)
    elif begins and not ends:
        first = len(text) - _overlap(text, sentence)
    elif ends and not begins:
        last = _overlap(sentence, text)
    if first == len(text) or not last:  # OCR's lines were mended, and nothing fits: all of the line
        first, last = 0, len(text)
    width = (right - left) / max(1, len(text))
    if any(ord(letter) in _RIGHT_TO_LEFT for letter in text):
        return [right - last * width, top, right - first * width, bottom]
    return [left + first * width, top, left + last * width, bottom]


def _overlap(one: str, other: str) -> int:
    """How many of the last letters of `one` are the first ones of `other`, at most."""
    return next((n for n in range(min(len(one), len(other)), 0, -1) if one.endswith(other[:n])), 0)
