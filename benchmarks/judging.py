"""How well 200 verdicts tell the precision of a corpus, and what they teach its confidence.

    python -m benchmarks.judging [--run OUT] [--verdicts 200] [--people 2] [--repetitions 200] [--strata 4]

Corpora are drawn whose truth is known: confidences shaped as those of a run (--run), or as two Beta distributions, moved so
that a wanted share is right; a confidence that means what it says, one that is too sure, one that is flatter than the truth,
one that says nothing. People who skip one pair in twenty take turns, each with what the queue of `shruti review` offers; skips
and what is asked of all count among the verdicts. For each way to make an interval the first table tells how often it covers the
truth, and how wide it is in points. The second tells the same of what `shruti review` says after pairs were kept by another
threshold, or the doubted ones judged first. The third tells how much nearer to the truth verdicts bring a confidence whose
log-odds are stretched and shifted, by how firmly the fit is held.
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
from mining.corpus.review import judged, refit
from mining.corpus.review.queue import Queue
from mining.corpus.review.verdicts import Verdict
from mining.corpus.rows import Row, stream_pairs

SKIPPED = 0.05
CLAIMS = {"means what it says": (1.0, 1.0), "too sure": (1.0, 2.0), "flatter than true": (2.0, 1.0), "says nothing": (0.0, 1.0)}
"""Each kind of confidence: by how much the log-odds of the truth, and those that are claimed, are stretched."""

Counts = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of each stratum: pairs, those judged, those of them that are right."""


