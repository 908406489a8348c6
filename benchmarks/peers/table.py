"""The page: machine, claims and tables, put between two marks of a file so that the words around them stay."""

from __future__ import annotations

import datetime
import math
import os
import platform
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.peers.races import Race
from benchmarks.peers.run import Cell, Outcome, absent, versions

BEGIN, END = "<!-- measured: from here -->", "<!-- measured: to here -->"

Results = dict[Cell, Outcome]


def put_between(page: str, body: str) -> str:
    """The page with all between its marks replaced; a page without marks gets them at its end."""
    marked = f"{BEGIN}\n\n{body.strip()}\n\n{END}"
    if BEGIN not in page:
        return f"{page.rstrip()}\n\n{marked}\n".lstrip()
    before, rest = page.split(BEGIN, 1)
    return before + marked + rest.split(END, 1)[1]


def body(races: Iterable[Race], results: Results, quick: bool, command: str) -> str:
    """All that is measured, as Markdown."""
    parts = [_machine(command), "### Claims", *_claims(races, results, quick)]
    for race in races:
        works = [work for work, _ in race.cells(quick)]
        parts += [f"### {race.title}", "Median time, and peak memory above what the process had before:"]
        parts.append(_table(race, works, results, _cost))
        for names in race.figures:
            parts += [f"Here {' / '.join(names)}:", _table(race, works, results, lambda one, names=names: _figures(one, names))]
        parts += _agreement(race, works, results)
    return "\n\n".join(parts)


def _machine(command: str) -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    gone = [f"{package} ({why})" for package, why in absent().items()]
    here = ", ".join(f"{package} {number}" for package, number in versions().items() if number)
    cores = ", ".join(map(str, sorted(os.sched_getaffinity(0))))
    lines = [
        f"- Machine: {model[1] if model else platform.machine()}, {os.cpu_count()} cores, of which number {cores} was used.",
        f"- Versions: Python {platform.python_version()}, {here}.",
        f"- Left out: {', '.join(gone) if gone else 'nothing'}.",
        f"- Date: {datetime.date.today()}. Command: `{command}`.",
    ]
    return "\n".join(lines)


def _claims(races: Iterable[Race], results: Results, quick: bool) -> list[str]:
    """How many times faster, work by work; a peer that failed has no ratio."""
    rows = []
    for race in races:
        for title, ours, peer in race.claims:
            both = {work: pair for work, _ in race.cells(quick) if (pair := _pair(results, race.name, work, ours, peer))}
            if both:
                time = {work: ratio(own, other) for work, (own, other) in both.items()}
                room = [max(1.0, other.megabytes) / max(1.0, own.megabytes) for own, other in both.values()]
                each = ", ".join(f"{work}: {_number(times)}" for work, times in time.items())
                rows.append(f"| {title} | **{_number(mean(time.values()))}** | {each} | {_number(mean(room))} |")
    if not rows:
        return ["Nothing was measured on both sides."]
    head = ["| claim | times faster | on each work | times less memory |", "|---|---|---|---|"]
    note = "Peer divided by ours, so above 1 ours is better: medians of the ratios within the rounds, geometric means over"
    note += " the work. Memory below 1 MB counts as 1 MB."
    return [note, "\n".join([*head, *rows])]


def _pair(results: Results, race: str, work: str, ours: str, peer: str) -> list[Outcome]:
    """What both came to; nothing unless both did it."""
    pair = [results.get((race, work, name)) for name in (ours, peer)]
    return pair if all(one and not one.failure for one in pair) else []


def ratio(own: Outcome, other: Outcome) -> float:
    """How many times as long the other takes: within each round, as a machine may be slower in the next; the median."""
    return median(theirs / ours for ours, theirs in zip(own.rounds, other.rounds, strict=False))  # long ones have one round


def mean(ratios: Iterable[float]) -> float:
    """Geometric."""
    return math.exp(np.mean(np.log(list(ratios))))


def _table(race: Race, works: list[str], results: Results, cell: Callable[[Outcome], str]) -> str:
    rows = [f"| | {' | '.join(works)} |", "|---" * (len(works) + 1) + "|"]
    for name in race.contenders:
        shown = [results.get((race.name, work, name)) for work in works]
        if any(shown):
            rows.append(f"| {name} | {' | '.join(cell(one) if one else '–' for one in shown)} |")
    return "\n".join(rows)


def _cost(one: Outcome) -> str:
    return one.failure.replace("|", "/") or f"{_time(one.seconds)}, {one.megabytes:.{0 if one.megabytes >= 10 else 1}f} MB"


def _figures(one: Outcome, names: Iterable[str]) -> str:
    values = [] if one.failure else [one.found[name] for name in names]
    return " / ".join(f"{value:.4f}" if isinstance(value, float) else f"{value:,}" for value in values) or "–"


def _agreement(race: Race, works: list[str], results: Results) -> list[str]:
    """For answers that should be the same, the share of them that are."""
    if race.name != "ctc":
        return []
    said = []
    for work in works:
        if pair := _pair(results, race.name, work, *race.contenders):
            first, other = (np.array(one.found["first"]) for one in pair)
            said.append(f"{work}: {np.mean(first == other):.4f}")
    return [f"Labels of which both say the same first frame: {', '.join(said)}."] if said else []


def _time(seconds: float) -> str:
    return f"{_number(seconds)} s" if seconds >= 1 else f"{_number(1000 * seconds)} ms"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
