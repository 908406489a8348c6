"""What came out of what: hours, yield and reasons of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining.corpus.rows import Row, Source, read_failures, read_pairs, read_sources
from mining.records import REASONS

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

MINED = "mined"


def stats(out: Path) -> dict[str, Any]:
    """Count a run from its files.

    `yield_audio` is seconds mined over seconds of audio (Shrutilipi's 0.66 is of this kind),
    `yield_sentences` sentences mined over sentences of the documents. `reasons` gives seconds and
    sentences by fate, `per_recording` the same figures for each recording.

    Raises:
        InputError: the folder holds no run.
    """
    pairs, sources = read_pairs(out), read_sources(out)
    per_recording = [{"recording": s.id, **_figures([s], [p for p in pairs if p["recording"] == s.id])} for s in sources]
    words = [word for pair in pairs for word in pair["text"].split()]
    return {
        "recordings": len(sources),
        "failures": len(read_failures(out)),
        **_figures(sources, pairs),
        "words": len(words),
        "distinct_words": len(set(words)),
        "distinct_sentences": len({pair["text"] for pair in pairs}),
        "per_recording": per_recording,
    }


def table(figures: dict[str, Any]) -> Group:
    """The figures of `stats` as tables for a terminal."""
    from rich.console import Group
    from rich.text import Text

    diversity = Text(
        f"{figures['words']:,} words, {figures['distinct_words']:,} of them distinct; "
        f"{figures['distinct_sentences']:,} distinct sentences; {figures['failures']} recordings failed"
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


def _figures(sources: list[Source], pairs: list[Row]) -> dict[str, Any]:
    seconds: Counter[str] = Counter()
    sentences: Counter[str] = Counter()
    for source in sources:
        seconds.update(source.seconds)
        sentences.update(source.sentences)
    duration, written = sum(source.duration for source in sources), sum(sentences.values())
    return {
        "hours": round(duration / 3600, 6),
        "hours_mined": round(seconds[MINED] / 3600, 6),
        "yield_audio": round(seconds[MINED] / duration, 4) if duration else 0.0,
        "sentences": written,
        "sentences_mined": sentences[MINED],
        "yield_sentences": round(sentences[MINED] / written, 4) if written else 0.0,
        "pairs": len(pairs),
        "confidence": round(sum(pair["confidence"] for pair in pairs) / len(pairs), 4) if pairs else None,
        "reasons": {
            fate: {"seconds": round(seconds[fate], 3), "sentences": sentences[fate]}
            for fate in by_reason({*seconds, *sentences} - {MINED})
        },
    }


def _recordings_table(figures: dict[str, Any]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    grid = Table(title="What was mined")
    grid.add_column("recording", overflow="fold")
    for name in ("minutes", "mined", "yield", "sentences", "pairs", "confidence"):
        grid.add_column(name, justify="right")
    rows = figures["per_recording"]
    for row in [*rows, {"recording": "all", **figures}] if len(rows) > 1 else rows:
        grid.add_row(
            escape(row["recording"]),
            f"{row['hours'] * 60:.1f}",
            f"{row['hours_mined'] * 60:.1f}",
            f"{row['yield_audio']:.0%}",
            str(row["sentences"]),
            str(row["pairs"]),
            "-" if row["confidence"] is None else f"{row['confidence']:.3f}",
            end_section=row is rows[-1],
        )
    return grid


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
