"""The bulletins of a cell: a recording is composed and heard once; its page and its emissions are made anew for each cell."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.bulletins import HELD_OUT, PLAIN
from benchmarks.quality.cells import Cell
from benchmarks.quality.degrade import error_rate, misread, spoken, with_error_rate
from mining.compose import Recipe, compose
from mining.compose.pages import blocks
from mining.compose.plan import plan
from mining.compose.sound import Take, take
from mining.compose.utterances import read_lines, read_utterances
from mining.config import SegmentConfig, SplitConfig, TranscribeConfig
from mining.documents.languages import language
from mining.documents.split import split
from mining.documents.text import normalise
from mining.models.evaluate import MAX_EDGE
from mining.records import SAMPLE_RATE, Line, Page, Segment, Sentence
from mining.speech.audio import open_audio
from mining.speech.emissions import Emissions
from mining.speech.segment import segment
from mining.speech.transcribe import load_model, transcribe

HINDI = language("hi")
SOUNDS: tuple[dict[str, float], ...] = (dict(noise=27.0), dict(noise=24.0), dict(noise=21.0, bed=0.2))
RECIPES = {
    seed: replace(PLAIN, seed=seed, minutes=5.0, layer="text", title="", headings=(), **SOUNDS[seed % len(SOUNDS)])
    for seed in range(300, 306)
}
"""Of the recordings, by seed; the first of them where fewer are wanted."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What is heard of one composed recording, what is spoken in it, and texts that are not."""

    seed: int
    segments: list[Segment]
    emissions: Emissions
    spoken: list[dict]
    spare: list[str]


@dataclass(frozen=True, slots=True)
class Document:
    """The page of a cell: sentences as they are read off it, and the paragraphs before and after OCR.

    `origins[p][i]` is the index in `meant[p]` of character i of `read[p]`.
    """

    sentences: list[Sentence]
    read: list[str]
    meant: list[str]
    origins: list[list[int]]

    def true_text(self, sentence: Sentence, raw_text: str) -> str:
        """What the page should say where it says `raw_text`, a part of a sentence, normalised."""
        paragraph = sentence.places[0][1]
        read, origin = self.read[paragraph], self.origins[paragraph]
        at = read.index(raw_text, read.index(sentence.raw_text))
        first, last = origin[at], origin[at + len(raw_text) - 1]
        return normalise(self.meant[paragraph][first : last + 1], HINDI)[0]


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A recording as this cell's model hears it, its document, and the truth."""

    name: str
    document: Document
    segments: list[Segment]
    emissions: Emissions
    gold: dict
    cer: float


def record(utterances: Path, texts: Path, seed: int, model: str = "hi") -> Recording:
    """Compose and hear the recording of a seed."""
    recipe, held_out = RECIPES[seed], read_utterances(utterances, only={"station": HELD_OUT})
    own = {"station": HELD_OUT, "file": [one.source for one in held_out if misplaced(take(one)) <= MAX_EDGE]}
    with tempfile.TemporaryDirectory() as folder:
        made = compose(utterances, Path(folder), recipe, audio_format="wav", only=own, unspoken_texts=texts)
        with open_audio(made.audio) as mapped:
            audio = np.array(mapped)
        said = json.loads(made.gold.read_text(encoding="utf8"))["spoken"]
    segments = segment(audio, SegmentConfig())
    emissions = transcribe(load_model(model, "cpu", HINDI), audio, segments, TranscribeConfig())
    unused = {one.text for one in read_utterances(utterances, only=own)} - {one["text"] for one in said}
    return Recording(seed, segments, emissions, said, _spare(sorted(unused), texts, seed))


def misplaced(one: Take) -> float:
    """Seconds between the ends of a take as composing knows them, by its energy, and as the speech detector hears them.

    Where they are far apart (a click or a hiss behind the last word), what the gold file says of it is not the truth.
    """
    silence = np.zeros(SAMPLE_RATE // 2, np.float32)
    padded = np.concatenate([silence, one.samples, silence])
    audio = (30_000 / max(1e-9, float(np.abs(padded).max())) * padded).astype(np.int16)
    runs = [run for part in segment(audio, SegmentConfig()) for run in part.speech]
    if not runs:
        return len(one.samples) / SAMPLE_RATE
    start, end = runs[0][0] - len(silence), runs[-1][1] - len(silence)
    return max(abs(start - one.start), abs(end - one.end)) / SAMPLE_RATE


def _spare(unused: list[str], texts: Path, seed: int) -> list[str]:
    """Texts that nobody reads, the broadcaster's own and others in turn, and then the others."""
    rng = np.random.default_rng([seed, 2])
    lines = [line for line in read_lines(texts) if 5 <= len(line.split()) <= 30 and HINDI.share(line) > 0.9]
    own, others = ([pool[i] for i in rng.permutation(len(pool))] for pool in (unused, sorted(set(lines) - set(unused))))
    mixed = [text for pair in zip(own, others, strict=False) for text in pair]
    return mixed + others[len(own) :]


def bulletin(recording: Recording, cell: Cell) -> Bulletin:
    """The bulletin that a cell makes of a recording."""
    printed, said = script(recording, cell)
    emissions, known = recording.emissions, spoken(recording.emissions, recording.spoken)
    if cell.cer is not None:
        emissions = with_error_rate(emissions, known, cell.cer, recording.seed)
    page = document(printed, RECIPES[recording.seed], cell.ocr)
    name = f"{cell.name}-{recording.seed}"
    return Bulletin(name, page, recording.segments, emissions, {"spoken": said}, error_rate(emissions, known))


def script(recording: Recording, cell: Cell) -> tuple[list[str], list[dict]]:
    """What the page says, and what is spoken, with whether the page has it: `mining.compose.plan`, with this cell's shares."""
    recipe = RECIPES[recording.seed]
    shares = dict(unprinted=cell.untranscribed, unspoken=cell.unspoken, reordered=cell.reordered, repeated=0.0)
    once = list(dict.fromkeys(one["text"] for one in recording.spoken))  # headlines are read twice
    takes = [Take(text, "", np.zeros(0, np.float32), 0, 0) for text in once]
    planned = plan(takes, recording.spare, replace(recipe, **shares))
    printed = {take.text: is_printed for take, is_printed in planned.spoken}
    return list(planned.printed), [{**one, "printed": printed[one["text"]]} for one in recording.spoken]


def document(printed: Sequence[str], recipe: Recipe, ocr: float) -> Document:
    """Sentences in paragraphs, misread, and cut into sentences again as any document is."""
    rng = np.random.default_rng([recipe.seed, 3])
    meant = [block.text for block in blocks(printed, recipe)]
    read, origins = zip(*(_tidy(*misread(text, ocr, rng)) for text in meant), strict=True)
    lines = tuple(Line(text, block=number) for number, text in enumerate(read))
    return Document(split([Page(1, "text", lines=lines)], HINDI, SplitConfig()), list(read), meant, list(origins))


def _tidy(text: str, origin: list[int]) -> tuple[str, list[int]]:
    """Single spaces, and none at the ends, as lines of a page have them."""
    kept = [i for i, c in enumerate(text) if c != " " or (i and text[i - 1] != " " and text[i:].strip())]
    return "".join(text[i] for i in kept), [origin[i] for i in kept]
