"""Bulletins with known truth: a recording, the document that was read from, and what is where.

    compose(Path("utterances"), Path("out"), preset("radio", seed=3), only={"station": ["Patna"]})

writes out/bulletin.flac, out/bulletin.pdf and out/bulletin.gold.json. Everything is drawn from the
recipe's seed: the same utterances and recipe give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mining import store
from mining.compose.recipe import PageQuality, Recipe, preset
from mining.documents.languages import language
from mining.errors import UsageError
from mining.records import SAMPLE_RATE
from mining.telling import Progress, silent

if TYPE_CHECKING:
    from mining.compose.plan import Plan
    from mining.compose.sound import Take
    from mining.compose.utterances import Utterance

__all__ = ["Composed", "PageQuality", "Recipe", "compose", "preset"]


@dataclass(frozen=True, slots=True)
class Composed:
    """The three files of a bulletin; `pdf` is a .txt where the recipe's layer is "text"."""

    audio: Path
    pdf: Path
    gold: Path


def compose(
    source: Path,
    out: Path,
    recipe: Recipe,
    *,
    name: str = "bulletin",
    audio_format: str = "flac",
    only: Mapping[str, Sequence[str]] | None = None,
    unspoken_texts: Path | None = None,
    shorter: bool = False,
    progress: Progress = silent,
) -> Composed:
    """Build a bulletin out of sentences and their audio.

    Args:
        source: a folder of utterances with a table (file, text and any further columns), or a
            text file of one sentence a line, to be spoken by espeak-ng.
        out: the folder that gets `name`.flac (or so), .pdf (or .txt) and .gold.json.
        recipe: every dial.
        name: stem of the three files.
        audio_format: flac or wav; ogg, opus or mp3 where size matters.
        only: column of the table -> values; an utterance must hold one of each.
        unspoken_texts: a text file of sentences for the page alone, which then take turns with the
            utterances that are not spoken; without it, those have to suffice.
        shorter: whether a recording of fewer than the recipe's minutes will do where utterances run out.
        progress: told of `voice` (the sentences taken), `mix`, `print` and `encode`.

    Raises:
        UsageError: too few utterances for the recipe, or a selection that leaves none.
        InputError: the source cannot be used.
        EnvironmentProblem: a program or a font is missing.
    """
    from mining.compose.document import write_document
    from mining.compose.plan import plan
    from mining.compose.sound import mix, write_audio
    from mining.compose.utterances import read_utterances

    voice = recipe.voice or language(recipe.language).espeak
    utterances = _distinct(read_utterances(source, only=only, voice=voice, speed=recipe.speed))
    script = plan(*_cast(utterances, recipe, shorter, unspoken_texts, progress), recipe)
    progress("mix", 0, 1)
    recording, spans = mix([item for item, _ in script.spoken], recipe)
    seconds = len(recording) / SAMPLE_RATE
    progress("mix", 1, 1, audio=seconds)

    suffix = ".txt" if recipe.layer == "text" else ".pdf"
    made = Composed(out / f"{name}.{audio_format}", out / f"{name}{suffix}", out / f"{name}.gold.json")
    with store.writing(made.audio) as sound, store.writing(made.pdf) as pages:
        progress("print", 0, 1)
        write_document(pages, script.printed, recipe)
        progress("print", 1, 1)
        progress("encode", 0, 1)
        write_audio(sound, recording)
        made.gold.unlink(missing_ok=True)  # it comes last, and never tells of files that are not there
    store.write_json(made.gold, _gold(made, len(recording), script, spans))
    progress("encode", 1, 1, audio=seconds)
    return made


