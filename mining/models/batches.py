"""What a training step is given: utterances joined to items of one length, or taken as they are beside others of like length.

Both ways are endless, draw from their seed alone, and go on where an interrupted training left them.
"""

from __future__ import annotations

import itertools
import json
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from mining.errors import InputError
from mining.models.augment import augment, masked, speed
from mining.models.schedule import Schedule
from mining.models.utterances import Utterances
from mining.pairs.tokens import writing
from mining.records import SAMPLE_RATE

MOST_SECONDS = 30.0  # of an utterance that is taken as it is: memory grows with the square of the longest
LEAST_SECONDS = 0.1  # below it there is no word
_GRAIN = SAMPLE_RATE // 4
"""Samples; batches are padded to a multiple, since each new shape costs the CPU's kernels time and memory."""
_LEAST_PADDED = SAMPLE_RATE // 2  # samples of a batch: transformers masks stretches of ten frames, and wants them to fit


@dataclass(frozen=True, slots=True)
class Source:
    """Utterances, and the share of items that come from them."""

    utterances: Utterances
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one forward pass is given.

    Attributes:
        inputs: the network's tensors by name, on the CPU.
        samples: of each item, padding left out.
        targets: ids of the text of each item.
        weights: how much each item is to be trusted, 0..1.
        state: where the chance of the batches stands behind this one, for `go_on`.
    """

    inputs: dict[str, torch.Tensor]
    samples: tuple[int, ...]
    targets: list[list[int]]
    weights: tuple[float, ...]
    state: str = ""


class Feed(Protocol):
    """An iterable of batches that can be begun anywhere."""

    def __iter__(self) -> Iterator[Batch]:
        """All batches of the schedule that are still to come."""

    def go_on(self, step: int, state: str) -> None:
        """Begin with the batches of a step, with the `state` of the last batch before it."""


class Batches:
    """Utterances joined with pauses to about one length, augmented, normalised: what the small network learns best from."""

    def __init__(self, sources: Sequence[Source], encode: Callable[[str], list[int]], delimiter: int, schedule: Schedule) -> None:
        self._sources = sources
        self._weights = np.array([source.weight for source in sources]) / sum(source.weight for source in sources)
        self._targets = [[encode(text) for text in source.utterances.texts] for source in sources]
        self._delimiter = delimiter
        self._schedule = schedule
        self._rng = np.random.default_rng(schedule.seed)
        self._first = 0

    def go_on(self, step: int, state: str) -> None:
        """See `Feed`."""
        self._first = step
        self._rng.bit_generator.state = json.loads(state)

    def __iter__(self) -> Iterator[Batch]:
        """Inputs are audio (B, samples) float32 and its mask (B, samples) int64."""
        for step in range(self._first, self._schedule.last):
            for _ in range(self._schedule.accumulate):
                yield self._batch(self._schedule.longest_at(step))

    def _batch(self, longest: float) -> Batch:
        length = self._rng.uniform(1.2, longest)
        factor = float(self._rng.uniform(0.82, 1.2)) if self._rng.random() < 0.6 else 1.0  # one a batch: little padding
        items = [self._item(length, factor) for _ in range(max(2, int(self._schedule.batch_seconds * factor / (length + 0.4))))]
        padded = -(-max(len(samples) for samples, *_ in items) // _GRAIN) * _GRAIN
        audio = torch.zeros(len(items), padded)
        mask = torch.zeros(audio.shape, dtype=torch.long)
        for row, (samples, *_) in enumerate(items):
            audio[row, : len(samples)] = torch.from_numpy(samples)
            mask[row, : len(samples)] = 1
        return Batch(
            {"input_values": audio, "attention_mask": mask},
            tuple(len(samples) for samples, *_ in items),
            [target for _, target, _ in items],
            tuple(weight for *_, weight in items),
            json.dumps(self._rng.bit_generator.state),
        )

    def _item(self, length: float, factor: float) -> tuple[np.ndarray, list[int], float]:
        """Sound, target, and the weights of its utterances averaged over their letters."""
        rng = self._rng
        which = int(rng.choice(len(self._sources), p=self._weights))
        utterances, left = self._sources[which].utterances, length
        parts = [_pause(rng)]
        target: list[int] = []
        trusted, letters = 0.0, 0
        while True:
            low, high = (0.8, 1.0) if rng.random() < 0.6 or left < 2.5 else (0.3, 0.7)
            index = utterances.draw(low * left, high * left, rng)
            gain = 10 ** (rng.uniform(-5, 5) / 20)
            parts += [speed(utterances.audio(index) * gain, factor), _pause(rng)]
            own = self._targets[which][index]
            target += ([self._delimiter] if target else []) + own
            trusted, letters = trusted + utterances.weights[index] * len(own), letters + len(own)
            left -= utterances.durations[index]
            if left < max(1.0, 0.25 * length):
                break
        audio = _worse(np.concatenate(parts), utterances, self._schedule, rng)
        audio += rng.standard_normal(len(audio), dtype=np.float32) * np.float32(10 ** rng.uniform(-4.5, -3.0))
        return (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7), target, trusted / max(1, letters)


class Buckets:
    """Every utterance once an epoch, as it is, in batches of like length: how large pretrained models are fine-tuned.

    Each batch is of one source, drawn by the sources' weights.
    """

    def __init__(self, sources: Sequence[Source], processor: Any, schedule: Schedule) -> None:
        """Take sources, and a model's own processor: its tokenizer writes the targets, its extractor prepares the sound.

        Raises:
            InputError: a source holds no utterance that can be taken as it is.
        """
        for source in sources:
            if not any(LEAST_SECONDS <= duration <= MOST_SECONDS for duration in source.utterances.durations):
                raise InputError(
                    f"of {len(source.utterances)} utterances none is from {LEAST_SECONDS} to {MOST_SECONDS:g} seconds long.",
                    "Give a training set of sentences.",
                )
        self._sources = sources
        self._weights = np.array([source.weight for source in sources]) / sum(source.weight for source in sources)
        self._processor = processor
        self._written = writing(processor.tokenizer.get_vocab())
        self._schedule = schedule
        self._first = 0

    def go_on(self, step: int, state: str) -> None:
        """See `Feed`; the plan is drawn anew, so no state is needed."""
        self._first = step

    def epoch(self, source: int, number: int) -> list[np.ndarray]:
        """The batches of one epoch of a source as indices of its utterances, in the order in which they are heard."""
        rng = np.random.default_rng((self._schedule.seed, source, number))
        durations = np.asarray(self._sources[source].utterances.durations)
        fit = np.flatnonzero((durations >= LEAST_SECONDS) & (durations <= MOST_SECONDS))
        order = fit[np.argsort(durations[fit] * rng.uniform(0.9, 1.1, len(fit)), kind="stable")]  # other fellows every time
        batches: list[list[int]] = []
        longest = 0.0
        for index in order:
            longest = max(longest, durations[index]) if batches else durations[index]
            if not batches or (len(batches[-1]) + 1) * longest > self._schedule.batch_seconds:
                batches.append([])
                longest = durations[index]
            batches[-1].append(int(index))
        return [np.array(batches[at]) for at in rng.permutation(len(batches))]

    def __iter__(self) -> Iterator[Batch]:
        """Inputs are what the feature extractor makes of the sound."""
        many = self._schedule.accumulate
        for number, (source, indices) in enumerate(itertools.islice(self._plan(), self._schedule.last * many)):
            if number >= self._first * many:
                yield self._batch(source, indices, np.random.default_rng((self._schedule.seed, number)))

    def _plan(self) -> Iterator[tuple[int, np.ndarray]]:
        """Endless (source, indices): whichever source is drawn goes on with its epoch."""
        rng = np.random.default_rng(self._schedule.seed)
        left: list[list[np.ndarray]] = [[] for _ in self._sources]
        epochs = [0] * len(self._sources)
        while True:
            source = int(rng.choice(len(self._sources), p=self._weights))
            if not left[source]:
                left[source] = self.epoch(source, epochs[source])[::-1]
                epochs[source] += 1
            yield source, left[source].pop()

    def _batch(self, source: int, indices: np.ndarray, rng: np.random.Generator) -> Batch:
        utterances = self._sources[source].utterances
        clips = [_worse(utterances.audio(i), utterances, self._schedule, rng) for i in indices]
        return Batch(
            prepare(self._processor, clips),
            tuple(len(clip) for clip in clips),
            [self._processor.tokenizer(self._written(utterances.texts[i])).input_ids for i in indices],
            tuple(utterances.weights[i] for i in indices),
        )


def prepare(processor: Any, clips: Sequence[np.ndarray]) -> dict[str, torch.Tensor]:
    """What a network is given for some clips (float32 in -1..1), padded at the end to a common length."""
    extractor = processor.feature_extractor
    padded = max(_LEAST_PADDED, -(-max(len(clip) for clip in clips) // _GRAIN) * _GRAIN)
    # Without a mask, padding is heard, and mel frames are padded to the longest clip: then no longer than need be.
    free = extractor.model_input_names[0] == "input_values" and extractor.return_attention_mask
    sized = {"padding": "max_length", "max_length": padded} if free else {}
    short = [] if sized else [np.zeros(_LEAST_PADDED, np.float32)]
    made = extractor([*clips, *short], sampling_rate=SAMPLE_RATE, return_tensors="pt", **({"padding": True} | sized))
    return {name: tensor[: len(clips)] for name, tensor in made.items()}


def _worse(audio: np.ndarray, utterances: Utterances, schedule: Schedule, rng: np.random.Generator) -> np.ndarray:
    """The share of items that a schedule wants augmented, and the share that it wants masked."""
    if rng.random() < schedule.augmented:
        audio = augment(audio, rng, lambda: utterances.audio(int(rng.integers(len(utterances)))))
    if schedule.masked and rng.random() < schedule.masked:
        audio = masked(audio, rng)
    return audio


def _pause(rng: np.random.Generator) -> np.ndarray:
    return np.zeros(int(SAMPLE_RATE * rng.uniform(0, 0.3)), np.float32)


def ahead(batches: Feed, depth: int = 6) -> Iterator[Batch]:
    """The same batches in the same order, made by a thread while the last one is learnt."""
    made: queue.Queue[Any] = queue.Queue(depth)

    def make() -> None:
        try:
            for batch in batches:
                made.put(batch)
            made.put(None)
        except BaseException as error:  # handed to the consumer, who raises it
            made.put(error)

    threading.Thread(target=make, daemon=True).start()
    while (batch := made.get()) is not None:
        if isinstance(batch, BaseException):
            raise batch
        yield batch
