"""The training loop that the cold start and fine-tuning share: CTC, in steps, from any mix of utterances."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import ctc_loss

from mining.errors import UsageError
from mining.models.batches import Batch, Batches, Buckets, Feed, Source, ahead
from mining.models.checkpoint import State, save_checkpoint
from mining.models.schedule import Schedule
from mining.speech.geometry import FrameGeometry, frame_geometry
from mining.speech.threads import torch_threads

__all__ = ["PRECISIONS", "Batches", "Buckets", "Schedule", "Source", "chosen_precision", "save_checkpoint", "train"]

PRECISIONS = ("float32", "bfloat16", "float16")

Targets = list[list[int]]


def chosen_precision(wanted: str, device: str) -> str:
    """What `auto` stands for on a device: bfloat16 where the processor computes with it, else float32; any other its own.

    Where a processor has no instructions for bfloat16, each operation is done in float32 between two conversions.

    Raises:
        UsageError: there is no such precision.
    """
    if wanted != "auto":
        if wanted not in PRECISIONS:
            raise UsageError(f"Unknown precision {wanted!r}.", f"Choose auto, {', '.join(PRECISIONS)}.")
        return wanted
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    has = device == "cpu" and any(getattr(torch.cpu, name, lambda: False)() for name in asked)
    return "bfloat16" if has else "float32"


def train(
    model: Any,
    batches: Feed,
    schedule: Schedule,
    save: Callable[[int], None],
    *,
    every: int = 400,
    progress: Callable[[int, float], None] | None = None,
    precision: str = "bfloat16",
    frames: FrameGeometry | None = None,
    weighted: bool = False,
    state: Path | None = None,
) -> None:
    """Run the schedule; `save(step)` after every `every` steps and at the end.

    Args:
        model: a CTC model of transformers, on the device that it is to learn on.
        batches: of the same schedule.
        progress: told (step, mean loss a character) every 50 steps.
        precision: one of `PRECISIONS`, of what is computed; the weights are float32.
        frames: the model's geometry; read off its config where that takes raw audio.
        weighted: let each item count as much as it is to be trusted.
        state: a file to go on from, where it is there, and to keep what is to be gone on from after every `save`.

    Raises:
        InputError: `state` is damaged.
    """
    with torch_threads(torch.get_num_threads()):  # as it is, within OpenMP's limit
        frames = frames or frame_geometry(model.config, None)
        learner = _Learner(model, schedule, frames, precision, weighted, state)
        learner.run(batches, save, every, progress)


class _Learner:
    """A model, its optimizer, and the loss."""

    def __init__(
        self, model: Any, schedule: Schedule, frames: FrameGeometry, precision: str, weighted: bool, state: Path | None
    ) -> None:
        self._model, self._schedule, self._frames, self._weighted = model, schedule, frames, weighted
        self._device = next(model.parameters()).device
        self._precision = getattr(torch, precision)
        decayed = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
        others = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
        self._learnt = decayed + others
        self._optimizer = torch.optim.AdamW(groups, lr=schedule.rate, betas=(0.9, 0.98))
        # float16 has no room for small gradients: they are scaled up, and a step that overflows is left out.
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=precision == "float16")
        self._file = state
        self._state = State(state, model, self._optimizer, self._scaler) if state else None

    def run(self, batches: Feed, save: Callable[[int], None], every: int, progress: Callable[[int, float], None] | None) -> None:
        torch.manual_seed(self._schedule.seed)
        np.random.seed(self._schedule.seed)  # transformers masks with it
        self._model.train()
        first, losses = 0, list[float]()
        if self._state and self._file and self._file.exists():
            first, place, losses = self._state.load()
            batches.go_on(first, place)
        many = self._schedule.accumulate
        for number, batch in enumerate(ahead(batches), start=first * many):
            if number % many == 0:
                self._optimizer.zero_grad(set_to_none=True)
            losses.append(self._hear(batch))
            if (number + 1) % many:
                continue
            step = number // many
            self._step(self._schedule.rate_at(step))
            if progress and (step + 1) % 50 == 0:
                progress(step + 1, float(np.mean(losses)))
                losses.clear()
            if (step + 1) % every == 0 or step + 1 == self._schedule.last:
                save(step + 1)
                self._model.train()
                if self._state:
                    self._state.save(step + 1, batch.state, losses)

    def _hear(self, batch: Batch) -> float:
        """Add a batch's gradients; returns its loss a character."""
        inputs = {name: tensor.to(self._device, non_blocking=True) for name, tensor in batch.inputs.items()}
        weights = torch.tensor(batch.weights) if self._weighted else None
        with torch.autocast(self._device.type, self._precision, enabled=self._precision != torch.float32):
            loss, plain = self._loss(inputs, batch, weights)
        self._scaler.scale(loss / self._schedule.accumulate if self._schedule.accumulate > 1 else loss).backward()
        return plain

    def _step(self, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._scaler.unscale_(self._optimizer)
        torch.nn.utils.clip_grad_norm_(self._learnt, 1.0)
        self._scaler.step(self._optimizer)
        self._scaler.update()

    def _loss(self, inputs: dict[str, torch.Tensor], batch: Batch, weights: torch.Tensor | None) -> tuple[torch.Tensor, float]:
        """CTC loss a character, mixed with that of a middle layer where the model's norm allows it."""
        model, share = self._model, self._schedule.intermediate
        output = model(**inputs, output_hidden_states=share > 0)
        lengths = torch.tensor([self._frames.count(samples) for samples in batch.samples])
        blank = model.config.pad_token_id
        loss = _ctc(output.logits, lengths, batch.targets, blank, weights)
        plain = not getattr(model.config, "do_stable_layer_norm", False) or getattr(model.config, "add_adapter", False)
        if share <= 0 or plain:
            return loss, loss.item()
        middle = output.hidden_states[(model.config.num_hidden_layers + 1) // 2]
        logits = model.lm_head(model.base_model.encoder.layer_norm(middle))
        return (1 - share) * loss + share * _ctc(logits, lengths, batch.targets, blank, weights), loss.item()


def _ctc(
    logits: torch.Tensor, lengths: torch.Tensor, targets: Targets, blank: int, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Negative log-likelihood a character, of all items together, each counting by its weight.

    Args:
        logits: (items, frames, tokens).
        lengths: frames of each item.
        weights: (items,); all 1 gives what None does.
    """
    log_probs = logits.float().log_softmax(-1).transpose(0, 1)
    sizes = torch.tensor([len(target) for target in targets])
    flat = torch.tensor([token for target in targets for token in target], dtype=torch.long)
    lengths = lengths.clamp(max=logits.shape[1])
    if weights is None:
        total = ctc_loss(log_probs, flat, lengths, sizes, blank=blank, zero_infinity=True, reduction="sum")
        return total / sizes.sum().clamp(min=1)
    each = ctc_loss(log_probs, flat, lengths, sizes, blank=blank, zero_infinity=True, reduction="none")
    return (each * weights.to(each.device)).sum() / (weights * sizes).sum().clamp(min=1e-6)
