"""Schedules, batches, the loop, and checkpoints."""

from __future__ import annotations

import threading
from collections.abc import Iterator
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

from mining.models import network
from mining.models.train import Batches, Schedule, Source, _ahead, _ctc, save_checkpoint, train
from mining.models.utterances import Utterances, pack

SMALL = network.NetworkSize(width=32, layers=2, heads=2, feed_forward=32)


@pytest.fixture(scope="module")
def processor(texts: list[str]) -> Any:
    return network.processor(network.vocabulary(texts, least=1))


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


def test_equal_seeds_give_equal_batches(spoken: Utterances, processor: Any, tiny: Schedule) -> None:
    made = [list(batches([Source(spoken, 1.0)], processor, replace(tiny, seed=seed))) for seed in (5, 5, 6)]
    for (audio, mask, targets), (again, mask_again, targets_again) in zip(made[0], made[1], strict=True):
        assert torch.equal(audio, again) and torch.equal(mask, mask_again) and targets == targets_again
    assert made[0][0][2] != made[2][0][2] or not torch.equal(made[0][0][0], made[2][0][0])


def test_a_batch_is_as_long_as_asked_normalised_and_its_targets_are_sentences(spoken, processor, texts) -> None:
    schedule = Schedule(steps=6, batch_seconds=12.0, longest=6.0)
    tokenizer = processor.tokenizer
    ids = {tuple(tokenizer(text).input_ids) for text in texts}
    for audio, mask, targets in batches([Source(spoken, 1.0)], processor, schedule):
        assert audio.shape == mask.shape and len(targets) == len(audio) >= 2
        assert audio.shape[1] % 4000 == 0
        for row, heard, target in zip(audio, mask, targets, strict=True):
            length = int(heard.sum())
            assert heard[:length].all() and not row[length:].any()
            assert row[:length].mean().abs() < 1e-4 and row[:length].std() == pytest.approx(1, abs=0.01)
            assert _made_of(tuple(target), ids, tokenizer.word_delimiter_token_id)


def _made_of(target: tuple[int, ...], sentences: set[tuple[int, ...]], delimiter: int) -> bool:
    """Whether a target is one of the sentences, or several with the delimiter between them."""
    return target in sentences or any(
        target[: len(one) + 1] == (*one, delimiter) and _made_of(target[len(one) + 1 :], sentences, delimiter)
        for one in sentences
    )


def test_sources_are_drawn_by_their_weights(spoken: Utterances, processor: Any, tmp_path: Path) -> None:
    other = pack([(np.random.default_rng(0).integers(-999, 999, 24_000).astype(np.int16), "क")], tmp_path)
    schedule = Schedule(steps=40, batch_seconds=6.0, longest=2.0)
    wanted = processor.tokenizer("क").input_ids[0]
    targets = [one for *_, made in batches([Source(spoken, 3.0), Source(other, 1.0)], processor, schedule) for one in made]
    share = np.mean([target[0] == wanted and set(target) <= {wanted, 1} for target in targets])
    assert 0.12 < share < 0.4


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


def test_an_error_in_the_making_of_batches_is_raised_where_they_are_used() -> None:
    class Broken:
        def __iter__(self) -> Iterator[int]:
            yield 1
            raise MemoryError("no room")

    made = _ahead(Broken())  # type: ignore[arg-type]
    assert next(made) == 1
    with pytest.raises(MemoryError, match="no room"):
        next(made)


def test_batches_are_made_ahead_by_another_thread_in_order() -> None:
    class Named:
        def __iter__(self) -> Iterator[tuple[int, str]]:
            yield from ((number, threading.current_thread().name) for number in range(20))

    made = list(_ahead(Named(), depth=2))  # type: ignore[arg-type]
    assert [number for number, _ in made] == list(range(20))
    assert threading.current_thread().name not in {name for _, name in made}


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


def test_a_checkpoint_that_fails_leaves_the_old_one(model: Any, processor: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    save_checkpoint(model, processor, folder)

    class Full:
        def save_pretrained(self, path: Path) -> None:
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        save_checkpoint(model, Full(), folder)
    assert (folder / "model.safetensors").is_file() and (folder / "vocab.json").is_file()
