"""What came out of what: hours, yield and reasons of a run."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mining.corpus.rows import Row, Source, count_failures, read_sources, stream_pairs
from mining.corpus.stats import corpora
from mining.corpus.stats.diversity import Diversity
from mining.corpus.stats.gazetteer import load
from mining.corpus.stats.overlap import Against
from mining.pairs.repeats import SENTENCE, SOUND
from mining.records import REASONS

MINED = "mined"
MOST, SHOWN = 50, 10
"""Above so many recordings the table shows those with the lowest yield only, and so many of them."""


def stats(out: Path, each: bool = True, diversity: Diversity | None = None) -> dict[str, Any]:
    """Count a run from its files.

    `yield_audio` is seconds mined over seconds of audio (Shrutilipi's 0.66 is of this kind),
    `yield_sentences` sentences mined over sentences of the documents. `reasons` gives seconds and
    sentences by fate, `per_recording` the same figures for each recording. `repeats` counts pairs
    that repeat an earlier one's sentence or its very sound.

    Every file is read once, and of pairs no more is kept in memory than each distinct word, and eight bytes
    of each distinct sentence.

    Args:
        each: whether `per_recording` holds all recordings of a large run, or only what the table shows.
        diversity: counts all pairs, too; `survey` has one.

    Raises:
        InputError: the folder holds no run.
    """
    pairs, diversity, whole = _Pairs(), diversity or Diversity(), _Fates()
    groups = _by_recording(out, pairs, diversity)
    group = next(groups, None)
    rows: list[dict[str, Any]] = []
    count = 0
    for source in read_sources(out):
        while group and group[0] < source.id:
            group = next(groups, None)
        own = _Fates()
        own.add(source)
        whole.add(source)
        count += 1
        rows.append({"recording": source.id, **_figures(own, group[1] if group and group[0] == source.id else _Pairs())})
        if not each and len(rows) > 2 * MOST:
            rows = lowest(rows)
    for _ in groups:  # so that they are counted, whatever became of their recording
        pass
    words = diversity.vocabulary.together()
    return {
        "recordings": count,
        "failures": count_failures(out),
        **_figures(whole, pairs),
        "repeats": {kind: pairs.repeats[kind] for kind in (SENTENCE, SOUND)},
        "words": words.total(),
        "distinct_words": len(words),
        "distinct_sentences": diversity.vocabulary.distinct_sentences,
        "per_recording": rows if each or count <= MOST else lowest(rows),
    }


def _by_recording(out: Path, pairs: _Pairs, diversity: Diversity) -> Iterator[tuple[str, _Pairs]]:
    """The count of each recording's pairs, in the order of recordings, while all are added to `pairs` and `diversity`."""
    for recording, rows in itertools.groupby(stream_pairs(out), key=lambda row: row["recording"]):
        own = _Pairs()
        for row in rows:
            own.add(row)
            pairs.add(row)
            diversity.add(row)
        yield recording, own


def lowest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The recordings of lowest yield, as many as are shown of a large run."""
    return sorted(rows, key=lambda row: (row["yield_audio"], row["recording"]))[:SHOWN]


def survey(out: Path, against: Sequence[Path] = (), gazetteers: Sequence[Path] = ()) -> dict[str, Any]:
    """The figures of `stats`, and how diverse the pairs are: what `Diversity.figures` tells, names of entities included.

    Args:
        against: corpora to compare with: texts, training sets, runs (`corpora.read`).
        gazetteers: a person's own lists of stations and names (`mining.corpus.stats.gazetteer`).

    Raises:
        InputError: the folder holds no run, a corpus or a list is not there or of another form.
    """
    own = load(gazetteers)
    language = next((row["language"] for row in stream_pairs(out)), "")
    diversity = Diversity(own, named=True, corpora=[Against(str(place), corpora.read(place, language)) for place in against])
    return {**stats(out, diversity=diversity), **diversity.figures()}


def kept(figures: dict[str, Any]) -> str:
    """Mined sentences, which add up with the rejected ones, and the pairs that they are in; a long one is cut into several.

    >>> kept({"sentences_mined": 19, "pairs": 20}), kept({"sentences_mined": 1, "pairs": 1})
    ('19 sentences in 20 pairs', '1 sentence in 1 pair')
    """
    sentences, pairs = figures["sentences_mined"], figures["pairs"]
    return f"{sentences} sentence{'s' * (sentences != 1)} in {pairs} pair{'s' * (pairs != 1)}"


def by_reason(counts: Iterable[str]) -> list[str]:
    """Sort fates for a screen: mined, then the reasons in the order in which `REASONS` tells them."""
    order = [MINED, *REASONS]
    return sorted(counts, key=lambda fate: (order.index(fate) if fate in order else len(order), fate))


class _Pairs:
    """A count of pairs."""

    __slots__ = ("confidence", "count", "repeats")

    def __init__(self) -> None:
        self.count = 0
        self.confidence = 0.0
        self.repeats: Counter[str] = Counter()

    def add(self, row: Row) -> None:
        """Count one more."""
        self.count += 1
        self.confidence += row["confidence"]
        if row.get("repeat"):
            self.repeats[row["repeat"]] += 1


class _Fates:
    """Sums over recordings: seconds in all, seconds and sentences by fate."""

    def __init__(self) -> None:
        self.duration = 0.0
        self.seconds: Counter[str] = Counter()
        self.sentences: Counter[str] = Counter()

    def add(self, source: Source) -> None:
        """Add one recording."""
        self.duration += source.duration
        self.seconds.update(source.seconds)
        self.sentences.update(source.sentences)


def _figures(fates: _Fates, pairs: _Pairs) -> dict[str, Any]:
    seconds, sentences, duration = fates.seconds, fates.sentences, fates.duration
    written = sum(sentences.values())
    return {
        "hours": round(duration / 3600, 6),
        "hours_mined": round(seconds[MINED] / 3600, 6),
        "yield_audio": round(seconds[MINED] / duration, 4) if duration else 0.0,
        "sentences": written,
        "sentences_mined": sentences[MINED],
        "yield_sentences": round(sentences[MINED] / written, 4) if written else 0.0,
        "pairs": pairs.count,
        "confidence": round(pairs.confidence / pairs.count, 4) if pairs.count else None,
        "reasons": {
            fate: {"seconds": round(seconds[fate], 3), "sentences": sentences[fate]}
            for fate in by_reason({*seconds, *sentences} - {MINED})
        },
    }
