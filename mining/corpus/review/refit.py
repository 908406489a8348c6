"""The confidence learnt anew from what people said: each calibrator shifted and stretched, no more.

A few hundred verdicts cannot weigh a dozen features, but they tell whether all is thought surer than it is. So the log-odds
of text and of ends are stretched and shifted (Platt 1999), held near where they were by a ridge, and folded into weights
and bias: the file is a calibrator as any other.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from align.confidence import Calibrator, expected_calibration_error
from mining import store
from mining.config import Config, FilterConfig
from mining.corpus.review import judged
from mining.corpus.review import verdicts as log
from mining.corpus.review.pairs import briefly
from mining.corpus.review.queue import place
from mining.corpus.review.verdicts import Verdict
from mining.corpus.rows import Row
from mining.errors import InputError, UsageError
from mining.pairs import calibrator, evidence
from mining.pairs.calibrator import Confidence
from mining.pairs.filter import filter_pairs
from mining.records import SAMPLE_RATE, Pair

FILE = "calibrator.json"
TARGETS = (0.90, 0.95, 0.98, 0.99)

STRETCH, SHIFT = 0.3, 1.0
"""How far the slope is thought to lie from 1 and the shift from 0, as standard deviations: what holds a fit on few verdicts."""

LEAST_SLOPE = 0.1  # what was surer stays surer, whatever a handful of verdicts says
ROUNDS = 30  # of guessing which end is off where a person said no more
FOLDS = 5
A_BIN = 50  # pairs in each bin of the calibration error; of fewer, chance alone is as far from any confidence


@dataclass(frozen=True, slots=True)
class Lesson:
    """One verdict on a pair, with a share of the pair's weight: it counts once, however many judged it."""

    pair: Pair
    verdict: Verdict
    weight: float


def path(out: Path) -> Path:
    """Where a run's refitted calibrator lies."""
    return out / log.FOLDER / FILE


def calibrate(out: Path) -> dict[str, Any]:
    """Refit the confidence of a run from its verdicts, write OUT/review/calibrator.json, and tell what changes.

    Returns:
        What `judged.summarise` tells; `calibrator`, the file; `fits`: slope and shift of text and edge by strategy;
        `targets`: for each target precision and "old" (as the run is filtered now) and "new", the least confidence kept,
        the precision of what is kept with its interval (None where verdicts do not reach), `pairs` and `hours`;
        `calibration`: of the judged pairs, `calibration_error` and `log_loss` "old" and, by fits that had not seen them, "new".

    Raises:
        UsageError: there is no verdict that says something of a pair of the run as it is now.
        InputError: the folder holds no run, or a log or a recording's files are damaged.
    """
    rows = briefly(out)
    verdicts = judged.current(rows, log.read(out))
    if all(one.verdict == "skip" for one in verdicts):
        raise UsageError(f"{out}: nobody has judged a pair of it as it is now.", f"Judge some first: shruti review {out}")
    shipped = calibrator.read(calibrator.PATH)
    lessons = learnable(out, verdicts)
    fitted, fits = fit(shipped, lessons)
    figures = {
        **judged.summarise(rows, verdicts),
        "calibrator": str(path(out)),
        "fits": fits,
        "targets": _targets(out, rows, verdicts, fitted),
        "calibration": _calibration(rows, shipped, lessons),
    }
    calibrator.save(fitted, path(out))
    return figures


def learnable(out: Path, verdicts: Collection[Verdict]) -> list[Lesson]:
    """The verdicts that are no skips with the pairs that they are on, and the features of those; sorted.

    Raises:
        InputError: a recording's candidates.jsonl lacks a judged pair.
    """
    said = [one for one in verdicts if one.verdict != "skip"]
    times = Counter(one.pair for one in said)
    pairs: dict[str, Pair] = {}
    for recording in sorted({one.recording for one in said}):
        pairs |= {pair.id: pair for pair in _candidates(store.Recording(out / "recordings" / recording)) if pair.id in times}
    missing = sorted(times.keys() - pairs.keys())
    if missing:
        raise InputError(f"{missing[0]}: has no features in candidates.jsonl.", f"Match again: shruti match {out}")
    said.sort(key=lambda one: (one.pair, one.person))
    return [Lesson(pairs[one.pair], one, 1 / times[one.pair]) for one in said]


