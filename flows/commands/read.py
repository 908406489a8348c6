"""What a run holds, for people, trainers and judges: `shruti show`, `stats`, `report`, `export`, `evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import options, screen
from mining import steps
from mining.config import Config, ExportConfig
from mining.errors import InputError, UsageError

GROUP = "From pairs to what people and trainers use"


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    for verb in (show, stats, report, export):
        app.command(rich_help_panel=GROUP)(verb)
    purpose = "Judge pairs by a known truth.\n\nExample: `shruti evaluate pairs mined bulletin.gold.json`"
    judge = typer.Typer(no_args_is_help=True, help=purpose)
    judge.command("pairs")(evaluate_pairs)
    judge.callback()(lambda: None)
    app.add_typer(judge, name="evaluate", rich_help_panel=GROUP)


def show(out: options.Run, pair: Annotated[str | None, typer.Option(metavar="ID", help="Only this pair.")] = None) -> None:
    """Print alignments as people read them: what is written above what was heard.

    Example: `shruti show mined | less`
    """
    from mining.corpus.show import show as alignment

    screen.plain(alignment(out, pair))


def stats(out: options.Run, json: options.Json = False) -> None:
    """Print hours, yield, reasons and diversity of a run.

    Example: `shruti stats mined --json`
    """
    from mining.corpus.stats import stats as count
    from mining.corpus.stats import table

    figures = count(out)
    screen.as_json(figures) if json else screen.say(table(figures))


def report(out: options.Run) -> None:
    """Write OUT/report.html again: one page to see and hear what came out of what.

    Example: `shruti report mined`
    """
    screen.plain(str(steps.report(out)))


def export(
    out: options.Run,
    format: Annotated[str, typer.Option("--format", help="fairseq or huggingface.", show_default=False)],
    directory: Annotated[Path | None, typer.Option("-o", help="Where to; else OUT/manifests/<format>.")] = None,
    drop_duplicates: Annotated[
        bool, typer.Option("--drop-duplicates", help="Leave out pairs that repeat an earlier one's sentence or sound.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Write the kept pairs as a training set, with their clips.

    Example: `shruti export mined --format huggingface -o dataset`
    """
    folder = steps.export(out, format, directory, Config(export=ExportConfig(drop_duplicates=drop_duplicates)))
    screen.as_json({"format": format, "folder": str(folder)}) if json else screen.plain(str(folder))


def evaluate_pairs(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run, or a pairs.jsonl.", show_default=False)],
    gold: Annotated[Path, typer.Argument(help="The truth: a gold.json, as `shruti compose` writes it.", show_default=False)],
    recording: options.Recording = None,
    json: options.Json = False,
) -> None:
    """Print precision, yield and edge errors of pairs, by a gold file that says what is spoken where.

    Example: `shruti evaluate pairs mined bulletin.gold.json`
    """
    from mining.models import evaluate

    rows = evaluate.read_pairs(_file(out / "pairs.jsonl" if out.is_dir() else out))
    ids = sorted({row["recording"] for row in rows if "recording" in row})
    if recording is None and len(ids) > 1:
        advice = f"Choose with --recording: {', '.join(ids)}."
        raise UsageError(f"{out} holds {len(ids)} recordings, and a gold file is for one.", advice)
    chosen = [row for row in rows if recording in (None, row.get("recording"))]
    figures = evaluate.evaluate_pairs(chosen, evaluate.read_gold(_file(gold)))
    if json:
        screen.as_json(figures)
    else:
        screen.plain("  ".join(f"{name} {'-' if value is None else value}" for name, value in figures.items()))


def _file(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.", "Check the path.")
    return path
