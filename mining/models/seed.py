"""The cold start: a CTC model from text alone, for a language that has no recogniser.

Text is spoken by espeak-ng in many variants, made worse in many ways (`augment`), and a small
network learns to write it down. It has then heard no human, and hears them badly; the loop of
align, filter and fine-tune takes it from there.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import torch

from mining import store
from mining.errors import InputError
from mining.models import measure, network
from mining.models.train import Batches, Schedule, Source, save_checkpoint, train
from mining.models.utterances import Utterances, pack
from mining.models.voices import VARIANTS, check_voice, speak_all

SCHEDULE = Schedule(steps=3000, short_steps=250)
CHECKED = 100  # sentences kept apart, in heard voices, to measure by


def sentences(lines: Iterable[str], script_letters: Callable[[str], bool], least: int = 12, most: int = 160) -> list[str]:
    """The lines that can be spoken and written alike: letters of the script and punctuation only.

    A line with a digit or a letter of another script is dropped, since how espeak-ng reads it is not known.

    Args:
        script_letters: whether a letter or mark is of the language's script.
        least, most: bounds of the length in characters.
    """
    kept: dict[str, None] = {}
    for line in lines:
        text = unicodedata.normalize("NFC", line)
        if any(unicodedata.category(c)[0] == "N" or (unicodedata.category(c)[0] in "LM" and not script_letters(c)) for c in text):
            continue
        words = "".join(c if unicodedata.category(c)[0] in "LM" else " " for c in text).split()
        if least <= len(" ".join(words)) <= most and len(words) >= 3:
            kept[" ".join(words)] = None
    return list(kept)


def speak_corpus(texts: list[str], voice: str, folder: Path, *, seed: int = 0) -> tuple[Utterances, Utterances]:
    """Have texts spoken, once: (for training, for measuring). What the same texts left in `folder` is used again.

    Raises:
        InputError: too few texts to train on.
    """
    if len(texts) < 10 * CHECKED:
        raise InputError(f"only {len(texts)} usable sentences; a cold start needs {10 * CHECKED}.", "Give more text with --text.")
    check_voice(voice)
    texts = sorted(texts)
    random.Random(seed).shuffle(texts)
    parts = {"check": texts[:CHECKED], "train": texts[CHECKED:]}
    for number, (name, part) in enumerate(parts.items()):
        key = store.key(part, voice, VARIANTS, seed + number)
        if store.read_json(folder / name / "key.json") != key:
            pack(speak_all(part, voice, VARIANTS, seed + number), folder / name)
            store.write_json(folder / name / "key.json", key)
    return Utterances(folder / "train"), Utterances(folder / "check")


def seed(
    texts: list[str],
    voice: str,
    out: Path,
    *,
    steps: int | None = None,
    schedule: Schedule = SCHEDULE,
    work: Path | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> dict[str, float]:
    """Train a model from text, into `out`; returns its figures, also written to out/figures.json.

    Args:
        texts: normalised sentences, see `sentences`.
        voice: an espeak-ng voice, such as "hi".
        steps: instead of the schedule's own.
        work: keeps the spoken corpus for another run; default: beside `out`.
        progress: told (step, loss a character).
    """
    spoken, check = speak_corpus(texts, voice, work or out.with_name(f"{out.name}-speech"))
    torch.manual_seed(schedule.seed)
    processor = network.processor(network.vocabulary(texts))
    tokenizer = processor.tokenizer
    model = network.network(len(tokenizer))
    schedule = replace(schedule, steps=steps or schedule.steps)
    batches = Batches([Source(spoken, 1.0)], lambda text: tokenizer(text).input_ids, tokenizer.word_delimiter_token_id, schedule)
    train(model, batches, schedule, lambda step: save_checkpoint(model, processor, out), progress=progress)
    return measure.write_figures(
        out, {"tts_cer": measure.cer(model, processor, check), "tts_hours": spoken.hours, "steps": schedule.last}
    )
