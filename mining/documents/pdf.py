"""PDF files: opened with care, their words with places, their pages as images.

pdfplumber reads the text layer; pypdfium2, which it depends on, renders. PDFium is not safe to
call from two threads, so rendering holds a lock; one page is in memory at a time a caller.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pdfplumber
import pypdfium2
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from mining.documents.layout import Box, Row, paint, regions
from mining.errors import InputError

Word = tuple[str, Box]
MAX_PIXELS = 40_000_000  # an A3 page at 300 dpi has 17 million; a poster is rendered more coarsely

logging.getLogger("pdfminer").setLevel(logging.ERROR)  # its warnings about fonts are what `layer` judges


class Pdf:
    """An open PDF. Pages count from 0 here."""

    def __init__(self, plumber: Any, pdfium: Any) -> None:
        self._plumber, self._pdfium = plumber, pdfium
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._plumber.pages)

    def layer(self, index: int) -> tuple[str, list[str], list[Row]]:
        """The text layer of a page: its text, the names of its fonts, and its lines in reading order."""
        page = self._plumber.pages[index]
        try:
            words = page.extract_words(use_text_flow=True, extra_attrs=["fontname"])
            fonts = sorted({str(word["fontname"]).split("+")[-1] for word in words})
            text = " ".join(word["text"] for word in words)
            return text, fonts, _rows(words, float(page.width), float(page.height))
        finally:
            page.close()

    def render(self, index: int, dpi: int) -> np.ndarray:
        """A page as a grey image, uint8 of shape (rows, columns), at `dpi` or less if it is huge."""
        with self._lock:
            page = self._pdfium[index]
            width, height = page.get_size()
            scale = min(dpi / 72, (MAX_PIXELS / max(1.0, width * height)) ** 0.5)
            bitmap = page.render(scale=scale, grayscale=True)
            image = bitmap.to_numpy().copy()
            bitmap.close()
            page.close()
        return image.reshape(image.shape[:2])


@contextlib.contextmanager
def open_pdf(path: Path) -> Iterator[Pdf]:
    """Open a PDF.

    Raises:
        InputError: the file is missing, empty, truncated, encrypted, not a PDF, or has no pages.
    """
    _check_bytes(path)
    try:
        pdfium = pypdfium2.PdfDocument(path)
        plumber = pdfplumber.open(path)
    except (pypdfium2.PdfiumError, PdfminerException, OSError, ValueError) as error:
        raise _explain(path, error) from error
    try:
        if not plumber.pages:
            raise InputError(f"{path}: the PDF has no pages.", "Give the document with the text that is read.")
        yield Pdf(plumber, pdfium)
    finally:
        plumber.close()
        pdfium.close()


def _check_bytes(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(1024)
            size = file.seek(0, 2)
            file.seek(max(0, size - 4096))
            tail = file.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).", "Check the path and its permissions.") from error
    if not head:
        raise InputError(f"{path}: the file is empty (0 bytes).", "Get the document again.")
    if b"%PDF-" not in head:
        raise InputError(f"{path}: not a PDF (it begins with {head[:8]!r}).", "Give a PDF, or plain text in a file named .txt.")
    if b"%%EOF" not in tail and b"startxref" not in tail:
        raise InputError(f"{path}: the PDF is truncated ({size} bytes, no end mark).", "Download or copy it again.")


def _explain(path: Path, error: Exception) -> InputError:
    cause = error.args[0] if error.args else error
    if isinstance(cause, PDFPasswordIncorrect) or "password" in str(error).lower():
        return InputError(f"{path}: the PDF is encrypted.", "Remove the password first, for instance with `qpdf --decrypt`.")
    return InputError(f"{path}: the PDF is damaged ({error or type(cause).__name__}).", "Download or copy it again.")


def _rows(words: list[dict[str, Any]], width: float, height: float) -> list[Row]:
    """Words of a text layer as lines: by region, then from top to bottom, then from left to right."""
    sides = (("x0", width), ("top", height), ("x1", width), ("bottom", height))
    placed: list[Word] = [(word["text"], tuple(word[side] / size for side, size in sides)) for word in words]  # type: ignore[misc]
    rows: list[Row] = []
    for number, (left, top, right, bottom) in enumerate(regions(paint([box for _, box in placed]))):
        inside = [(t, b) for t, b in placed if left <= (b[0] + b[2]) / 2 < right and top <= (b[1] + b[3]) / 2 < bottom]
        rows += [_row(line, number) for line in _cluster(inside)]
    return rows


def _cluster(words: list[Word]) -> list[list[Word]]:
    """Group words whose middles lie within half a letter's height of each other."""
    groups: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w[1][1] + w[1][3], w[1][0])):
        middle = (word[1][1] + word[1][3]) / 2
        last = groups[-1][0][1] if groups else None
        if last is not None and abs(middle - (last[1] + last[3]) / 2) < 0.5 * min(last[3] - last[1], word[1][3] - word[1][1]):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _row(words: list[Word], region: int) -> Row:
    words = sorted(words, key=lambda word: word[1][0])
    boxes = list(zip(*(box for _, box in words), strict=True))
    box = (min(boxes[0]), min(boxes[1]), max(boxes[2]), max(boxes[3]))
    size = median(b[3] - b[1] for _, b in words)
    return Row(" ".join(text for text, _ in words), box, size, region=region)
