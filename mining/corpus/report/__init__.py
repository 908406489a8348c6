"""OUT/report.html: one page that tells what came out of what, to be read and listened to.

It needs no network and nothing beside it, unless the recordings are too long to lie inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining import results, store
from mining.corpus import stats
from mining.corpus.difference import compare, shown
from mining.corpus.report import sound, timeline
from mining.corpus.rows import Row, Source, clock, read_failures, read_pairs, read_rejected, read_sources
from mining.records import REASONS

MAX_ROWS = 4000  # pairs and rejections on one page; a browser stays quick, an archive's are in the files


@dataclass(frozen=True, slots=True)
class Part:
    """What the page shows of one recording; `rejected` by reason."""

    source: Source
    lanes: list[timeline.Lane]
    pairs: list[Row]
    rejected: dict[str, list[Row]]


def write_report(out: Path) -> Path:
    """Write OUT/report.html from the files of a run, and return its path.

    Recordings are encoded to Opus, once each, and lie inside the page; above `sound.MAX_EMBEDDED`
    seconds in all they lie in OUT/report/ and the page says so. A recording that is gone before it
    is encoded costs its play buttons, not the page. The same run gives the same bytes.

    Raises:
        InputError: the folder holds no run.
        EnvironmentProblem: the folder cannot be written.
    """
    results.sweep(out / "report")
    figures = stats.stats(out)
    sources = read_sources(out)
    parts = _that_fit(sources, read_pairs(out), read_rejected(out))
    embedded = sum(part.source.duration for part in parts) <= sound.MAX_EMBEDDED
    page = _template().render(
        figures=figures,
        parts=parts,
        sounds=[sound.playable(part.source, out, embedded) for part in parts],
        hidden=len(sources) - len(parts),
        embedded=embedded,
        failures=read_failures(out),
        shares=timeline.shares(figures),
        meanings={stats.MINED: "matched and kept", **REASONS},
        fates=stats.by_reason({fate for part in parts for _, _, fate in part.source.audio}),
    )
    target = out / "report.html"
    store.write_text(target, page)
    return target


def _that_fit(sources: list[Source], pairs: list[Row], rejected: list[Row]) -> list[Part]:
    """The first recordings whose rows fit on a page; one at least."""
    parts: list[Part] = []
    room = MAX_ROWS
    for source in sources:
        kept = [row for row in pairs if row["recording"] == source.id]
        dropped = [row for row in rejected if row["recording"] == source.id]
        room -= len(kept) + len(dropped)
        if room < 0 and parts:
            break
        parts.append(Part(source, timeline.lanes(source), kept, _by_reason(dropped)))
    return parts


def _by_reason(rows: list[Row]) -> dict[str, list[Row]]:
    return {
        reason: [row for row in rows if row["reason"] == reason] for reason in stats.by_reason({row["reason"] for row in rows})
    }


def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Texts come from any document: escaping is on for all of them, whatever the file is called.
    environment = Environment(
        loader=PackageLoader("mining.corpus.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(clock=clock, percent=lambda share: f"{share:.1%}", shown=shown)
    environment.globals.update(compare=compare)
    return environment.get_template("page.html.j2")
