"""Very many texts, told apart by 64 bits of each: eight bytes where a set of texts would take a hundred."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Sequence

import numpy as np

LEAST = 1 << 16  # values wait for their place in order until there are so many
N = 5
"""Words that stand in a row: a stretch of so many is seldom in two sentences that have nothing to do with each other."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no bit of a word's hash is lost


class Hashes:
    """Distinct values of 64 bits, in order. They are Python's `hash`, which differs from run to run: only counts may be told."""

    def __init__(self, values: np.ndarray | None = None) -> None:
        """`values`: int64 of any shape, in any order, each as often as it likes."""
        self._sorted = np.empty(0, np.int64) if values is None else np.unique(values)
        self._new = array("q")

    def __len__(self) -> int:
        return len(self.values())

    def add(self, value: int) -> None:
        """Add one."""
        self._new.append(value)
        if len(self._new) >= max(LEAST, len(self._sorted) // 4):
            self.values()

    def values(self) -> np.ndarray:
        """All of them: int64, ascending."""
        if self._new:
            self._sorted = np.union1d(self._sorted, np.frombuffer(self._new, np.int64))
            self._new = array("q")
        return self._sorted

    def places(self, values: np.ndarray) -> np.ndarray:
        """Where each of some values stands in `values()`, -1 if it is not there: int64, [n]."""
        known = self.values()
        if not len(known):
            return np.full(len(values), -1)
        nearest = np.minimum(np.searchsorted(known, values), len(known) - 1)
        return np.where(known[nearest] == values, nearest, -1)


def of_sentences(sentences: Sequence[Sequence[str]]) -> np.ndarray:
    """A hash of each sentence, given as its words: int64, [sentences]."""
    return np.fromiter((hash(tuple(words)) for words in sentences), np.int64, len(sentences))


def of_runs(sentences: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Every run of `N` words within a sentence: its hash, int64, and the number of its sentence, int64; both [runs], in order."""
    lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
    words = np.fromiter(map(hash, itertools.chain.from_iterable(sentences)), np.int64, int(lengths.sum())).view(np.uint64)
    owners = np.repeat(np.arange(len(sentences)), lengths)
    count = max(0, len(words) - N + 1)
    runs = np.zeros(count, np.uint64)
    for place in range(N):
        runs = runs * _FACTOR + words[place : place + count]
    within = owners[:count] == owners[N - 1 :]
    return runs[within].view(np.int64), owners[:count][within]
