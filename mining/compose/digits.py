"""Numbers that a reader says in words, in the digits that the page has."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mining.documents.languages import Language
from mining.documents.numbers import cardinal

_SCALES = (1_000, 100_000, 10_000_000)  # of round numbers such as fifty thousand
_LONGEST = 6  # words in a number


def in_digits(text: str, language: Language, share: float, rng: np.random.Generator) -> str:
    """Write a share of the numbers of a sentence in digits.

    Only numbers from 10 on (a page says "two districts"), and only in the spelling that
    `documents.numbers` gives back, so that what the page says can be read as what is spoken.
    """
    if not share:
        return text
    words, result, numbers = text.split(), [], _numbers(language)
    while words:
        length = next((n for n in range(_LONGEST, 0, -1) if " ".join(words[:n]) in numbers and n <= len(words)), 0)
        chosen = length and rng.random() < share
        result.append(str(numbers[" ".join(words[:length])]) if chosen else " ".join(words[: length or 1]))
        del words[: length or 1]
    return " ".join(result)


@lru_cache
def _numbers(language: Language) -> dict[str, int]:
    """Words -> number, for 10..9999 and round thousands, lakhs and crores below a hundred of each."""
    values = [*range(10, 10_000), *(n * scale for scale in _SCALES for n in range(10, 100))]
    return {cardinal(value, language): value for value in values}
