"""The training loop that the cold start and fine-tuning share: CTC, in steps, from any mix of utterances."""

from __future__ import annotations

import math
import queue
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import ctc_loss

from mining.models.augment import augment, masked, speed
from mining.models.utterances import Utterances
from mining.records import SAMPLE_RATE
from mining.speech.ctc_model import quiet
from mining.speech.threads import torch_threads


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how hard.

    `batch_seconds` of audio are heard in each of `steps` steps; `until` ends earlier, on the way. The
    learning rate rises over `warm_up` steps, stays until `hold` of the way and falls to 3% along a cosine.
    Items are at most `short` seconds long in the first `short_steps` steps: CTC finds its first alignments
    on short items.
    """

    steps: int
    rate: float = 1.5e-3
    warm_up: int = 200
    hold: float = 0.35
    final: float = 0.03
    batch_seconds: float = 48.0
    longest: float = 9.0
    short: float = 2.0
    short_steps: int = 0
    intermediate: float = 0.3  # weight of the CTC loss half-way up (Lee & Watanabe, arXiv 2102.03216)
    until: int = 0
    augmented: float = 1.0  # share of items that are made worse; the last steps go best over speech as it is
    masked: float = 0.0  # share of items of which bands and moments are taken away, against learning few recordings by heart
    seed: int = 0

    @property
    def last(self) -> int:
        """How many steps are run."""
        return self.until or self.steps

    def rate_at(self, step: int) -> float:
        """Learning rate of step 0..steps-1."""
        rate = self.rate * min(1.0, (step + 1) / self.warm_up)
        part = step / self.steps
        if part <= self.hold:
            return rate
        fall = 0.5 * (1 + math.cos(math.pi * (part - self.hold) / (1 - self.hold)))
        return rate * (self.final + (1 - self.final) * fall)

    def longest_at(self, step: int) -> float:
        """Longest item in seconds at a step: short first, then a second longer every 60 steps."""
        if step < self.short_steps:
            return self.short
        return min(self.longest, self.short + 1 + (step - self.short_steps) / 60) if self.short_steps else self.longest


@dataclass(frozen=True, slots=True)
class Source:
    """Utterances, and the share of items that come from them."""

    utterances: Utterances
    weight: float


_GRAIN = SAMPLE_RATE // 4
"""Samples; batches are padded to a multiple, since each new shape costs the CPU's kernels time and memory."""


