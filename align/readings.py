"""Which of several readings of a text the frames say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from align.kernels.readings import total_of_each


def log_likelihoods(log_probs: np.ndarray, readings: Sequence[np.ndarray], blank: int = 0) -> np.ndarray:
    """The log-probability of each reading over all frames, summed over its CTC paths: (N,) float64.

    Differences between readings are what counts: emissions may be relative to each frame's best symbol.

    Args:
        log_probs: (T, V) natural log; where readings hold wildcards, with the wildcard's column as the last
            (`emissions.relative`, `emissions.with_wildcard`).
        readings: token columns of each, int32; -1 for a wildcard. May be empty.

    Returns:
        -1e30 where the frames are too few for a reading.

    >>> frames = np.log(np.array([[0.1, 0.8, 0.1], [0.8, 0.1, 0.1]]))
    >>> np.exp(log_likelihoods(frames, [np.array([1]), np.array([2])])).round(2).tolist()
    [0.73, 0.1]
    """
    bounds = np.cumsum([0, *map(len, readings)], dtype=np.int64)
    tokens = np.concatenate([np.empty(0, np.int32), *readings]).astype(np.int32)
    tokens[tokens < 0] = log_probs.shape[1] - 1
    fresh = np.ones(len(tokens), np.float32)
    fresh[1:][tokens[1:] == tokens[:-1]] = 0
    totals = np.empty(len(readings), np.float64)
    total_of_each(np.exp(log_probs.astype(np.float32)), tokens, fresh, bounds, blank, totals)
    return totals
