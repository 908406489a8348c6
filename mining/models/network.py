"""The small CTC network that a cold start trains: a genuine `Wav2Vec2ForCTC`, about 2.7 M parameters.

What makes it learn on two cores in an hour is its front end. The first convolution is not learnt
but is a bank of band-pass filters (Gabor: a windowed cosine) on the mel scale, four phases each,
so that a rectifier and a sum over phases, with which the second convolution starts, give the
energies of a mel spectrogram. All else is wav2vec2 (Baevski et al., arXiv 2006.11477), narrow.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    Wav2Vec2BertProcessor,
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Processor,
)

from mining.models.mel import to_hertz, to_mel
from mining.records import SAMPLE_RATE

BANDS, PHASES = 40, 4
PAD, DELIMITER, UNKNOWN = "<pad>", "|", "<unk>"


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """Widths and depth; the default is fast enough for 100 x real time on one core."""

    width: int = 192
    layers: int = 5
    heads: int = 4
    feed_forward: int = 768


def vocabulary(texts: Iterable[str], least: int = 5) -> list[str]:
    """The characters that occur at least `least` times in `texts`, sorted; the space is not one of them."""
    counts = Counter(character for text in texts for character in text if not character.isspace())
    return sorted(character for character, count in counts.items() if count >= least)


def processor(characters: Iterable[str], extractor: Any = None) -> Any:
    """A character tokenizer with CTC blank = `<pad>` = 0, and a feature extractor.

    Args:
        extractor: that of a pretrained encoder; by default one that gives zero mean and unit variance.
    """
    tokens = [PAD, DELIMITER, UNKNOWN, *characters]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "vocab.json")
        path.write_text(json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False), encoding="utf8")
        tokenizer = Wav2Vec2CTCTokenizer(
            str(path), pad_token=PAD, unk_token=UNKNOWN, word_delimiter_token=DELIMITER, bos_token=None, eos_token=None
        )
    extractor = extractor or Wav2Vec2FeatureExtractor(
        feature_size=1, sampling_rate=SAMPLE_RATE, padding_value=0.0, do_normalize=True, return_attention_mask=True
    )
    kind = Wav2Vec2Processor if isinstance(extractor, Wav2Vec2FeatureExtractor) else Wav2Vec2BertProcessor
    return kind(feature_extractor=extractor, tokenizer=tokenizer)


def mel_centres(bands: int = BANDS, low: float = 80.0, high: float = 7600.0) -> list[float]:
    """Centre frequencies in Hz, evenly spaced on O'Shaughnessy's mel scale."""
    first, last = to_mel(low), to_mel(high)
    return [to_hertz(first + (last - first) * i / (bands - 1)) for i in range(bands)]


def gabor_bank(taps: int = 400) -> torch.Tensor:
    """Filters (BANDS * PHASES, 1, taps): a Hann window as long as the band is narrow, times a cosine.

    Every filter sums to nothing over its window, so a constant offset is not heard. High bands are
    lifted as pre-emphasis would, about 6 dB an octave above 250 Hz.
    """
    time = (torch.arange(taps) - (taps - 1) / 2) / SAMPLE_RATE
    centres = mel_centres()
    filters = torch.zeros(BANDS * PHASES, 1, taps)
    for band, centre in enumerate(centres):
        neighbours = centres[max(band - 1, 0)], centres[min(band + 1, BANDS - 1)]
        bandwidth = max(60.0, 0.6 * (neighbours[1] - neighbours[0]))
        length = min(taps / SAMPLE_RATE, 2.0 / bandwidth)
        window = torch.where(time.abs() < length / 2, 0.5 + 0.5 * torch.cos(2 * math.pi * time / length), torch.zeros(()))
        window /= window.sum()
        for phase in range(PHASES):
            wave = window * torch.cos(2 * math.pi * centre * time + phase * math.pi / 2)
            wave -= window * wave.sum()
            filters[PHASES * band + phase, 0] = wave * (max(centre, 250.0) / 1000.0) ** 0.9
    return filters


def network(tokens: int, size: NetworkSize = NetworkSize()) -> Wav2Vec2ForCTC:
    """A fresh network with the mel-like front end; 20 ms a frame (stride 320), windows of 55 ms.

    Args:
        tokens: size of the vocabulary, blank included.
        size: widths and depth.
    """
    config = Wav2Vec2Config(
        vocab_size=tokens,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=size.feed_forward,
        conv_dim=(BANDS * PHASES, BANDS * PHASES, size.width),
        conv_kernel=(400, 3, 3),
        conv_stride=(80, 2, 2),
        num_feat_extract_layers=3,
        conv_bias=True,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        num_conv_pos_embeddings=31,
        num_conv_pos_embedding_groups=8,
        hidden_dropout=0.05,
        attention_dropout=0.0,
        activation_dropout=0.0,
        feat_proj_dropout=0.0,
        final_dropout=0.0,
        layerdrop=0.0,
        apply_spec_augment=False,
        ctc_loss_reduction="mean",
        ctc_zero_infinity=True,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = Wav2Vec2ForCTC(config)
    _set_front_end(model)
    return model


def freeze_front_end(model: Wav2Vec2ForCTC) -> None:
    """Keep the first convolution as it is: a filter bank, or another's pretrained features."""
    for parameter in model.base_model.feature_extractor.conv_layers[0].conv.parameters():
        parameter.requires_grad_(False)


@torch.no_grad()
def _set_front_end(model: Wav2Vec2ForCTC) -> None:
    first, second = model.wav2vec2.feature_extractor.conv_layers[:2]
    first.conv.weight.copy_(gabor_bank())
    first.conv.bias.zero_()
    # Channel b of the second layer starts as the smoothed sum over the rectified phases of band b.
    smooth = torch.tensor([0.25, 0.5, 0.25])
    second.conv.bias[:BANDS] = 0
    second.conv.weight[:BANDS] = 0
    for band in range(BANDS):
        second.conv.weight[band, PHASES * band : PHASES * (band + 1)] = smooth
    freeze_front_end(model)