def _cast(
    utterances: list[Utterance], recipe: Recipe, shorter: bool, unspoken_texts: Path | None, progress: Progress
) -> tuple[list[Take], list[str]]:
    """Those that are spoken, and the texts of those that only the page may have."""
    if recipe.shuffle:
        order = np.random.default_rng([recipe.seed, 0]).permutation(len(utterances))
        utterances = [utterances[index] for index in order]
    whole = not shorter or recipe.sentences or unspoken_texts
    limit = len(utterances) if whole else _speakable(len(utterances), recipe)
    takes = list(_enough(utterances[:limit], recipe, shorter, progress))
    spare = [utterance.text for utterance in utterances[len(takes) :]]
    return takes, _alternating(spare, _drawable(unspoken_texts, recipe)) if unspoken_texts else spare


def _speakable(count: int, recipe: Recipe) -> int:
    """Of so many utterances, how many may be spoken so that the others suffice for what the page alone has."""
    from mining.compose.plan import unspoken_count

    for spoken in range(count, 1, -1):
        printed = spoken - round(spoken * recipe.unprinted)
        if spoken + unspoken_count(printed, recipe.unspoken) <= count:
            return spoken
    return count


def _enough(utterances: Sequence[Utterance], recipe: Recipe, shorter: bool, progress: Progress) -> Iterator[Take]:
    """Take utterances until the recipe's number of sentences or its minutes are full."""
    from mining.compose.sound import expected_pause, take

    seconds = recipe.intro + recipe.outro
    for count, utterance in enumerate(utterances):
        if (count >= recipe.sentences) if recipe.sentences else (count and seconds >= 60 * recipe.minutes):
            break
        part = count / recipe.sentences if recipe.sentences else seconds / 60 / recipe.minutes
        progress("voice", int(999 * min(1.0, max(part, count / len(utterances)))) if count else 0, 1000, audio=seconds)
        item = take(utterance)
        seconds += (1 + recipe.repeated) * ((item.end - item.start) / SAMPLE_RATE + expected_pause(recipe))
        yield item
    else:
        if recipe.sentences > len(utterances) or (not recipe.sentences and not shorter and seconds < 60 * recipe.minutes):
            wanted = f"{recipe.sentences} sentences" if recipe.sentences else f"{recipe.minutes:g} minutes"
            made = f"The {len(utterances)} utterances make only {seconds / 60:.1f} minutes"
            raise UsageError(f"{made}; wanted are {wanted}.", "Give more utterances, or ask for a shorter bulletin.")
    progress("voice", 1, 1, audio=seconds)


def _distinct(utterances: Sequence[Utterance]) -> list[Utterance]:
    """The first of each text: a formula that many bulletins hold would be printed and unprinted at once."""
    return list({utterance.text: utterance for utterance in reversed(utterances)}.values())[::-1]


def _drawable(path: Path, recipe: Recipe) -> list[str]:
    """The lines of a text file that can be sentences of the page, in a random order.

    They have 5 to 30 words, nine letters in ten in the language's script, and only what the fonts have.
    """
    from mining.compose.pages import is_drawable
    from mining.compose.utterances import read_lines

    tongue = language(recipe.language)
    lines = [line for line in read_lines(path) if 5 <= len(line.split()) <= 30 and tongue.share(line) > 0.9]
    order = np.random.default_rng([recipe.seed, 7]).permutation(len(lines))[:1000]
    return [lines[index] for index in order if is_drawable(lines[index], recipe.font)]


def _alternating(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """One of each in turn, and the rest of the longer."""
    return [text for pair in zip_longest(first, second) for text in pair if text is not None]


def _gold(made: Composed, length: int, script: Plan, spans: Sequence[tuple[int, int]]) -> dict[str, object]:
    """What is where, with times in seconds that are exact to the sample."""
    spoken = [
        {
            "text": item.text,
            "start": round(start / SAMPLE_RATE, 7),
            "end": round(end / SAMPLE_RATE, 7),
            "printed": is_printed,
            "source": item.source,
        }
        for (item, is_printed), (start, end) in zip(script.spoken, spans, strict=True)
    ]
    return {
        "audio": made.audio.name,
        "pdf": made.pdf.name,
        "duration": round(length / SAMPLE_RATE, 7),
        "printed": list(script.printed),
        "spoken": spoken,
    }