def simple(sizes: np.ndarray, seen: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Wilson's interval as though all were one stratum: for a simple random sample."""
    found = sampling.estimate([sizes.sum()], [seen.sum()], [right.sum()])
    return found.low, found.high


def wald(sizes: np.ndarray, seen: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Estimate and 1.96 standard errors, by strata: what a textbook begins with."""
    weight, share = sizes / sizes.sum(), right / seen
    error = np.sqrt((weight**2 * share * (1 - share) / np.maximum(1, seen - 1) * (1 - seen / sizes)).sum())
    return float(weight @ share - sampling.Z * error), float(weight @ share + sampling.Z * error)


def posterior(sizes: np.ndarray, seen: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Jeffreys' prior in each stratum, and the middle 95% of the right pairs that are then foretold in all of it."""
    draw, total = np.random.default_rng(0), np.zeros(4000)
    for size, number, good in zip(sizes, seen, right, strict=True):
        chance = draw.beta(good + 0.5, number - good + 0.5, len(total))
        total += good + draw.binomial(int(size - number), chance)
    low, high = np.quantile(total / sizes.sum(), [0.025, 0.975])
    return float(low), float(high)


WAYS: dict[str, Callable[..., tuple[float, float]]] = {
    "one stratum, Wilson": simple,
    "strata, Wald": wald,
    "strata, Jeffreys": posterior,
}
CHOSEN = "as it is done"


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


def corpus_rows(confidence: np.ndarray, seed: int) -> list[Row]:
    """Pairs as the queue takes them; their places in its order are made of the ids, which are others for every seed."""
    shown = {"recording": "r", "text": "", "start": 0.0, "end": 1.0}
    return [{"id": f"{seed} {index}", "confidence": sure, **shown} for index, sure in enumerate(confidence.tolist())]


def judge(rows: list[Row], right: np.ndarray, said: list[Verdict], number: int, people: int = 1, how: str = "stratified") -> None:
    """So many verdicts more, of people who take turns with what the queue offers, and skip some."""
    queue, by_id = Queue(rows, how), {row["id"]: row for row in rows}
    draw = np.random.default_rng([len(said), int(rows[0]["id"].split()[0])])
    for turn in range(number):
        person = str(turn % people)
        if (id := queue.next(person, said)) is None:
            return
        kind = "skip" if draw.random() < SKIPPED else "right" if right[int(id.split()[1])] else "text"
        row = by_id[id]
        shown = {name: row[name] for name in ("recording", "text", "start", "end", "confidence")}
        said.append(Verdict(pair=id, person=person, verdict=kind, how=how, at="", **shown))


def at_random(right: np.ndarray, number: int, seed: int) -> Counts:
    """As many pairs judged of all, without strata."""
    seen = np.random.default_rng(seed).permutation(right)[:number]
    return np.array([len(right)]), np.array([number]), np.array([float(seen.sum())])


class Covered:
    """How often intervals covered the truth, and how wide they were."""

    def __init__(self) -> None:
        self._hits: list[bool] = []
        self._widths: list[float] = []

    def add(self, low: float, high: float, truth: float) -> None:
        """One interval more."""
        self._hits.append(low - 1e-9 <= truth <= high + 1e-9)
        self._widths.append(high - low)

    def told(self, of: int = 0) -> str:
        """For the table; of how many cases there was an interval is told if it was not in all."""
        if not self._hits:
            return "not told"
        seldom = f"  in {len(self._hits)} of {of}" if len(self._hits) < of else ""
        return f"{np.mean(self._hits):.1%}  {100 * np.mean(self._widths):.1f}{seldom}"


def intervals(shapes: dict[str, np.ndarray], verdicts: int, people: int, repetitions: int) -> Table:
    """Coverage and mean width of every way, over corpora of every kind."""
    title = f"{verdicts} verdicts of {people}: covered, width in points"
    table = Table("shape", "confidence", "pairs", "right", *WAYS, CHOSEN, title=title)
    plain = "means what it says"
    kinds = [(shape, plain, size, share) for shape in shapes for size in (1000, 10_000) for share in (0.9, 0.95, 0.98)]
    first = next(iter(shapes))
    kinds += [(first, plain, size, share) for size, share in ((200, 0.95), (1000, 0.85))]
    kinds += [(first, claim, size, share) for claim in list(CLAIMS)[1:] for size in (1000, 10_000) for share in (0.9, 0.95)]
    for shape, claim, size, share in kinds:
        found = {way: Covered() for way in (*WAYS, CHOSEN)}
        for seed in range(repetitions):
            confidence, right = corpus(shapes[shape], size, share, claim, np.random.default_rng(seed))
            rows, said = corpus_rows(confidence, seed), list[Verdict]()
            judge(rows, right, said, verdicts, people)
            counts = tuple(np.array(judged.tally(rows, said)).T)
            for way, make in WAYS.items():
                given = at_random(right, int(counts[1].sum()), seed) if make is simple else counts
                found[way].add(*make(*given), right.mean())
            if one := judged.precision(rows, said):
                found[CHOSEN].add(one.low, one.high, right.mean())
        table.add_row(shape, claim, f"{size:,}", f"{share:.0%}", *(one.told(repetitions) for one in found.values()))
    return table


def changes(shape: np.ndarray, verdicts: int, repetitions: int) -> Table:
    """Coverage and width after another threshold, or after what is doubted was judged; at once, and after some more verdicts."""
    more = (0, verdicts // 8, verdicts // 4, verdicts // 2)
    title = f"2,000 pairs, 90% right, {verdicts} verdicts: covered, width in points"
    table = Table("first", "then", *(f"{number} verdicts more" for number in more), title=title)
    thresholds = [(0.95, 0.8), (0.95, 0.5), (0.9, 0.85), (0.9, 0.0), (0.0, 0.9), (0.0, 0.8)]
    for first, second in [*thresholds, (None, 0.0)]:
        found = [Covered() for _ in more]
        for seed in range(repetitions):
            confidence, right = corpus(shape, 2000, 0.9, "means what it says", np.random.default_rng(seed))
            rows, said = corpus_rows(confidence, seed), list[Verdict]()
            how = "active" if first is None else "stratified"
            judge([row for row in rows if row["confidence"] >= (first or 0.0)], right, said, verdicts, how=how)
            kept, truth = [row for row in rows if row["confidence"] >= second], right[confidence >= second].mean()
            for number, before, tally in zip(more, (0, *more), found, strict=False):
                judge(kept, right, said, number - before)
                if one := judged.precision(kept, said):
                    tally.add(one.low, one.high, truth)
        start = "doubted first" if first is None else f"kept from {first}"
        table.add_row(start, f"kept from {second}", *(one.told(repetitions) for one in found))
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
    parser.add_argument("--people", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--strata", type=int, default=sampling.STRATA)
    given = parser.parse_args()
    draw = np.random.default_rng(0)
    shapes = {"beta 8, .5": draw.beta(8, 0.5, 5000), "beta 3, .4": draw.beta(3, 0.4, 5000)}
    if given.run:
        shapes["run"] = np.array([pair["confidence"] for pair in stream_pairs(given.run)])
    sampling.STRATA = given.strata
    console = Console(width=150)
    console.print(intervals(shapes, given.verdicts, given.people, given.repetitions))
    console.print(changes(shapes["beta 8, .5"], given.verdicts, given.repetitions))
    console.print(lessons(shapes["beta 8, .5"], given.repetitions))


if __name__ == "__main__":
    main()
