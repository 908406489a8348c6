"""Where things stand on a page: columns, reading order, paragraphs, furniture and titles.

Boxes are (left, top, right, bottom) as fractions of the page, half-open.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from statistics import median

import numpy as np

from mining.documents.languages import Language
from mining.records import Line

Box = tuple[float, float, float, float]

GRID = (420, 297)  # cells a page (rows, columns): 0.7 mm of A4
GUTTER = 0.015  # of the page's width, at least: 3 mm
CROSSED = 0.12  # of the inked rows may cross a gutter: titles and headers over all columns
SIDE = 0.15  # of the inked rows must have ink on each side and none in the gutter; a last column may be short
MARGIN = 4  # cells kept around print
MIN_ROWS = 40  # cells (a tenth of the page) of inked rows before columns are looked for

EDGE = 0.12  # of the page's height at top and bottom, where furniture stands
SAME_PLACE = 0.02
SIMILAR = 0.5  # OCR of one Latin header by a Hindi model comes out at 0.6 to 0.9 of itself, page to page
JUNK = 60.0  # mean word confidence of Tesseract; a Latin header read as Hindi has 32, a body line over 90
WIDE_GAP = 1.35  # times the usual step from line to line: a new paragraph
MAX_LOOSE = 0.3  # of a page's lines may end early without a stop before early ends are distrusted
EARLY = 0.15  # of the column's width, at least, stays free where a line ended early
SHORT = 0.8  # of the column's width: a line that ends before this closes its paragraph

PAGE_NUMBER = re.compile(r"\W*(?:(?:page|पृष्ठ|पेज|पृ)\W*)?\d{1,4}(?:\W*(?:of|/|का|में से)\W*\d{1,4})?\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of text as it was found, before it has a role.

    `size` is the height of its letters as a fraction of the page, `confidence` 0..100 (100 for a
    text layer), `region` counts columns and bands on the page, in reading order. `sure` is as in `Line`.
    """

    text: str
    box: Box
    size: float
    confidence: float = 100.0
    region: int = 0
    role: str = "body"
    block: int = 0
    sure: tuple[int, ...] = ()


def paint(boxes: Sequence[Box]) -> np.ndarray:
    """Fill boxes into a boolean grid of the page, shape GRID."""
    grid = np.zeros(GRID, dtype=bool)
    for left, top, right, bottom in boxes:
        rows = slice(int(max(0, top) * GRID[0]), int(np.ceil(bottom * GRID[0])))
        grid[rows, int(max(0, left) * GRID[1]) : int(np.ceil(right * GRID[1]))] = True
    return grid


def ink(image: np.ndarray) -> np.ndarray:
    """Where a grey image (rows, columns) of uint8 is inked, as a boolean grid of shape GRID.

    A cell is inked when a twentieth of it is much darker than the paper; specks are fewer.
    """
    dark = image < float(np.median(image)) * 0.6
    edges = [np.linspace(0, size, cells + 1).astype(int) for size, cells in zip(image.shape, GRID, strict=True)]
    counts = np.add.reduceat(np.add.reduceat(dark, edges[0][:-1], axis=0, dtype=np.int32), edges[1][:-1], axis=1)
    return without_dust(counts > 0.05 * image.size / (GRID[0] * GRID[1]))


def without_dust(grid: np.ndarray) -> np.ndarray:
    """Keep the cells that have two more on their line within three to either side: print does, dust does not."""
    padded = np.pad(grid, ((0, 0), (3, 3))).astype(np.int8)
    near = sum(padded[:, shift : shift + grid.shape[1]] for shift in range(7))
    return grid & (near >= 3)


