"""`shruti demo` and `shruti align`: one recording and its document, through everything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows import options, screen
from flows.display import Display
from mining import steps
from mining.errors import EXIT_NOTHING_MINED

GROUP = "From recordings to pairs"
STAGES = (*steps.STAGES, "export", "report")


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command(rich_help_panel=GROUP)(demo)
    app.command(rich_help_panel=GROUP)(align)


def demo(
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder of the run; else shruti-demo-1, -2, ... here.")] = None,
    strategy: options.Strategy = "hybrid",
    json: options.Json = False,
) -> None:
    """Mine the bundled radio bulletin and its scanned script, and say how right it came out.

    Example: `shruti demo`
    """
    from mining.models.evaluate import evaluate_pairs
    from mining.sample import sample

    bulletin = sample()
    out = out or _new_folder()
    config = options.config("hi", "", strategy, "auto", 0.95, None)
    with Display(STAGES) as display:
        job = steps.align(bulletin.audio, bulletin.document, out, config, display)
    _tell(out, job.recording.id, json, truth=lambda pairs: evaluate_pairs(pairs, bulletin.gold))


def align(
    audio: Annotated[Path, typer.Argument(help="A recording, of any kind that ffmpeg reads.", show_default=False)],
    document: Annotated[Path, typer.Argument(help="What was read: a PDF, or plain text (.txt).", show_default=False)],
    out: options.Out,
    lang: options.Lang = "",
    model: options.Model = "",
    strategy: options.Strategy = "hybrid",
    device: options.Device = "auto",
    target_precision: options.Precision = 0.95,
    min_confidence: options.Confidence = None,
    no_correct: options.NoCorrect = False,
    lexicon: options.Lexicon = None,
    calibrator: options.Calibrator = "",
    json: options.Json = False,
) -> None:
    """Mine one recording and its document: pairs, manifests and a report.

    Run again with the same OUT, it goes on where it was; with another recording, it adds it.

    Example: `shruti align bulletin.mp3 bulletin.pdf -o mined --lang hi`
    """
    config = options.config(lang, model, strategy, device, target_precision, min_confidence, no_correct, lexicon, calibrator)
    with Display(STAGES) as display:
        job = steps.align(audio, document, out, config, display)
    _tell(out, job.recording.id, json)


def _new_folder() -> Path:
    number = 1
    while Path(f"shruti-demo-{number}").exists():
        number += 1
    return Path(f"shruti-demo-{number}")


def _tell(out: Path, recording: str, json: bool, truth: Any = None) -> None:
    """Print what came out for a recording, and where it lies; exit with 4 where nothing was mined."""
    from mining.corpus.rows import stream_pairs
    from mining.corpus.stats import stats

    pairs = [pair for pair in stream_pairs(out) if pair["recording"] == recording]
    figures = next(one for one in stats(out)["per_recording"] if one["recording"] == recording)
    if truth:
        figures |= {"truth": truth(pairs)}
    places = {"pairs": out / "pairs.jsonl", "manifests": out / "manifests", "report": out / "report.html"}
    paths = {name: str(path) for name, path in places.items() if path.exists()}
    if json:
        screen.as_json({**figures, "files": paths})
    else:
        screen.say(_table(figures))
        screen.plain("\n".join(f"{name:>9}  {path}" for name, path in paths.items()))
    if not pairs:
        screen.note("Nothing was mined: is it the right document, and the right language?")
        raise typer.Exit(EXIT_NOTHING_MINED)


def _table(figures: dict[str, Any]) -> Any:
    """The short table that a run ends with."""
    from rich.markup import escape
    from rich.table import Table

    from mining.corpus.stats import kept

    truth = figures.get("truth", {})
    rejected = {fate: sums["sentences"] for fate, sums in figures["reasons"].items() if sums["sentences"]}
    rows = {
        "recording": figures["recording"],
        "minutes": f"{figures['hours'] * 60:.1f}",
        "sentences in the document": figures["sentences"],
        "kept": kept(figures),
        "yield, of all audio": f"{figures['yield_audio']:.0%}",
        "yield, of what is printed and read": f"{truth['yield']:.0%}" if truth else None,
        "precision (the truth is known)": f"{truth['precision']:.1%}" if truth else None,
        "rejected": "\n".join(f"{count} {reason}" for reason, count in rejected.items()) or "none",
    }
    table = Table(show_header=False)
    for name, value in rows.items():
        if value is not None:
            table.add_row(name, escape(str(value)))
    return table
