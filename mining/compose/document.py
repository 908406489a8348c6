"""The document as a file: scanned pages in a PDF, with or without text behind them, or plain text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mining.compose.legacy import legacy_codes
from mining.compose.pages import A4, Placed, blocks, draw, lay_out, runs, width_of
from mining.compose.recipe import Recipe
from mining.compose.scan import scanned

if TYPE_CHECKING:
    from fpdf import FPDF

_DATE = datetime(2020, 1, 1, tzinfo=UTC)  # any, but always the same


def write_document(path: Path, printed: Sequence[str], recipe: Recipe) -> None:
    """Write the page side of a bulletin: a PDF, or plain text where the layer is "text"."""
    if recipe.layer == "text":
        path.write_text("\n\n".join(block.text for block in blocks(printed, recipe)) + "\n", encoding="utf8")
        return
    rng = np.random.default_rng([recipe.seed, 6])
    pdf = _new_pdf(recipe)
    for page in lay_out(printed, recipe):
        pdf.add_page()
        image = io.BytesIO()
        scanned(draw(page, recipe.quality.dpi, recipe.font), recipe.quality, rng).save(image, "JPEG", quality=recipe.quality.jpeg)
        pdf.image(image, x=0, y=0, w=A4[0], h=A4[1])
        if recipe.layer != "scan":
            _add_layer(pdf, page, recipe)
    pdf.output(str(path))


def _new_pdf(recipe: Recipe) -> FPDF:
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format=A4)
    pdf.set_creation_date(_DATE)
    pdf.set_producer("Shruti")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.oversized_images = None
    return pdf


def _add_layer(pdf: FPDF, page: Sequence[Placed], recipe: Recipe) -> None:
    """Put invisible text where the lines are, as wide as they are, in the order of reading.

    It is not shaped: a code point a glyph keeps the order of writing, which shaped glyphs lose
    (a short i stands before its consonant).
    """
    with pdf.local_context(text_mode=3):
        for line in page:
            x = line.x
            for run, path in runs(line.text, recipe.font):
                width = width_of(run, line.size, recipe.font)
                _write(pdf, run, path, x, line, width, recipe)
                x += width


def _write(pdf: FPDF, run: str, path: Path, x: float, line: Placed, width: float, recipe: Recipe) -> None:
    if recipe.layer == "gibberish":
        run = legacy_codes(run)
        pdf.set_font("Helvetica", size=line.size)
    else:
        if path.stem.lower() not in pdf.fonts:
            pdf.add_font(path.stem, fname=str(path))
        pdf.set_font(path.stem, size=line.size)
    pdf.set_stretching(100)
    pdf.set_stretching(100 * width / max(1.0, pdf.get_string_width(run)))
    pdf.text(x, line.y, run)
