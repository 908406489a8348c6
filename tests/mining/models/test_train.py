"""Schedules, the loop, and checkpoints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from transformers import AutoModelForCTC, AutoProcessor

from mining.errors import InputError, UsageError
from mining.models import network
from mining.models.batches import Batches, Source
from mining.models.checkpoint import State, appear, save_checkpoint
from mining.models.schedule import Schedule
from mining.models.train import PRECISIONS, _ctc, chosen_precision, train

SMALL = network.NetworkSize(width=32, layers=2, heads=2, feed_forward=32)


@pytest.fixture(scope="module")
def processor(lines: list[str]) -> Any:
    return network.processor(network.vocabulary(lines, least=1))


@pytest.fixture
def model(processor: Any) -> Any:
    torch.manual_seed(0)
    return network.network(len(processor.tokenizer), SMALL)


def batches(sources: list[Source], processor: Any, schedule: Schedule) -> Batches:
    tokenizer = processor.tokenizer
    return Batches(sources, lambda text: tokenizer(text).input_ids, tokenizer.word_delimiter_token_id, schedule)


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(steps=1000, rate=1.0, warm_up=100, hold=0.5, final=0.1)
    rates = [schedule.rate_at(step) for step in range(1000)]
    assert rates[0] == 0.01 and rates[99:501] == [1.0] * 402
    assert np.all(np.diff(rates[500:]) < 0) and rates[-1] == pytest.approx(0.1, abs=1e-3)


@given(st.integers(1, 500), st.integers(1, 300), st.floats(0, 0.9))
def test_the_rate_is_never_nothing_and_never_too_high(steps: int, warm_up: int, hold: float) -> None:
    schedule = Schedule(steps=steps, rate=2.0, warm_up=warm_up, hold=hold)
    assert all(0 < schedule.rate_at(step) <= 2.0 for step in range(steps))


def test_items_are_short_at_first() -> None:
    schedule = Schedule(steps=1000, short=2.0, short_steps=100, longest=5.0)
    assert [schedule.longest_at(step) for step in (0, 99, 100, 160, 999)] == [2.0, 2.0, 3.0, 4.0, 5.0]
    assert Schedule(steps=9, longest=5.0).longest_at(0) == 5.0


def test_training_saves_along_the_way_and_at_the_end_and_learns(spoken, processor, model, tiny) -> None:
    schedule = replace(tiny, steps=5)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    saved: list[int] = []
    train(model, batches([Source(spoken, 1.0)], processor, schedule), schedule, saved.append, every=2)
    assert saved == [2, 4, 5]
    changed = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert "lm_head.weight" in changed
    assert not {name for name in changed if "conv_layers.0.conv" in name}


def test_a_schedule_can_be_left_early(spoken, processor, model, tiny) -> None:
    schedule = replace(tiny, steps=50, until=2)
    saved: list[int] = []
    train(model, batches([Source(spoken, 1.0)], processor, schedule), schedule, saved.append)
    assert saved == [2] and schedule.last == 2 and tiny.last == tiny.steps


def test_equal_seeds_train_equal_models(spoken, processor, tiny) -> None:
    weights = []
    for _ in range(2):
        torch.manual_seed(0)
        fresh = network.network(len(processor.tokenizer), SMALL)
        train(fresh, batches([Source(spoken, 1.0)], processor, tiny), tiny, lambda step: None)
        weights.append(fresh.lm_head.weight.detach().clone())
    assert torch.equal(*weights)


def test_the_loss_is_that_of_torch_and_what_is_too_short_for_its_text_costs_nothing() -> None:
    torch.manual_seed(0)
    logits, lengths = torch.randn(2, 8, 5), torch.tensor([8, 2])
    both = _ctc(logits, lengths, [[1, 2], [1, 1, 1]], 0)
    alone = torch.nn.functional.ctc_loss(
        logits[:1].log_softmax(-1).transpose(0, 1), torch.tensor([[1, 2]]), (8,), (2,), reduction="sum"
    )
    assert float(both) == pytest.approx(float(alone) / 5)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.integers(0, 99))
def test_a_weighted_loss_is_that_of_its_items_one_by_one(weights: list[float], seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    logits, lengths = torch.randn(3, 9, 5, generator=rng), torch.tensor([9, 7, 8])
    targets = [[1, 2, 3], [4], [2, 2]]
    found = float(_ctc(logits, lengths, targets, 0, torch.tensor(weights)))
    alone = [float(_ctc(logits[i : i + 1], lengths[i : i + 1], targets[i : i + 1], 0)) * len(targets[i]) for i in range(3)]
    said = sum(w * len(target) for w, target in zip(weights, targets, strict=True))
    assert found == pytest.approx(
        sum(w * one for w, one in zip(weights, alone, strict=True)) / max(said, 1e-6), rel=1e-4, abs=1e-4
    )
    assert float(_ctc(logits, lengths, targets, 0, torch.ones(3))) == pytest.approx(float(_ctc(logits, lengths, targets, 0)))


def test_what_is_not_trusted_teaches_nothing() -> None:
    logits = torch.randn(2, 9, 5, requires_grad=True)
    _ctc(logits, torch.tensor([9, 9]), [[1, 2], [3]], 0, torch.tensor([1.0, 0.0])).backward()
    assert logits.grad[0].abs().sum() > 0 and not logits.grad[1].any()


class Fed:
    """The same batch again and again."""

    def __init__(self, batch: Any, count: int) -> None:
        self.batch, self.count = batch, count

    def __iter__(self) -> Any:
        return iter([self.batch] * self.count)

    def go_on(self, step: int, state: str) -> None:
        raise AssertionError("nothing was interrupted")


def test_two_batches_that_are_gathered_are_a_step_of_both(spoken, processor, tiny) -> None:
    batch = next(iter(batches([Source(spoken, 1.0)], processor, tiny)))
    weights = []
    for many in (1, 2):
        torch.manual_seed(0)
        fresh = network.network(len(processor.tokenizer), SMALL)
        for module in fresh.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        fresh.config.hidden_dropout = 0.0
        schedule = replace(tiny, steps=1, accumulate=many)
        train(fresh, Fed(batch, many), schedule, lambda step: None, precision="float32")
        weights.append(fresh.lm_head.weight.detach())
    torch.testing.assert_close(*weights)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_model_learns_in_every_precision_and_its_weights_stay_whole(precision: str, spoken, processor, model, tiny) -> None:
    before = model.lm_head.weight.detach().clone()
    train(model, batches([Source(spoken, 1.0)], processor, tiny), tiny, lambda step: None, precision=precision)
    assert model.lm_head.weight.dtype == torch.float32 and model.lm_head.weight.isfinite().all()
    assert not torch.equal(model.lm_head.weight, before)


def test_precisions_differ_in_what_they_compute(spoken, processor, tiny) -> None:
    weights = []
    for precision in ("float32", "bfloat16"):
        torch.manual_seed(0)
        fresh = network.network(len(processor.tokenizer), SMALL)
        train(fresh, batches([Source(spoken, 1.0)], processor, tiny), tiny, lambda step: None, precision=precision)
        weights.append(fresh.lm_head.weight.detach())
    assert not torch.equal(*weights)


@pytest.mark.parametrize(("able", "chosen"), [(True, "bfloat16"), (False, "float32")])
def test_auto_is_what_the_processor_can_do(able: bool, chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: able, raising=False)
    assert chosen_precision("auto", "cpu") == chosen and chosen_precision("auto", "mps") == "float32"
    assert chosen_precision("float16", "cpu") == "float16"
    with pytest.raises(UsageError, match="'int8'"):
        chosen_precision("int8", "cpu")


def test_a_damaged_state_is_told(spoken, processor, model, tiny, tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"PK half of it")
    with pytest.raises(InputError, match="damaged"):
        train(model, batches([Source(spoken, 1.0)], processor, tiny), tiny, lambda step: None, state=tmp_path / "state.pt")


def test_the_state_of_a_training_on_a_processor_is_free_of_what_a_gpu_is_in(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state() -> State:
        parts = torch.optim.AdamW(model.parameters()), torch.amp.GradScaler("cpu", enabled=False)
        return State(tmp_path / "state.pt", model, *parts)

    with monkeypatch.context() as patch:  # as on a machine with a GPU that the training does not use
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "get_rng_state_all", lambda: [torch.get_rng_state()])
        state().save(3, "", [0.5])
    assert torch.load(tmp_path / "state.pt", weights_only=True)["cuda"] == []
    assert state().load() == (3, "", [0.5])


@pytest.mark.parametrize("half", [False, True])
def test_a_checkpoint_is_read_by_transformers_alone(half: bool, model: Any, processor: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    save_checkpoint(model, processor, folder, half=half)
    loaded, read = AutoModelForCTC.from_pretrained(folder), AutoProcessor.from_pretrained(folder)
    assert load_file(folder / "model.safetensors")["lm_head.weight"].dtype == (torch.float16 if half else torch.float32)
    torch.testing.assert_close(loaded.lm_head.weight.float(), model.lm_head.weight, atol=1e-3, rtol=1e-2)
    assert read.tokenizer.get_vocab() == processor.tokenizer.get_vocab()
    assert model.lm_head.weight.dtype == torch.float32, "what is trained stays as it is"


def test_a_new_checkpoint_takes_the_place_of_the_old_and_leaves_nothing_else(model: Any, processor: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    save_checkpoint(model, processor, folder)
    with torch.no_grad():
        model.lm_head.bias += 1
    save_checkpoint(model, processor, folder)
    assert torch.equal(AutoModelForCTC.from_pretrained(folder).lm_head.bias, model.lm_head.bias)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}, "others may read it"


def test_nothing_but_a_model_is_replaced(model: Any, processor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    thesis, new = tmp_path / "thesis" / "thesis.tex", tmp_path / "new"
    thesis.parent.mkdir()
    thesis.write_text("whole", encoding="utf8")
    save_checkpoint(model, processor, new)
    for place in (thesis.parent, thesis):
        with pytest.raises(UsageError, match="no model"):
            appear(new, place)
        with pytest.raises(UsageError, match="no model"):
            save_checkpoint(model, processor, place)
    monkeypatch.chdir(new)  # a model stands there, but its name is not said
    for place in (Path(), Path("..")):
        with pytest.raises(UsageError, match="no name"):
            save_checkpoint(model, processor, place)
    assert thesis.read_text(encoding="utf8") == "whole" and (new / "model.safetensors").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "thesis"]
    (tmp_path / "empty").mkdir()
    appear(new, tmp_path / "empty")
    assert (tmp_path / "empty" / "model.safetensors").is_file() and not new.exists()


def test_a_checkpoint_that_fails_leaves_the_old_one(model: Any, processor: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    save_checkpoint(model, processor, folder)

    class Full:
        def save_pretrained(self, path: Path) -> None:
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        save_checkpoint(model, Full(), folder)
    assert (folder / "model.safetensors").is_file() and (folder / "vocab.json").is_file()
