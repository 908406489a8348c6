"""`shruti plan`: what mining an archive would take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows import options, screen
from flows.counts import span
from flows.display import Display
from mining.errors import UsageError

GROUP = "An archive"


def register(app: typer.Typer) -> None:
    """Add the verb of this module."""
    app.command(rich_help_panel=GROUP)(plan)


def plan(
    catalogue: Annotated[str | None, typer.Argument(help="Of the archive: docs/catalogue.md.", show_default=False)] = None,
    hours: Annotated[float | None, typer.Option(min=0, help="Of audio, where there is no catalogue yet.")] = None,
    pages: Annotated[float, typer.Option(min=0, help="Of documents, to be read by OCR, with --hours.")] = 0.0,
    cores: Annotated[int, typer.Option(min=1, help="Cores that will work on it.")] = 2,
    gpus: Annotated[int, typer.Option(min=0, help="GPUs that will hear it.")] = 0,
    gpu_speed: Annotated[
        float | None, typer.Option(help="Seconds of audio that the model hears in a second on one of them.")
    ] = None,
    core_price: Annotated[float, typer.Option(min=0, help="Of a core-hour, in your money.")] = 0.0,
    gpu_price: Annotated[float, typer.Option(min=0, help="Of a GPU-hour.")] = 0.0,
    disk_price: Annotated[float, typer.Option(min=0, help="Of a gigabyte for a month.")] = 0.0,
    costs: Annotated[Path | None, typer.Option(help="Costs measured elsewhere; else those that come with Shruti.")] = None,
    measure: Annotated[int, typer.Option(metavar="N", min=0, help="Mine N recordings of the catalogue, and count by them.")] = 0,
    lang: options.Lang = "",
    model: options.Model = "",
    device: options.Device = "auto",
    json: options.Json = False,
) -> None:
    """Estimate core-hours, GPU-hours, disk and money for an archive, from what the stages cost.

    Example: `shruti plan archive.csv --cores 32 --core-price 0.04`, or `shruti plan --hours 10000 --pages 180000`
    """
    from mining import plan as planning

    if gpus and not gpu_speed:
        raise UsageError(
            "--gpus needs --gpu-speed.", "Measure it: `shruti plan CATALOGUE --measure 3 --device cuda` on such a machine."
        )
    if (catalogue is None) == (hours is None) or (measure and catalogue is None):
        raise UsageError("A plan needs a catalogue, or --hours.", "Give one of the two; --measure needs the catalogue.")
    config = options.config(lang, model, "hybrid", device, 0.95, None)
    found = planning.survey(catalogue) if catalogue else planning.unseen(hours or 0.0, pages)
    if measure and catalogue:
        with Display() as display, display.stage("measure"):
            known = planning.measure(planning.sample(catalogue, measure)[1], config)
    else:
        known = planning.Costs.load(costs) if costs else planning.Costs.load()
    made = planning.estimate(found, known, gpu_speed if gpus else None)
    days = max(made.cores / cores, made.gpu_hours / gpus if gpus else 0.0) * 3600
    money = {"core": made.cores * core_price, "gpu": made.gpu_hours * gpu_price, "disk, a month": made.disk * disk_price}
    told: dict[str, Any] = {
        "recordings": found.recordings,
        "hours": round(found.hours, 2),
        "margin": round(found.margin, 4),
        "pages": round(found.pages),
        "sampled": found.sampled,
        "unknown": found.unknown,
        "costs": planning.as_dict(known),
        "core_hours": {stage: round(hours, 6) for stage, hours in made.core_hours.items()},
        "core_hours_in_all": round(made.cores, 6),
        "gpu_hours": round(made.gpu_hours, 6),
        "gigabytes": {kind: round(size, 6) for kind, size in made.gigabytes.items()},
        "seconds": round(days, 1),
        "money": {what: round(sum, 2) for what, sum in money.items()},
    }
    screen.as_json(told) if json else screen.say(*_tables(told, cores, gpus))


def _tables(told: dict[str, Any], cores: int, gpus: int) -> list[Any]:
    from rich.table import Table

    work = Table()
    for name in ("stage", "core-hours", "share"):
        work.add_column(name, justify="left" if name == "stage" else "right")
    whole = told["core_hours_in_all"]
    for stage, hours in told["core_hours"].items():
        work.add_row(stage, _number(hours), f"{hours / whole:.0%}" if whole else "")
    work.add_section()
    work.add_row("all", _number(whole), "")
    if gpus:
        work.add_row("GPU-hours", _number(told["gpu_hours"]), "")
    disk = ", ".join(f"{_number(room)} GB {kind}" for kind, room in told["gigabytes"].items())
    money = sum(told["money"].values())
    lines = [
        f"on {cores} cores" + (f" and {gpus} GPUs" if gpus else "") + f": {span(told['seconds'])}",
        f"disk: {disk}",
        *(
            [f"money: {money:,.2f} (" + ", ".join(f"{what} {sum:,.2f}" for what, sum in told["money"].items()) + ")"]
            if money
            else []
        ),
        f"costs: {told['costs']['machine']}" + (f"; {told['sampled']} recordings were looked into" if told["sampled"] else ""),
        *([f"of these, {told['unknown']} did not tell how long they are"] if told["unknown"] else []),
    ]
    size = f"{told['recordings']:,} recordings, {_number(told['hours'])} hours (± {told['margin']:.0%}), {told['pages']:,} pages"
    return [size, work, "\n".join(lines)]


def _number(value: float) -> str:
    """Three digits that matter.

    >>> _number(0.01234), _number(5.678), _number(12345.6)
    ('0.0123', '5.68', '12,346')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
