"""Models and test material: `shruti seed` and `compose`."""

from __future__ import annotations

import json as literals
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from flows import options, screen
from flows.display import Display
from mining.errors import InputError, UsageError
from mining.telling import training

GROUP = "Models, and material to test them with"


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    for verb in (seed, compose):
        app.command(rich_help_panel=GROUP)(verb)


def seed(
    languages: Annotated[list[str], typer.Argument(metavar="LANG...", help="Codes, as in hi; of espeak-ng.", show_default=False)],
    text: Annotated[
        list[str], typer.Option(metavar="[LANG=]FILE", help="Sentences to be spoken, one a line.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the model.", show_default=False)],
    steps: Annotated[int | None, typer.Option(help="Steps of training; else the recipe's.")] = None,
    common: Annotated[bool, typer.Option("--common", help="Write Devanagari, whatever Brahmic script the text is in.")] = False,
    json: options.Json = False,
) -> None:
    """Train a cold-start model from text alone, spoken by espeak-ng: for a language with no recogniser.

    Of several languages one model is made that serves them all, and their neighbours: it writes Devanagari, and texts of
    other Brahmic scripts are matched letter by letter.

    Example: `shruti seed ml --text sentences.txt -o model-ml`, `shruti seed hi ml --text hi=a.txt --text ml=b.txt -o both`
    """
    from mining.models import seed as cold
    from mining.models.corpus import Reading
    from mining.models.pretrained import check_place

    check_place(out)
    texts = _texts(languages, text)
    readings = [Reading.of(language, texts[language]) for language in languages]
    total = steps or cold.SCHEDULE.steps
    with Display([*(f"speak {language}" for language in languages), "train"]) as display:
        learning = training("train", total, display)
        figures = cold.seed(readings, out, common=common, steps=total, progress=learning, speaking=display)
        display("train", 1, 1)
    _tell(out, figures, json)


def _texts(languages: list[str], given: list[str]) -> dict[str, list[str]]:
    """The lines of each language's files, each file given as LANG=FILE, or as FILE where there is one language."""
    lines: dict[str, list[str]] = {language: [] for language in languages}
    for text in given:
        language, equals, path = text.partition("=")
        if not equals and len(languages) == 1:
            language, path = languages[0], text
        if language not in lines:
            raise UsageError(f"--text {text!r} names no language that is seeded.", f"Write --text {languages[0]}=FILE.")
        lines[language] += _lines(Path(path))
    if missing := [language for language, found in lines.items() if not found]:
        raise UsageError(f"There is no text of {', '.join(missing)}.", f"Give --text {missing[0]}=FILE.")
    return lines


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}).", "Give a UTF-8 text of one sentence a line.") from error


def _tell(out: Path, figures: dict[str, float], json: bool) -> None:
    if json:
        screen.as_json({"model": str(out), **figures})
    else:
        screen.plain("\n".join([f"model  {out}", *(f"{name}  {value}" for name, value in figures.items())]))


def compose(
    source: Annotated[Path, typer.Argument(help="Folder of utterances with a table, or a text for espeak-ng to speak.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the recording, the document and the gold.")],
    preset: Annotated[str, typer.Option(help="clean, radio or sample.")] = "radio",
    seed: Annotated[int | None, typer.Option(help="What everything is drawn from; else the preset's.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Length of the recording; else the preset's, or what there is.")] = None,
    layer: Annotated[str | None, typer.Option(help="Of the PDF: scan, gibberish or good; text writes a .txt.")] = None,
    dial: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A dial of the recipe: docs/compose.md.")] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Only utterances whose table says so.")] = None,
    name: Annotated[str, typer.Option(help="Stem of the three files.")] = "bulletin",
    audio_format: Annotated[str, typer.Option(help="flac, wav, ogg, opus or mp3.")] = "flac",
    unspoken_texts: Annotated[Path | None, typer.Option(help="Sentences that the page has and nobody reads.")] = None,
    json: options.Json = False,
) -> None:
    """Build a bulletin whose truth is known: a recording, the document it was read from, and what is where.

    Example: `shruti compose sentences.txt -o bulletin --preset radio --dial unprinted=0.2`
    """
    from mining.compose import compose as build
    from mining.compose import preset as recipe

    dials = _dials(dial)
    dials |= {name: value for name, value in {"seed": seed, "minutes": minutes, "layer": layer}.items() if value is not None}
    chosen: dict[str, list[str]] = {}
    for column, value in _pairs(only, "--only"):
        chosen.setdefault(column, []).append(value)
    with Display(["voice", "mix", "print", "encode"]) as display:
        made = build(
            source,
            out,
            recipe(preset, **dials),
            name=name,
            audio_format=audio_format,
            only=chosen or None,
            unspoken_texts=unspoken_texts,
            shorter="minutes" not in dials,
            progress=display,
        )
    paths = {"audio": str(made.audio), "document": str(made.pdf), "gold": str(made.gold)}
    screen.as_json(paths) if json else screen.plain("\n".join(f"{what:>8}  {path}" for what, path in paths.items()))


def _pairs(given: list[str] | None, flag: str) -> list[tuple[str, str]]:
    """NAME=VALUE, cut in two."""
    for text in given or ():
        if "=" not in text:
            raise UsageError(f"{flag} {text!r} has no =.", f"Write {flag} NAME=VALUE.")
    return [(name.strip(), value.strip()) for name, _, value in (text.partition("=") for text in given or ())]


def _dials(given: list[str] | None) -> dict[str, Any]:
    """Dials by name; those of `PageQuality` are given as quality.NAME."""
    from mining.compose import PageQuality

    dials = {name: _value(value) for name, value in _pairs(given, "--dial")}
    page = {name.removeprefix("quality."): dials.pop(name) for name in list(dials) if name.startswith("quality.")}
    if unknown := sorted(set(page) - {field.name for field in fields(PageQuality)}):
        raise UsageError(f"Unknown dial 'quality.{unknown[0]}'.", f"Known are {', '.join(f.name for f in fields(PageQuality))}.")
    return {**dials, "quality": PageQuality(**page)} if page else dials


def _value(text: str) -> Any:
    """A dial's value: a number, true, false, null or a list as JSON writes them, else the text itself.

    >>> _value("0.2"), _value("[0.3, 1]"), _value("Serif")
    (0.2, (0.3, 1), 'Serif')
    """
    try:
        value = literals.loads(text)
    except ValueError:
        return text
    return tuple(value) if isinstance(value, list) else value
