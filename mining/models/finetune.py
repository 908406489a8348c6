"""Fine-tuning of a CTC model on pairs of speech and text, with replay of what it learnt before."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining import store
from mining.errors import InputError, UsageError
from mining.models import measure, pretrained
from mining.models.batches import Batches, Buckets, Feed, Source
from mining.models.checkpoint import appear, save_checkpoint
from mining.models.pretrained import load
from mining.models.schedule import Schedule
from mining.models.train import chosen_precision, train
from mining.models.utterances import Utterances
from mining.pairs.tokens import writing
from mining.speech.ctc_model import chosen_device
from mining.speech.geometry import frame_geometry

if TYPE_CHECKING:
    from mining.documents.languages import Language

__all__ = ["PRETRAINED", "SCHEDULE", "Settings", "finetune", "load", "schedule_for", "shortened", "steps_for"]

SCHEDULE = Schedule(steps=1500, rate=8e-4, warm_up=100, hold=0.2, longest=12.0)
"""For the small network."""

PRETRAINED = Schedule(
    steps=4000, rate=1e-4, warm_up=400, hold=0.5, batch_seconds=80.0, accumulate=2, intermediate=0.0, augmented=0.0
)
"""For large pretrained models, whose own configuration says what is dropped and masked while they learn."""

Figures = dict[str, float]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is fine-tuned, but for its schedule.

    Attributes:
        vocabulary: keep, build or auto; see `pretrained.fit`.
        freeze: whether the convolutions over the sound stay as they are; the small network's first always do.
        precision: float32, bfloat16, float16 or auto: of what is computed, not of the weights.
        device: auto, cpu, cuda, cuda:N or mps.
        weighted: whether each utterance counts as much as it is to be trusted.
        save_memory: whether activations are computed again instead of kept: less memory, half as much time again.
        best: the check whose least error rate says which checkpoint is kept; "": the last one.
        every: steps between two checkpoints.
    """

    vocabulary: str = "keep"
    freeze: bool = True
    precision: str = "bfloat16"
    device: str = "cpu"
    weighted: bool = False
    save_memory: bool = False
    best: str = ""
    every: int = 400


def schedule_for(name: str | Path) -> Schedule:
    """The schedule that suits a model, by its folder or hub id.

    Raises:
        UsageError, EnvironmentProblem: there is no such model.
    """
    return SCHEDULE if pretrained.is_small_named(name) else PRETRAINED


def steps_for(epochs: float, sources: Sequence[Source], schedule: Schedule) -> int:
    """Steps in which as many seconds are heard as `epochs` times all of the sources hold."""
    seconds = 3600 * sum(source.utterances.hours for source in sources)
    return max(1, math.ceil(epochs * seconds / (schedule.batch_seconds * schedule.accumulate)))


