"""The network is a genuine Wav2Vec2ForCTC whose ears are a mel filter bank."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2ForCTC

from mining.models import network
from mining.speech.geometry import frame_geometry


@pytest.fixture(scope="module")
def model() -> Wav2Vec2ForCTC:
    torch.manual_seed(0)
    return network.network(20).eval()


def test_the_vocabulary_is_what_occurs_often_enough() -> None:
    assert network.vocabulary(["कल कल", "कल मत"], least=2) == ["क", "ल"]
    assert network.vocabulary(["कल कल", "कल मत"], least=1) == sorted("कलमत")
    assert network.vocabulary([]) == []


def test_the_processor_writes_and_reads_devanagari() -> None:
    processor = network.processor(["क", "ल", "ा"])
    tokenizer = processor.tokenizer
    assert tokenizer("कल का").input_ids == [3, 4, 1, 3, 5]
    assert (tokenizer.pad_token_id, tokenizer.word_delimiter_token_id, tokenizer.unk_token_id) == (0, 1, 2)
    assert tokenizer.decode([3, 3, 0, 3, 4, 1, 1, 0, 3]) == "ककल क"
    heard = processor.feature_extractor(np.full(1000, 5.0) + np.arange(1000), sampling_rate=16_000).input_values[0]
    assert abs(heard.mean()) < 1e-5 and heard.std() == pytest.approx(1, abs=1e-3)


def test_mel_bands_rise_ever_wider() -> None:
    centres = network.mel_centres()
    assert len(centres) == network.BANDS
    assert centres[0] == pytest.approx(80) and centres[-1] == pytest.approx(7600)
    assert np.all(np.diff(centres, 2) > 0)


def test_filters_are_deaf_to_a_constant() -> None:
    bank = network.gabor_bank()
    assert bank.shape == (network.BANDS * network.PHASES, 1, 400)
    assert bank.sum(-1).abs().max() < 1e-5
    assert bank.abs().amax(-1).min() > 0


@pytest.mark.parametrize("band", [5, 12, 20, 30, 38])
def test_a_tone_is_loudest_in_its_own_band(band: int) -> None:
    tone = torch.sin(2 * torch.pi * network.mel_centres()[band] * torch.arange(4000) / 16_000)
    energy = torch.conv1d(tone[None, None], network.gabor_bank(), stride=80)[0].square().sum(1)
    lift = torch.tensor([max(centre, 250.0) for centre in network.mel_centres()]) ** 1.8  # pre-emphasis, squared
    heard = energy.reshape(network.BANDS, network.PHASES).sum(1) / lift
    assert abs(int(heard.argmax()) - band) <= 1


def test_a_frame_is_20_ms_of_a_window_of_55_ms(model: Wav2Vec2ForCTC) -> None:
    frames = frame_geometry(model.config, None)
    assert frames.hop == 320
    assert frames.count(879) == 0 and frames.count(880) == 1
    with torch.inference_mode():
        assert model(torch.zeros(1, 16_000)).logits.shape == (1, frames.count(16_000), 20)


def test_it_is_small_and_its_filters_are_not_learnt(model: Wav2Vec2ForCTC) -> None:
    assert 2e6 < sum(parameter.numel() for parameter in model.parameters()) < 3.5e6
    first, second = model.wav2vec2.feature_extractor.conv_layers[:2]
    assert not any(parameter.requires_grad for parameter in first.conv.parameters())
    assert all(parameter.requires_grad for parameter in second.conv.parameters())
    torch.testing.assert_close(first.conv.weight.data, network.gabor_bank())


def test_the_second_layer_begins_as_the_energy_of_each_band(model: Wav2Vec2ForCTC) -> None:
    weight = model.wav2vec2.feature_extractor.conv_layers[1].conv.weight.data[: network.BANDS]
    own = torch.arange(network.BANDS * network.PHASES) // network.PHASES == torch.arange(network.BANDS)[:, None]
    assert weight[own].tolist() == [[0.25, 0.5, 0.25]] * (network.BANDS * network.PHASES)
    assert not weight[~own].any()


@pytest.mark.parametrize("family", ["Hubert", "WavLM"])
def test_the_front_end_of_any_model_of_the_kind_can_be_frozen(family: str) -> None:
    import transformers

    config = getattr(transformers, f"{family}Config")(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=5,
        conv_dim=(8, 8), conv_kernel=(10, 3), conv_stride=(5, 2), num_feat_extract_layers=2,
        num_conv_pos_embeddings=5, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    other = getattr(transformers, f"{family}ForCTC")(config)
    network.freeze_front_end(other)
    frozen = [name for name, parameter in other.named_parameters() if not parameter.requires_grad]
    assert len(frozen) == 1 and frozen[0].endswith("feature_extractor.conv_layers.0.conv.weight")
