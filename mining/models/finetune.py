"""Fine-tuning of a CTC model on pairs of speech and text, with replay of what it learnt before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from mining.models import measure, network
from mining.models.train import Batches, Schedule, Source, save_checkpoint, train
from mining.models.utterances import Utterances
from mining.speech.ctc_model import quiet

SCHEDULE = Schedule(steps=1500, rate=8e-4, warm_up=100, hold=0.2, longest=12.0)


def load(name: str | Path) -> tuple[Any, Any]:
    """Model (float32) and processor from a folder or a hub id, to be trained."""
    from transformers import AutoModelForCTC, AutoProcessor

    with quiet():
        model = AutoModelForCTC.from_pretrained(name, dtype=torch.float32, use_safetensors=True)
        return model, AutoProcessor.from_pretrained(name)


def finetune(
    name: str | Path,
    sources: Sequence[Source],
    out: Path,
    *,
    check: dict[str, Utterances] | None = None,
    schedule: Schedule = SCHEDULE,
    steps: int | None = None,
    half: bool = False,
    progress: Callable[[int, float], None] | None = None,
    told: Callable[[dict[str, float]], None] | None = None,
) -> dict[str, float]:
    """Fine-tune a model into `out`; returns its figures, also written to out/figures.json.

    Args:
        name: folder or hub id of a model with a CTC head.
        sources: utterances with their shares; former data among them is replay, against forgetting.
        check: named utterances that are measured (CER) at every checkpoint and at the end; nothing is chosen by them.
        half: write the weights as float16.
        progress: told (step, loss a character).
        told: told the figures at every checkpoint.
    """
    model, processor = load(name)
    network.freeze_front_end(model)
    tokenizer = processor.tokenizer
    schedule = replace(schedule, steps=steps or schedule.steps)
    batches = Batches(sources, lambda text: tokenizer(text).input_ids, tokenizer.word_delimiter_token_id, schedule)
    figures: dict[str, float] = {}

    def save(step: int) -> None:
        save_checkpoint(model, processor, out, half=half)
        figures.update({f"{label}_cer": measure.cer(model, processor, utterances) for label, utterances in (check or {}).items()})
        figures["steps"] = step
        if told:
            told(figures)

    train(model, batches, schedule, save, progress=progress)
    return measure.write_figures(out, figures)
