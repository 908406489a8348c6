"""Where a sentence stands: the page's image with its lines, or the lines around it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mining import store
from mining.corpus.review import pages
from mining.errors import InputError
from tests.mining.corpus.review.conftest import BOX


def test_a_sentence_of_a_pdf_has_boxes_on_its_page(documented: Path) -> None:
    rows = store.read_rows(documented / "pairs.jsonl")
    assert pages.place(documented, rows[1]) == {"note": "", "pages": [{"number": 1, "boxes": [pytest.approx(list(BOX))]}]}
    assert pages.place(documented, rows[3])["pages"][0]["number"] == 2


def test_the_image_of_a_page_fits_its_boxes(documented: Path) -> None:
    row = store.read_rows(documented / "pairs.jsonl")[1]
    image = np.asarray(Image.open(io.BytesIO(pages.image(documented, row, 1))))
    height, width = image.shape
    assert 1000 < width < 1800
    inside = image[round((BOX[1] + 0.01) * height) : round((BOX[3] - 0.01) * height), round(0.15 * width) : round(0.85 * width)]
    assert inside.max() < 60
    assert image[: round(0.35 * height)].min() > 200


def test_plain_text_is_shown_as_lines_around_the_sentence(documented: Path) -> None:
    row = store.read_rows(documented / "pairs.jsonl")[5]
    shown = pages.place(documented, row)
    assert shown["note"] == ""
    assert [inside for _, inside in shown["pages"][0]["lines"]] == [False, True]
    assert shown["pages"][0]["lines"][1][0] == row["raw_text"]
    with pytest.raises(InputError, match="has no image"):
        pages.image(documented, row, 1)


def test_a_document_that_has_gone_is_told_and_its_lines_are_shown(documented: Path) -> None:
    row = store.read_rows(documented / "pairs.jsonl")[0]
    Path(row["document"]).unlink()
    shown = pages.place(documented, row)
    assert shown["note"] == f"The document {row['document']} is not there any more."
    assert shown["pages"][0]["lines"][0] == (row["raw_text"], True)
    with pytest.raises(InputError, match="not there any more"):
        pages.image(documented, row, 1)


def test_a_run_without_pages_says_so(run: Path) -> None:
    row = store.read_rows(run / "pairs.jsonl")[0]
    assert pages.place(run, row) == {"note": "The run does not hold the pages of this document any more.", "pages": []}


@pytest.mark.parametrize("number", [0, 3])
def test_there_is_no_image_of_a_page_that_is_not_there(documented: Path, number: int) -> None:
    with pytest.raises(InputError, match=f"no image of a page {number}"):
        pages.image(documented, store.read_rows(documented / "pairs.jsonl")[0], number)


@pytest.mark.parametrize(
    ("text", "sentence", "begins", "ends", "wanted"),
    [
        ("abcde fghij", "fghij klmno", True, False, [0.6, 1.1]),  # begins in the line, runs on
        ("klmno pqrst", "fghij klmno", False, True, [0.0, 0.5]),  # ends in the line
        ("klmno pqrst", "fghij klmno pqrst uvw", False, False, [0.0, 1.1]),  # takes all of it
        ("abcde fghij klm", "fghij", True, True, [0.6, 1.1]),  # within
        ("abcde", "12345", True, True, [0.0, 0.5]),  # not found: all of it
        ("ابجد فقرہ", "فقرہ", True, True, [0.0, 0.4]),  # from right to left
    ],
)
def test_a_line_is_marked_from_where_the_sentence_begins_to_where_it_ends(
    text: str, sentence: str, begins: bool, ends: bool, wanted: list[float]
) -> None:
    left, top, right, bottom = pages._cut(text, (0.0, 0.3, len(text) / 10, 0.4), sentence, begins, ends)
    assert [left, right] == pytest.approx(wanted)
    assert (top, bottom) == (0.3, 0.4)
