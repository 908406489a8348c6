"""What a run holds, for people, trainers and judges: `shruti show`, `stats`, `report`, `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import options, screen
from flows.display import Display
from mining import steps
from mining.config import Config, ExportConfig

GROUP = "From pairs to what people and trainers use"


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    for verb in (show, stats, report, export):
        app.command(rich_help_panel=GROUP)(verb)


def show(out: options.Run, pair: Annotated[str | None, typer.Option(metavar="ID", help="Only this pair.")] = None) -> None:
    """Print alignments as people read them: what is written above what was heard.

    Example: `shruti show mined | less`
    """
    from mining.corpus.show import show as alignment

    screen.plain(alignment(out, pair))


def stats(
    out: options.Run,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="CORPUS", help="Compare with a text, a training set or another run; may be repeated."),
    ] = None,
    gazetteer: Annotated[
        list[Path] | None,
        typer.Option("--gazetteer", metavar="FILE", help="Stations and names of your own, as lines; may be repeated."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Print hours, yield, reasons, words, letters never seen, speakers, regions and names of a run.

    Example: `shruti stats mined --against test.txt --json`
    """
    from mining.corpus.stats import survey, table

    figures = survey(out, against or (), gazetteer or ())
    screen.as_json(figures) if json else screen.say(table(figures))


def report(out: options.Run) -> None:
    """Write OUT/report.html again: one page to see and hear what came out of what.

    Example: `shruti report mined`
    """
    with Display() as display, display.stage("report"):
        page = steps.report(out)
    screen.plain(str(page))


def export(
    out: options.Run,
    format: Annotated[
        str,
        typer.Option("--format", help="fairseq, huggingface, parquet, nemo, lhotse, kaldi or webdataset.", show_default=False),
    ],
    directory: Annotated[Path | None, typer.Option("-o", help="Where to; else OUT/manifests/<format>.")] = None,
    drop_duplicates: Annotated[
        bool, typer.Option("--drop-duplicates", help="Leave out pairs that repeat an earlier one's sentence or sound.")
    ] = False,
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="With fairseq: cut the speech that no pair covers too, for pretraining.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Write the kept pairs as a training set, with their clips.

    Example: `shruti export mined --format huggingface -o dataset`
    """
    chosen = ExportConfig(drop_duplicates=drop_duplicates, unlabelled=unlabelled)
    with Display() as display:
        folder = steps.export(out, format, directory, Config(export=chosen), display)
    screen.as_json({"format": format, "folder": str(folder)}) if json else screen.plain(str(folder))
