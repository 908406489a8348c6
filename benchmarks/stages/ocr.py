"""OCR of a document, pages one by one and side by side: seconds, their ratio, and whether the results are the same.

    python -m benchmarks.stages.ocr DOCUMENT.pdf [--lang hi] [--pages 12] [--workers 2] [--repeats 2]

The document's pages are repeated in turn until there are `--pages` of them.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pypdfium2

from benchmarks.stages.measure import best
from mining.config import OcrConfig
from mining.documents.languages import language
from mining.documents.ocr import read_pages


def repeated(documents: list[Path], pages: int, path: Path) -> None:
    """Write a PDF of so many pages, the first of every document, then the second ones, and so on, again and again."""
    made = pypdfium2.PdfDocument.new()
    sources = [pypdfium2.PdfDocument(document) for document in documents]
    for number in range(pages):
        turn, source = divmod(number, len(sources))
        made.import_pages(sources[source], [turn % len(sources[source])])
    made.save(path)


def main() -> None:
    """Measure and print."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages.ocr", description=__doc__, formatter_class=form)
    parser.add_argument("documents", type=Path, nargs="+")
    parser.add_argument("--lang", default="hi")
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2)
    given = parser.parse_args()
    spoken = language(given.lang)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pages.pdf"
        repeated(given.documents, given.pages, path)
        found = {}
        for workers in (1, given.workers):
            config = OcrConfig(layer="never", workers=workers)
            found[workers] = best(given.repeats, lambda config=config: read_pages(path, spoken, config))
    (alone, took), (together, took_together) = found[1], found[given.workers]
    print(f"{given.pages} pages: {took:.2f} s one by one, {took_together:.2f} s with {given.workers} workers: ", end="")
    print(f"{took / took_together:.2f} times as fast, results {'the same' if alone == together else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
