"""Emissions of a CTC model and tokens, checked and made ready for the kernels.

Emissions are natural-log probabilities (T, V) float32, a row a frame. Tokens are columns; a token of
-1 is a wildcard: it stands for a symbol that the model does not know, and takes the best symbol
of any frame that is not blank.
"""

from __future__ import annotations

import numpy as np

from align.kernels import NEVER
from align.kernels.viterbi import FLOOR, hear_relative

_BLOCK = 65536  # frames that are converted at a time


def check(log_probs: np.ndarray, blank: int) -> np.ndarray:
    """The emissions as a contiguous float32 array (T, V); not a copy where they are one.

    Raises:
        ValueError: wrong shape, NaN or +infinity, or a blank outside of the vocabulary.
    """
    array = np.asarray(log_probs)
    _check_form(array, blank)
    return _single(array)


def _check_form(array: np.ndarray, blank: int) -> None:
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"log_probs must be (frames, vocabulary of two or more), not {array.shape}")
    if array.dtype.kind not in "fiu":
        raise ValueError(f"log_probs must be numbers, not {array.dtype}")
    if not isinstance(blank, int | np.integer) or not 0 <= blank < array.shape[1]:
        raise ValueError(f"blank {blank!r} is not a column of log_probs, which has {array.shape[1]}")


def _single(array: np.ndarray, first: int = 0) -> np.ndarray:
    """Checked numbers in single precision; `first` is the number of the first frame."""
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(array, np.float32)
    if single.size and not single.max() < np.inf:  # NaN compares false
        frame = first + int(np.argmax(~(single.max(axis=1) < np.inf)))
        raise ValueError(f"log_probs holds NaN or +infinity, first in frame {frame}; take log_softmax of what the model gives")
    return single


def with_wildcard(log_probs: np.ndarray, blank: int) -> np.ndarray:
    """Append a column for the wildcard, each frame's best symbol that is not blank: a copy, (T, V + 1), -inf bounded."""
    frames, vocabulary = log_probs.shape
    copy = np.empty((frames, vocabulary + 1), np.float32)
    np.maximum(log_probs, FLOOR, out=copy[:, :vocabulary])
    spoken = [copy[:, part].max(axis=1) for part in (slice(0, blank), slice(blank + 1, vocabulary)) if part.stop > part.start]
    copy[:, vocabulary] = spoken[0] if len(spoken) == 1 else np.maximum(*spoken)
    return copy


def relative(log_probs: np.ndarray, blank: int = 0) -> np.ndarray:
    """Checked emissions relative to each frame's best symbol (<= 0), wildcard column appended: (T, V + 1)."""
    array = np.asarray(log_probs)
    _check_form(array, blank)
    rows = np.empty((len(array), array.shape[1] + 1), np.float32)
    for first in range(0, len(array), _BLOCK):  # a copy of ten hours in single precision would be 0.4 GB
        part = slice(first, first + _BLOCK)
        hear_relative(_single(array[part], first), blank, rows[part])
    return rows


def prepare(tokens: np.ndarray, vocabulary: int, blank: int = -2) -> tuple[np.ndarray, np.ndarray]:
    """Tokens (L,) int32 with wildcards as column `vocabulary`, and the penalties for repeats (L,) float32.

    Raises:
        ValueError: no 1-d array of integers within -1 .. vocabulary - 1, or one of them is `blank`.
    """
    array = np.asarray(tokens)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ValueError(f"tokens must be a 1-d array of integers, not shape {array.shape} of {array.dtype}")
    if array.size and (array.min() < -1 or array.max() >= vocabulary):
        raise ValueError(f"tokens must lie within -1 (wildcard) .. {vocabulary - 1}, not {array.min()} .. {array.max()}")
    if (array == blank).any():
        raise ValueError(f"token {blank} is the blank, which no text holds; leave it out")
    states = array.astype(np.int32)
    states[states == -1] = vocabulary
    repeats = np.zeros(len(states), np.float32)
    repeats[1:][states[1:] == states[:-1]] = NEVER
    return states, repeats
