"""A sentence in the symbols of a model."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

from mining.records import WILDCARD
from mining.speech.emissions import Emissions

_JOINERS = "\u200c\u200d"


class Tokenizer:
    """Text to columns of the emissions: the longest token that fits, then the next.

    What the model cannot write becomes a wildcard (-1), one for a run of it. A model that knows one
    case only is given that. Tokens that hold the space before a word (SentencePiece) also begin the first word.
    """

    def __init__(self, emissions: Emissions) -> None:
        self._columns = {text: column for column, text in enumerate(emissions.texts) if text.strip()}
        self._longest = max((len(text) for text in self._columns), default=1)
        self._lead = " " if any(text.startswith(" ") for text in self._columns) else ""
        self._delimiter = emissions.delimiter
        letters = "".join(self._columns)
        self._fold = str.upper if letters.isupper() else str.lower if letters.islower() else str

    def columns(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """(tokens (L,) int32, characters (L,) int32: the index in `text` that each token begins at)."""
        folded = "".join(letter if len(letter := self._fold(c)) == 1 else c for c in text)  # ß has no single capital
        folded = self._lead + folded
        tokens: list[int] = []
        places: list[int] = []
        at = 0
        while at < len(folded):
            token, length = self._at(folded, at)
            if token is not None and not (token == -1 and tokens and tokens[-1] == -1):
                tokens.append(token)
                places.append(max(0, at - len(self._lead) + (folded[at] == " " and length > 1)))
            at += length
        return np.array(tokens, np.int32), np.array(places, np.int32)

    def _at(self, text: str, at: int) -> tuple[int | None, int]:
        """The token at a character and how many characters it writes; None for one that is not spoken."""
        for length in range(min(self._longest, len(text) - at), 0, -1):
            column = self._columns.get(text[at : at + length])
            if column is not None:
                return column, length
        if text[at] == " ":
            return (self._delimiter if self._delimiter >= 0 else None), 1
        silent = text[at] in _JOINERS or (unicodedata.category(text[at]) == "Mn" and text[at] != WILDCARD)
        return (None if silent else -1), 1


def unknown(texts: Sequence[str], emissions: Emissions) -> float:
    """The share of letters in `texts` that the model cannot write: near 1, it is a model of another script."""
    known = set("".join(emissions.texts))
    letters = [c for text in texts for c in text if unicodedata.category(c)[0] == "L"]
    known |= {c.lower() for c in known} | {c.upper() for c in known}
    return sum(c not in known for c in letters) / max(1, len(letters))
