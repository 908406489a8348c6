"""What training can start from: encoders without a head, models with one, and which vocabulary they are given."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from mining.documents.languages import language
from mining.errors import UsageError
from mining.models import network, pretrained
from mining.models.checkpoint import save_checkpoint
from tests.mining.models.conftest import ENCODERS
from tests.mining.speech.conftest import save_model

SMALL = network.NetworkSize(width=32, layers=2, heads=2, feed_forward=32)


@pytest.fixture(scope="module")
def writer(lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model that writes all letters of the texts but ऑ, and none of another script."""
    processor = network.processor(network.vocabulary(lines, least=1))
    folder = tmp_path_factory.mktemp("writer") / "model"
    save_checkpoint(network.network(len(processor.tokenizer), SMALL), processor, folder)
    return folder


@pytest.mark.parametrize("kind", sorted(ENCODERS))
def test_an_encoder_is_given_a_head_and_keeps_all_else(kind: str, encoder: Callable[[str], Path], lines: list[str]) -> None:
    model, processor = pretrained.begin(encoder(kind))
    assert processor.tokenizer is None
    fitted = pretrained.fit(model, processor, lines, "auto")
    assert model.lm_head.out_features == model.config.vocab_size == len(fitted.tokenizer)
    assert pretrained.written(fitted.tokenizer, lines) > 0.95, "only what occurs once is left out"
    before = load_file(encoder(kind) / "model.safetensors")
    after = model.state_dict()
    prefix = f"{model.base_model_prefix}."
    own = {name.removeprefix(prefix): tensor for name, tensor in before.items() if not name.startswith(("quant", "project_"))}
    assert own and all(torch.equal(after[prefix + name], tensor) for name, tensor in own.items() if prefix + name in after)
    assert sum(prefix + name in after for name in own) >= 0.95 * len(own)


