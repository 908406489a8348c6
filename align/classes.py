"""Symbols that writers, models and OCR take for one another, for `needleman_wunsch(classes=...)`."""

from __future__ import annotations

_BLOCKS = {
    "Deva": 0x0900, "Beng": 0x0980, "Guru": 0x0A00, "Gujr": 0x0A80, "Orya": 0x0B00,
    "Taml": 0x0B80, "Telu": 0x0C00, "Knda": 0x0C80, "Mlym": 0x0D00,
}  # fmt: skip

_LETTERS = (
    (0x01, 0x02),  # candrabindu, anusvara
    (0x05, 0x06),  # a, long a
    (0x07, 0x08),  # i, long i
    (0x09, 0x0A),  # u, long u
    (0x0D, 0x0E, 0x0F, 0x10),  # e, short e, ai
    (0x11, 0x12, 0x13, 0x14),  # o, short o, au
    (0x19, 0x1E, 0x23, 0x28, 0x29),  # nasals before k, c, t, and n
    (0x15, 0x58),  # from here on: a letter and itself with a dot below
    (0x16, 0x59),
    (0x17, 0x5A),
    (0x1C, 0x5B),
    (0x21, 0x5C),
    (0x22, 0x5D),
    (0x2B, 0x5E),
    (0x2F, 0x5F),
    (0x2C, 0x2D, 0x35),  # b, bh, v: near in shape or in sound
    (0x30, 0x31),  # r and the hard r
    (0x32, 0x33, 0x34),  # l and the retroflex ones
    (0x36, 0x37, 0x38),  # sibilants
    (0x3F, 0x40),  # signs: i, long i
    (0x41, 0x42),  # u, long u
    (0x45, 0x46, 0x47, 0x48),  # e, ai
    (0x49, 0x4A, 0x4B, 0x4C),  # o, au
)
"""Places in a block; the blocks of the Brahmic scripts run parallel (ISCII-1991; The Unicode Standard, chapter 12)."""


def brahmic(script: str) -> tuple[str, ...]:
    """Groups of letters and signs of a Brahmic script (ISO 15924, such as "Deva") that are easily taken for one another.

    Short and long vowels, with and without the dot below, nasals, sibilants, liquids, b and v.

    Raises:
        ValueError: a script that is not of the nine in parallel blocks.

    >>> brahmic("Deva")[2]
    'इई'
    """
    if script not in _BLOCKS:
        raise ValueError(f"script must be one of {', '.join(sorted(_BLOCKS))}, not {script!r}")
    return tuple("".join(chr(_BLOCKS[script] + place) for place in group) for group in _LETTERS)
