"""One stage again, over the folder of a run: `shruti ocr`, `split`, `segment`, `transcribe`, `match`, `filter`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from flows import options, screen
from flows.display import Display
from mining import steps
from mining.config import Config
from mining.errors import EXIT_NOTHING_MINED, EXIT_PARTIAL

GROUP = "One stage again"


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    for verb in (ocr, split, segment, transcribe, match, filter):
        app.command(rich_help_panel=GROUP)(verb)


def ocr(
    out: options.Run,
    recording: options.Recording = None,
    dpi: Annotated[int | None, typer.Option(help="Resolution at which pages are rendered.")] = None,
    layer: Annotated[str | None, typer.Option(help="Trust the PDF's own text: auto, always or never.")] = None,
    json: options.Json = False,
) -> None:
    """Read the pages of the document again.

    Example: `shruti ocr mined --dpi 400`
    """
    _again("ocr", out, recording, json, lambda config: replace(config, ocr=_given(config.ocr, dpi=dpi, layer=layer)))


def split(
    out: options.Run,
    recording: options.Recording = None,
    min_words: Annotated[int | None, typer.Option(help="A line of fewer words is a heading or a fragment.")] = None,
    json: options.Json = False,
) -> None:
    """Cut the pages into sentences again.

    Example: `shruti split mined --min-words 4`
    """
    _again("split", out, recording, json, lambda config: replace(config, split=_given(config.split, min_words=min_words)))


def segment(
    out: options.Run,
    recording: options.Recording = None,
    threshold: Annotated[float | None, typer.Option(help="Probability from which a sound is speech.")] = None,
    json: options.Json = False,
) -> None:
    """Find the speech in the recording again.

    Example: `shruti segment mined --threshold 0.6`
    """
    _again("segment", out, recording, json, lambda config: replace(config, segment=_given(config.segment, threshold=threshold)))


def transcribe(
    out: options.Run,
    recording: options.Recording = None,
    model: options.Model = "",
    device: options.Device = "auto",
    json: options.Json = False,
) -> None:
    """Hear the recording again, perhaps with another model.

    Example: `shruti transcribe mined --model my-finetuned-model`
    """
    from mining.speech.ctc_model import check_device

    check_device(device)  # before it is noted in the run
    changed = {"model": model or None, "device": device}
    _again("transcribe", out, recording, json, lambda config: replace(config, transcribe=_given(config.transcribe, **changed)))


def match(
    out: options.Run,
    recording: options.Recording = None,
    strategy: Annotated[str | None, typer.Option(help="hybrid, iterative-ctc or needleman-wunsch.")] = None,
    correct: Annotated[bool | None, typer.Option(help="Mend what OCR misread, or leave it; else as the run did.")] = None,
    lexicon: options.Lexicon = None,
    json: options.Json = False,
) -> None:
    """Find the sentences in the recording again.

    Example: `shruti match mined --strategy needleman-wunsch`
    """
    words = options.lexicon_path(lexicon) if lexicon else None

    def change(config: Config) -> Config:
        mending = _given(config.correct, on=correct, lexicon=words)
        return replace(config, match=_given(config.match, strategy=strategy), correct=mending)

    _again("match", out, recording, json, change)


def filter(
    out: options.Run,
    recording: options.Recording = None,
    target_precision: options.Precision = None,
    min_confidence: options.Confidence = None,
    calibrator: options.Calibrator = "",
    json: options.Json = False,
) -> None:
    """Choose again which pairs are kept, and write what follows from it: manifests and the report.

    Example: `shruti filter mined --target-precision 0.99`
    """

    def change(config: Config) -> Config:
        # A new target takes the place of an old threshold by hand, which would override it.
        threshold = None if target_precision is not None else config.filter.min_confidence
        kept = options.calibrated(replace(config.filter, min_confidence=threshold), calibrator)
        return replace(config, filter=_given(kept, target_precision=target_precision, min_confidence=min_confidence))

    _again("filter", out, recording, json, change)


def _given(part: Any, **values: Any) -> Any:
    """A stage's config with those values changed that were given."""
    return replace(part, **{name: value for name, value in values.items() if value is not None})


def _again(stage: str, out: Path, recording: str | None, json: bool, change: Callable[[Config], Config]) -> None:
    """Run a stage over the recordings of a run, tell which of them needed it, and what is kept where that was chosen anew."""
    from mining.corpus.rows import stream_pairs

    with Display() as display:
        worked, errors = steps.again(stage, out, recording, change, display)
    kept = sum(1 for _ in stream_pairs(out)) if stage == "filter" else None
    if json:
        screen.as_json({"stage": stage, "worked": worked} | ({} if kept is None else {"pairs": kept}))
    else:
        for name, did in worked.items():
            screen.plain(f"{name}: {stage} {'done' if did else 'was done already for these settings'}")
        if kept is not None:
            screen.plain(f"{kept} pairs are kept.")
    later = steps.followers(stage)
    if later and any(worked.values()):
        screen.note(f"What follows from it is now older than it: shruti {later[0]} {out}")
    for error in errors:
        screen.complain(error)
    if errors:
        raise typer.Exit(EXIT_PARTIAL)
    if kept == 0:
        raise typer.Exit(EXIT_NOTHING_MINED)
