"""Tesseract: one page image in, lines with places and confidence out.

The settings are those that its documentation and its users report as best for Indic scripts: 300
dpi, a white border, straightened, page segmentation 6 on one column at a time, one thread a process.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

import numpy as np
import pytesseract
from PIL import Image

from mining.documents.languages import Language
from mining.documents.layout import GRID, Box, Row, ink, regions
from mining.errors import EnvironmentProblem

BORDER = 10  # pixels of white; letters that touch the edge are lost without it
MAX_SKEW = 3.0  # degrees
SKEW_STEP = 0.25
DUST = 0.2  # of a letter's height: what is no larger is no letter, whatever Tesseract calls it
MIN_BAND = 4  # cells of the grid: 3 mm of A4, a line of 10 points
MIN_BAND_INK = 0.02  # of a band's width
MAX_BANDS = 8  # a page of pictures has many


class PageError(Exception):
    """One page could not be read; the others can."""


def check(language: Language) -> None:
    """Make sure that Tesseract and its data for a language are there.

    Raises:
        EnvironmentProblem: one of them is missing; the advice holds the command that installs it.
    """
    package = f"tesseract-ocr-{language.tesseract}"
    try:
        installed = pytesseract.get_languages()
    except pytesseract.TesseractNotFoundError as error:
        raise EnvironmentProblem("Tesseract, which reads scanned pages, is not installed.", _advice(package)) from error
    if language.tesseract not in installed:
        raise EnvironmentProblem(f"Tesseract has no data for {language.name} ({language.tesseract}).", _advice(package))


def _advice(package: str) -> str:
    return f"Install it: sudo apt-get install {package}"


def recognise(image: np.ndarray, language: Language, psm: int, dpi: int, timeout: float) -> list[Row]:
    """Read a page image, uint8 of shape (rows, columns).

    Raises:
        PageError: Tesseract failed, or took longer than `timeout` seconds; heavy noise does that.
    """
    _one_thread()
    image = straighten(image)
    grid = ink(image)
    if not grid.any():
        return []
    deadline, rows = time.monotonic() + timeout, []
    settings = f"--psm {psm} --dpi {dpi}"
    for number, region in enumerate(regions(grid)):
        found = _read(image, region, number, language, settings, deadline)
        for band in missed(grid, region, found):
            found += _read(image, band, number, language, settings, deadline)
        rows += sorted(found, key=lambda row: row.box[1] + row.box[3])
    return rows


def _one_thread() -> None:
    """Let Tesseract use one thread: a process a page is faster than its own threads.

    Told to Tesseract alone. In this process's own environment the limit would reach whatever it starts, and torch with
    more threads than OpenMP may have computes nonsense.
    """
    pytesseract.pytesseract.environ = {**os.environ, "OMP_THREAD_LIMIT": "1"}


def missed(grid: np.ndarray, region: Box, rows: Sequence[Row]) -> list[Box]:
    """Bands of a region that hold ink as high as a line and no row: Tesseract drops lines far larger than the rest."""
    left, right = round(region[0] * GRID[1]), round(region[2] * GRID[1])
    bare = grid[:, left:right].sum(axis=1) > MIN_BAND_INK * (right - left)
    bare[: round(region[1] * GRID[0])] = bare[round(region[3] * GRID[0]) :] = False
    for row in rows:
        bare[int(row.box[1] * GRID[0]) : int(np.ceil(row.box[3] * GRID[0]))] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([0], bare.astype(np.int8), [0])))).reshape(-1, 2)
    high = [(max(0, a - 2), min(GRID[0], b + 2)) for a, b in edges if b - a >= MIN_BAND]
    return [(region[0], float(a / GRID[0]), region[2], float(b / GRID[0])) for a, b in high[:MAX_BANDS]]


def _read(image: np.ndarray, region: Box, number: int, language: Language, settings: str, deadline: float) -> list[Row]:
    height, width = image.shape
    left, top, right, bottom = (round(x * size) for x, size in zip(region, (width, height, width, height), strict=True))
    part = Image.fromarray(np.pad(image[top:bottom, left:right], BORDER, constant_values=255))
    part.format = "PPM"  # how pytesseract hands it over: compressing a noisy page takes longer than reading it
    left_s = max(1.0, deadline - time.monotonic())
    try:
        found = pytesseract.image_to_data(
            part, lang=language.tesseract, config=settings, timeout=left_s, output_type=pytesseract.Output.DICT
        )
    except RuntimeError as error:
        reason = f"no end after {left_s:.0f} s" if "timeout" in str(error) else str(error)
        raise PageError(reason) from error
    return _rows(found, number, (left - BORDER, top - BORDER), (width, height))


def _rows(found: dict[str, list], region: int, origin: tuple[int, int], page: tuple[int, int]) -> list[Row]:
    """Tesseract's table of words as rows; `origin` of the part and size of the `page` in pixels."""
    words = defaultdict(list)
    letters = [i for i, text in enumerate(found["text"]) if found["level"][i] == 5 and text.strip()]
    speck = DUST * median([found["height"][i] for i in letters] or [0])
    for i in letters:
        if max(found["width"][i], found["height"][i]) > speck:
            words[found["block_num"][i], found["par_num"][i], found["line_num"][i]].append(i)
    rows = []
    for indices in words.values():
        lefts, tops, widths, heights = ([found[name][i] for i in indices] for name in ("left", "top", "width", "height"))
        edges = (
            min(lefts) + origin[0],
            min(tops) + origin[1],
            max(map(sum, zip(lefts, widths, strict=True))) + origin[0],
            max(map(sum, zip(tops, heights, strict=True))) + origin[1],
        )
        box = tuple(min(1.0, max(0.0, edge / size)) for edge, size in zip(edges, page * 2, strict=True))
        letters = [len(found["text"][i]) for i in indices]
        confidence = sum(float(found["conf"][i]) * n for i, n in zip(indices, letters, strict=True)) / sum(letters)
        text = " ".join(found["text"][i].strip() for i in indices)
        sure = tuple(round(float(found["conf"][i])) for i in indices)
        rows.append(Row(text, box, median(heights) / page[1], confidence, region, sure=sure))  # type: ignore[arg-type]
    return rows


def straighten(image: np.ndarray) -> np.ndarray:
    """Turn a page by its skew, if it has any within `MAX_SKEW` degrees."""
    angle = skew(image)
    if abs(angle) < SKEW_STEP:
        return image
    turned = Image.fromarray(image).rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=255)
    return np.asarray(turned)


def skew(image: np.ndarray) -> float:
    """Degrees by which lines fall to the right (positive) or rise.

    The angle at which dark pixels gather in the fewest rows: the sum of squares of their histogram
    over y - x tan(angle) is greatest. On every fourth pixel, some 20 ms a page.
    """
    small = image[::4, ::4]
    y, x = np.nonzero(small < float(np.median(small)) * 0.6)
    if len(y) < 100:
        return 0.0
    angles = np.arange(-MAX_SKEW, MAX_SKEW + SKEW_STEP / 2, SKEW_STEP)
    shifts = np.tan(np.radians(angles))
    scores = [float((np.bincount((y - x * s + small.shape[1] * 0.1).astype(np.int64)).astype(float) ** 2).sum()) for s in shifts]
    return float(angles[int(np.argmax(scores))])
