"""The flags of `shruti`: each has one meaning, whichever verb takes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mining.config import STRATEGIES, Config, CorrectConfig, FilterConfig, MatchConfig, TranscribeConfig
from mining.errors import InputError

Out = Annotated[Path, typer.Option("-o", "--out", help="Folder of the run; made if it is not there.", show_default=False)]
Run = Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run.", show_default=False)]
Recording = Annotated[str | None, typer.Option("--recording", metavar="ID", help="Only this recording of the run.")]
Lang = Annotated[str, typer.Option("--lang", metavar="CODE", help="Language of the document, as in hi; else its script tells.")]
Model = Annotated[str, typer.Option("--model", help="CTC model: a folder or a hub id; else the language's own.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:N or mps.")]
Strategy = Annotated[str, typer.Option("--strategy", help=f"How sentences are matched: {', '.join(STRATEGIES)}.")]
Precision = Annotated[
    float | None, typer.Option("--target-precision", metavar="P", help="Keep so many pairs that this share of them is right.")
]
Confidence = Annotated[
    float | None, typer.Option("--min-confidence", metavar="P", help="Keep pairs of at least this probability, instead.")
]
NoCorrect = Annotated[bool, typer.Option("--no-correct", help="Leave words as OCR read them, whatever is heard.")]
Lexicon = Annotated[
    Path | None,
    typer.Option("--lexicon", metavar="FILE", help="Words of the language, or any text of it, for mending what OCR misread."),
]
Calibrator = Annotated[
    str,
    typer.Option(
        "--calibrator",
        metavar="FILE",
        help="Confidence as `shruti review --calibrate` has learnt it: that file; none: as the program brings it.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


NO_CALIBRATOR = "none"


def config(
    lang: str,
    model: str,
    strategy: str,
    device: str,
    target_precision: float | None,
    min_confidence: float | None,
    no_correct: bool = False,
    lexicon: Path | None = None,
    calibrator: str = "",
) -> Config:
    """The config that the common flags say; all else has its default.

    Raises:
        UsageError: a value that there is not.
        InputError: there is no such lexicon, or the calibrator is none.
        EnvironmentProblem: a device that this machine lacks.
    """
    from mining.speech.ctc_model import check_device

    check_device(device)
    kept = FilterConfig(target_precision=target_precision, min_confidence=min_confidence)
    return Config(
        language=lang,
        transcribe=TranscribeConfig(model=model, device=device),
        match=MatchConfig(strategy=strategy),
        correct=CorrectConfig(on=not no_correct, lexicon=lexicon_path(lexicon) if lexicon else ""),
        filter=calibrated(kept, calibrator),
    )


def calibrated(filter: FilterConfig, calibrator: str) -> FilterConfig:
    """How pairs are kept by the calibrator that is given, or by none; by what the run has where nothing is given.

    Raises:
        InputError: the file is no calibrator.
    """
    from mining.pairs.calibrator import content

    if not calibrator:
        return filter
    return replace(filter, calibrator=None if calibrator == NO_CALIBRATOR else content(Path(calibrator)))


def lexicon_path(lexicon: Path) -> str:
    """A lexicon's whole path, so that a run that is gone on with elsewhere still finds it.

    Raises:
        InputError: there is no such file.
    """
    if not lexicon.is_file():
        raise InputError(f"{lexicon}: there is no such lexicon.", "Give a file of words, or a text, as --lexicon.")
    return str(lexicon.resolve())
