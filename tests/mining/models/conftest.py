"""A few sentences that espeak-ng speaks, and the smallest schedule that runs through everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from mining.models.train import Schedule
from mining.models.utterances import Utterances, pack
from mining.models.voices import speak_all
from tests.mining.corpus.conftest import cut_recording as cut_recording  # for this: a finished run, made by hand
from tests.mining.corpus.conftest import fabricate as fabricate

TEXTS = [
    "आज सुबह से पूरे राज्य में हल्की बारिश हो रही है",
    "मुख्यमंत्री ने किसानों के लिए नई योजना की घोषणा की है",
    "जिले के सभी विद्यालय सोमवार को बंद रहेंगे",
    "रेलगाड़ी अपने तय समय से दो घंटे देरी से चल रही है",
    "गाँव के लोगों ने मिलकर पुराने तालाब की सफाई की",
    "अस्पताल में नए डॉक्टरों की नियुक्ति जल्द की जाएगी",
    "खिलाड़ियों ने फाइनल मैच में शानदार प्रदर्शन किया",
    "बाजार में सब्जियों के दाम लगातार बढ़ रहे हैं",
    "कल मौसम साफ",
    "समाचार समाप्त हुए",
]
TINY = Schedule(steps=2, warm_up=1, batch_seconds=4.0, longest=3.0)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """The networks here are so small that threads cost more than they give."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def lines() -> list[str]:
    """Ten sentences as a model is to write them."""
    return list(TEXTS)


@pytest.fixture(scope="session")
def tiny() -> Schedule:
    """Two steps of four seconds."""
    return TINY


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Utterances:
    """The sentences, spoken in one voice."""
    return pack(speak_all(TEXTS, "hi", [""], 0), tmp_path_factory.mktemp("spoken"))


TINY_NETWORK = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
CONVOLUTIONS = {
    "num_conv_pos_embeddings": 15,
    "num_conv_pos_embedding_groups": 4,
    "conv_dim": (24, 24, 24),
    "conv_kernel": (10, 8, 4),
    "conv_stride": (10, 8, 4),
    "num_feat_extract_layers": 3,
    "feat_extract_norm": "layer",
}
PRETRAINING = {"codevector_dim": 16, "proj_codevector_dim": 16, "num_codevectors_per_group": 8, "do_stable_layer_norm": True}
ENCODERS: dict[str, tuple[str, str, dict[str, object]]] = {
    "wav2vec2": ("Wav2Vec2Config", "Wav2Vec2Model", {**TINY_NETWORK, **CONVOLUTIONS}),
    "pretraining": ("Wav2Vec2Config", "Wav2Vec2ForPreTraining", {**TINY_NETWORK, **CONVOLUTIONS, **PRETRAINING}),
    "group-norm": ("Wav2Vec2Config", "Wav2Vec2Model", {**TINY_NETWORK, **CONVOLUTIONS, "feat_extract_norm": "group"}),
    "hubert": ("HubertConfig", "HubertModel", {**TINY_NETWORK, **CONVOLUTIONS}),
    "conformer": ("Wav2Vec2ConformerConfig", "Wav2Vec2ConformerModel", {**TINY_NETWORK, **CONVOLUTIONS}),
    "data2vec": ("Data2VecAudioConfig", "Data2VecAudioModel", {**TINY_NETWORK, **CONVOLUTIONS}),
    "wav2vec2-bert": ("Wav2Vec2BertConfig", "Wav2Vec2BertModel", {**TINY_NETWORK, "feature_projection_input_dim": 160}),
}
"""Pretrained encoders as people start from: config, model and sizes; no head, no tokenizer, no feature extractor."""


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`encoder("hubert")`: the folder of a tiny one with random weights; not to be changed."""
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        import transformers

        if kind not in made:
            torch.manual_seed(7)
            config, model, sizes = ENCODERS[kind]
            made[kind] = tmp_path_factory.mktemp("encoders") / kind
            getattr(transformers, model)(getattr(transformers, config)(**sizes)).save_pretrained(made[kind])
        return made[kind]

    return make
