"""A sentence in the symbols of a model."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from mining.documents.scripts import as_written_by, in_script, main_script, script_of
from mining.records import WILDCARD
from mining.speech.emissions import Emissions

_JOINERS = "\u200c\u200d"
_NAMED = re.compile(r"<.+>|\[.+\]")  # such as <pad>, which says nothing of how letters are written


def case_of(tokens: Iterable[str]) -> Callable[[str], str]:
    """What gives a text the case of a model's tokens where they have one case only: str.upper, str.lower; else str."""
    letters = "".join(token for token in tokens if not _NAMED.fullmatch(token))
    return str.upper if letters.isupper() else str.lower if letters.islower() else str


def writing(tokens: Iterable[str]) -> Callable[[str], str]:
    """What gives a text as a model of these tokens writes it: in its case, and in its Brahmic script where it lacks the text's.

    >>> writing(["<pad>", "|", "A", "B"])("ab"), writing(["क", "ा"])("കാ")
    ('AB', 'का')
    """
    fold, letters = case_of(tokens := list(tokens)), [token for token in tokens if len(token) == 1]
    if main_script(letters) is None:
        return fold
    return lambda text: as_written_by(letters, fold(text))


class Tokenizer:
    """Text to columns of the emissions: the longest token that fits, then the next.

    What the model cannot write becomes a wildcard (-1), one for a run of it. A model that knows one
    case only is given that. A letter that a model of Brahmic script lacks is given as the one that stands for it there:
    so can one model, whose letters are those that all such scripts share, be given any of them. Tokens that hold the
    space before a word (SentencePiece) also begin the first word.
    """

    def __init__(self, emissions: Emissions) -> None:
        self._columns = {text: column for column, text in enumerate(emissions.texts) if text.strip()}
        self._longest = max((len(text) for text in self._columns), default=1)
        self._lead = " " if any(text.startswith(" ") for text in self._columns) else ""
        self._delimiter = emissions.delimiter
        letters = "".join(self._columns)
        self._fold = case_of(self._columns)
        self._letters, self._script = set(letters), main_script(letters)

    def columns(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """(tokens (L,) int32, characters (L,) int32: the index in `text` that each token begins at)."""
        written = [self._written(c) for c in text]
        folded = self._lead + "".join(written)
        origin = [0] * len(self._lead) + [at for at, letters in enumerate(written) for _ in letters]
        tokens: list[int] = []
        places: list[int] = []
        at = 0
        while at < len(folded):
            token, length = self._at(folded, at)
            if token is not None and not (token == -1 and tokens and tokens[-1] == -1):
                tokens.append(token)
                places.append(origin[at + (folded[at] == " " and length > 1)])
            at += length
        return np.array(tokens, np.int32), np.array(places, np.int32)

    def _written(self, character: str) -> str:
        """A character as the model may know it."""
        folded = self._fold(character)
        if len(folded) != 1:  # ß has no single capital
            return character
        if folded in self._letters or self._script is None or script_of(folded) is None:
            return folded
        return in_script(folded, self._script) or folded

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
    script = main_script(known)
    letters = Counter(c for text in texts for c in text if unicodedata.category(c)[0] == "L")
    known |= {c.lower() for c in known} | {c.upper() for c in known}
    if script is not None:
        known |= {c for c in letters if script_of(c) and set(in_script(c, script)) & known}
    return sum(count for c, count in letters.items() if c not in known) / max(1, letters.total())