def regions(grid: np.ndarray) -> list[Box]:
    """Cut a page into columns and full-width bands, in reading order.

    A gutter is a vertical strip that hardly any inked row crosses while both its sides are inked.
    Rows that do cross it (a title over two columns) are bands of their own.
    """
    strip = _gutter(grid)
    if strip is None:
        return _trimmed(grid, [(0, 0, GRID[1], GRID[0])])
    first, last = strip
    cells: list[tuple[int, int, int, int]] = []
    crossing = np.asarray(grid[:, first:last].mean(axis=1) > 0.5)
    inked = np.asarray(grid.any(axis=1))
    for top, bottom, crosses in _bands(crossing, inked):
        cuts = [0, GRID[1]] if crosses else [0, (first + last) // 2, GRID[1]]
        cells += [(left, top, right, bottom) for left, right in pairwise(cuts)]
    return _trimmed(grid, cells)


def _trimmed(grid: np.ndarray, parts: Sequence[tuple[int, int, int, int]]) -> list[Box]:
    """Cut the blank margins off, but for a few cells; Tesseract reads letters into the grain of blank paper."""
    boxes: list[Box] = []
    for left, top, right, bottom in parts:
        y, x = np.nonzero(grid[top:bottom, left:right])
        if len(y):
            edges = (left + x.min() - MARGIN, top + y.min() - MARGIN, left + x.max() + 1 + MARGIN, top + y.max() + 1 + MARGIN)
            low, high = (left, top, left, top), (right, bottom, right, bottom)
            inside = (min(max(e, a), b) for e, a, b in zip(edges, low, high, strict=True))
            boxes.append(tuple(float(e) / cells for e, cells in zip(inside, (GRID[1], GRID[0]) * 2, strict=True)))  # type: ignore[arg-type]
    return boxes


def _gutter(grid: np.ndarray) -> tuple[int, int] | None:
    inked = grid[grid.any(axis=1)]
    if len(inked) < MIN_ROWS:
        return None
    calm = inked.mean(axis=0) <= CROSSED
    edges = np.flatnonzero(np.diff(np.concatenate(([0], calm.astype(np.int8), [0]))))
    strips = [(int(a), int(b)) for a, b in edges.reshape(-1, 2) if b - a >= GUTTER * GRID[1]]
    fitting = [(a, b) for a, b in strips if _parts(inked, a, b)]
    return max(fitting, key=lambda strip: strip[1] - strip[0], default=None)


def _parts(inked: np.ndarray, first: int, end: int) -> bool:
    """Whether a strip of columns [first, end) parts print on its left from print on its right."""
    clear = ~inked[:, first:end].any(axis=1)
    sides = [(part.any(axis=1) & clear).mean() for part in (inked[:, :first], inked[:, end:])]
    return bool(min(sides) >= SIDE and clear.mean() >= 1 - 2 * CROSSED)


def _bands(crossing: np.ndarray, inked: np.ndarray) -> list[tuple[int, int, bool]]:
    """Bands of rows that cross the gutter, or do not: (first row, end row, crossing).

    Blank rows part the lines of print; a line crosses where any of its rows does.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inked.astype(np.int8), [0])))).reshape(-1, 2)
    bands: list[tuple[int, int, bool]] = []
    for first, end in edges:
        state = bool(crossing[first:end].any())
        if bands and bands[-1][2] == state:
            bands[-1] = (bands[-1][0], int(end), state)
        else:
            bands.append((int(first), int(end), state))
    return bands


def paragraphs(rows: Sequence[Row], language: Language) -> list[Row]:
    """Number the paragraphs of a page's rows.

    One begins in a new column or band, after a wide gap, at an indent, and after a line that ended
    early: the next word would still have fitted on it.
    """
    steps = [b.box[3] - a.box[3] for a, b in pairwise(rows) if a.region == b.region and b.box[3] > a.box[3]]
    usual = _usual(steps)
    edges = {region: _edges([row for row in rows if row.region == region]) for region in {row.region for row in rows}}
    early = [_ended_early(a, b, edges[a.region][1]) for a, b in pairwise(rows)]
    loose = sum(e and not ends(row.text, language) for e, row in zip(early, rows, strict=False))
    trusted = loose <= MAX_LOOSE * len(rows)  # more, and lines were broken by hand
    out: list[Row] = []
    for index, row in enumerate(rows):
        block = out[-1].block if out else 0
        if out and ((trusted and early[index - 1]) or _begins(out[-1], row, usual, edges[row.region][0])):
            block += 1
        out.append(replace(row, block=block))
    return out


def _usual(steps: Sequence[float]) -> float:
    """The usual line step: the median of those that no paragraph gap has widened."""
    if not steps:
        return 1.0
    middle = median(steps)
    return median([step for step in steps if step <= 1.2 * middle])


def _edges(rows: Sequence[Row]) -> tuple[float, float]:
    """Left and right edge of a column: the median of the left ends, nearly the farthest of the right ones."""
    return median(row.box[0] for row in rows), float(np.quantile([row.box[2] for row in rows], 0.9))


def _ended_early(above: Row, row: Row, right: float) -> bool:
    first = len(row.text.split()[0]) / len(row.text) * (row.box[2] - row.box[0])
    needed = max(1.5 * first + 2 * row.size, EARLY * (right - above.box[0]))
    return above.region == row.region and above.box[2] + needed < right


def _begins(above: Row, row: Row, usual: float, left: float) -> bool:
    indented = row.box[0] > left + 1.2 * row.size and above.box[0] < left + 0.6 * row.size
    return row.region != above.region or row.box[3] - above.box[3] > WIDE_GAP * usual or indented


def assign_roles(pages: Sequence[Sequence[Row]], language: Language) -> list[list[Row]]:
    """Tell body from page numbers, running headers and footers, and titles.

    Furniture stands at the top or the bottom and comes again on other pages at the same place. Its
    text comes again only roughly: a Latin header read by a Hindi model is other junk on each page.
    """
    out = [[_edge_role(i, row, rows, pages) for i, row in enumerate(rows)] for rows in pages]
    return [assign_titles(rows, language, first=number == 0) for number, rows in enumerate(out)]


def _edge_role(index: int, row: Row, rows: Sequence[Row], pages: Sequence[Sequence[Row]]) -> Row:
    at_top, at_bottom = row.box[3] < EDGE, row.box[1] > 1 - EDGE
    if not (at_top or at_bottom) or not _outermost(index, rows, at_top):
        return row
    if PAGE_NUMBER.fullmatch(row.text) or (row.confidence < JUNK and at_bottom and len(row.text) < 10):
        return replace(row, role="page_number")
    others = [other for other in pages if other is not rows]
    again = sum(any(_same(row, candidate) for candidate in other) for other in others)
    if (others and again >= max(1, len(others) // 3)) or row.confidence < JUNK:
        return replace(row, role="header" if at_top else "footer")
    return row


def _outermost(index: int, rows: Sequence[Row], top: bool) -> bool:
    """Whether at most two lines stand between a row and the edge of the page."""
    beyond = [r for r in rows if (r.box[3] <= rows[index].box[1] if top else r.box[1] >= rows[index].box[3])]
    return len(beyond) <= 2


def _same(a: Row, b: Row) -> bool:
    near = abs(a.box[1] - b.box[1]) < SAME_PLACE and min(abs(a.box[0] - b.box[0]), abs(a.box[2] - b.box[2])) < 2 * SAME_PLACE
    return near and SequenceMatcher(None, _plain(a.text), _plain(b.text), autojunk=False).ratio() >= SIMILAR


def _plain(text: str) -> str:
    return "".join("0" if c.isdigit() else c for c in text)


def assign_titles(rows: Sequence[Row], language: Language, first: bool) -> list[Row]:
    """Tell titles from body on one page; `first` says that it is the first page."""
    body = [row for row in rows if row.role == "body"]
    blocks = sorted({row.block for row in body})
    titles = set()
    for number in blocks:
        block = [row for row in body if row.block == number]
        # The first paragraph of a later page may be the rest of a sentence, the last one its beginning.
        few_allowed = number != blocks[-1] and (first or number != blocks[0])
        if _is_title(block, body, language, few_allowed):
            titles.add(number)
    return [replace(row, role="title") if row.role == "body" and row.block in titles else row for row in rows]


def _is_title(block: Sequence[Row], body: Sequence[Row], language: Language, few_allowed: bool) -> bool:
    """A title: a short paragraph without a stop, set larger or centred, or of very few words."""
    words = sum(len(row.text.split()) for row in block)
    if len(block) > 2 or words > 14 or len(block) == len(body) or ends(block[-1].text, language):
        return False
    left, right = min(row.box[0] for row in body), max(row.box[2] for row in body)
    larger = min(row.size for row in block) > 1.2 * median(row.size for row in body)
    centred = all(row.box[0] - left > 0.1 and abs(row.box[0] - left - right + row.box[2]) < 0.04 for row in block)
    return larger or centred or (few_allowed and words <= 3)


def ends(text: str, language: Language) -> bool:
    """Whether a line ends with a sentence stop, or what OCR makes of a danda."""
    stripped = text.rstrip("\"'”’)» ")
    return bool(stripped) and (stripped[-1] in language.stops or stripped[-1] in "|।॥")


def lines(rows: Sequence[Row]) -> tuple[Line, ...]:
    """Rows as the records that a Page holds, in NFC."""
    return tuple(_line(row) for row in rows)


def _line(row: Row) -> Line:
    left, top, right, bottom = (round(edge, 4) for edge in row.box)
    text, box = unicodedata.normalize("NFC", row.text), (left, top, right, bottom)
    return Line(text, box, row.role, row.block, round(row.confidence, 1), row.sure)
