"""OUT/report.html: one page that tells what came out of what, to be read and listened to.

It needs no network. Up to three hours of sound lie inside it; of more, only the pairs to be heard first do, and the others play
from the clips of the run beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mining import store
from mining.corpus import stats
from mining.corpus.report import embed, facts, flow, histogram, reliability, sound, timeline
from mining.corpus.report.distributions import Gathered
from mining.corpus.report.extremes import Extremes
from mining.corpus.report.facts import MAX_RECORDINGS, Part
from mining.corpus.report.groups import Groups
from mining.corpus.report.mended import Words
from mining.corpus.rows import Source, clock, read_failures, read_sources
from mining.records import REASONS

__all__ = ["MAX_RECORDINGS", "write_report"]

MAX_FAILURES = 50
OPEN = 3  # recordings; a run of no more shows their rows at once


@dataclass(frozen=True, slots=True)
class Shown:
    """A recording as the page lists it; `data` is what its rows are drawn from."""

    source: Source
    strip: list[tuple[str, str]]
    pairs: int
    share: float
    data: Markup


def write_report(out: Path) -> Path:
    """Write OUT/report.html from the files of a run, and return its path.

    Recordings are encoded to Opus, once each, and lie inside the page, unless the run has more than `sound.MAX_EMBEDDED`
    seconds of them. A recording that is gone before it is encoded plays from its clips, as far as there are any. The same run
    gives the same bytes.

    Raises:
        InputError: the folder holds no run.
        EnvironmentProblem: the folder cannot be written.
    """
    figures = stats.stats(out, each=False)
    inside = figures["hours"] * 3600 <= sound.MAX_EMBEDDED
    sounds = sound.Sounds(out)
    chosen = facts.chosen(read_sources(out))
    if inside:
        sounds.add_recordings([source for source in read_sources(out) if source.id in chosen])
    gathered, extremes, groups, words = Gathered(), Extremes(), Groups(), Words()
    fates = stats.by_reason({stats.MINED, *figures["reasons"]})
    shown = []
    for part in facts.parts(out):
        for sums in (gathered, extremes, groups, words):
            sums.add(part)
        if part.source.id in chosen:
            shown.append(_shown(part, sounds, fates))
    listings = extremes.listings()
    sounds.add_clips(pick.pair.row for listing in listings for pick in listing.picks)
    failures = read_failures(out)
    page = _template().stream(
        figures=figures,
        flow=flow.flow(figures),
        amounts=flow.amounts(figures),
        distributions=gathered.distributions(out),
        reliability=reliability.reliability(out),
        listings=[(listing, embed.safe_json([embed.pick_row(pick, sounds) for pick in listing.picks])) for listing in listings],
        groups=groups.grouped(),
        mended=words.mended(),
        shown=shown,
        sounds=sounds,
        inside=inside,
        opened=len(shown) <= OPEN,
        failures=failures[:MAX_FAILURES],
        untold=max(0, len(failures) - MAX_FAILURES),
        meanings={stats.MINED: "matched and kept", **REASONS},
        fates=fates,
    )
    return _write(page, out / "report.html")


def _write(page: Any, target: Path) -> Path:
    """Piece by piece: with three hours of sound in it, a page is not to be in memory twice."""
    with store.writing(target) as temporary, temporary.open("w", encoding="utf8") as file:
        page.enable_buffering(1000)
        page.dump(file)
    return target


def _shown(part: Part, sounds: sound.Sounds, fates: list[str]) -> Shown:
    source = part.source
    mined = source.seconds.get(stats.MINED, 0.0)
    data = embed.safe_json(embed.recording(part, sounds, fates))
    return Shown(source, timeline.strip(source), len(part.pairs), mined / source.duration if source.duration else 0.0, data)


def long(seconds: float) -> str:
    """How long something is, for people: in minutes, from an hour on in hours.

    >>> long(90), long(5400)
    ('1.5 min', '1.5 h')
    """
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"


def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Texts come from any document: escaping is on for all of them, whatever the file is called.
    environment = Environment(
        loader=PackageLoader("mining.corpus.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(clock=clock, long=long, percent=_percent, safe_json=embed.safe_json, count="{:,}".format)
    environment.globals.update(PLOT=(histogram.WIDTH, histogram.HEIGHT), SURE=histogram.SURE, sure=histogram.sure)
    return environment.get_template("page.html.j2")


def _percent(share: float) -> str:
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"
