"""Brahmic scripts share one inventory, and Unicode lays them out alike: what one script writes, another can.

Used to let speech of one language teach a model that writes another's script. It maps letters,
not sounds: Malayalam's final vowels stay, Tamil's unvoiced letters stay unvoiced.
"""

from __future__ import annotations

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


def _letter(character: str) -> str:
    special = _CHILLU.get(character, _ODD.get(character))
    if special is not None:
        return special
    code = ord(character)
    for first in BLOCKS.values():
        if first <= code < first + 0x80:
            return chr(BLOCKS["Deva"] + code - first)
    return character
