"""Which language a document is in, where its script alone tells."""

from __future__ import annotations

from pathlib import Path

from mining.documents.languages import Language, guess
from mining.documents.layer import judge

PAGES = 5  # enough to meet text, past a cover


def detect(path: Path) -> Language | None:
    """The language of a plain text, or of a PDF's text layer; None where it stays open.

    It stays open for a scan, which has no text yet; for Devanagari, which writes several languages; and for a PDF in Latin
    letters, since they are what legacy Indic fonts leave behind.

    Raises:
        InputError: the document cannot be opened.
    """
    if path.suffix.lower() in (".txt", ".text"):
        return guess(path.read_text(encoding="utf-8-sig", errors="ignore")) if path.is_file() else None
    from mining.documents.pdf import open_pdf

    with open_pdf(path) as document:
        for index in range(min(PAGES, len(document))):
            text, fonts, _ = document.layer(index)
            found = guess(text)
            if found and found.script != "Latn" and judge(text, fonts, found).trust == "yes":
                return found
    return None