def test_an_encoder_in_a_pytorch_file_is_the_same(encoder: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(encoder("wav2vec2"), folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    ours, theirs = (pretrained.begin(place)[0].base_model.state_dict() for place in (folder, encoder("wav2vec2")))
    assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_pytorch_file_that_would_run_code_is_not_read(encoder: Callable[[str], Path], tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "harmed",)

    folder = tmp_path / "bare"
    shutil.copytree(encoder("wav2vec2"), folder)
    (folder / "model.safetensors").unlink()
    torch.save({"x": Evil()}, folder / "pytorch_model.bin")
    with pytest.raises(UsageError, match="cannot be loaded"):
        pretrained.begin(folder)
    assert not (tmp_path / "harmed").exists()


def test_the_feature_extractor_of_an_encoder_is_its_own_or_that_of_its_make(
    encoder: Callable[[str], Path], tmp_path: Path
) -> None:
    masks = {
        kind: pretrained.begin(encoder(kind))[1].feature_extractor.return_attention_mask for kind in ("hubert", "group-norm")
    }
    assert masks == {"hubert": True, "group-norm": False}
    folder = tmp_path / "own"
    shutil.copytree(encoder("wav2vec2"), folder)
    own = network.processor([]).feature_extractor
    own.do_normalize = False
    own.save_pretrained(folder)
    assert not pretrained.begin(folder)[1].feature_extractor.do_normalize


def test_half_an_encoder_is_told(encoder: Callable[[str], Path], tmp_path: Path) -> None:
    from safetensors.torch import save_file

    folder = tmp_path / "half"
    shutil.copytree(encoder("hubert"), folder)
    weights = load_file(folder / "model.safetensors")
    save_file({name: w for name, w in weights.items() if "layers.1" not in name}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(UsageError, match="has no trained"):
        pretrained.begin(folder)


def test_what_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf8")
    with pytest.raises(UsageError, match="cannot be loaded"):
        pretrained.begin(tmp_path)


def test_an_encoder_cannot_be_used_as_it_is(encoder: Callable[[str], Path]) -> None:
    with pytest.raises(UsageError, match="no vocabulary yet"):
        pretrained.load(encoder("hubert"))
    with pytest.raises(UsageError, match="no vocabulary to keep"):
        pretrained.fit(*pretrained.begin(encoder("hubert")), ["क"], "keep")


@pytest.mark.parametrize(
    ("choice", "foreign", "kept"),
    [("auto", "", True), ("auto", "ಕನ್ನಡ", False), ("keep", "wxyz", True), ("build", "", False)],
)
def test_a_vocabulary_is_kept_where_it_writes_the_texts(
    choice: str, foreign: str, kept: bool, writer: Path, lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    model, processor = pretrained.begin(writer)
    before = model.lm_head
    with caplog.at_level(logging.WARNING):
        fitted = pretrained.fit(model, processor, [*lines, foreign, foreign], choice)
    assert (fitted is processor) == (model.lm_head is before) == kept
    assert pretrained.written(fitted.tokenizer, [foreign]) == (1.0 if foreign and not kept else 0.0)
    assert bool(caplog.messages) == (kept and bool(foreign))


def test_a_vocabulary_that_is_kept_may_be_of_another_brahmic_script(writer: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        model, processor = pretrained.begin(writer)
        assert pretrained.fit(model, processor, ["ಕನ್ನಡ"], "keep") is processor
    assert not caplog.messages


@pytest.mark.parametrize(("known", "text"), [("ABC", "ab ca"), ("abc", "AB CA")])
def test_a_vocabulary_of_one_case_writes_both(known: str, text: str) -> None:
    processor = network.processor(known)
    model = network.network(len(processor.tokenizer), SMALL)
    assert pretrained.written(processor.tokenizer, [text]) == 1.0
    assert pretrained.fit(model, processor, [text], "auto") is processor


def test_a_vocabulary_that_writes_little_cannot_be_kept(writer: Path) -> None:
    with pytest.raises(UsageError, match="writes only 20%"):
        pretrained.fit(*pretrained.begin(writer), ["wxyzक"], "keep")


def test_unknown_choices_are_told(writer: Path) -> None:
    with pytest.raises(UsageError, match="auto, keep, build"):
        pretrained.fit(*pretrained.begin(writer), [], "guess")


def test_what_is_written_is_counted_by_letters(writer: Path) -> None:
    _, processor = pretrained.begin(writer)
    assert pretrained.written(processor.tokenizer, ["कम कम", "k"]) == 0.8
    assert pretrained.written(processor.tokenizer, [" "]) == 0.0


def test_a_multilingual_model_is_switched_to_one_language_and_saved_as_its_own(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "mms", "mms")
    model, processor = pretrained.begin(folder, language("hi"))
    assert model.lm_head.out_features == len(processor.tokenizer) and "क" in processor.tokenizer.get_vocab()
    assert torch.equal(model.lm_head.weight, load_file(folder / "adapter.hin.safetensors")["lm_head.weight"])
    save_checkpoint(model, processor, tmp_path / "saved")
    again, read = pretrained.load(tmp_path / "saved")
    assert torch.equal(again.lm_head.weight, model.lm_head.weight)
    assert read.tokenizer.get_vocab() == processor.tokenizer.get_vocab()
    english = pretrained.begin(folder)[1].tokenizer
    assert "a" in english.get_vocab() and "क" not in english.get_vocab()


@pytest.mark.parametrize(("freeze", "moved"), [(True, False), (False, True)])
def test_the_convolutions_of_others_are_frozen_if_asked(freeze: bool, moved: bool, encoder: Callable[[str], Path]) -> None:
    model, _ = pretrained.begin(encoder("conformer"))
    pretrained.freeze(model, freeze)
    assert {p.requires_grad for p in model.base_model.feature_extractor.parameters()} == {moved}
    assert all(p.requires_grad for p in model.base_model.encoder.parameters())


@pytest.mark.parametrize("freeze", [True, False])
def test_of_the_small_network_the_bank_of_filters_is_frozen_always(freeze: bool, writer: Path) -> None:
    model, _ = pretrained.begin(writer)
    pretrained.freeze(model, freeze)
    first, second = model.wav2vec2.feature_extractor.conv_layers[:2]
    assert not first.conv.weight.requires_grad and second.conv.weight.requires_grad
    assert pretrained.is_small_named(writer)


def test_a_model_without_convolutions_is_frozen_nowhere(encoder: Callable[[str], Path]) -> None:
    model, _ = pretrained.begin(encoder("wav2vec2-bert"))
    pretrained.freeze(model, True)
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert not pretrained.is_small_named(encoder("wav2vec2-bert"))


def test_a_model_is_told_from_another_by_its_files(writer: Path, tmp_path: Path) -> None:
    model, _ = pretrained.begin(writer)
    copy = tmp_path / "copy"
    shutil.copytree(writer, copy)
    (copy / "figures.json").write_text("{}", encoding="utf8")
    assert pretrained.identity(copy, model) == pretrained.identity(writer, model)
    (copy / "vocab.json").write_text("{}", encoding="utf8")
    assert pretrained.identity(copy, model) != pretrained.identity(writer, model)
    assert pretrained.identity("some/model", model) == "some/model"


def test_a_model_takes_no_place_of_other_things(writer: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UsageError, match="no model"):
        pretrained.check_place(tmp_path)
    with pytest.raises(UsageError, match="no model"):
        pretrained.check_place(tmp_path / "thesis.tex")
    for nameless in (".", ".."):
        with pytest.raises(UsageError, match="no name"):
            pretrained.check_place(Path(nameless))
    pretrained.check_place(writer)
    pretrained.check_place(tmp_path / "new" / "model")
