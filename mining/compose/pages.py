"""Paper: sentences set in paragraphs, columns and pages, and drawn as grey images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mining.compose.fonts import characters, font_file, script_of
from mining.compose.recipe import Recipe

A4 = (595.28, 841.89)  # points
_MARGIN = 60.0  # points on the left and right, as are all lengths here
_TOP, _BOTTOM = 54.0, 770.0  # of the text; headers stand above, the page number below
_GUTTER = 22.0
_LEADING = 1.75  # from line to line, in units of the font's size
_UNIT = 20  # pixels per point in which widths are measured, so that they do not depend on dpi


@dataclass(frozen=True, slots=True)
class Placed:
    """A line of text on a page: its left end and baseline, and its size, in points."""

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Block:
    """A title, the heading of a section, or a paragraph; `scale` is its size in units of the font's."""

    text: str
    scale: float = 1.0


def blocks(printed: Sequence[str], recipe: Recipe) -> list[Block]:
    """Sentences in paragraphs of two to five, with title and headings between them."""
    paragraphs = _paragraphs(printed, np.random.default_rng([recipe.seed, 5]))
    every = max(1, round(len(paragraphs) / max(1, len(recipe.headings))))
    result = [Block(recipe.title, 1.4)] if recipe.title else []
    for index, paragraph in enumerate(paragraphs):
        section, rest = divmod(index, every)
        if rest == 0 and section < len(recipe.headings):
            result.append(Block(recipe.headings[section], 1.15))
        result.append(Block(" ".join(paragraph)))
    return result


def lay_out(printed: Sequence[str], recipe: Recipe) -> list[list[Placed]]:
    """Set sentences on as many A4 pages as they take, in reading order; furniture comes first and last."""
    width = (A4[0] - 2 * _MARGIN - (recipe.columns - 1) * _GUTTER) / recipe.columns
    pages: list[list[Placed]] = [[]]
    column, y = 0, _TOP
    for block in blocks(printed, recipe):
        size = block.scale * recipe.font_size
        y += 0.9 * recipe.font_size
        for text in wrap(block.text, width, size, recipe.font):
            if y + _LEADING * size > _BOTTOM:
                column, y = (column + 1) % recipe.columns, _TOP
                if column == 0:
                    pages.append([])
            y += _LEADING * size
            pages[-1].append(Placed(text, _MARGIN + column * (width + _GUTTER), y, size))
    return [_furnished(lines, number, recipe) for number, lines in enumerate(pages, start=1)]


def _paragraphs(printed: Sequence[str], rng: np.random.Generator) -> list[list[str]]:
    groups: list[list[str]] = []
    start = 0
    while start < len(printed):
        end = start + int(rng.integers(2, 6))
        groups.append(list(printed[start:end]))
        start = end
    return groups


def _furnished(lines: list[Placed], number: int, recipe: Recipe) -> list[Placed]:
    size = 0.7 * recipe.font_size
    above = [Placed(recipe.header, _MARGIN, 36.0, size)] if recipe.header else []
    if recipe.header_local:
        right = A4[0] - _MARGIN - width_of(recipe.header_local, size, recipe.font)
        above.append(Placed(recipe.header_local, right, 36.0 if not recipe.header else 50.0, size))
    below = [Placed(f"- {number} -", A4[0] / 2 - size, 812.0, size)] if recipe.page_numbers else []
    return above + lines + below


def wrap(text: str, width: float, size: float, style: str) -> list[str]:
    """Break a text at blanks into lines of at most `width` points."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and width_of(longer, size, style) > width:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line] if line else lines


def width_of(text: str, size: float, style: str) -> float:
    """The width of a drawn line in points."""
    return sum(_font(path, _UNIT * size).getlength(run) for run, path in runs(text, style)) / _UNIT


def runs(text: str, style: str) -> list[tuple[str, Path]]:
    """A line in pieces of one font: its script's own, and Noto Sans or Serif for what that lacks."""
    own, latin = font_file(style, script_of(text)), font_file(style, "LATIN")
    return [("".join(run), path) for path, run in groupby(text, lambda c: own if ord(c) in characters(own) else latin)]


def is_drawable(text: str, style: str) -> bool:
    """Whether the fonts have every character of a text."""
    return all(ord(c) in characters(path) for run, path in runs(text, style) for c in run)


@lru_cache(maxsize=64)
def _font(path: Path, pixels: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), pixels, layout_engine=ImageFont.Layout.RAQM)


def draw(lines: Sequence[Placed], dpi: int, style: str) -> Image.Image:
    """Draw one page in grey, black on white."""
    scale = dpi / 72
    image = Image.new("L", (round(A4[0] * scale), round(A4[1] * scale)), 255)
    pen = ImageDraw.Draw(image)
    for line in lines:
        x = line.x * scale
        for run, path in runs(line.text, style):
            font = _font(path, line.size * scale)
            pen.text((x, line.y * scale), run, font=font, fill=0, anchor="ls")
            x += font.getlength(run)
    return image
