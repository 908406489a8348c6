"""The figures of a run as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mining.corpus.stats import sections
from mining.corpus.stats.count import MOST, SHOWN, lowest
from mining.pairs.repeats import SENTENCE, SOUND
from mining.records import REASONS

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table


def table(figures: dict[str, Any]) -> Group:
    """The figures of `stats`, or of `survey` with a section for each of its subjects."""
    from rich.console import Group
    from rich.text import Text

    diversity = Text(
        f"{figures['words']:,} words, {figures['distinct_words']:,} of them distinct; "
        f"{figures['distinct_sentences']:,} distinct sentences; "
        f"pairs that repeat an earlier sentence: {figures['repeats'][SENTENCE]:,} read anew, "
        f"{figures['repeats'][SOUND]:,} the very same sound; "
        f"{figures['failures']:,} recordings failed or gave nothing"
    )
    parts = sections.tables(figures) if "vocabulary" in figures else []
    return Group(_recordings_table(figures), _reasons_table(figures["reasons"]), diversity, *parts)


def _recordings_table(figures: dict[str, Any]) -> Table:
    from rich.table import Table

    rows, count = figures["per_recording"], figures["recordings"]
    shown = rows if count <= MOST else lowest(rows)
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
