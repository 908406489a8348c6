"""`shruti evaluate`: pairs by a known truth, and models by what was really said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows import options, screen
from flows.display import Display
from mining.errors import InputError, UsageError

GROUP = "From pairs to what people and trainers use"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    purpose = (
        "Judge pairs by a known truth, or a model by what was said.\n\n"
        "Example: `shruti evaluate pairs mined bulletin.gold.json`, `shruti evaluate model better mined/manifests/fairseq`"
    )
    judge = typer.Typer(no_args_is_help=True, help=purpose)
    judge.command("pairs")(evaluate_pairs)
    judge.command("model")(evaluate_model)
    app.add_typer(judge, name="evaluate", rich_help_panel=GROUP)


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


def evaluate_model(
    model: Annotated[str, typer.Argument(help="CTC model: a folder, a hub id or a bundled model.", show_default=False)],
    manifest: Annotated[
        Path, typer.Argument(help="Folder of an exported training set, or of utterances with a table.", show_default=False)
    ],
    split: Annotated[str, typer.Option(help="Of a training set: train, valid, test or all.")] = "test",
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Figures for each recording, station, speaker ... too.")
    ] = None,
    lang: options.Lang = "",
    device: options.Device = "auto",
    output: Annotated[Path | None, typer.Option(metavar="FILE.jsonl", help="What was heard in each utterance.")] = None,
    seed: Annotated[int, typer.Option(help="What the confidence intervals are drawn from.")] = 0,
    json: options.Json = False,
) -> None:
    """Print the word and character error rates of a model, with 95% confidence intervals.

    Example: `shruti evaluate model better mined/manifests/fairseq --by station`
    """
    from mining.documents.languages import language
    from mining.models import hearing
    from mining.speech.transcribe import load_model

    spoken = language(lang) if lang else None
    said = hearing.read(manifest, split, by)
    with Display() as display:
        with display.stage("load"):
            loaded = load_model(model, device, spoken)
        heard = hearing.hear(loaded, said, display)
    if output:
        hearing.write(output, heard)
    figures = {"model": model, "data": str(manifest), **hearing.figures(heard, by, seed)}
    screen.as_json(figures) if json else screen.plain(_table(figures))


def _table(figures: dict[str, Any]) -> str:
    """Figures as lines: all first, then each group."""
    groups = {"all": figures["all"], **figures.get("by", {})}
    wide = max(len(name) for name in groups)
    lines = [f"{'':{wide}}  utterances    hours   words      WER                   CER"]
    for name, found in groups.items():
        rates = "  ".join(_rate(found[kind], found[f"{kind}_interval"]) for kind in ("wer", "cer"))
        lines.append(f"{name:{wide}}  {found['utterances']:>10}  {found['hours']:>7.3f}  {found['words']:>6}  {rates}")
    return "\n".join([*lines, "", f"compared: {figures['compared']}", f"intervals: {figures['intervals']}"])


def _rate(rate: float | None, interval: list[float] | None) -> str:
    if rate is None:
        return f"{'-':<20}"
    within = f" [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]" if interval else ""
    return f"{f'{100 * rate:.2f}%{within}':<20}"


def _file(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.", "Check the path.")
    return path