def shortened(schedule: Schedule, steps: int) -> Schedule:
    """A schedule of other length, whose rate rises for at most a quarter of it."""
    return replace(schedule, steps=steps, warm_up=min(schedule.warm_up, max(1, steps // 4)))


def finetune(
    name: str | Path,
    sources: Sequence[Source],
    out: Path,
    *,
    check: dict[str, Utterances] | None = None,
    schedule: Schedule | None = None,
    steps: int | None = None,
    half: bool = False,
    progress: Callable[[int, float], None] | None = None,
    told: Callable[[Figures], None] | None = None,
    settings: Settings = Settings(),
    language: Language | None = None,
    work: Path | None = None,
) -> Figures:
    """Fine-tune a model into `out`; returns its figures, also written to out/figures.json.

    Args:
        name: folder or hub id of a CTC model, or of a pretrained encoder without a head.
        sources: utterances with their shares; former data among them is replay, against forgetting.
        check: named utterances that are measured (CER) at every checkpoint and at the end; `settings.best` says whether one
            of them chooses.
        schedule: by default the one that suits the model.
        steps: instead of the schedule's own; see `shortened`.
        half: write the weights as float16.
        progress: told (step, loss a character).
        told: told the figures at every checkpoint.
        language: chooses the adapter of a multilingual model.
        work: a folder for what is unfinished. Called again with the same arguments after an interruption, the training goes
            on there, and ends with the same bytes; `out` appears when it is done. Without it, `out` holds each checkpoint,
            and nothing can be gone on from.

    Raises:
        UsageError: no such model, device or setting; or `work` holds an unfinished training of other arguments.
        EnvironmentProblem: the model cannot be fetched, or the device is not there.
        InputError: nothing to train on, or what is in `work` is damaged.
    """
    settings = replace(settings, device=chosen_device(settings.device))
    settings = replace(settings, precision=chosen_precision(settings.precision, settings.device))
    model, processor = pretrained.begin(name, language)
    schedule = schedule or (SCHEDULE if pretrained.is_small(model.config) else PRETRAINED)
    schedule = shortened(schedule, steps) if steps else schedule
    if work:
        _check_unfinished(work, _about(name, model, sources, check, schedule, settings, half, language))
    texts = [text for source in sources for text in source.utterances.texts]
    processor = pretrained.fit(model, processor, texts, settings.vocabulary, schedule.seed)
    pretrained.freeze(model, settings.freeze)
    if settings.save_memory:
        getattr(model, "activation_checkpointing_enable", model.gradient_checkpointing_enable)()  # renamed in transformers 5
    keeper = _Keeper(model.to(settings.device), processor, out, check or {}, settings.best, half, told, work)
    train(
        model,
        _batches(model, processor, sources, schedule),
        schedule,
        keeper.save,
        every=settings.every,
        progress=progress,
        precision=settings.precision,
        frames=frame_geometry(model.config, processor.feature_extractor),
        weighted=settings.weighted,
        state=work / "state.pt" if work else None,
    )
    return keeper.finish()


def _batches(model: Any, processor: Any, sources: Sequence[Source], schedule: Schedule) -> Feed:
    if not pretrained.is_small(model.config):
        return Buckets(sources, processor, schedule)
    tokenizer, written = processor.tokenizer, writing(processor.tokenizer.get_vocab())
    return Batches(sources, lambda text: tokenizer(written(text)).input_ids, tokenizer.word_delimiter_token_id, schedule)


class _Keeper:
    """Measures each checkpoint, and keeps the best, or else the last, with its figures."""

    def __init__(
        self,
        model: Any,
        processor: Any,
        out: Path,
        check: dict[str, Utterances],
        best: str,
        half: bool,
        told: Callable[[Figures], None] | None,
        work: Path | None,
    ) -> None:
        if best and best not in check:
            raise UsageError(f"There is no check {best!r} to choose by.", f"There are: {', '.join(check) or 'none'}.")
        self._model, self._processor, self._half = model, processor, half
        self._check, self._best, self._told = check, f"{best}_cer" if best else "", told
        self._out, self._work = out, work
        self._target = work / "best" if work else out
        self._figures: Figures = (store.read_json(work / "best.json") if work else None) or {}

    def save(self, step: int) -> None:
        """Measure a checkpoint, and keep it unless a better one is kept."""
        found = {f"{label}_cer": measure.cer(self._model, self._processor, heard) for label, heard in self._check.items()}
        found = {name: round(value, 4) for name, value in found.items()}
        if not self._best:
            kept: Figures = {**found, "steps": step}
        elif self._best not in self._figures or found[self._best] < self._figures[self._best]:
            kept = {**found, "steps": step, "best_step": step}
        else:
            kept = {**self._figures, "steps": max(step, int(self._figures["best_step"]))}
        if kept.get("best_step", step) == step:
            save_checkpoint(self._model, self._processor, self._target, half=self._half)
        self._figures = kept
        if self._work:
            store.write_json(self._work / "best.json", kept)
        if self._told:
            self._told({**found, "steps": step})

    def finish(self) -> Figures:
        """Write the figures, and give the model its place."""
        if not self._work:
            return measure.write_figures(self._target, self._figures)
        if (self._target / "config.json").is_file():
            measure.write_figures(self._target, self._figures)
            appear(self._target, self._out)
        elif store.read_json(self._out / "figures.json") != self._figures:  # else it was interrupted when all but this was done
            raise InputError(f"{self._target}: the best checkpoint is gone.", "Start anew with --no-resume.")
        forget(self._work)
        return self._figures


def _about(
    name: str | Path,
    model: Any,
    sources: Sequence[Source],
    check: dict[str, Utterances] | None,
    schedule: Schedule,
    settings: Settings,
    half: bool,
    language: Language | None,
) -> dict[str, Any]:
    """All that decides what comes out of a training, by the names that people know it by."""
    return {
        "model": pretrained.identity(name, model),
        "data": [[source.utterances.digest(), source.weight] for source in sources],
        "check": {label: heard.digest() for label, heard in (check or {}).items()},
        "half": half,
        "lang": language.code if language else "",
        **asdict(schedule),
        **asdict(settings),
    }


def _check_unfinished(work: Path, about: dict[str, Any]) -> None:
    """See that what a folder holds is of this training, and note there what it is of."""
    before = store.read_json(work / "settings.json")
    if before is not None and before != about:
        others = sorted(name for name in {*before, *about} if before.get(name) != about.get(name))
        raise UsageError(
            f"{work}: holds an unfinished training that differs in {', '.join(others)}.",
            "Give the same again to go on with it, or start anew with --no-resume.",
        )
    if before is None:
        forget(work)
        store.write_json(work / "settings.json", about)
    elif (work / "state.pt").exists():
        log.warning("%s: going on with an unfinished training", work)


def forget(work: Path) -> None:
    """Remove what an unfinished training left, so that the next one starts anew."""
    for name in ("settings.json", "state.pt", "best.json"):
        (work / name).unlink(missing_ok=True)
    shutil.rmtree(work / "best", ignore_errors=True)
