"""Brahmic scripts share one inventory, and Unicode lays them out alike: what one script writes, another can.

Used to let speech of one language teach a model that writes another's script. It maps letters,
not sounds: Malayalam's final vowels stay, Tamil's unvoiced letters stay unvoiced.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

BLOCKS = {
    "Deva": 0x0900,
    "Beng": 0x0980,
    "Guru": 0x0A00,
    "Gujr": 0x0A80,
    "Orya": 0x0B00,
    "Taml": 0x0B80,
    "Telu": 0x0C00,
    "Knda": 0x0C80,
    "Mlym": 0x0D00,
}
"""Script (ISO 15924) to the first code point of its Unicode block; offsets within blocks agree (after ISCII)."""

_CHILLU = dict(zip("ൺൻർൽൾൿ", ("ण्", "न्", "र्", "ल्", "ळ्", "क्"), strict=True))
_ODD = {"ੰ": "ं", "ੱ": "", "ੲ": "इ", "ੳ": "उ", "ੵ": "्य", "ৎ": "त्", "ৰ": "र", "ৱ": "व", "ୱ": "व", "ൗ": "ौ"}
"""Letters that stand elsewhere in their block, or have no fellow in Devanagari."""
_PLAIN = str.maketrans("ऎऒॆॊऴऱ", "एओेोळर")


def to_devanagari(text: str) -> str:
    """Write a text of any Brahmic script in Devanagari, letter for letter.

    >>> to_devanagari("മലയാളം")
    'मलयाळं'
    """
    return "".join(_letter(character) for character in text).translate(_PLAIN)


def in_script(text: str, script: str) -> str:
    """Write a text of any Brahmic script in another, letter for letter; what that script has no letter for is left out.

    Args:
        script: one of `BLOCKS`.

    >>> in_script("संस्कृतम्", "Knda"), in_script("മലയാളം", "Deva")
    ('ಸಂಸ್ಕೃತಮ್', 'मलयाळं')
    """
    return "".join(_moved(character, script) for character in to_devanagari(text))


def script_of(character: str) -> str | None:
    """The Brahmic script that a character belongs to; None for any other character, and for dandas, which they share."""
    code = 0 if character in "।॥" else ord(character)
    return next((script for script, first in BLOCKS.items() if first <= code < first + 0x80), None)


def main_script(texts: Iterable[str]) -> str | None:
    """The Brahmic script that most letters of some texts are of; None where most are of others."""
    counts = Counter(script_of(c) for text in texts for c in text if unicodedata.category(c)[0] == "L")
    return max(sorted(counts, key=str), key=counts.__getitem__, default=None)


def as_written_by(tokens: Iterable[str], text: str) -> str:
    """A text in the Brahmic script that a model's tokens are of, where they have no letter of its own; else as it is."""
    letters = [token for token in tokens if len(token) == 1]  # <pad> and <unk> are no Latin
    script, own = main_script([text]), main_script(letters)
    if script is None or own is None or any(script_of(letter) == script for letter in letters):
        return text
    return in_script(text, own)


def _moved(character: str, script: str) -> str:
    if script_of(character) != "Deva" or script == "Deva":
        return character
    moved = chr(ord(character) - BLOCKS["Deva"] + BLOCKS[script])
    return moved if unicodedata.category(moved) != "Cn" else ""


def _letter(character: str) -> str:
    special = _CHILLU.get(character, _ODD.get(character))
    if special is not None:
        return special
    script = script_of(character)
    return character if script is None else chr(ord(character) - BLOCKS[script] + BLOCKS["Deva"])
