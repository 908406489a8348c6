"""What a step is given: joined utterances, buckets of like length, and both made ahead by a thread."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mining.errors import InputError
from mining.models import network
from mining.models.batches import Batch, Batches, Buckets, Source, ahead, prepare
from mining.models.schedule import Schedule
from mining.models.utterances import Utterances, pack


@pytest.fixture(scope="module")
def processor(lines: list[str]) -> Any:
    return network.processor(network.vocabulary(lines, least=1))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Utterances:
    """Sixty utterances of 0.2 to 6 s, one that is too short and one that is too long, each trusted otherwise."""
    rng = np.random.default_rng(0)
    lengths = [*(16_000 * rng.uniform(0.2, 6, 60)).astype(int), 800, 31 * 16_000]
    sounds = [
        (rng.integers(-999, 999, length).astype(np.int16), f"क {'म' * (n % 7)}", n / 99) for n, length in enumerate(lengths)
    ]
    return pack(sounds, tmp_path_factory.mktemp("many"))


def batches(sources: list[Source], processor: Any, schedule: Schedule) -> Batches:
    tokenizer = processor.tokenizer
    return Batches(sources, lambda text: tokenizer(text).input_ids, tokenizer.word_delimiter_token_id, schedule)


def same(one: Batch, other: Batch) -> None:
    assert one.inputs.keys() == other.inputs.keys()
    assert all(torch.equal(one.inputs[name], other.inputs[name]) for name in one.inputs)
    assert (one.samples, one.targets, one.weights, one.state) == (other.samples, other.targets, other.weights, other.state)


def test_equal_seeds_give_equal_batches(spoken: Utterances, processor: Any, tiny: Schedule) -> None:
    made = [list(batches([Source(spoken, 1.0)], processor, replace(tiny, seed=seed))) for seed in (5, 5, 6)]
    for one, again in zip(made[0], made[1], strict=True):
        same(one, again)
    assert made[0][0].samples != made[2][0].samples


def test_a_batch_is_as_long_as_asked_normalised_and_its_targets_are_sentences(spoken, processor, lines) -> None:
    schedule = Schedule(steps=6, batch_seconds=12.0, longest=6.0)
    tokenizer = processor.tokenizer
    ids = {tuple(tokenizer(text).input_ids) for text in lines}
    for batch in batches([Source(spoken, 1.0)], processor, schedule):
        audio, mask, targets = batch.inputs["input_values"], batch.inputs["attention_mask"], batch.targets
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
    targets = [one for made in batches([Source(spoken, 3.0), Source(other, 1.0)], processor, schedule) for one in made.targets]
    share = np.mean([target[0] == wanted and set(target) <= {wanted, 1} for target in targets])
    assert 0.12 < share < 0.4


def test_a_joined_item_is_trusted_as_its_letters_are(processor: Any, tmp_path: Path) -> None:
    quiet = np.zeros(16_000, np.int16)
    two = pack([(quiet, "कम", 0.2), (quiet, "क" * 8, 1.0)], tmp_path)
    tokenizer = processor.tokenizer
    short, long = len(tokenizer("कम").input_ids), len(tokenizer("क" * 8).input_ids)
    for batch in batches([Source(two, 1.0)], processor, Schedule(steps=4, batch_seconds=20.0, longest=5.0)):
        for target, weight in zip(batch.targets, batch.weights, strict=True):
            said = target.count(tokenizer.word_delimiter_token_id) + 1
            of_long = (len(target) - (said - 1) - said * short) // (long - short)
            letters = of_long * long + (said - of_long) * short
            assert weight == pytest.approx((of_long * long + 0.2 * (said - of_long) * short) / letters)


@pytest.mark.parametrize("kind", ["joined", "buckets"])
def test_batches_go_on_where_they_were_left(kind: str, many: Utterances, processor: Any) -> None:
    schedule = Schedule(steps=5, batch_seconds=9.0, longest=4.0, accumulate=2, augmented=0.5, masked=0.5, seed=3)

    def made() -> Any:
        sources = [Source(many, 1.0), Source(many, 2.0)]
        return batches(sources, processor, schedule) if kind == "joined" else Buckets(sources, processor, schedule)

    whole, rest = list(made()), made()
    assert len(whole) == 10
    rest.go_on(3, whole[5].state)
    for one, other in zip(whole[6:], rest, strict=True):
        same(one, other)


def test_an_epoch_of_buckets_holds_every_utterance_once_beside_its_like(many: Utterances, processor: Any) -> None:
    buckets = Buckets([Source(many, 1.0)], processor, Schedule(steps=1, batch_seconds=12.0))
    epochs = [buckets.epoch(0, number) for number in (0, 1, 0)]
    for made in epochs:
        assert sorted(index for batch in made for index in batch.tolist()) == list(range(1, 61)), (
            "all but the shortest and longest"
        )
        for batch in made:
            longest = max(many.durations[i] for i in batch)
            assert len(batch) == 1 or len(batch) * longest <= 12.0
    filled = [sum(many.durations[i] for i in batch) / (len(batch) * max(many.durations[i] for i in batch)) for batch in epochs[0]]
    assert np.mean(filled) > 0.85, "little padding"
    assert [b.tolist() for b in epochs[0]] == [b.tolist() for b in epochs[2]] != [b.tolist() for b in epochs[1]]


def test_buckets_go_through_all_before_they_begin_again(many: Utterances, processor: Any) -> None:
    schedule = Schedule(steps=len(Buckets([Source(many, 1.0)], processor, Schedule(steps=1, batch_seconds=12.0)).epoch(0, 0)),
                        batch_seconds=12.0, augmented=0.0)  # fmt: skip
    heard = Counter(n for batch in Buckets([Source(many, 1.0)], processor, schedule) for n in batch.samples)
    assert heard == Counter(round(seconds * 16_000) for seconds in many.durations[1:-1])


def test_a_bucket_is_prepared_as_the_model_wants_it(many: Utterances, processor: Any) -> None:
    for batch in Buckets([Source(many, 1.0)], processor, Schedule(steps=6, batch_seconds=12.0, augmented=0.0)):
        audio, mask = batch.inputs["input_values"], batch.inputs["attention_mask"]
        assert audio.shape[1] % 4000 == 0 and audio.shape[1] >= 8000
        assert mask.sum(1).tolist() == list(batch.samples)
        row = audio[0, : batch.samples[0]]
        assert row.mean().abs() < 1e-4 and row.std() == pytest.approx(1, abs=0.01)
        index = many.durations.index(batch.samples[0] / 16_000)
        assert batch.targets[0] == processor.tokenizer(many.texts[index]).input_ids and batch.weights[0] == many.weights[index]


@pytest.mark.parametrize("letters", ["AB", "कम"])
def test_targets_are_in_the_case_and_script_that_the_model_writes(letters: str, tmp_path: Path) -> None:
    said = pack([(np.zeros(16_000, np.int16), "ab" if letters == "AB" else "ಕಮ")], tmp_path)
    batch = next(iter(Buckets([Source(said, 1.0)], network.processor(letters), Schedule(steps=1))))
    assert batch.targets == [[3, 4]]


def test_padding_is_least_where_it_is_heard() -> None:
    without = network.processor([])
    without.feature_extractor.return_attention_mask = False
    clips = [np.ones(9_001, np.float32), np.ones(9_003, np.float32)]
    assert prepare(without, clips)["input_values"].shape == (2, 9_003)
    assert prepare(without, [clips[0][:999]])["input_values"].shape == (1, 8_000), "ten frames must fit"


def test_a_source_without_a_usable_utterance_is_told(processor: Any, tmp_path: Path) -> None:
    long = pack([(np.zeros(31 * 16_000, np.int16), "क")], tmp_path)
    with pytest.raises(InputError, match="none is from"):
        Buckets([Source(long, 1.0)], processor, Schedule(steps=1))


def test_an_error_in_the_making_of_batches_is_raised_where_they_are_used() -> None:
    class Broken:
        def __iter__(self) -> Iterator[int]:
            yield 1
            raise MemoryError("no room")

    made = ahead(Broken())  # type: ignore[arg-type]
    assert next(made) == 1
    with pytest.raises(MemoryError, match="no room"):
        next(made)


def test_batches_are_made_ahead_by_another_thread_in_order() -> None:
    class Named:
        def __iter__(self) -> Iterator[tuple[int, str]]:
            yield from ((number, threading.current_thread().name) for number in range(20))

    made = list(ahead(Named(), depth=2))  # type: ignore[arg-type]
    assert [number for number, _ in made] == list(range(20))
    assert threading.current_thread().name not in {name for _, name in made}
