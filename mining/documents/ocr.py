"""ocr: a document in, pages with lines in reading order out.

Each page's own text layer is used where it can be trusted and fast; where it cannot, the page is
rendered and read by Tesseract. Both give rows with places, so what follows does not care.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from mining.config import OcrConfig
from mining.cores import cores
from mining.documents.languages import Language
from mining.documents.layer import MIN_AGREEMENT, Verdict, agreement, judge
from mining.documents.layout import JUNK, Row, assign_roles, lines, paragraphs
from mining.documents.plain import plain_rows
from mining.errors import InputError
from mining.records import Page

if TYPE_CHECKING:
    from mining.documents.pdf import Pdf

MIN_LETTERS = 20  # of the language in the whole document; fewer is no text
Progress = Callable[[int, int], None]


def read_pages(path: Path, language: Language, config: OcrConfig, *, progress: Progress | None = None) -> list[Page]:
    """Read a PDF, or plain text from a file named .txt.

    Args:
        path: the document.
        language: what it is written in; decides Tesseract's model and what a sound layer is.
        config: resolution, page segmentation, whether layers may be trusted, pages at a time.
        progress: called with (pages done, pages in all).

    Raises:
        InputError: the document is empty, truncated, encrypted, no PDF, or without text of the language.
        EnvironmentProblem: a page must be read by OCR, and Tesseract or its data is missing.
    """
    pages = _read_text(path, language) if _is_text(path) else _read_pdf(path, language, config, progress)
    found = sum(language.holds(c) for page in pages for line in page.lines if line.confidence >= JUNK for c in line.text)
    if found < MIN_LETTERS:
        raise InputError(
            f"{path}: no text in {language.name} on its {len(pages)} page(s), only {found} letters.",
            "Check that it is the right document, and --lang.",
        )
    return pages


def check(path: Path) -> None:
    """Open a document and no more, which is soon done: nobody wants to be told of it after hours of audio.

    Raises:
        InputError: the document is empty, truncated, encrypted, no PDF, or without pages.
    """
    if _is_text(path):
        _characters(path)
        return
    from mining.documents.pdf import open_pdf

    with open_pdf(path):
        pass


def _is_text(path: Path) -> bool:
    return path.suffix.lower() in (".txt", ".text")


def _read_text(path: Path, language: Language) -> list[Page]:
    """Plain text: a form feed ends a page; lines are taken for lines of a page, a character for a place."""
    pages = plain_rows(_characters(path).split("\f"), language)
    return [Page(number, "text", "plain text", lines(rows)) for number, rows in enumerate(pages, 1)]


def _characters(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}).", "Save it as UTF-8, or give the PDF.") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).", "Check the path and its permissions.") from error
    if not text.strip():
        raise InputError(f"{path}: the file is empty.", "Get the document again.")
    return text


def _read_pdf(path: Path, language: Language, config: OcrConfig, progress: Progress | None) -> list[Page]:
    from mining.documents.pdf import open_pdf

    with open_pdf(path) as document, _Reader(document, language, config) as reader:
        rows, whys = {}, []
        for index in range(len(document)):
            verdict, layer_rows = _judge_page(document, index, language, config)
            whys.append(verdict)
            rows[index] = layer_rows if verdict.trust != "no" else []
            if verdict.trust == "no":
                reader.begin(index)  # while the layers of the pages behind it are judged
        _settle_doubts(reader, rows, whys, language)
        seen = reader.finish(progress)
    for index, (found, why) in seen.items():
        rows[index] = found
        whys[index] = Verdict("no", f"{whys[index].why}{why}")
    laid_out = assign_roles([paragraphs(rows[index], language) for index in range(len(whys))], language)
    methods = ["layer" if verdict.trust == "yes" else "ocr" for verdict in whys]
    return [Page(i + 1, methods[i], whys[i].why, lines(found)) for i, found in enumerate(laid_out)]


def _judge_page(document: Pdf, index: int, language: Language, config: OcrConfig) -> tuple[Verdict, list[Row]]:
    if config.layer == "never":
        return Verdict("no", "OCR was asked for"), []
    text, fonts, rows = document.layer(index)
    if config.layer == "always" and text.strip():
        return Verdict("yes", "the text layer was asked for"), rows
    return judge(text, fonts, language), rows


def _settle_doubts(reader: _Reader, rows: dict[int, list[Row]], whys: list[Verdict], language: Language) -> None:
    """Hold the first doubtful page against OCR; all doubtful pages go the way that it goes. Changes `whys`."""
    doubtful = [index for index, verdict in enumerate(whys) if verdict.trust == "doubt"]
    if not doubtful:
        return
    first = doubtful[0]
    same = agreement(_text(rows[first]), _text(reader.begin(first).result()[0]), language)
    trust = "yes" if same >= MIN_AGREEMENT else "no"
    for index in doubtful:
        whys[index] = Verdict(trust, f"{whys[index].why}; layer and OCR of page {first + 1} agree at {same:.0%}")
        if trust == "no":
            reader.begin(index)
    if trust == "yes":
        reader.forget(first)


def _text(rows: Sequence[Row]) -> str:
    return " ".join(row.text for row in rows)


Seen = tuple[list[Row], str]
"""What OCR found on a page, and a remark for `why`, "" when all went well."""


class _Reader:
    """Pages of a document that are read by OCR, `workers` at a time; each is rendered when its turn comes."""

    def __init__(self, document: Pdf, language: Language, config: OcrConfig) -> None:
        self._document, self._language, self._config = document, language, config
        self._jobs: dict[int, Future[Seen]] = {}
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)  # after an error, those that wait would be read for nobody

    def begin(self, index: int) -> Future[Seen]:
        """Let a page be read, unless it is already.

        Raises:
            EnvironmentProblem: Tesseract or its data is missing.
        """
        from mining.documents import tesseract

        if self._pool is None:
            tesseract.check(self._language)
            self._pool = ThreadPoolExecutor(self._config.workers or cores(), thread_name_prefix="ocr")
        if index not in self._jobs:
            self._jobs[index] = self._pool.submit(self._read, index)
        return self._jobs[index]

    def forget(self, index: int) -> None:
        """Leave what was found on a page out of the results."""
        del self._jobs[index]

    def finish(self, progress: Progress | None) -> dict[int, Seen]:
        """Wait for all pages."""
        total = len(self._document)
        for done, _ in enumerate(as_completed(self._jobs.values()), total - len(self._jobs) + 1):
            if progress:
                progress(done, total)
        return {index: job.result() for index, job in self._jobs.items()}

    def _read(self, index: int) -> Seen:
        from mining.documents import tesseract

        image = self._document.render(index, self._config.dpi)
        try:
            return tesseract.recognise(image, self._language, self._config.psm, self._config.dpi, self._config.page_timeout), ""
        except tesseract.PageError as error:
            return [], f"; OCR was given up: {error}"
