"""Where the words of a text lie in a recording: a time for each, though the model heard only some of its letters.

The model left a sample for every letter that it heard. The text is aligned with those letters; a letter of the text
that faces one heard has its time, and what lies between two of them is spread evenly. So a page can write every word
below its sound without the model or its emissions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mining import store
from mining.corpus.difference import compare, stamps
from mining.records import Transcript

LONGEST_LETTER = 0.3  # seconds from a word's last letter to its end: what is longer is a pause


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text and the seconds [start, end) in which it is said."""

    text: str
    start: float
    end: float


def place_words(text: str, heard: str, times: Sequence[int], start: float, end: float) -> list[Word]:
    """Every word of a text with its place, in order and without overlap.

    Args:
        text: what is said in [start, end).
        heard: what the model heard there; it may be nothing.
        times: the sample of every code point of `heard` that is not white space.
        start, end: seconds.
    """
    words = text.split()
    if not words:
        return []
    cells = list(_cells(" ".join(words), heard, times))
    known = _rising([(i, store.seconds(time)) for i, (_, time) in enumerate(cells) if time is not None])
    inside = [(i, time) for i, time in known if start < time < end]
    at = [0.0, *(i + 0.5 for i, _ in inside), float(len(cells))]
    when = [start, *(time for _, time in inside), end]
    placed = []
    position = 0
    for is_space, group in itertools.groupby(cells, key=lambda cell: cell[0] == " "):
        length = len(list(group))
        if not is_space:
            first, last = (float(np.interp(edge, at, when)) for edge in (position, position + length))
            placed.append((first, min(last, _heard_until(inside, position, position + length, last))))
        position += length
    return [Word(word, round(a, 3), round(b, 3)) for word, (a, b) in zip(words, placed, strict=True)]


def heard_between(transcripts: Sequence[Transcript], start: float, end: float) -> tuple[str, list[int]]:
    """What the model heard in seconds [start, end): its text, and the sample of every code point that is not white space."""
    first, last = store.samples(start), store.samples(end)
    letters: list[str] = []
    times: list[int] = []
    for transcript in transcripts:
        if transcript.start >= last or transcript.end <= first:
            continue
        for letter, time in zip(transcript.text, transcript.times, strict=True):
            if first <= time < last:
                letters.append(letter)
                if not letter.isspace():
                    times.append(time)
        letters.append(" ")
    return "".join(letters).strip(), times


def _cells(text: str, heard: str, times: Sequence[int]) -> Iterator[tuple[str, int | None]]:
    """Every cluster of a text with the sample at which it was heard, None where it was not."""
    when = stamps(heard, times)
    for piece in compare(text, heard):
        faced = [next(when) for _ in piece.heard]
        for i, cluster in enumerate(piece.text):
            yield cluster, faced[i * len(faced) // len(piece.text)] if faced and cluster != " " else None


def _rising(known: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Places whose times rise: two letters heard in one frame say nothing of what lies between them."""
    rising: list[tuple[int, float]] = []
    for i, time in known:
        if not rising or time > rising[-1][1]:
            rising.append((i, time))
    return rising


def _heard_until(inside: list[tuple[int, float]], first: int, last: int, otherwise: float) -> float:
    """When a word is over: soon after its last letter, if that was heard; a pause may follow."""
    final = [time for i, time in inside if first <= i < last and i == last - 1]
    return final[0] + LONGEST_LETTER if final else otherwise