class Batches:
    """Endless batches: utterances joined with pauses to about one length, augmented, normalised."""

    def __init__(self, sources: Sequence[Source], encode: Callable[[str], list[int]], delimiter: int, schedule: Schedule) -> None:
        self._sources = sources
        self._weights = np.array([source.weight for source in sources]) / sum(source.weight for source in sources)
        self._targets = [[encode(text) for text in source.utterances.texts] for source in sources]
        self._delimiter = delimiter
        self._schedule = schedule
        self._rng = np.random.default_rng(schedule.seed)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor, list[list[int]]]]:
        """Yields (audio (B, samples) float32, mask (B, samples) int64, targets)."""
        for step in range(self._schedule.last):
            yield self._batch(self._schedule.longest_at(step))

    def _batch(self, longest: float) -> tuple[torch.Tensor, torch.Tensor, list[list[int]]]:
        length = self._rng.uniform(1.2, longest)
        factor = float(self._rng.uniform(0.82, 1.2)) if self._rng.random() < 0.6 else 1.0  # one a batch: little padding
        items = [self._item(length, factor) for _ in range(max(2, int(self._schedule.batch_seconds * factor / (length + 0.4))))]
        padded = -(-max(len(samples) for samples, _ in items) // _GRAIN) * _GRAIN
        audio = torch.zeros(len(items), padded)
        mask = torch.zeros(audio.shape, dtype=torch.long)
        for row, (samples, _) in enumerate(items):
            audio[row, : len(samples)] = torch.from_numpy(samples)
            mask[row, : len(samples)] = 1
        return audio, mask, [target for _, target in items]

    def _item(self, length: float, factor: float) -> tuple[np.ndarray, list[int]]:
        rng = self._rng
        which = int(rng.choice(len(self._sources), p=self._weights))
        utterances, left = self._sources[which].utterances, length
        parts = [_pause(rng)]
        target: list[int] = []
        while True:
            low, high = (0.8, 1.0) if rng.random() < 0.6 or left < 2.5 else (0.3, 0.7)
            index = utterances.draw(low * left, high * left, rng)
            gain = 10 ** (rng.uniform(-5, 5) / 20)
            parts += [speed(utterances.audio(index) * gain, factor), _pause(rng)]
            target += ([self._delimiter] if target else []) + self._targets[which][index]
            left -= utterances.durations[index]
            if left < max(1.0, 0.25 * length):
                break
        audio = np.concatenate(parts)
        if rng.random() < self._schedule.augmented:
            audio = augment(audio, rng, lambda: utterances.audio(int(rng.integers(len(utterances)))))
        if self._schedule.masked and rng.random() < self._schedule.masked:
            audio = masked(audio, rng)
        audio += rng.standard_normal(len(audio), dtype=np.float32) * np.float32(10 ** rng.uniform(-4.5, -3.0))
        return (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7), target


def _pause(rng: np.random.Generator) -> np.ndarray:
    return np.zeros(int(SAMPLE_RATE * rng.uniform(0, 0.3)), np.float32)


def train(
    model: Any,
    batches: Batches,
    schedule: Schedule,
    save: Callable[[int], None],
    *,
    every: int = 400,
    progress: Callable[[int, float], None] | None = None,
) -> None:
    """Run the schedule; `save(step)` after every `every` steps and at the end.

    Args:
        model: a CTC model of transformers that takes raw audio.
        progress: told (step, mean loss a character) every 50 steps.
    """
    with torch_threads(torch.get_num_threads()):  # as it is, within OpenMP's limit
        _train(model, batches, schedule, save, every, progress)


def _train(
    model: Any,
    batches: Batches,
    schedule: Schedule,
    save: Callable[[int], None],
    every: int,
    progress: Callable[[int, float], None] | None,
) -> None:
    torch.manual_seed(schedule.seed)
    model.train()
    decayed = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=schedule.rate, betas=(0.9, 0.98))
    losses: list[float] = []
    for step, (audio, mask, targets) in enumerate(_ahead(batches)):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate_at(step)
        with torch.autocast(audio.device.type, torch.bfloat16):
            loss, plain = _loss(model, audio, mask, targets, schedule.intermediate)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decayed + others, 1.0)
        optimizer.step()
        losses.append(plain)
        if progress and (step + 1) % 50 == 0:
            progress(step + 1, float(np.mean(losses)))
            losses.clear()
        if (step + 1) % every == 0 or step + 1 == schedule.last:
            save(step + 1)
            model.train()


def _ahead(batches: Batches, depth: int = 6) -> Iterator[tuple[torch.Tensor, torch.Tensor, list[list[int]]]]:
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


def _loss(
    model: Any, audio: torch.Tensor, mask: torch.Tensor, targets: list[list[int]], share: float
) -> tuple[torch.Tensor, float]:
    """CTC loss a character, mixed with that of a middle layer where the model's norm allows it."""
    output = model(audio, attention_mask=mask, output_hidden_states=share > 0)
    lengths = model._get_feat_extract_output_lengths(mask.sum(1)).long()
    loss = _ctc(output.logits, lengths, targets, model.config.pad_token_id)
    if share <= 0 or not getattr(model.config, "do_stable_layer_norm", False):
        return loss, loss.item()
    middle = output.hidden_states[(model.config.num_hidden_layers + 1) // 2]
    logits = model.lm_head(model.base_model.encoder.layer_norm(middle))
    return (1 - share) * loss + share * _ctc(logits, lengths, targets, model.config.pad_token_id), loss.item()


def _ctc(logits: torch.Tensor, lengths: torch.Tensor, targets: list[list[int]], blank: int) -> torch.Tensor:
    log_probs = logits.float().log_softmax(-1).transpose(0, 1)
    sizes = torch.tensor([len(target) for target in targets])
    flat = torch.tensor([token for target in targets for token in target])
    return ctc_loss(log_probs, flat, lengths, sizes, blank=blank, zero_infinity=True, reduction="sum") / sizes.sum()


def save_checkpoint(model: Any, processor: Any, folder: Path, *, half: bool = False) -> None:
    """Write model and processor into `folder`, whole: a reader never meets half a checkpoint."""
    temporary = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)
    state = {name: value.half() if half else value for name, value in model.state_dict().items()}
    with quiet():
        model.save_pretrained(temporary, state_dict=state)
        processor.save_pretrained(temporary)
    for path in temporary.iterdir():
        path.chmod(0o644)  # safetensors writes for the owner's eyes only
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    temporary.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
