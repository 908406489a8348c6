"""Tables of docs/quality.md, written between two marks; what is around them stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from benchmarks.quality.cells import BASE, TITLES, panels
from benchmarks.quality.curves import GRID, Curve, Worse, at_precision, at_yield, average, exceptions
from benchmarks.quality.outcome import Outcome
from mining import store

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
CHAMPION = "hybrid"


def write(path: Path, text: str) -> None:
    """Put a text between the marks of a document; a document without them gets both at its end."""
    before = path.read_text(encoding="utf8") if path.is_file() else "# How good the pairs are\n"
    if BEGIN not in before or END not in before:
        before = f"{before.rstrip()}\n\n{BEGIN}\n{END}\n"
    head, tail = before.split(BEGIN)[0], before.split(END)[1]
    with store.writing(path) as temporary:
        temporary.write_text(f"{head}{BEGIN}\n{text.strip()}\n{END}{tail}", encoding="utf8")


def report(outcomes: dict[str, Outcome], missing: dict[str, str], note: str = "") -> str:
    """All tables, statements and pictures."""
    parts = [note, *(f"Left out: {name}, since {why}." for name, why in missing.items())]
    parts += ["## The cells", _table(*_cells(outcomes))]
    for factor, title in TITLES.items():
        shown = [outcomes[cell.name] for cell in panels(factor) if cell.name in outcomes]
        if any(one.cell != BASE for one in shown):
            parts += [f"## {title[0].upper()}{title[1:]}", f"![Precision against yield: {title}](pictures/quality-{factor}.svg)"]
            parts.append(_table(*_figures(shown)))
            if factor in ("ocr", "mixed"):
                parts += ["Average precision where a pair is judged by the text as it was read:", _table(*_as_read(shown))]
    parts += [f"## Is `{CHAMPION}` the most precise at every yield?", *_statements(outcomes)]
    failed = [f"- {one.cell.name}: {name} gave nothing ({why})" for one in outcomes.values() for name, why in one.failed.items()]
    return "\n\n".join(part for part in [*parts, "\n".join(failed)] if part)


Rows = tuple[Sequence[str], list[Sequence[str]]]


def _cells(outcomes: dict[str, Outcome]) -> Rows:
    head = ("cell", "OCR errors", "model CER", "unspoken", "untranscribed", "reordered", "minable, min", "sentences", "legible")
    rows = []
    for name, one in outcomes.items():
        cell = one.cell
        cer = f"{one.cer:.1%}" + (" (as it is)" if cell.cer is None else "")
        shares = [f"{share:.1%}" for share in (cell.unspoken, cell.untranscribed, cell.reordered)]
        rows.append((name, f"{cell.ocr:.1%}", cer, *shares, f"{one.minutes:.1f}", str(one.sentences), f"{one.legible:.0%}"))
    return head, rows


def _names(shown: Sequence[Outcome]) -> list[str]:
    return list(dict.fromkeys(name for one in shown for name in one.curves))


def _figures(shown: Sequence[Outcome]) -> Rows:
    names = _names(shown)
    rows = [(one.cell.name, *(summary(one.curves.get(name)) for name in names)) for one in shown]
    return ("AP / yield at .95 / precision at .5 / at .8", *names), rows


def _as_read(shown: Sequence[Outcome]) -> Rows:
    names = _names(shown)
    return ("cell", *names), [(one.cell.name, *(_short(average(one.as_read.get(name, ()))) for name in names)) for one in shown]


def summary(points: Curve | None) -> str:
    """Average precision, yield at precision 0.95, precision at yield 0.5 and 0.8; a blank where that is never reached."""
    if points is None:
        return "failed"
    at = [at_yield(points, share) for share in (0.5, 0.8)]
    figures = [average(points), at_precision(points, 0.95), *(point.precision if point else None for point in at)]
    return " / ".join(map(_short, figures))


def _short(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.2f}".removeprefix("0")


def _statements(outcomes: dict[str, Outcome]) -> Iterator[str]:
    """One line a cell."""
    found = {name: exceptions(one.curves, CHAMPION) for name, one in outcomes.items()}
    best = [name for name, worse in found.items() if not worse]
    grid = f"{GRID[0]:.0%}, {GRID[1]:.0%}, ..."
    yield f"At every yield of {grid} in {len(best)} of {len(found)} cells: {', '.join(best) or 'none'}."
    lines = [f"- {name}: not {'; '.join(_runs(worse))}." for name, worse in found.items() if worse]
    if lines:
        yield "\n".join(lines)


def _runs(worse: Sequence[Worse]) -> Iterator[str]:
    """Neighbouring yields with the same better rival as one, with the greatest lead among them, also in pairs."""
    for (rival, alone), group in groupby(worse, key=lambda one: (one.rival, one.by is None)):
        run = list(group)
        where = f"at {run[0].share:.0%}" + (f"–{run[-1].share:.0%}" if len(run) > 1 else "")
        if alone:
            yield f"{where}, which only {rival} reaches"
            continue
        most = max(run, key=lambda one: one.by or 0.0)
        lead = most.by or 0.0
        yield f"{where}, where {rival} is better by up to {lead:.3f} ({lead * most.pairs:.1f} of {most.pairs} pairs)"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def versions(outcomes: dict[str, Outcome]) -> str:
    """Which versions of the peers counted, and in how many cells."""
    counts: dict[str, dict[str, int]] = {}
    for one in outcomes.values():
        for name, version in one.versions.items():
            own = counts.setdefault(name, {})
            own[version] = own.get(version, 0) + 1
    told = [
        f"{name}: " + ", ".join(f"{version or 'as ours'} ({count})" for version, count in sorted(own.items()))
        for name, own in counts.items()
        if set(own) != {""}
    ]
    return f"Versions of the peers that counted, with the number of cells: {'; '.join(told)}." if told else ""
