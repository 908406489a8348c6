"""What came out of what: hours, yield and reasons of a run."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining.corpus.rows import Row, Source, count_failures, read_sources, stream_pairs
from mining.pairs.repeats import SENTENCE, SOUND
from mining.records import REASONS

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

MINED = "mined"
MOST, SHOWN = 50, 10
"""Above so many recordings the table shows those with the lowest yield only, and so many of them."""


def stats(out: Path, each: bool = True) -> dict[str, Any]:
    """Count a run from its files.

    `yield_audio` is seconds mined over seconds of audio (Shrutilipi's 0.66 is of this kind),
    `yield_sentences` sentences mined over sentences of the documents. `reasons` gives seconds and
    sentences by fate, `per_recording` the same figures for each recording. `repeats` counts pairs
    that repeat an earlier one's sentence or its very sound.

    Every file is read once, and of pairs no more is kept in memory than a number for each distinct word and sentence.

    Args:
        each: whether `per_recording` holds all recordings of a large run, or only what the table shows.

    Raises:
        InputError: the folder holds no run.
    """
    pairs, words, whole = _Pairs(), _Words(), _Fates()
    groups = _by_recording(out, pairs, words)
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
            rows = _lowest(rows)
    for _ in groups:  # so that they are counted, whatever became of their recording
        pass
    return {
        "recordings": count,
        "failures": count_failures(out),
        **_figures(whole, pairs),
        "repeats": {kind: pairs.repeats[kind] for kind in (SENTENCE, SOUND)},
        "words": words.count,
        "distinct_words": len(words.distinct),
        "distinct_sentences": len(words.sentences),
        "per_recording": rows if each or count <= MOST else _lowest(rows),
    }


def _by_recording(out: Path, pairs: _Pairs, words: _Words) -> Iterator[tuple[str, _Pairs]]:
    """The count of each recording's pairs, in the order of recordings, while all are added to `pairs` and `words`."""
    for recording, rows in itertools.groupby(stream_pairs(out), key=lambda row: row["recording"]):
        own = _Pairs()
        for row in rows:
            own.add(row)
            pairs.add(row)
            words.add(row["text"])
        yield recording, own


def _lowest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["yield_audio"], row["recording"]))[:SHOWN]


def table(figures: dict[str, Any]) -> Group:
    """The figures of `stats` as tables for a terminal."""
    from rich.console import Group
    from rich.text import Text

    diversity = Text(
        f"{figures['words']:,} words, {figures['distinct_words']:,} of them distinct; "
        f"{figures['distinct_sentences']:,} distinct sentences; "
        f"{figures['repeats'][SENTENCE]:,} pairs repeat a sentence, {figures['repeats'][SOUND]:,} its very sound; "
        f"{figures['failures']:,} recordings failed or gave nothing"
    )
    return Group(_recordings_table(figures), _reasons_table(figures["reasons"]), diversity)


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


class _Words:
    """Words and sentences, and those of them that differ, by 64 bits of each."""

    def __init__(self) -> None:
        self.count = 0
        self.distinct: set[int] = set()
        self.sentences: set[int] = set()

    def add(self, text: str) -> None:
        """Count the words of one more pair."""
        words = text.split()
        self.count += len(words)
        self.distinct.update(map(hash, words))
        self.sentences.add(hash(text))


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


def _recordings_table(figures: dict[str, Any]) -> Table:
    from rich.table import Table

    rows, count = figures["per_recording"], figures["recordings"]
    shown = rows if count <= MOST else _lowest(rows)
    grid = Table(title="What was mined" if shown is rows else f"What was mined: the {SHOWN} recordings of lowest yield, and all")
    grid.add_column("recording", overflow="fold")
    for name in ("minutes", "mined", "yield", "sentences", "pairs", "confidence"):
        grid.add_column(name, justify="right")
    for row in shown:
        grid.add_row(*_cells(row), end_section=row is shown[-1] and shown is rows)
    if shown is not rows:
        grid.add_row(f"... and {count - len(shown):,} others", end_section=True)
    if count > 1:
        grid.add_row(*_cells({"recording": "all", **figures}))
    return grid


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    from rich.markup import escape

    return (
        escape(row["recording"]),
        f"{row['hours'] * 60:.1f}",
        f"{row['hours_mined'] * 60:.1f}",
        f"{row['yield_audio']:.0%}",
        str(row["sentences"]),
        str(row["pairs"]),
        "-" if row["confidence"] is None else f"{row['confidence']:.3f}",
    )


def _reasons_table(reasons: dict[str, dict[str, float]]) -> Table:
    from rich.table import Table

    grid = Table(title="What was not, and why")
    grid.add_column("reason")
    grid.add_column("seconds", justify="right")
    grid.add_column("sentences", justify="right")
    grid.add_column("meaning", overflow="fold")
    for reason, sums in reasons.items():
        grid.add_row(reason, f"{sums['seconds']:.1f}", str(sums["sentences"]), REASONS.get(reason, ""))
    return grid
