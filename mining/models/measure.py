"""How well a model hears: character error rate of greedy decoding over utterances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jiwer
import torch

from mining import store
from mining.models.utterances import Utterances


@torch.inference_mode()
def greedy(model: Any, processor: Any, utterances: Utterances) -> list[str]:
    """What the model hears in each utterance, one at a time (so that no padding plays a part)."""
    model.eval()
    heard = []
    for index in range(len(utterances)):
        audio = utterances.audio(index)
        audio = (audio - audio.mean()) / (audio.var() + 1e-7) ** 0.5
        logits = model(torch.from_numpy(audio)[None]).logits[0]
        heard.append(processor.tokenizer.decode(logits.argmax(-1).tolist()))
    return heard


def cer(model: Any, processor: Any, utterances: Utterances) -> float:
    """Character error rate, spaces counted, pooled over all utterances."""
    return float(jiwer.cer(utterances.texts, greedy(model, processor, utterances)))


def write_figures(folder: Path, figures: dict[str, float]) -> dict[str, float]:
    """Put figures beside the weights that they describe, rounded; returns them."""
    figures = {name: round(value, 4) for name, value in figures.items()}
    store.write_json(folder / "figures.json", figures)
    return figures
