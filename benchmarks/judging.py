"""How well 200 verdicts tell the precision of a corpus, and what they teach its confidence.

    python -m benchmarks.judging [--run OUT] [--verdicts 200] [--repetitions 200] [--strata 4]

Corpora are drawn whose truth is known: confidences shaped as those of a run (--run), or as two Beta distributions, moved so
that a wanted share is right; a confidence that means what it says, one that is too sure, one that is flatter than the truth,
one that says nothing; and a person who skips one pair in twenty. For each way to make an interval the first table tells how
often it covers the truth, and how wide it is in points. The second tells how much nearer to the truth verdicts bring a
confidence whose log-odds are stretched and shifted, by how firmly the fit is held.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from align import sampling
from mining.corpus.review import refit
from mining.corpus.rows import stream_pairs

SKIPPED = 0.05
CLAIMS = {"means what it says": (1.0, 1.0), "too sure": (1.0, 2.0), "flatter than true": (2.0, 1.0), "says nothing": (0.0, 1.0)}
"""Each kind of confidence: by how much the log-odds of the truth, and those that are claimed, are stretched."""

Counts = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of each stratum: pairs, those judged, those of them that are right."""


def simple(sizes: np.ndarray, judged: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Wilson's interval as though all were one stratum: for a simple random sample."""
    found = sampling.estimate([sizes.sum()], [judged.sum()], [right.sum()])
    return found.low, found.high


def wald(sizes: np.ndarray, judged: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Estimate and 1.96 standard errors, by strata: what a textbook begins with."""
    weight, share = sizes / sizes.sum(), right / judged
    error = np.sqrt((weight**2 * share * (1 - share) / np.maximum(1, judged - 1) * (1 - judged / sizes)).sum())
    return float(weight @ share - sampling.Z * error), float(weight @ share + sampling.Z * error)


def posterior(sizes: np.ndarray, judged: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Jeffreys' prior in each stratum, and the middle 95% of the right pairs that are then foretold in all of it."""
    draw, total = np.random.default_rng(0), np.zeros(4000)
    for size, seen, good in zip(sizes, judged, right, strict=True):
        chance = draw.beta(good + 0.5, seen - good + 0.5, len(total))
        total += good + draw.binomial(int(size - seen), chance)
    low, high = np.quantile(total / sizes.sum(), [0.025, 0.975])
    return float(low), float(high)


def chosen(sizes: np.ndarray, judged: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """What `shruti review` tells."""
    found = sampling.estimate(sizes, judged, right)
    return found.low, found.high


WAYS: dict[str, Callable[..., tuple[float, float]]] = {
    "one stratum, Wilson": simple,
    "strata, Wald": wald,
    "strata, Jeffreys": posterior,
    "strata, Wilson (chosen)": chosen,
}


def odds(share: np.ndarray) -> np.ndarray:
    """Log-odds, within what a calibrator gives."""
    inside = np.clip(share, 2e-4, 1 - 2e-4)
    return np.log(inside / (1 - inside))


def moved(log_odds: np.ndarray, mean: float) -> np.ndarray:
    """Probabilities of log-odds that are shifted until their mean is as wanted."""
    shift = 0.0
    for _ in range(8):  # Newton's method
        found = 1 / (1 + np.exp(-log_odds - shift))
        shift += float(np.clip((mean - found.mean()) / (found * (1 - found)).mean(), -2, 2))
    return 1 / (1 + np.exp(-log_odds - shift))


def corpus(
    shape: np.ndarray, size: int, precision: float, claim: str, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, and whether each pair is right."""
    true, claimed = CLAIMS[claim]
    base = odds(draw.choice(shape, size)) + draw.normal(0, 0.2, size)
    base = odds(moved(base, precision))
    truth, confidence = (moved(stretch * base, precision) for stretch in (true, claimed))
    if claimed > 1:
        confidence = moved(claimed * base, min(0.995, precision + 0.03))
    return np.round(confidence, 4), draw.random(size) < truth


def judge(confidence: np.ndarray, right: np.ndarray, verdicts: int, draw: np.random.Generator, count: int) -> Counts:
    """The first verdicts of the fair order over so many strata, by somebody who skips some."""
    stratum, keys = sampling.strata(confidence, count), draw.random(len(confidence))
    order = np.argsort(keys)
    first = np.concatenate([order[stratum[order] == one][: 2 * verdicts] for one in range(count)])  # no more come before a person
    said = first[sampling.interleaved(stratum[first].tolist(), keys[first].tolist())]
    said = said[draw.random(len(said)) >= SKIPPED][:verdicts]
    return tuple(np.bincount(stratum[of], values, minlength=count) for of, values in (
        (slice(None), None), (said, None), (said, right[said].astype(float))))  # fmt: skip


def intervals(shapes: dict[str, np.ndarray], verdicts: int, repetitions: int, strata: int) -> Table:
    """Coverage and mean width of every way, over corpora of every kind."""
    table = Table("shape", "confidence", "pairs", "right", *WAYS, title=f"{verdicts} verdicts: covered, width in points")
    plain = "means what it says"
    kinds = [(shape, plain, size, share) for shape in shapes for size in (1000, 10_000) for share in (0.9, 0.95, 0.98)]
    first = next(iter(shapes))
    kinds += [(first, plain, size, share) for size, share in ((200, 0.95), (1000, 0.85))]
    kinds += [(first, claim, size, share) for claim in list(CLAIMS)[1:] for size in (1000, 10_000) for share in (0.9, 0.95)]
    for shape, claim, size, share in kinds:
        found: dict[str, list[tuple[bool, float]]] = {way: [] for way in WAYS}
        for seed in range(repetitions):
            draw = np.random.default_rng(seed)
            confidence, right = corpus(shapes[shape], size, share, claim, draw)
            samples = {count: judge(confidence, right, verdicts, np.random.default_rng(seed), count) for count in (1, strata)}
            for way, make in WAYS.items():
                low, high = make(*samples[1 if make is simple else strata])
                found[way].append((low - 1e-9 <= right.mean() <= high + 1e-9, high - low))
        told = [f"{np.mean([c for c, _ in one]):.1%}  {100 * np.mean([w for _, w in one]):.1f}" for one in found.values()]
        table.add_row(shape, claim, f"{size:,}", f"{share:.0%}", *told)
    return table


def lessons(shape: np.ndarray, repetitions: int) -> Table:
    """Log loss over all pairs after a fit on some of them, in thousandths above the best slope and shift."""
    held = [(0.1, 0.3), (0.3, 1.0), (1.0, 3.0)]
    names = [f"slope within {a}, shift within {b}" for a, b in held]
    table = Table("truth: slope, shift", "verdicts", "as it was", *names, title="log loss above the best, in thousandths")
    for (slope, shift), number in itertools.product(
        [(1.0, 0.0), (0.7, 0.0), (0.5, 0.5), (1.0, -1.5), (1.3, 0.5)], (20, 50, 200, 500)
    ):
        losses = np.zeros(1 + len(held))
        for seed in range(repetitions):
            draw = np.random.default_rng(seed)
            x = odds(draw.choice(shape, 4000)) + draw.normal(0, 0.2, 4000)
            truth = 1 / (1 + np.exp(-(slope * x + shift)))
            right = draw.random(len(x)) < truth
            stratum = sampling.strata(1 / (1 + np.exp(-x)))
            seen = np.array(sampling.interleaved(stratum[:2000].tolist(), draw.random(2000).tolist())[:number])
            fits = [(1.0, 0.0)]
            for refit.STRETCH, refit.SHIFT in held:
                fits.append(refit.platt(x[seen], right[seen].astype(float), np.ones(number)))
            best = -(truth * np.log(truth) + (1 - truth) * np.log1p(-truth)).mean()
            losses += [(np.logaddexp(0, a * x + b) - truth * (a * x + b)).mean() - best for a, b in fits]
        table.add_row(f"{slope}, {shift}", str(number), *(f"{1000 * one / repetitions:.1f}" for one in losses))
    return table


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judging", description=__doc__, formatter_class=form)
    parser.add_argument("--run", type=Path, help="a run whose confidences are a third shape")
    parser.add_argument("--verdicts", type=int, default=200)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--strata", type=int, default=sampling.STRATA)
    given = parser.parse_args()
    draw = np.random.default_rng(0)
    shapes = {"beta 8, .5": draw.beta(8, 0.5, 5000), "beta 3, .4": draw.beta(3, 0.4, 5000)}
    if given.run:
        shapes["run"] = np.array([pair["confidence"] for pair in stream_pairs(given.run)])
    console = Console(width=150)
    console.print(intervals(shapes, given.verdicts, given.repetitions, given.strata))
    console.print(lessons(shapes["beta 8, .5"], given.repetitions))


if __name__ == "__main__":
    main()