def fit(
    shipped: Mapping[str, Confidence], lessons: Sequence[Lesson]
) -> tuple[dict[str, Confidence], dict[str, dict[str, list[float]]]]:
    """Every strategy's calibrators, those with lessons shifted and stretched; and [slope, shift] of each of these."""
    fitted, fits = dict(shipped), {}
    for strategy in sorted({lesson.pair.strategy for lesson in lessons}):
        own = [lesson for lesson in lessons if lesson.pair.strategy == strategy]
        before = shipped[strategy]
        text, edge = _fit_text(before.text, own), _fit_edge(before.edge, own)
        fitted[strategy] = Confidence(_folded(before.text, *text), _folded(before.edge, *edge))
        fits[strategy] = {"text": [round(x, 4) for x in text], "edge": [round(x, 4) for x in edge]}
    return fitted, fits


def _fit_text(before: Calibrator, lessons: Sequence[Lesson]) -> tuple[float, float]:
    """Slope and shift of the text's log-odds: who finds only an end wrong has found the text right."""
    odds = np.array([_log_odds(before, lesson.pair.features) for lesson in lessons])
    right = np.array([float(lesson.verdict.verdict != "text") for lesson in lessons])
    return platt(odds, right, np.array([lesson.weight for lesson in lessons]))


def _fit_edge(before: Calibrator, lessons: Sequence[Lesson]) -> tuple[float, float]:
    """Slope and shift of an end's log-odds.

    Of a text that is wrong, ends say nothing. Where one is off and nobody dragged it, it may be either or both: each is
    wrong with the probability that the fit so far gives it, given that one is (expectation and maximisation by turns).
    """
    known = [lesson for lesson in lessons if lesson.verdict.verdict != "text"]
    odds = np.array([[_log_odds(before, evidence.edge(one.pair.features, end)) for end in evidence.ENDS] for one in known])
    odds = odds.reshape(len(known), 2)
    told = [judged.ends(lesson.verdict) for lesson in known]
    right = np.array([ends or (0.5, 0.5) for ends in told], float).reshape(len(known), 2)
    open_ = np.array([ends is None for ends in told], bool)
    weight = np.repeat([lesson.weight for lesson in known], 2)
    slope, shift = 1.0, 0.0
    for _ in range(ROUNDS if open_.any() else 1):
        p = _sigmoid(slope * odds[open_] + shift)
        wrong = (1 - p) / np.maximum(1e-12, 1 - p[:, :1] * p[:, 1:])
        right[open_] = 1 - np.minimum(1.0, wrong)
        slope, shift = platt(odds.ravel(), right.ravel(), weight)
    return slope, shift


