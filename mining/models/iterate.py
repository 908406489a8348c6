"""The loop of iterative pseudo-forced alignment (arXiv 2210.15226): align, filter, fine-tune, and align again.

OUT/run is an ordinary run, whose pairs are those of the best model at the end; OUT/models/1, 2, ... are the models;
OUT/rounds.jsonl tells of every round, and OUT/iterate.html shows it; OUT/best is a link to the model that was best.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

from mining import store
from mining.errors import InputError, UsageError
from mining.models import finetune, measure, pretrained, selection
from mining.models.batches import Source
from mining.models.rounds import Round, read_rounds, write_page, write_rounds
from mining.models.utterances import Utterances
from mining.speech.ctc_model import resolve

ENOUGH = 20  # pairs below which there is nothing to learn from


@dataclass(frozen=True, slots=True)
class Loop:
    """How many rounds, and what each learns from.

    Attributes:
        rounds: at most; each aligns, chooses and fine-tunes.
        keep: shares of every recording's candidates that are learnt from, by rank, in round 1, 2, ...; the last one goes on.
        steps: of fine-tuning in a round.
        final: of the last round, which has the most pairs and the best ones.
        replay: share of what is heard in fine-tuning that is former data, against forgetting.
        least: by which part of itself the error rate must fall, or what is mined grow, for a round to be an improvement.
        patience: rounds without one before the loop stops.
    """

    rounds: int = 3
    keep: tuple[float, ...] = (0.5, 0.9)
    steps: int = 250
    final: int = 1200
    replay: float = 0.25
    least: float = 0.01
    patience: int = 1

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.steps < 1 or self.final < 0:
            raise UsageError(f"{self.rounds} rounds of {self.steps} steps are nothing.", "Give at least one of each.")
        if not self.keep or not all(0 < share <= 1 for share in self.keep):
            raise UsageError(f"Shares to keep {self.keep} are no shares.", "Give numbers above 0, up to 1, such as 0.5,0.9.")
        if not 0 <= self.replay < 1:
            raise UsageError(f"A share of replay of {self.replay} leaves nothing new.", "Give a number from 0 to below 1.")

    def share(self, number: int) -> float:
        """Of the candidates that round `number`, from 1, learns from."""
        return self.keep[min(number, len(self.keep)) - 1]


SCHEDULE = replace(finetune.SCHEDULE, rate=1e-3, warm_up=50, hold=0.3, final=0.02, longest=11.0, augmented=0.8, masked=0.6)
"""For the small network: few recordings are heard often, so most of what it hears has bands and moments taken away."""


def iterate(
    align: Callable[[str, Path], None],
    out: Path,
    model: str,
    loop: Loop,
    *,
    replay: Sequence[Utterances] = (),
    check: Mapping[str, Utterances] | None = None,
    settings: finetune.Settings | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    told: Callable[[Round], None] | None = None,
) -> list[Round]:
    """Run the loop; called again after an interruption, it goes on where it was.

    Args:
        align: brings a run, in the folder that is its second argument, up to date with the model that is its first.
        out: where everything goes.
        model: folder or hub id of the first one.
        replay: former data, such as the speech of a cold start.
        check: named utterances with true texts that tell how good each model is; nothing is chosen by them.
        progress: told (what, done, all).
        told: told every round when it has ended.

    Returns:
        The rounds, from 0 (the model as it came) on.

    Raises:
        InputError: nothing was found that could be learnt from.
        UsageError: there is no such model, or `out` holds a loop of other settings.
    """
    start = resolve(model, None)
    _check_same(out, {"model": start, **asdict(loop)})
    rounds, run = read_rounds(out), out / "run"
    if not rounds:
        align(start, run)
        rounds = [Round.of(0, start, run, selection.known_precision(run), _checked(start, check))]
        _note(out, rounds, told)
    elif len(rounds) <= loop.rounds and not _stuck(rounds, loop):
        align(rounds[-1].model, run)  # it was interrupted, perhaps in doing so
    while len(rounds) <= loop.rounds and not _stuck(rounds, loop):
        rounds.append(
            _round(len(rounds), rounds[-1].model, out, loop, replay, check or {}, settings or finetune.Settings(), progress)
        )
        align(rounds[-1].model, run)
        rounds[-1] = rounds[-1].seen(run, selection.known_precision(run))
        _note(out, rounds, told)
    best = _best(rounds)
    if best.model != rounds[-1].model:
        align(best.model, run)
    if best.number:
        _point(out / "best", Path(best.model))
    return rounds


def _round(
    number: int,
    before: str,
    out: Path,
    loop: Loop,
    replay: Sequence[Utterances],
    check: Mapping[str, Utterances],
    settings: finetune.Settings,
    progress: Callable[[str, int, int], None] | None,
) -> Round:
    """Choose, fine-tune, and hold the new model against the one before it, on sentences that neither was trained on."""
    work = out / "clips"
    chosen = selection.select(out / "run", loop.share(number), work)
    if len(chosen.train) < ENOUGH:
        raise InputError(
            f"{out / 'run'}: only {len(chosen.train)} pairs to learn from in round {number}.",
            "Give more recordings, or a first model that hears the language better: shruti seed.",
        )
    target, steps = out / "models" / str(number), loop.final if number == loop.rounds and loop.final else loop.steps
    sources = [Source(chosen.train, 1 - loop.replay if replay else 1.0)]
    hours = sum(heard.hours for heard in replay)
    sources += [Source(heard, loop.replay * heard.hours / hours) for heard in replay]
    valid = {"valid": chosen.valid} if len(chosen.valid) else {}
    small = pretrained.is_small_named(before)
    figures = finetune.finetune(
        before,
        sources,
        target,
        check={**valid, **check},
        schedule=replace(SCHEDULE, seed=number) if small else None,
        steps=steps,
        half=small,
        settings=replace(settings, vocabulary="auto", every=steps),
        work=out / "models" / f".{number}.work",
        progress=(lambda step, _: progress(f"round {number}", step, steps)) if progress else None,
    )
    former = measure.cer(*finetune.load(before), chosen.valid) if valid else None
    shutil.rmtree(work, ignore_errors=True)
    return Round.trained(number, str(target), chosen, former, figures)


def _checked(model: str, check: Mapping[str, Utterances] | None) -> dict[str, float]:
    if not check:
        return {}
    loaded = finetune.load(model)
    return {name: round(measure.cer(*loaded, heard), 4) for name, heard in check.items()}


def _stuck(rounds: Sequence[Round], loop: Loop) -> bool:
    """Whether the last rounds made nothing better."""
    steps = list(pairwise(rounds))[-loop.patience :]
    return len(steps) == loop.patience and not any(after.better(before, loop.least) for before, after in steps)


def _best(rounds: Sequence[Round]) -> Round:
    """The last round that was better than the one before it, by however little; the first model where there is none."""
    return next((after for before, after in reversed(list(pairwise(rounds))) if after.better(before, 0.0)), rounds[0])


def _note(out: Path, rounds: Sequence[Round], told: Callable[[Round], None] | None) -> None:
    write_rounds(out, rounds)
    write_page(out, rounds)
    if told:
        told(rounds[-1])


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


def _point(link: Path, model: Path) -> None:
    """Make a link point to a model beside it; nobody finds it missing meanwhile."""
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)
    os.symlink(os.path.relpath(model, link.parent), new)
    new.replace(link)
