"""A real spoken sentence, and tiny models of each family with random weights, made on the fly."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mining.records import SAMPLE_RATE
from mining.speech.audio import open_audio

LETTERS = "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशसहािीुूेैोौ्ं"


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """One Hindi sentence by espeak-ng, int16 at 16 kHz, some 4 s without silence at either end."""
    wav = tmp_path_factory.mktemp("spoken") / "spoken.wav"
    subprocess.run(
        ["espeak-ng", "-v", "hi", "-s", "150", "-w", wav, "राज्य के मुख्यमंत्री ने आज किसानों के लिए नई योजना की घोषणा की"], check=True
    )
    with open_audio(wav) as audio:
        loud = np.flatnonzero(np.abs(audio) > 300)
        return np.array(audio[loud[0] : loud[-1] + 1])


def silence(seconds: float) -> np.ndarray:
    """A very quiet hiss, as of an idle microphone; always the same."""
    return np.random.default_rng(7).integers(-6, 7, round(seconds * SAMPLE_RATE)).astype(np.int16)


@pytest.fixture(scope="session")
def quiet():
    """Makes so many seconds of silence."""
    return silence


SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "num_conv_pos_embeddings": 15,
    "num_conv_pos_embedding_groups": 4,
    "conv_dim": (24, 24, 24),
    "conv_kernel": (400, 3, 3),
    "conv_stride": (80, 2, 2),
    "num_feat_extract_layers": 3,
    "conv_bias": True,
}
LAYER = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
FAMILIES = {
    "wav2vec2": ("Wav2Vec2", {**SMALL, **LAYER}),
    "wav2vec2-group-norm": ("Wav2Vec2", {**SMALL, "feat_extract_norm": "group"}),
    "wav2vec2-strided-adapter": ("Wav2Vec2", {**SMALL, **LAYER, "add_adapter": True, "num_adapter_layers": 1}),
    "hubert": ("Hubert", {**SMALL, **LAYER}),
    "wavlm": ("WavLM", {**SMALL, **LAYER}),
    "wav2vec2-bert": (
        "Wav2Vec2Bert",
        {k: v for k, v in SMALL.items() if not k.startswith(("conv", "num_conv", "num_feat"))}
        | {"feature_projection_input_dim": 160},
    ),
    "mms": ("Wav2Vec2", {**SMALL, **LAYER, "adapter_attn_dim": 8}),
}


def _tokenizer(folder: Path, nested: bool):
    from transformers import Wav2Vec2CTCTokenizer

    hindi = {token: i for i, token in enumerate(["<pad>", "|", "<unk>", *LETTERS])}
    english = {token: i for i, token in enumerate(["<pad>", "|", "<unk>", *"abcdefghij"])}
    vocabulary = {"eng": english, "hin": hindi} if nested else hindi
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf8")
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "word_delimiter_token": "|", "bos_token": None, "eos_token": None}
    return Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), target_lang="eng" if nested else None, **names)


def _extractor(family: str):
    from transformers import SeamlessM4TFeatureExtractor, Wav2Vec2FeatureExtractor

    if family == "wav2vec2-bert":
        return SeamlessM4TFeatureExtractor()
    return Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=family != "wav2vec2-group-norm")


def save_model(folder: Path, family: str) -> Path:
    """Write a tiny model of a family with random weights, seeded, as save_pretrained does."""
    import torch
    import transformers

    torch.manual_seed(3)
    name, settings = FAMILIES[family]
    nested = family == "mms"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(folder, nested)
    size = 13 if nested else 3 + len(LETTERS)
    config = getattr(transformers, f"{name}Config")(
        vocab_size=size, pad_token_id=0, bos_token_id=None, eos_token_id=None, **settings
    )
    network = getattr(transformers, f"{name}ForCTC")(config)
    for part in (network, tokenizer, _extractor(family)):
        part.save_pretrained(folder)
    if nested:
        _save_adapter(network, folder / "adapter.hin.safetensors", 3 + len(LETTERS))
        (folder / "vocab.json").write_text(
            json.dumps({"eng": tokenizer.vocab["eng"], "hin": tokenizer.vocab["hin"]}), encoding="utf8"
        )
    return folder


def _save_adapter(network, path: Path, size: int) -> None:
    """A language's adapter as MMS keeps them: attention adapters and an output layer of its own size."""
    import torch
    from safetensors.torch import save_file

    weights = {name: tensor.detach().clone() for name, tensor in network._get_adapters().items()}
    weights["lm_head.weight"], weights["lm_head.bias"] = torch.randn(size, 32), torch.zeros(size)
    save_file(weights, path)


@pytest.fixture(scope="session", params=sorted(FAMILIES))
def family(request: pytest.FixtureRequest) -> str:
    """Each family of models in turn."""
    return request.param


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory):
    """Gives the folder of a tiny model of a family, made once."""
    made: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in made:
            made[family] = save_model(tmp_path_factory.mktemp("models") / family, family)
        return made[family]

    return folder
