"""Two corpora side by side: words that one has and the other lacks, and sentences that are in both."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mining.corpus.stats.hashes import Hashes, of_runs, of_sentences

BATCH = 4096  # sentences that are looked at together
TOP = 20  # words that are told
NEAR = 0.5
"""A sentence is nearly in a corpus if at least this share of its runs of five words is: what is left is a name or a number that
was changed. Sentences below five words are only compared as a whole."""


class Against:
    """Another corpus, read at once, and beside it ours, sentence by sentence as it goes by.

    Of the other stay its distinct words, and some thirty bytes of each sentence and of each run of five words; of ours a batch.
    """

    def __init__(self, name: str, sentences: Iterable[Sequence[str]]) -> None:
        """`name` is what the corpus is called, `sentences` are the words of each of its own."""
        self.name = name
        self._words: Counter[str] = Counter()
        parts = [self._taken(batch) for batch in _batches(sentences)]
        self._sentences, self._runs, counts = (_joined([part[index] for part in parts]) for index in range(3))
        self._owners = np.repeat(np.arange(len(counts)), counts)
        self._known, self._known_runs = Hashes(self._sentences), Hashes(self._runs)
        self._seen, self._seen_runs = (np.zeros(len(known), bool) for known in (self._known, self._known_runs))
        self._waiting: list[Sequence[str]] = []
        self._count = self._same = self._near = 0

    def add(self, words: Sequence[str]) -> None:
        """Compare one more sentence of ours."""
        self._waiting.append(words)
        if len(self._waiting) == BATCH:
            self._compare()

    def figures(self, ours: Counter[str]) -> dict[str, Any]:
        """What each side lacks of the other's words, and has of its sentences; `ours` are all words that were added.

        `out_of_vocabulary` is the share of running words, `out_of_vocabulary_distinct` that of distinct ones, that the other side
        never has, `missing` the commonest of these. `same` are sentences that the other side has word by word, `near` others of
        which it has at least half of the runs of five words, `overlap` is the share of both.
        """
        self._compare()
        same = self._seen[self._known.places(self._sentences)]
        common = self._seen_runs[self._known_runs.places(self._runs)]
        near = _near(common, self._owners, len(same)) & ~same
        return {
            "name": self.name,
            "theirs": {**_lacking(self._words, ours), **_shared(len(same), int(same.sum()), int(near.sum()))},
            "ours": {**_lacking(ours, self._words), **_shared(self._count, self._same, self._near)},
        }

    def _taken(self, batch: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The hashes of some sentences and of their runs, and how many runs each has."""
        self._words.update(itertools.chain.from_iterable(batch))
        runs, owners = of_runs(batch)
        return of_sentences(batch), runs, np.bincount(owners, minlength=len(batch))

    def _compare(self) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            sentences, (runs, owners) = of_sentences(batch), of_runs(batch)
            same = _marked(self._seen, self._known.places(sentences))
            common = _marked(self._seen_runs, self._known_runs.places(runs))
            self._count += len(batch)
            self._same += int(same.sum())
            self._near += int((_near(common, owners, len(batch)) & ~same).sum())


_NONE = np.empty(0, np.int64)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else _NONE


def _batches(sentences: Iterable[Sequence[str]]) -> Iterable[list[Sequence[str]]]:
    rest = iter(sentences)
    while batch := list(itertools.islice(rest, BATCH)):
        yield batch


def _marked(seen: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Mark what has a place as seen, and tell which of `places` are such: bool, [n]."""
    found = places >= 0
    seen[places[found]] = True
    return found


def _near(common: np.ndarray, owners: np.ndarray, count: int) -> np.ndarray:
    """Of each of `count` sentences, whether it has runs and enough of them are common: bool, [count]."""
    total = np.bincount(owners, minlength=count)
    return (total > 0) & (np.bincount(owners, weights=common, minlength=count) >= NEAR * total)


def _lacking(words: Counter[str], others: Counter[str]) -> dict[str, Any]:
    """Which of some words are not among others."""
    missing = {word: count for word, count in words.items() if word not in others}
    running = words.total()
    commonest = sorted(missing, key=lambda word: (-missing[word], word))[:TOP]
    return {
        "words": running,
        "distinct_words": len(words),
        "out_of_vocabulary": round(sum(missing.values()) / running, 4) if running else None,
        "out_of_vocabulary_distinct": round(len(missing) / len(words), 4) if words else None,
        "missing": {word: missing[word] for word in commonest},
    }


def _shared(count: int, same: int, near: int) -> dict[str, Any]:
    overlap = round((same + near) / count, 4) if count else None
    return {"sentences": count, "same": same, "near": near, "overlap": overlap}
