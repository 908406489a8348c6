"""Fonts by script: the Noto families, found through fontconfig."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path

from mining.errors import EnvironmentProblem

_INSTALL = "sudo apt-get install fontconfig fonts-noto-core"


def script_of(text: str) -> str:
    """The script of most letters of `text`, as Unicode names it ("DEVANAGARI"); "LATIN" without any letter."""
    scripts = Counter(unicodedata.name(c, "LATIN").split()[0] for c in text if c.isalpha())
    return min(scripts, key=lambda name: (-scripts[name], name)) if scripts else "LATIN"


@lru_cache
def font_file(style: str, script: str) -> Path:
    """The file of the Noto font of a style ("Sans", "Serif") for a script.

    Raises:
        EnvironmentProblem: fontconfig or the font is not installed.
    """
    family = f"Noto {style}" if script == "LATIN" else f"Noto {style} {script.title()}"
    if shutil.which("fc-match") is None:
        raise EnvironmentProblem("Fonts cannot be looked up: fc-match is not installed.", _INSTALL)
    command = ["fc-match", "-f", "%{family[0]}\t%{file}", f"{family}:style=Regular"]
    found, _, path = subprocess.run(command, capture_output=True, text=True, check=True).stdout.partition("\t")
    if found != family:
        raise EnvironmentProblem(f"The font {family} is not installed.", _INSTALL)
    return Path(path)


@lru_cache
def characters(path: Path) -> frozenset[int]:
    """The code points that a font file can draw."""
    from fontTools.ttLib import TTFont

    with TTFont(path) as font:
        return frozenset(font.getBestCmap())
