"""Whether confidence means what it says: calibration error, and the precision that a target gets, on bulletins not fitted on.

    python -m benchmarks.reliability FOLDER [--noise 99 16 6] [--model hi] [-o docs/pictures/reliability.svg]

FOLDER holds what bulletins.py writes as `check`: bulletins of stations that neither model nor calibrator has heard. Each
is heard once for every noise, so many decibels below the voice (99: none). Intervals come from drawing bulletins again
with replacement, not pairs: those of one bulletin are right and wrong together.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from align.confidence import expected_calibration_error, reliability, threshold
from benchmarks.calibrate import Example, examples
from mining.documents.languages import language
from mining.pairs import calibrator
from mining.speech.transcribe import load_model

TARGETS = (0.90, 0.95, 0.98, 0.99)
DRAWS = 1000
SURE = 0.95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--noise", type=float, nargs="+", default=[99, 16, 6])
    parser.add_argument("--model", default="hi")
    parser.add_argument("-o", "--out", type=Path)
    given = parser.parse_args()
    model = load_model(given.model, "cpu", language("hi"))
    found: list[Example] = []
    if given.out:
        import matplotlib  # noqa: F401 - before the work, not after it
    for gold in sorted(given.folder.glob("*.gold.json")):
        found += examples(gold.with_suffix("").with_suffix(""), [], model, given.noise, (1e9,))
    for strategy in sorted({one.strategy for one in found}):
        own = [one for one in found if one.strategy == strategy]
        confident = calibrator.load(strategy)
        confidence = np.array([confident.probability(one.features) for one in own])
        right, group = np.array([one.right for one in own]), np.unique([one.bulletin for one in own], return_inverse=True)[1]
        report(strategy, confidence, right, group)
        blame(own, confidence, right)
        if strategy == "hybrid" and given.out:
            draw(confidence, right, given.out)


def report(strategy: str, confidence: np.ndarray, right: np.ndarray, group: np.ndarray) -> None:
    """Print the figures of one strategy."""
    error = expected_calibration_error(confidence.tolist(), right.tolist())
    low, high = interval(confidence, right, group)
    pairs = f"{len(right)} pairs of {group.max() + 1} bulletins"
    print(f"{strategy}: {pairs}, {right.mean():.3f} right, confidence {confidence.mean():.3f}")
    print(f"  expected calibration error {error:.3f} (95%: {low:.3f} to {high:.3f})")
    for target in TARGETS:
        kept = confidence >= threshold(confidence.tolist(), target)
        share = f"{right[kept].mean():.3f} of {kept.sum()} right" if kept.any() else "nothing kept"
        print(f"  target {target:.2f}: from {confidence[kept].min(initial=1.1):.3f} on, {share}")


def blame(own: list[Example], confidence: np.ndarray, right: np.ndarray) -> None:
    """Print which sentences the surest wrong pairs are of, and the figures without them: a wrong truth is in many bulletins."""
    texts = np.array([one.text for one in own])
    wrong = Counter(texts[(confidence >= SURE) & ~right].tolist())
    for text, count in wrong.most_common(2):
        others = texts != text
        error = expected_calibration_error(confidence[others].tolist(), right[others].tolist())
        kept = others & (confidence >= threshold(confidence[others].tolist(), TARGETS[-1]))
        print(f"  wrong {count} times from {SURE} on: {text[:60]}")
        print(
            f"    without it: calibration error {error:.3f}; target {TARGETS[-1]}: {right[kept].mean():.3f} of {kept.sum()} right"
        )


def interval(confidence: np.ndarray, right: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """95% of the calibration errors over bulletins drawn again with replacement."""
    rng, members = np.random.default_rng(0), [np.flatnonzero(group == one) for one in range(group.max() + 1)]
    errors = []
    for _ in range(DRAWS):
        drawn = np.concatenate([members[one] for one in rng.integers(0, len(members), len(members))])
        errors.append(expected_calibration_error(confidence[drawn].tolist(), right[drawn].tolist()))
    low, high = np.percentile(errors, [2.5, 97.5])
    return float(low), float(high)


def draw(confidence: np.ndarray, right: np.ndarray, path: Path) -> None:
    """The reliability diagram: share of right pairs over confidence, in bins of equal mass."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "shruti"
    from matplotlib import pyplot

    bins = reliability(confidence.tolist(), right.tolist(), 15)
    figure, axes = pyplot.subplots(figsize=(4.5, 4.5))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="as sure as right")
    spread = [1.96 * (one.right * (1 - one.right) / one.count) ** 0.5 for one in bins]
    axes.errorbar([one.confidence for one in bins], [one.right for one in bins], spread, fmt="o", color="#0072b2", capsize=2)
    axes.set(xlabel="confidence", ylabel="share of pairs that are right", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.set_title(f"{len(right)} pairs of stations never heard")
    axes.legend(frameon=False)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
