"""What OCR may have made a word of: other words near it, and what sets each apart from it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from mining import store
from mining.pairs.lexicon import Prior

PATH = Path(__file__).parents[1] / "data" / "lookalikes.json"
"""By script: how far apart two signs look, drawn and blurred (benchmarks/lookalikes.py)."""

UNLIKE = 0.25
"""The distance, in a letter's ink, from which on signs look nothing alike; it is also that of signs that are in no table."""

KINDS = ("mark changed", "mark lost", "mark added", "letter changed", "letter lost", "letter added")
"""The edits that are told apart: in any script OCR does to small signs above and below letters what it seldom does to letters."""

INVENTED = 3
"""Signs fewer than those of the word, that no reading may be short of it."""

FREE = 40
"""Readings that no lexicon has, at most, that are tried of a word: the likeliest by their letters."""


def readings(word: str, prior: Prior) -> list[str]:
    """The words that may have been printed where OCR read this one, sorted.

    Those of lexicon and document within one edit, two from four letters on, and three from eight on; and if neither has the
    word, also whatever lies one edit away and is made of triples of letters that they have. OCR drops signs and takes them
    for others, but it does not invent three: what is shorter by so many is another form of the word, or a part of it.
    """
    if prior.knows(word):
        return prior.near(word, 1)
    most = 1 if len(word) < 4 else 2 if len(word) < 8 else 3
    near = [other for other in prior.near(word, most) if len(other) > len(word) - INVENTED]
    free = sorted(set(_free(word, prior)) - {word, *near}, key=lambda other: (-prior.log_probability(other), other))
    return sorted(near + free[:FREE])


def _free(word: str, prior: Prior) -> Iterator[str]:
    """What is one edit away and looks like a word of the language."""
    padded = f"\n\n{word}\n\n"
    for at in range(2, len(word) + 3):
        behind = padded[at - 2 : at]
        if at < len(word) + 2 and _fits(padded[at - 2 : at] + padded[at + 1 : at + 3], prior):
            yield padded[2:at] + padded[at + 1 : -2]
        for letter in prior.follows(behind) - {"\n"}:
            if at < len(word) + 2 and _fits(behind + letter + padded[at + 1 : at + 3], prior):
                yield padded[2:at] + letter + padded[at + 1 : -2]
            if _fits(behind + letter + padded[at : at + 2], prior):
                yield padded[2:at] + letter + padded[at:-2]


def _fits(letters: str, prior: Prior) -> bool:
    """Whether each letter from the third on was seen behind the two before it, up to the end of the word."""
    for at in range(2, len(letters)):
        if letters[at] not in prior.follows(letters[at - 2 : at]):
            return False
        if letters[at] == "\n":
            break
    return True


Edit = tuple[str, str]
"""A sign that is printed and the one that is read for it; "" where there is none."""


def edits(read: str, printed: str) -> list[Edit]:
    """What OCR did, if it read one word where another was printed: the fewest edits.

    >>> edits("कार", "कर"), edits("बन", "वन")
    ([('', 'ा')], [('व', 'ब')])
    """
    return [
        (printed[edit.src_pos] if edit.tag != "insert" else "", read[edit.dest_pos] if edit.tag != "delete" else "")
        for edit in Levenshtein.editops(printed, read)
    ]


def kind(edit: Edit) -> int:
    """Which of `KINDS` an edit is of."""
    marks = all(unicodedata.category(sign)[0] == "M" for sign in edit if sign)
    return 3 * (not marks) + (0 if all(edit) else 1 if edit[0] else 2)


@cache
def unlikeness(edit: Edit) -> float:
    """How little what is read looks like what is printed, a logarithm: from -4.6 for twins to -1.3.

    A mark lost or added is as unlike as its ink is much; of a letter it is 0: that is no matter of looks.
    """
    printed, read = edit
    if not (printed and read) and unicodedata.category(printed or read)[0] != "M":
        return 0.0
    return math.log(0.01 + _distances().get("".join(sorted(edit)), UNLIKE))


@cache
def _distances() -> dict[str, float]:
    return {pair: far for pairs in store.read_json(PATH).values() for pair, far in pairs.items()}
