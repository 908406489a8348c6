"""From features to a calibrated probability: logistic regression, small enough to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Calibrator:
    """P(right) = 1 / (1 + exp(-(bias + sum weight * (value - mean) / scale))).

    Attributes:
        features: names, in the order of the three tuples.
        mean, scale: of the development data; a value further than `CLIP` scales from the mean counts as that far.
        weight, bias: log-odds.
    """

    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weight: tuple[float, ...]
    bias: float

    def probability(self, values: Mapping[str, float]) -> float:
        """The probability that a pair with these feature values is right.

        Raises:
            KeyError: a feature is missing.
        """
        row = np.array([[values[name] for name in self.features]])
        return float(_sigmoid(_standard(row, np.array(self.mean), np.array(self.scale)) @ np.array(self.weight) + self.bias)[0])


CLIP = 4.0
FLOOR = 0.5


def calibrate(
    rows: Sequence[Mapping[str, float]],
    right: Sequence[bool],
    directions: Mapping[str, int],
    *,
    ridge: float = 1.0,
) -> Calibrator:
    """Fit a calibrator on pairs with known truth: maximum likelihood with a ridge, by Newton's method.

    Features that say nearly the same pull a free fit apart, one up and one down, which holds for the data it was
    fitted on alone. So a weight must point where its feature is known to point: what would turn round is left out.

    Args:
        rows: feature values of each pair.      right: whether each pair is right.
        directions: feature name to +1 (more is better), -1 (more is worse) or 0 (either).
        ridge: weight of half the squared weights; the bias is not held.

    Raises:
        ValueError: all pairs are right, or all are wrong, or there are none.
    """
    target = np.array(right, float)
    if len(rows) != len(target) or not 0 <= ridge < np.inf:
        raise ValueError(
            f"calibration needs as many rows as truths and a ridge from 0 on, not {len(rows)}, {len(target)}, {ridge}"
        )
    if len(target) == 0 or target.min() == target.max():
        raise ValueError(f"calibration needs right and wrong pairs, not {int(target.sum())} right of {len(target)}")
    names = list(directions)
    while True:
        raw = np.array([[row[name] for name in names] for row in rows]).reshape(len(target), len(names))
        if not np.isfinite(raw).all() or np.abs(raw).max(initial=0.0) > 1e30:
            raise ValueError("calibration needs finite features; one is not, or is beyond 1e30")
        mean, scale = raw.mean(axis=0), raw.std(axis=0)
        scale[scale < 1e-4] = 1.0  # a constant; less would not survive the rounding
        weight = _fit(_standard(raw, mean, scale), target, ridge)
        against = [weight[i] * directions[name] for i, name in enumerate(names)]
        if not names or min(against) >= 0:
            break
        names.pop(int(np.argmin(against)))
    rounded = [tuple(round(float(x), 6) for x in array) for array in (mean, scale, weight[:-1])]
    return Calibrator(tuple(names), rounded[0], rounded[1], rounded[2], round(float(weight[-1]), 6))


def _fit(values: np.ndarray, target: np.ndarray, ridge: float) -> np.ndarray:
    """Weights of the columns of `values`, and the bias."""
    design = np.hstack([values, np.ones((len(values), 1))])
    held = np.diag([ridge] * values.shape[1] + [1e-6])
    weight = np.zeros(design.shape[1])
    for _ in range(50):
        p = _sigmoid(design @ weight)
        gradient = design.T @ (target - p) - held @ weight
        step = np.linalg.solve((design * (p * (1 - p))[:, None]).T @ design + held, gradient)
        weight += step
        if np.abs(step).max() < 1e-8:
            break
    return weight


def threshold(confidence: Sequence[float], target: float) -> float:
    """The lowest confidence to keep so that what is kept is right in `target` of all cases, as far as confidence is calibrated.

    The mean confidence of what is kept is its expected precision. Nothing below `FLOOR` is kept, however sure the
    rest is: it would be more likely wrong than right. 1.1 (keep nothing) where even the best falls short.
    """
    descending = np.sort(np.asarray(confidence, float))[::-1]
    if not np.isfinite(descending).all() or not 0 <= target <= 1:
        raise ValueError(f"threshold needs finite confidences and a target from 0 to 1, not {target}")
    if len(descending) == 0:
        return 1.1
    mean = np.cumsum(descending) / np.arange(1, len(descending) + 1)
    last = np.append(descending[1:] < descending[:-1], True)  # equal confidences are kept or dropped together
    enough = np.flatnonzero(last & (mean >= target - 1e-9) & (descending >= FLOOR))
    return float(descending[enough[-1]]) if len(enough) else 1.1


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of like confidence: how sure of them one was, and how many were right."""

    confidence: float
    right: float
    count: int


def reliability(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[Bin]:
    """Pairs by ascending confidence in bins of equal mass (one more or less): what a reliability diagram draws.

    Pairs of one confidence count as right in the share in which all of them are, so that their order plays no part.

    Raises:
        ValueError: as many confidences as truths are wanted, all finite, and a bin at least.
    """
    sure, true = np.asarray(confidence, float), np.asarray(right, float)
    if sure.shape != true.shape or sure.ndim != 1 or not np.isfinite(sure).all() or bins < 1:
        raise ValueError(
            f"reliability needs finite confidences and as many truths, and bins; not {sure.shape}, {true.shape}, {bins}"
        )
    _, of = np.unique(sure, return_inverse=True)
    true = (np.bincount(of, true) / np.maximum(1, np.bincount(of)))[of] if len(sure) else true
    parts = np.array_split(np.argsort(sure, kind="stable"), bins)
    return [Bin(float(sure[part].mean()), float(true[part].mean()), len(part)) for part in parts if len(part)]


def expected_calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Mean distance of confidence and truth over bins of equal mass (Naeini, Cooper & Hauskrecht 2015); 0 of no pairs."""
    found = reliability(confidence, right, bins)
    return sum(one.count * abs(one.confidence - one.right) for one in found) / max(1, sum(one.count for one in found))


def _standard(rows: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.clip((rows - mean) / scale, -CLIP, CLIP)


def _sigmoid(log_odds: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -40, 40)))
