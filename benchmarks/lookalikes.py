"""Draw the signs of every script, blur them as a bad scan does, and note how far each lies from each: what OCR may take for what.

    python -m benchmarks.lookalikes [-o mining/data/lookalikes.json]

Drawn are the letters and marks of the nine Brahmic scripts and the Latin alphabet, in Noto Sans and, where there is one,
Noto Serif; a mark on the script's letter ka. The distance of two signs is the squared difference of their pictures, at the
place where they differ least, over the mean of what a letter holds of ink; a mark's own is that to the bare letter.
"""

from __future__ import annotations

import argparse
import json
import unicodedata
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from mining import store
from mining.compose.fonts import characters, font_file
from mining.documents.languages import SCRIPTS
from mining.documents.scripts import BLOCKS
from mining.errors import EnvironmentProblem
from mining.pairs.rewriting import PATH, UNLIKE

NAMES = {
    "Deva": "DEVANAGARI", "Beng": "BENGALI", "Guru": "GURMUKHI", "Gujr": "GUJARATI", "Orya": "ORIYA",
    "Taml": "TAMIL", "Telu": "TELUGU", "Knda": "KANNADA", "Mlym": "MALAYALAM", "Latn": "LATIN",
}  # fmt: skip
SIZE, BLUR = 40, 3.5  # points, and pixels: about what is left of 13 points at 65 dpi
SHIFTS = range(-8, 9, 2)  # pixels to either side
KA = 0x15  # place of the letter in the block


def picture(text: str, font: Path) -> np.ndarray:
    """The ink of a text, 0..1, blurred."""
    drawn = ImageFont.truetype(str(font), SIZE, layout_engine=ImageFont.Layout.RAQM)
    image = Image.new("L", (160, 110), 0)
    ImageDraw.Draw(image).text((40, 75), text, font=drawn, fill=255, anchor="ls")
    return np.asarray(image.filter(ImageFilter.GaussianBlur(BLUR)), np.float32) / 255


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The squared difference of two pictures where they differ least."""
    return min(float(((np.roll(other, shift, 1) - one) ** 2).sum()) for shift in SHIFTS)


def is_mark(sign: str) -> bool:
    """Whether a sign stands on a letter."""
    return unicodedata.category(sign)[0] == "M"


def drawn(script: str, font: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Pictures of a script's signs by sign, and of the letter that marks stand on."""
    last = 0x7B if script == "Latn" else SCRIPTS[script][0][1]
    have = [chr(code) for code in range(SCRIPTS[script][0][0], last) if code in characters(font)]
    bare = chr(BLOCKS[script] + KA) if script in BLOCKS else ""
    signs = [sign for sign in have if unicodedata.category(sign)[0] in "LM"]
    return {sign: picture(bare * is_mark(sign) + sign, font) for sign in signs}, picture(bare, font)


def fonts(script: str) -> list[Path]:
    """The script's Noto fonts that are installed."""
    found = []
    for style in ("Sans", "Serif"):
        try:
            found.append(font_file(style, NAMES[script]))
        except EnvironmentProblem:
            print(f"{script}: no Noto {style}")
    return found


def table(script: str) -> dict[str, float]:
    """Distances under `UNLIKE` of pairs of signs, the lesser first, and of marks alone."""
    sets = [drawn(script, font) for font in fonts(script)]
    signs = sorted(set.intersection(*(set(pictures) for pictures, _ in sets)))
    letters = [sign for sign in signs if not is_mark(sign)]
    ink = np.mean([(pictures[sign] ** 2).sum() for pictures, _ in sets for sign in letters])
    found = {}
    for one, other in combinations(signs, 2):
        if is_mark(one) == is_mark(other):
            found[one + other] = np.mean([distance(pictures[one], pictures[other]) for pictures, _ in sets]) / ink
    for sign in signs:
        if is_mark(sign):
            found[sign] = np.mean([distance(pictures[sign], bare) for pictures, bare in sets]) / ink
    return {pair: round(float(far), 3) for pair, far in found.items() if far < UNLIKE}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=PATH)
    given = parser.parse_args()
    found = {}
    for script in NAMES:
        found[script] = table(script)
        print(f"{script}: {len(found[script])} pairs")
    with store.writing(given.out) as path:
        rows = (f"{json.dumps(name)}: {json.dumps(pairs, ensure_ascii=False)}" for name, pairs in found.items())
        path.write_text("{" + ",\n".join(rows) + "}\n", encoding="utf8")


if __name__ == "__main__":
    main()
