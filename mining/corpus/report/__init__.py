"""OUT/report.html: one page that tells what came out of what, to be read and listened to.

It needs no network and nothing beside it, unless the recordings are too long to lie inside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining import results, store
from mining.cores import cores
from mining.corpus import stats
from mining.corpus.difference import compare, shown
from mining.corpus.report import sound, timeline
from mining.corpus.rows import Row, Source, clock, place, read_failures, read_sources, stream_pairs, stream_rejected
from mining.records import REASONS

MAX_ROWS = 4000  # pairs and rejections on one page; a browser stays quick, an archive's are in the files
MAX_RECORDINGS = 200  # on one page: each has its sound, and most of an archive may have given nothing
MAX_FAILURES = 50


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
    figures = stats.stats(out, each=False)
    parts = _that_fit(read_sources(out), _Rows(stream_pairs(out)), _Rows(stream_rejected(out)))
    failures = read_failures(out)
    embedded = sum(part.source.duration for part in parts) <= sound.MAX_EMBEDDED
    page = _template().render(
        figures=figures,
        parts=parts,
        sounds=_sounds(parts, out, embedded),
        hidden=figures["recordings"] - len(parts),
        embedded=embedded,
        failures=failures[:MAX_FAILURES],
        untold=max(0, len(failures) - MAX_FAILURES),
        shares=timeline.shares(figures),
        meanings={stats.MINED: "matched and kept", **REASONS},
        fates=stats.by_reason({fate for part in parts for _, _, fate in part.source.audio}),
    )
    target = out / "report.html"
    store.write_text(target, page)
    return target


class _Rows:
    """Rows that are sorted by recording, read no further than they are asked for."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._groups = itertools.groupby(rows, key=lambda row: row["recording"])
        self._next: tuple[str, Iterable[Row]] | None = next(self._groups, None)

    def of(self, recording: str) -> list[Row]:
        """The rows of a recording, sorted by time; recordings are to be asked for in the order of their ids."""
        while self._next and self._next[0] < recording:
            self._next = next(self._groups, None)
        if not self._next or self._next[0] != recording:
            return []
        found = sorted(self._next[1], key=place)
        self._next = next(self._groups, None)
        return found


def _that_fit(sources: Iterable[Source], pairs: _Rows, rejected: _Rows) -> list[Part]:
    """The first recordings whose rows fit on a page; one at least."""
    parts: list[Part] = []
    room = MAX_ROWS
    for source in itertools.islice(sources, MAX_RECORDINGS):
        kept, dropped = pairs.of(source.id), rejected.of(source.id)
        room -= len(kept) + len(dropped)
        if room < 0 and parts:
            break
        parts.append(Part(source, timeline.lanes(source), kept, _by_reason(dropped)))
    return parts


def _by_reason(rows: list[Row]) -> dict[str, list[Row]]:
    return {
        reason: [row for row in rows if row["reason"] == reason] for reason in stats.by_reason({row["reason"] for row in rows})
    }


def _sounds(parts: list[Part], out: Path, embedded: bool) -> list[sound.Sound]:
    """The sound of every part; ffmpeg makes as many at a time as there are cores."""
    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(lambda part: sound.playable(part.source, out, embedded), parts))


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
