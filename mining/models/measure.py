"""How well a model hears: character error rate of greedy decoding over utterances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jiwer
import torch

from mining import store
from mining.models.utterances import Utterances
from mining.pairs.tokens import writing
from mining.records import SAMPLE_RATE
from mining.speech.geometry import frame_geometry


@torch.inference_mode()
def greedy(model: Any, processor: Any, utterances: Utterances) -> list[str]:
    """What the model hears in each utterance, one at a time (so that no padding plays a part)."""
    model.eval()
    extractor, heard = processor.feature_extractor, []
    frames, device = frame_geometry(model.config, extractor), next(model.parameters()).device
    for index in range(len(utterances)):
        audio = utterances.audio(index)
        if not frames.count(len(audio)):
            heard.append("")
            continue
        inputs = extractor(audio, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        if "attention_mask" in inputs and inputs["attention_mask"].all():
            del inputs["attention_mask"]
        logits = model(**{name: tensor.to(device) for name, tensor in inputs.items()}).logits[0]
        heard.append(processor.tokenizer.decode(logits.argmax(-1).tolist()))
    return heard


def cer(model: Any, processor: Any, utterances: Utterances) -> float:
    """Character error rate, spaces counted, pooled over all utterances; in the case and the script that the model writes."""
    written = writing(processor.tokenizer.get_vocab())
    said = [written(text) for text in utterances.texts]
    heard = [written(text) for text in greedy(model, processor, utterances)]  # some tokenizers turn capitals into small letters
    return float(jiwer.cer(said, heard))


def write_figures(folder: Path, figures: dict[str, float]) -> dict[str, float]:
    """Put figures beside the weights that they describe, rounded; returns them."""
    figures = {name: round(value, 4) for name, value in figures.items()}
    store.write_json(folder / "figures.json", figures)
    return figures