def platt(odds: np.ndarray, right: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Slope and shift of log-odds that suit a truth of 0 to 1 best, with a ridge towards 1 and 0; by Newton's method.

    Args:
        odds: log-odds [n].      right: 0 to 1 [n].      weight: of each [n].
    """
    design = np.stack([odds, np.ones_like(odds)], axis=1)
    middle, held = np.array([1.0, 0.0]), np.diag([STRETCH**-2, SHIFT**-2])

    def loss(at: np.ndarray) -> float:
        return float(weight @ (np.logaddexp(0, design @ at) - right * (design @ at)) + (at - middle) @ held @ (at - middle) / 2)

    at = middle
    for _ in range(50):
        p = _sigmoid(design @ at)
        gradient = design.T @ (weight * (p - right)) + held @ (at - middle)
        step = np.linalg.solve((design * (weight * p * (1 - p))[:, None]).T @ design + held, gradient)
        size = 1.0
        while size > 1e-6 and loss(at - size * step) > loss(at):  # far out, a whole step may lead beyond
            size /= 2
        at = at - size * step
        if np.abs(size * step).max() < 1e-9:
            break
    return max(LEAST_SLOPE, float(at[0])), float(at[1])


def _folded(before: Calibrator, slope: float, shift: float) -> Calibrator:
    weight = tuple(round(slope * one, 6) for one in before.weight)
    return replace(before, weight=weight, bias=round(slope * before.bias + shift, 6))


def _log_odds(one: Calibrator, values: Mapping[str, float]) -> float:
    p = min(one.probability(values), 1 - 1e-15)
    return math.log(p / (1 - p))


def _sigmoid(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(log_odds, -40, 40)))


# --- what changes ---------------------------------------------------------------------------------------------------


def _candidates(recording: store.Recording) -> list[Pair]:
    return store.read_records(recording.path("candidates.jsonl"), Pair)


def _setting(recording: store.Recording) -> FilterConfig:
    """How a recording's pairs were kept."""
    return Config.from_dict((store.read_json(recording.path("recording.json")) or {}).get("config", {})).filter


def _scored(out: Path, fitted: Mapping[str, Confidence]) -> Iterator[tuple[FilterConfig, dict[str, Sequence[Pair]]]]:
    """Of every recording its setting, and its candidates with the old confidence and the new."""
    for recording in store.recordings(out):
        found, setting = _candidates(recording), _setting(recording)
        new = [replace(one, confidence=round(fitted[one.strategy].probability(one.features), 4)) for one in found]
        yield setting, {"old": calibrator.rescored(found, setting), "new": new}


def _targets(
    out: Path, rows: Sequence[Row], verdicts: Collection[Verdict], fitted: Mapping[str, Confidence]
) -> list[dict[str, Any]]:
    """For each target, what would be kept by the old confidence and by the new."""
    stratum = judged.strata(rows)
    fair = judged.fairly(stratum, verdicts)
    tallies = {(target, which): _Kept() for target in TARGETS for which in ("old", "new")}
    for setting, scored in _scored(out, fitted):
        for (target, which), tally in tallies.items():
            wanted = replace(setting, target_precision=target, min_confidence=None)
            for pair in filter_pairs("", scored[which], [], [], 0, wanted)[0]:
                tally.add(pair, stratum.get(pair.id), fair)
    return [{"target": target, **{which: tallies[target, which].figures() for which in ("old", "new")}} for target in TARGETS]


class _Kept:
    """Pairs that would be kept: how many, how long, from which confidence on, and the verdicts on each stratum of them."""

    def __init__(self) -> None:
        self._pairs, self._samples, self._least = 0, 0, 1.0
        self._strata: dict[int | None, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])

    def add(self, pair: Pair, stratum: int | None, fair: Mapping[str, float]) -> None:
        """Count a pair; its stratum is None where it cannot be judged."""
        self._pairs += 1
        self._samples += pair.end - pair.start
        self._least = min(self._least, pair.confidence)
        counts = self._strata[stratum]
        counts[0] += 1
        if pair.id in fair:
            counts[1] += 1
            counts[2] += fair[pair.id]

    def figures(self) -> dict[str, Any]:
        """The threshold, the precision, pairs and hours."""
        found = judged.estimate([counts for _, counts in sorted(self._strata.items(), key=str)])
        return {
            "threshold": round(self._least, 4) if self._pairs else None,
            "precision": {name: round(getattr(found, name), 4) for name in ("estimate", "low", "high")} if found else None,
            "pairs": self._pairs,
            "hours": round(self._samples / SAMPLE_RATE / 3600, 4),
        }


def _calibration(rows: Sequence[Row], shipped: Mapping[str, Confidence], lessons: Sequence[Lesson]) -> dict[str, Any]:
    """How far confidence is from truth on the judged pairs: as the run has it, and by fits on the other folds."""
    right = {pair: value for pair, value in judged.rightness([one.verdict for one in lessons]).items() if value != 0.5}
    pairs = {lesson.pair.id: lesson.pair for lesson in lessons if lesson.pair.id in right}
    now = {row["id"]: row["confidence"] for row in rows}
    fold = _folds(pairs.values())
    fits = {number: fit(shipped, [one for one in lessons if fold(one.pair) != number])[0] for number in range(FOLDS)}
    new = [fits[fold(pair)][pair.strategy].probability(pair.features) for pair in pairs.values()]
    truth = [right[id] == 1.0 for id in pairs]
    return {"pairs": len(pairs), "old": _distance([now[id] for id in pairs], truth), "new": _distance(new, truth)}


def _folds(pairs: Collection[Pair]) -> Callable[[Pair], int]:
    """Which fold a pair is of: whole recordings where there are enough, since what is wrong in one is often wrong all over it."""
    names = sorted({pair.recording for pair in pairs})
    if len(names) >= FOLDS:
        return lambda pair: names.index(pair.recording) % FOLDS if pair.recording in names else 0
    return lambda pair: int(place(pair.id) * FOLDS)


def _distance(confidence: Sequence[float], right: Sequence[bool]) -> dict[str, float | None]:
    if not right:
        return {"calibration_error": None, "log_loss": None}
    sure = np.clip(confidence, 1e-4, 1 - 1e-4)
    bins = max(1, min(10, len(right) // A_BIN))
    return {
        "calibration_error": round(expected_calibration_error(confidence, right, bins), 4),
        "log_loss": round(float(-np.log(np.where(right, sure, 1 - sure)).mean()), 4),
    }
