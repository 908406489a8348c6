"""The cold start: a CTC model from text alone, for a language that has no recogniser.

Text is spoken by espeak-ng in many variants, made worse in many ways (`augment`), and a small
network learns to write it down. It has then heard no human, and hears them badly; the loop of
align, filter and fine-tune takes it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from mining.documents.scripts import to_devanagari
from mining.errors import UsageError
from mining.models import measure, network
from mining.models.corpus import Reading, speak_corpus
from mining.models.train import Batches, Schedule, Source, save_checkpoint, train
from mining.telling import Progress, silent

SCHEDULE = Schedule(steps=3000, short_steps=250, masked=0.3)


def seed(
    readings: Sequence[Reading],
    out: Path,
    *,
    common: bool = False,
    steps: int | None = None,
    schedule: Schedule = SCHEDULE,
    work: Path | None = None,
    progress: Callable[[int, float], None] | None = None,
    speaking: Progress = silent,
) -> dict[str, float]:
    """Train a model from text, into `out`; returns its figures, also written to out/figures.json.

    Args:
        readings: a language, or several that one model is to hear.
        common: have it write Devanagari, whatever the languages are written in: one inventory for all Brahmic scripts,
            so that what one language teaches serves the others. More than one language takes this.
        steps: instead of the schedule's own.
        work: keeps the spoken corpus for another run; default: beside `out`.
        progress: told (step, loss a character).
        speaking: told how far the speech is of which it learns.

    Raises:
        UsageError: a common inventory for a language that is not written in a Brahmic script.
    """
    common = common or len(readings) > 1
    if alien := [reading.language for reading in readings if common and not reading.brahmic]:
        raise UsageError(f"{', '.join(alien)}: shares no inventory with other languages.", "Seed it by itself.")
    work = work or out.with_name(f"{out.name}-speech")
    spoken = {reading.language: speak_corpus(reading, work / reading.language, progress=speaking) for reading in readings}
    written = to_devanagari if common else str
    torch.manual_seed(schedule.seed)
    processor = network.processor(network.vocabulary(written(text) for heard, _ in spoken.values() for text in heard.texts))
    tokenizer = processor.tokenizer
    model = network.network(len(tokenizer))
    schedule = replace(schedule, steps=steps or schedule.steps)
    sources = [Source(heard, 1 / len(spoken)) for heard, _ in spoken.values()]
    batches = Batches(sources, lambda text: tokenizer(written(text)).input_ids, tokenizer.word_delimiter_token_id, schedule)
    train(model, batches, schedule, lambda step: save_checkpoint(model, processor, out), progress=progress)
    figures = {
        f"tts_cer_{language}" if len(spoken) > 1 else "tts_cer": measure.cer(model, processor, check)
        for language, (_, check) in spoken.items()
    }
    hours = sum(heard.hours for heard, _ in spoken.values())
    return measure.write_figures(out, {**figures, "tts_hours": hours, "steps": schedule.last})
