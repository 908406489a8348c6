"""The loop of iterative pseudo-forced alignment (arXiv 2210.15226): align, filter, fine-tune, and align again.

OUT/run is an ordinary run, whose pairs are those of the best model at the end; OUT/models/1, 2, ... are the models;
OUT/rounds.jsonl tells of every round, and OUT/iterate.html shows it; OUT/best is a link to the model that was best.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from mining import store
from mining.errors import InputError, UsageError
from mining.models import finetune, measure, pretrained, selection
from mining.models.batches import Source
from mining.models.rounds import Round, read_rounds, write_page, write_rounds
from mining.models.utterances import Utterances
from mining.speech.ctc_model import resolve
from mining.telling import Progress, silent, training

if TYPE_CHECKING:
    from mining.documents.languages import Language

VALID = "valid"  # what the sentences kept apart are called
ENOUGH = 5  # pairs below which there is nothing to learn from


@dataclass(frozen=True, slots=True)
class Loop:
    """How many rounds, and what each learns from.

    Attributes:
        rounds: at most; each aligns, chooses and fine-tunes.
        keep: shares of every recording's candidates that are learnt from, by rank, in round 1, 2, ...; the last one goes on.
        steps: of fine-tuning in round 1, 2, ...; the last number goes on: later rounds have more pairs, and better ones.
        replay: share of what is heard in fine-tuning that is former data, against forgetting.
        least: by which part of itself the error rate must fall, or what is mined grow, for a round to be an improvement.
        patience: rounds without one before the loop stops.
    """

    rounds: int = 5
    keep: tuple[float, ...] = (0.5, 0.9)
    steps: tuple[int, ...] = (250, 250, 1200)
    replay: float = 0.25
    least: float = 0.01
    patience: int = 1

    def __post_init__(self) -> None:
        if self.rounds < 1 or not self.steps or min(self.steps) < 1:
            raise UsageError(f"{self.rounds} rounds of {self.steps} steps are nothing.", "Give at least one of each.")
        if not self.keep or not all(0 < share <= 1 for share in self.keep):
            raise UsageError(f"Shares to keep {self.keep} are no shares.", "Give numbers above 0, up to 1, such as 0.5,0.9.")
        if not 0 <= self.replay < 1:
            raise UsageError(f"A share of replay of {self.replay} leaves nothing new.", "Give a number from 0 to below 1.")

    def share(self, number: int) -> float:
        """Of the candidates that round `number`, from 1, learns from."""
        return self.keep[min(number, len(self.keep)) - 1]

    def steps_of(self, number: int) -> int:
        """Of fine-tuning in round `number`, from 1."""
        return self.steps[min(number, len(self.steps)) - 1]


SCHEDULE = replace(finetune.SCHEDULE, rate=1e-3, warm_up=50, hold=0.3, final=0.02, longest=11.0, augmented=0.8, masked=0.6)
"""For the small network: few recordings are heard often, so most of what it hears has bands and moments taken away."""


@dataclass(frozen=True, slots=True)
class Given:
    """What every round is given, besides the model before it.

    Attributes:
        replay: former data, such as the speech of a cold start.
        check: named utterances with true texts that tell how good each model is; nothing is chosen by them.
        language: chooses the adapter of a multilingual model.
        settings: of fine-tuning.
    """

    replay: tuple[Utterances, ...] = ()
    check: Mapping[str, Utterances] = field(default_factory=dict)
    language: Language | None = None
    settings: finetune.Settings = field(default_factory=finetune.Settings)

    def __post_init__(self) -> None:
        if VALID in self.check:
            raise UsageError(f"A check cannot be called {VALID!r}: the sentences kept apart are.", "Write --check NAME=PATH.")


def iterate(
    align: Callable[[str, Path], None],
    out: Path,
    model: str,
    loop: Loop,
    given: Given,
    *,
    archive: str = "",
    progress: Progress = silent,
    told: Callable[[Round], None] | None = None,
) -> list[Round]:
    """Run the loop; called again after an interruption, it goes on where it was, and after its end it mines what is new.

    Args:
        align: brings a run, in the folder that is its second argument, up to date with the model that is its first.
        out: where everything goes.
        model: folder or hub id of the first one; empty for the language's default.
        given: what every round is given.
        archive: names what is aligned, so that a loop is not gone on with on another.
        progress: told of `round <number>`, in steps of fine-tuning.
        told: told every round when it has ended.

    Returns:
        The rounds, from 0 (the model as it came) on.

    Raises:
        InputError: nothing was found that could be learnt from.
        UsageError: there is no such model, or `out` holds a loop of other settings.
    """
    start, run = resolve(model, given.language), out / "run"
    _check_same(out, {"model": start, "archive": archive, **asdict(loop), "former": [heard.digest() for heard in given.replay]})
    rounds = read_rounds(out) or [Round(0, start, check=_checked(start, given))]
    while True:
        align(rounds[-1].model, run)
        if rounds[-1].mined is None:
            rounds[-1] = rounds[-1].seen(run)
            write_rounds(out, rounds)
            write_page(out, rounds)
            if told:
                told(rounds[-1])
        if len(rounds) > loop.rounds or _stuck(rounds, loop):
            break
        rounds.append(_round(len(rounds), rounds[-1].model, out, loop, given, progress))
        write_rounds(out, rounds)  # so that it is not trained again if what follows is interrupted
    best = best_of(rounds)
    if best.model != rounds[-1].model:
        align(best.model, run)
    if best.number:
        store.point(out / "best", Path(best.model))
    return rounds


def _round(number: int, before: str, out: Path, loop: Loop, given: Given, progress: Progress) -> Round:
    """Choose, fine-tune, and hold the new model against the one before it, on sentences that neither was trained on."""
    stage = f"round {number}"
    progress(stage, 0, 1)
    chosen = selection.select(out / "run", before, loop.share(number), out / "clips")
    if len(chosen.train) < ENOUGH:
        raise InputError(
            f"{out / 'run'}: only {len(chosen.train)} pairs to learn from in round {number}.",
            "Give more recordings, or a first model that hears the language better: shruti seed.",
        )
    target, steps = out / "models" / str(number), loop.steps_of(number)
    small = pretrained.is_small_named(before)
    valid = {VALID: chosen.valid} if len(chosen.valid) else {}
    work = out / "models" / f".{number}.work"
    tune = functools.partial(
        finetune.finetune,
        before,
        _sources(chosen.train, loop.replay, given.replay),
        target,
        check={**valid, **given.check},
        schedule=replace(SCHEDULE, seed=number) if small else None,
        steps=steps,
        half=small,
        settings=replace(given.settings, vocabulary="auto", every=min(steps, given.settings.every)),
        language=given.language,
        progress=training(stage, steps, progress),
        work=work,
    )
    try:
        figures = tune()
    except UsageError:  # what is unfinished there may be of other recordings or checks: the archive has grown since
        finetune.forget(work)
        figures = tune()
    former = measure.cer(*finetune.load(before, given.language), chosen.valid) if valid else None
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(out / "clips", ignore_errors=True)
    progress(stage, 1, 1)
    return Round.trained(number, str(target), chosen, former, figures)


def _sources(chosen: Utterances, share: float, replay: Sequence[Utterances]) -> list[Source]:
    """What is new, and what is replayed: each of it by its length."""
    hours = sum(heard.hours for heard in replay)
    former = [Source(heard, share * heard.hours / hours) for heard in replay]
    return [Source(chosen, 1 - share if former else 1.0), *former]


def _checked(model: str, given: Given) -> dict[str, float]:
    if not given.check:
        return {}
    loaded = finetune.load(model, given.language)
    return {name: round(measure.cer(*loaded, heard), 4) for name, heard in given.check.items()}


def best_of(rounds: Sequence[Round]) -> Round:
    """The last round that was better than the one before it, by however little; the first model where there is none."""
    return next((after for before, after in reversed(list(pairwise(rounds))) if after.better(before, 0.0)), rounds[0])


def _stuck(rounds: Sequence[Round], loop: Loop) -> bool:
    """Whether the last rounds made nothing better."""
    steps = list(pairwise(rounds))[-loop.patience :]
    return len(steps) == loop.patience and not any(after.better(before, loop.least) for before, after in steps)


def _check_same(out: Path, about: dict[str, object]) -> None:
    """See that what a folder holds is of this loop, and note there what it is of."""
    about = {name: list(value) if isinstance(value, tuple) else value for name, value in about.items()}
    before = store.read_json(out / "loop.json")
    if before is not None and before != about:
        others = sorted(name for name in {*before, *about} if before.get(name) != about.get(name))
        raise UsageError(
            f"{out}: holds a loop that differs in {', '.join(others)}.",
            "Give the same again to go on with it, or another folder.",
        )
    store.write_json(out / "loop.json", about)
