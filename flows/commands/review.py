"""`shruti review`: the page on which people listen and judge, and what their verdicts teach."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows import options, screen

GROUP = "From pairs to what people and trainers use"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(rich_help_panel=GROUP)(review)


def review(
    out: options.Run,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="No page: learn the confidence from the verdicts, and tell what changes.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the page is served; 0: any port that is free.")] = 8765,
    host: Annotated[
        str, typer.Option(help="Who may open it: 127.0.0.1, this machine; 0.0.0.0, all that reach it.")
    ] = "127.0.0.1",
    active: Annotated[
        bool,
        typer.Option("--active", help="First what the confidence is least sure of: it teaches most, and tells no precision."),
    ] = False,
    rejected: Annotated[bool, typer.Option("--rejected", help="Pairs too that were left out as not sure enough.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
    json: options.Json = False,
) -> None:
    """Serve a page on which people listen to pairs and judge them, until Ctrl-C.

    Verdicts are kept in OUT/review/, and go on where they were. With --calibrate they say how right the corpus is, and
    teach the confidence by which pairs are kept.

    Example: `shruti review mined`, then `shruti review mined --calibrate`
    """
    if calibrate:
        _calibrate(out, json)
    elif json:
        from mining.corpus.review.judged import summary

        screen.as_json(summary(out))
    else:
        from mining.corpus.review.app import serve

        serve(out, host, port, "active" if active else "stratified", rejected, not no_open, screen.note)


def _calibrate(out: Path, json: bool) -> None:
    from mining.corpus.review.refit import calibrate

    figures = calibrate(out)
    if json:
        screen.as_json(figures)
        return
    screen.say(_judged(figures), _targets(figures))
    screen.plain(_calibration(figures["calibration"]))
    screen.plain(f"\nTo keep pairs by it: shruti filter {out} --calibrator {figures['calibrator']}")


def _judged(figures: dict[str, Any]) -> Any:
    """What people said, and how right what is kept now is."""
    from rich.markup import escape
    from rich.table import Table

    said = ", ".join(f"{figures[kind]} {name}" for kind, name in _KINDS.items() if figures[kind])
    rows = {
        "judged": f"{figures['judged']:,} of {figures['of']:,} kept pairs ({figures['hours']:.1f} hours)",
        "verdicts": said,
        "people": ", ".join(f"{name} {count}" for name, count in figures["people"].items()),
        "agreement": _agreement(figures["agreement"]),
        "precision of what is kept": _precision(figures["precision"]) if figures["precision"] else _unreached(figures),
    }
    table = Table(show_header=False)
    for name, value in rows.items():
        table.add_row(name, escape(value))
    return table


_KINDS = {"right": "right", "text": "wrong text", "ends": "wrong ends", "skip": "skipped"}


def _agreement(found: dict[str, Any] | None) -> str:
    if found is None:
        return "no pair was judged by two people"
    kappa = "" if found["kappa"] is None else f", Cohen's kappa {found['kappa']:.2f}"
    few = "; too few to rely on" if found["few"] else ""
    return f"{found['same']:.0%} of {found['pairs']} pairs that two people judged{kappa}{few}"


def _precision(found: dict[str, Any] | None) -> str:
    if found is None:
        return "not judged"
    return f"{found['estimate']:.1%} [{found['low']:.1%}, {found['high']:.1%}]"


def _unreached(figures: dict[str, Any]) -> str:
    """Why there is no precision of what is kept."""
    of = f"{figures['unreached']:,} of {figures['of']:,}"
    return f"not judged: too few verdicts in the order that the page offers on the like of {of} kept pairs"


def _targets(figures: dict[str, Any]) -> Any:
    """What each target would keep, by the confidence as it was and as it is learnt."""
    from rich.table import Table

    table = Table("target", "confidence", "from", "precision, 95% interval", "pairs", "hours")
    for row in figures["targets"]:
        for which in ("old", "new"):
            kept = row[which]
            least = "nothing" if kept["threshold"] is None else f"{kept['threshold']:.3f}"
            target = f"{row['target']:.0%}" if which == "old" else ""
            known = _precision(kept["precision"]) if kept["pairs"] else "-"
            table.add_row(target, which, least, known, f"{kept['pairs']:,}", f"{kept['hours']:.2f}")
    return table


def _calibration(found: dict[str, Any]) -> str:
    """How far confidence is from truth, before and after."""
    old, new = found["old"], found["new"]
    if old["log_loss"] is None:
        return "No pair was judged clearly enough to compare confidence with truth."
    error, loss = (f"{old[name]:.3f} -> {new[name]:.3f}" for name in ("calibration_error", "log_loss"))
    return f"On {found['pairs']} judged pairs, by fits that had not seen them: calibration error {error}, log loss {loss}"
