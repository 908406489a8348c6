"""A model goes on learning from pairs, and forgets nothing that a reader of its folder needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mining.documents.languages import language
from mining.models import network
from mining.models.finetune import finetune, load
from mining.models.train import Schedule, Source, save_checkpoint
from mining.models.utterances import Utterances
from mining.speech.ctc_model import load_model


@pytest.fixture(scope="module")
def start(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small model that was never trained."""
    torch.manual_seed(0)
    processor = network.processor(network.vocabulary(texts, least=1))
    model = network.network(len(processor.tokenizer), network.NetworkSize(width=32, layers=2, heads=2, feed_forward=32))
    folder = tmp_path_factory.mktemp("start") / "model"
    save_checkpoint(model, processor, folder)
    return folder


@pytest.fixture(scope="module")
def tuned(start: Path, spoken: Utterances, tiny: Schedule) -> Path:
    """The same model after two steps."""
    folder = start.with_name("tuned")
    finetune(start, [Source(spoken, 1.0)], folder, check={"own": spoken}, schedule=tiny)
    return folder


def test_figures_stand_beside_the_weights(tuned: Path) -> None:
    figures = json.loads((tuned / "figures.json").read_text(encoding="utf8"))
    assert figures["steps"] == 2 and figures["own_cer"] > 0


def test_it_is_a_model_of_the_same_make_with_other_weights(start: Path, tuned: Path) -> None:
    before, after = load_model(str(start), "cpu", language("hi")), load_model(str(tuned), "cpu", language("hi"))
    assert (before.vocabulary, before.blank, before.delimiter) == (after.vocabulary, after.blank, after.delimiter)
    assert not torch.equal(before.network.lm_head.weight, after.network.lm_head.weight)
    front = [model.network.wav2vec2.feature_extractor.conv_layers[0].conv.weight for model in (before, after)]
    assert torch.equal(*front)


def test_equal_seeds_give_equal_models(start: Path, tuned: Path, spoken: Utterances, tiny: Schedule, tmp_path: Path) -> None:
    finetune(start, [Source(spoken, 1.0)], tmp_path / "again", schedule=tiny)
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == (tuned / "model.safetensors").read_bytes()


def test_half_precision_is_half_the_size(start: Path, spoken: Utterances, tiny: Schedule, tmp_path: Path) -> None:
    figures = finetune(start, [Source(spoken, 1.0)], tmp_path / "half", schedule=tiny, steps=1, half=True)
    assert figures == {"steps": 1}
    assert load_file(tmp_path / "half" / "model.safetensors")["lm_head.weight"].dtype == torch.float16
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (tmp_path / "half", start)]
    assert sizes[0] < 0.6 * sizes[1]
    model, _ = load(tmp_path / "half")
    assert model.lm_head.weight.dtype == torch.float32, "to be trained again it is whole"


def test_a_model_can_be_tuned_in_its_own_place(start: Path, spoken: Utterances, tiny: Schedule, tmp_path: Path) -> None:
    told: list[dict[str, float]] = []
    finetune(start, [Source(spoken, 1.0)], tmp_path / "model", schedule=tiny)
    finetune(tmp_path / "model", [Source(spoken, 2.0)], tmp_path / "model", schedule=tiny, told=told.append)
    assert told == [{"steps": 2}]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.slow
def test_a_few_sentences_can_be_learnt_by_heart(start: Path, spoken: Utterances, tmp_path: Path) -> None:
    schedule = Schedule(steps=100, rate=3e-3, warm_up=20, batch_seconds=12.0, longest=4.0)
    losses: list[float] = []
    finetune(start, [Source(spoken, 1.0)], tmp_path / "model", schedule=schedule, progress=lambda step, loss: losses.append(loss))
    assert len(losses) == 2 and losses[1] < 0.9 * losses[0]
