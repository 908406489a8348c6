"""Another vocabulary for a model: what it knew of a letter goes with the letter."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Model

from mining.errors import UsageError
from mining.models import network
from mining.models.network import NetworkSize
from mining.models.vocabulary import adapt

SMALL = NetworkSize(width=32, layers=1, heads=2, feed_forward=32)


@pytest.fixture
def taught() -> tuple[torch.nn.Module, object]:
    """A model of Devanagari whose head is told apart row by row."""
    processor = network.processor("कलमाळ्")
    model = network.network(len(processor.tokenizer), SMALL)
    with torch.no_grad():
        model.lm_head.bias.copy_(torch.arange(len(processor.tokenizer)))
    return model, processor


def rows(model: torch.nn.Module, processor: object) -> dict[str, float]:
    return {token: model.lm_head.bias[row].item() for token, row in processor.tokenizer.get_vocab().items()}


def test_letters_keep_their_rows_and_new_ones_begin_at_nothing(taught) -> None:
    model, processor = taught
    before, weight = rows(model, processor), model.lm_head.weight.clone()
    fresh = adapt(model, processor, ["कल xx", "कल xx"])
    after = rows(model, fresh)
    assert {token: after[token] for token in ("<pad>", "|", "<unk>", "क", "ल")} == {
        token: before[token] for token in ("<pad>", "|", "<unk>", "क", "ल")
    }
    assert after["x"] == 0 and set(after) == {"<pad>", "|", "<unk>", "क", "ल", "x"}
    own, old = fresh.tokenizer.get_vocab(), processor.tokenizer.get_vocab()
    assert torch.equal(model.lm_head.weight[own["क"]], weight[old["क"]])
    assert model.config.vocab_size == 6 and model.config.pad_token_id == 0


def test_a_letter_takes_over_from_the_one_that_stands_for_it_in_the_other_script(taught) -> None:
    model, processor = taught
    before = rows(model, processor)
    after = rows(model, adapt(model, processor, ["കാ ളഴ", "കാ ളഴ"]))
    assert (after["ക"], after["ാ"]) == (before["क"], before["ा"])
    assert after["ള"] == after["ഴ"] == before["ळ"]


@pytest.mark.parametrize(("known", "asked"), [("AB", "ab"), ("ab", "AB")])
def test_a_letter_takes_over_from_the_same_in_the_other_case(known: str, asked: str) -> None:
    processor = network.processor(known)
    model = network.network(len(processor.tokenizer), SMALL)
    with torch.no_grad():
        model.lm_head.bias.copy_(torch.arange(5))
    after = rows(model, adapt(model, processor, [f"{asked}z"] * 2))
    assert [after[letter] for letter in (*asked, "z", "<pad>")] == [3, 4, 0, 0]


def test_a_model_says_in_the_new_script_what_it_said_in_the_old(taught) -> None:
    model, processor = taught
    audio = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 16_000)).astype(np.float32))
    with torch.no_grad():
        before = model.eval()(audio).logits[0]
        fresh = adapt(model, processor, ["ക ല മ ാ"] * 2)
        after = model(audio).logits[0]
    old, new = processor.tokenizer.get_vocab(), fresh.tokenizer.get_vocab()
    for ours, theirs in zip(("<pad>", "ക", "ല", "മ"), ("<pad>", "क", "ल", "म"), strict=True):
        torch.testing.assert_close(after[:, new[ours]], before[:, old[theirs]])


def test_without_a_vocabulary_one_is_built(taught) -> None:
    model, _ = taught
    fresh = adapt(model, None, ["ab ab"])
    assert list(fresh.tokenizer.get_vocab()) == ["<pad>", "|", "<unk>", "a", "b"]
    assert model.lm_head.out_features == 5


def test_rare_letters_are_left_out(taught) -> None:
    assert "z" not in adapt(*taught, ["ab az b"]).tokenizer.get_vocab()


def test_a_model_without_an_output_layer_is_refused(taught) -> None:
    encoder = Wav2Vec2Model(copy.deepcopy(taught[0].config))
    with pytest.raises(UsageError, match="Wav2Vec2Model has no output layer"):
        adapt(encoder, None, ["ab"])


def test_the_new_processor_is_saved_whole(taught, tmp_path) -> None:
    adapt(*taught, ["ab ab"]).save_pretrained(tmp_path)
    assert json.loads((tmp_path / "vocab.json").read_text(encoding="utf8"))["a"] == 3
