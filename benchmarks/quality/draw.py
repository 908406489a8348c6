"""Pictures: precision against yield, one a factor, a panel a cell. The same curves give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes

from benchmarks.quality.cells import BASE, TITLES, panels
from benchmarks.quality.curves import Curve, envelope
from benchmarks.quality.outcome import Outcome

STYLES = {
    "hybrid": ("#000000", "-", 2.2),
    "iterative-ctc": ("#0072B2", "-", 1.3),
    "needleman-wunsch": ("#009E73", "-", 1.3),
    "pseudo-forced, own score": ("#56B4E9", "--", 1.3),
    "edit distance": ("#E69F00", "--", 1.3),
    "ctc-segmentation": ("#D55E00", "-.", 1.3),
}
"""Colours that people of any colour vision tell apart (Okabe and Ito), lines of ours unbroken, width."""

ACROSS = 3  # panels in a row


def pictures(outcomes: dict[str, Outcome], folder: Path) -> list[Path]:
    """Write quality-FACTOR.svg for every factor of which a cell other than the base was measured."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for factor in TITLES:
        shown = [outcomes[cell.name] for cell in panels(factor) if cell.name in outcomes]
        if any(one.cell != BASE for one in shown):
            written.append(_picture(factor, shown, folder / f"quality-{factor}.svg"))
    return written


def _picture(factor: str, shown: Sequence[Outcome], path: Path) -> Path:
    across = 5 if factor == "mixed" else ACROSS
    down = -(-len(shown) // across)
    settings = {"svg.hashsalt": "shruti", "svg.fonttype": "none", "font.size": 8, "axes.titlesize": 8, "path.simplify": False}
    with matplotlib.rc_context(settings):
        size = (2.45 * across, 2.3 * down + 0.9)
        figure, axes = pyplot.subplots(down, across, figsize=size, sharex=True, sharey=True, squeeze=False, layout="constrained")
        for number, (axis, outcome) in enumerate(zip(axes.flat, shown, strict=False)):
            _panel(axis, outcome, caption(factor, outcome))
            if number + across >= len(shown):
                axis.set_xlabel("yield")
                axis.tick_params(labelbottom=True)
        for axis in axes.flat[len(shown) :]:
            axis.set_visible(False)
        for axis in axes[:, 0]:
            axis.set_ylabel("precision")
        figure.suptitle(f"Precision against yield: {TITLES[factor]}", fontsize=10)
        lines = [pyplot.Line2D([], [], color=color, ls=style, lw=width) for color, style, width in STYLES.values()]
        figure.legend(lines, STYLES, loc="outside lower center", ncols=3 if across < 5 else 6, frameon=False)
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    return path


def _panel(axis: Axes, outcome: Outcome, title: str) -> None:
    axis.set(title=title, xlim=(0, 1), ylim=(0, 1.02), xticks=[0, 0.25, 0.5, 0.75, 1], yticks=[0, 0.25, 0.5, 0.75, 1])
    axis.grid(color="#dddddd", linewidth=0.5)
    axis.axhline(0.95, color="#999999", linewidth=0.6, linestyle=":")
    for name, (color, style, width) in reversed(STYLES.items()):  # hybrid last, on top
        line = _line(outcome.curves.get(name, ()))
        axis.plot(*line, color=color, linestyle=style, linewidth=width)
        axis.plot(line[0][-1:], line[1][-1:], "o", color=color, markersize=3)


def _line(points: Curve) -> tuple[list[float], list[float]]:
    """The corners of the envelope: level up to the yield that has this precision, then straight down; a dot ends it."""
    xs, ys, before = [], [], 0.0
    for point in envelope(points):
        xs += [before, point.share]
        ys += [point.precision] * 2
        before = point.share
    return [round(x, 4) for x in xs], [round(y, 4) for y in ys]


def caption(factor: str, outcome: Outcome) -> str:
    """What tells a cell from the others of its picture."""
    cell = outcome.cell
    if factor == "mixed":
        heard = f"OCR errors {cell.ocr:.0%}, CER {outcome.cer:.0%}"
        shares = f"unspoken {cell.unspoken:.0%}, untranscribed {cell.untranscribed:.0%}"
        return f"{cell.name}: {heard}\n{shares}\nreordered {cell.reordered:.0%}"
    if factor == "cer":
        return f"character error rate {outcome.cer:.0%}" + (" (as it is)" if cell.cer is None else "")
    return f"{TITLES[factor]}: {getattr(cell, factor):.0%}" + (" (base)" if cell == BASE else "")
