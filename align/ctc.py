"""Text against the emissions of a CTC model: forced alignment, and spotting of sentences anywhere.

Emissions are natural-log probabilities (T, V) float32, a row a frame. Tokens are columns; a token of
-1 is a wildcard: it stands for a symbol that the model does not know, and takes the best symbol
of any frame that is not blank.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import median

import numpy as np

from align import kernels
from align.types import Occurrence, TokenSpans

MAX_BYTES = 2_000_000_000


def check(log_probs: np.ndarray, blank: int) -> np.ndarray:
    """The emissions as a contiguous float32 array (T, V).

    Raises:
        ValueError: wrong shape, NaN or +infinity, or a blank outside of the vocabulary.
    """
    array = np.ascontiguousarray(log_probs, np.float32)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"log_probs must be (frames, vocabulary of two or more), not {array.shape}")
    if not 0 <= blank < array.shape[1]:
        raise ValueError(f"blank {blank} is not a column of log_probs, which has {array.shape[1]}")
    if array.size and not array.max() < np.inf:  # NaN compares false
        raise ValueError("log_probs holds NaN or +infinity")
    return np.maximum(array, np.float32(-1e4))


def with_wildcard(log_probs: np.ndarray, blank: int) -> np.ndarray:
    """Append a column for the wildcard: each frame's best symbol that is not blank."""
    spoken = np.delete(log_probs, blank, axis=1).max(axis=1)
    return np.concatenate([log_probs, spoken[:, None]], axis=1)


def relative(log_probs: np.ndarray, blank: int = 0) -> np.ndarray:
    """Checked emissions relative to each frame's best symbol (<= 0), wildcard column appended: (T, V + 1)."""
    checked = with_wildcard(check(log_probs, blank), blank)
    return checked - checked.max(axis=1, keepdims=True)


def prepare(tokens: np.ndarray, vocabulary: int) -> tuple[np.ndarray, np.ndarray]:
    """Tokens (L,) int32 with wildcards as column `vocabulary`, and the penalties for repeats (L,) float32."""
    array = np.array(tokens, np.int32).reshape(-1)
    if array.size and (array.min() < -1 or array.max() >= vocabulary):
        raise ValueError(f"tokens must lie within -1 (wildcard) .. {vocabulary - 1}, not {array.min()} .. {array.max()}")
    array[array == -1] = vocabulary
    repeats = np.zeros(len(array), np.float32)
    repeats[1:][array[1:] == array[:-1]] = kernels.NEVER
    return array, repeats


def forced_align(log_probs: np.ndarray, tokens: np.ndarray, *, blank: int = 0) -> TokenSpans:
    """The best CTC path of `tokens` through *all* frames (Graves et al. 2006; Viterbi).

    Args:
        log_probs: (T, V) float32, natural log.
        tokens: (L,) columns, -1 for a wildcard.

    Raises:
        ValueError: bad input, or fewer frames than the tokens need.
        MemoryError: more than `MAX_BYTES` would be needed.

    Note:
        Ties: a path rather stays in its state, then comes from the blank, then skips the blank.
        Exact. Time O(T L), memory about 16 L sqrt(T) bytes: scores are kept every sqrt(T) frames.
    """
    checked = with_wildcard(check(log_probs, blank), blank)
    states, repeats = prepare(tokens, checked.shape[1] - 1)
    frames, count = len(checked), len(states)
    if frames < count + int((repeats < 0).sum()):
        raise ValueError(f"{frames} frames are too few for {count} tokens, {int((repeats < 0).sum())} of them repeated")
    every = max(1, math.isqrt(frames))
    needed = (count + 1) * (8 * (frames // every + 1) + 2 * every)
    if needed > MAX_BYTES:
        raise MemoryError(f"{frames} frames x {count} tokens need {needed / 1e9:.1f} GB, more than {MAX_BYTES / 1e9:.1f} GB")
    path, score = _viterbi(checked, states, repeats, blank, every)
    return _spans(checked, states, path, score)


def _viterbi(checked: np.ndarray, states: np.ndarray, repeats: np.ndarray, blank: int, every: int) -> tuple[np.ndarray, float]:
    """Token of each frame (-1: blank) and the path's score."""
    frames, count = len(checked), len(states)
    blanks, labels = np.full(count + 1, kernels.NEVER, np.float32), np.full(count + 1, kernels.NEVER, np.float32)
    blanks[0] = 0
    checkpoints = np.empty((-(-frames // every), 2, count + 1), np.float32)
    kernels.ctc_forward(checked, states, repeats, blank, blanks, labels, checkpoints, every)
    is_label, k = bool(labels[count] > blanks[count]), count
    score = float(max(labels[count], blanks[count]))
    path = np.empty(frames, np.int32)
    for block in range(len(checkpoints) - 1, -1, -1):
        part = slice(block * every, min(frames, (block + 1) * every))
        blanks, labels = checkpoints[block, 0].copy(), checkpoints[block, 1].copy()
        moves = np.empty((part.stop - part.start, 2, count + 1), np.int8)
        kernels.ctc_trace(checked[part], states, repeats, blank, blanks, labels, moves)
        is_label, k = kernels.ctc_walk_back(moves, is_label, k, path[part])
    return path, score


def _spans(checked: np.ndarray, states: np.ndarray, path: np.ndarray, score: float) -> TokenSpans:
    count = len(states)
    spoken = np.flatnonzero(path >= 0)
    start, end = np.full(count, len(path), np.int32), np.zeros(count, np.int32)
    np.minimum.at(start, path[spoken], spoken.astype(np.int32))
    np.maximum.at(end, path[spoken], spoken.astype(np.int32) + 1)
    posterior = np.exp(checked[spoken, states[path[spoken]]])
    total = np.bincount(path[spoken], posterior, count) / np.maximum(1, np.bincount(path[spoken], minlength=count))
    return TokenSpans(start, end, total.astype(np.float32), score)


def best_path(relative_probs: np.ndarray, tokens: np.ndarray, blank: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Forced alignment over prepared emissions of `relative`: (token of each frame or -1, its score in each frame).

    Both are (T,). For short stretches, such as one sentence.
    """
    states, repeats = prepare(tokens, relative_probs.shape[1] - 1)
    path, _ = _viterbi(np.ascontiguousarray(relative_probs), states, repeats, blank, max(1, math.isqrt(len(relative_probs))))
    column = np.where(path >= 0, states[path], blank)
    return path, relative_probs[np.arange(len(path)), column]


def scores_from(relative_probs: np.ndarray, tokens: np.ndarray, blank: int = 0) -> np.ndarray:
    """(T,) score of the best path of all tokens over frames 0..t, for every end t; NEVER where they do not fit."""
    states, repeats = prepare(tokens, relative_probs.shape[1] - 1)
    totals = np.empty(len(relative_probs), np.float32)
    kernels.ctc_totals(relative_probs, states, repeats, blank, totals)
    return totals


def best_stretch(probs: np.ndarray, tokens: np.ndarray, blank: int = 0) -> tuple[int, int]:
    """Frames [start, end) in which the tokens are best found, with free audio around; (0, 0) where they do not fit.

    `probs` as for `best_path`; longer stretches cost more, so relative emissions are what is meant.
    """
    states, repeats = prepare(tokens, probs.shape[1] - 1)
    score, start = np.empty(len(probs), np.float32), np.empty(len(probs), np.int32)
    kernels.spot_scores(probs, states, repeats, blank, score, start)
    end = int(score.argmax())
    return (int(start[end]), end + 1) if score[end] > kernels.NEVER / 10 else (0, 0)


def spot(
    relative_probs: np.ndarray,
    sentences: Sequence[np.ndarray],
    *,
    blank: int = 0,
    most: int = 12,
    nulls: int = 6,
    progress: Callable[[int, int], None] | None = None,
) -> list[list[Occurrence]]:
    """The best places of each sentence anywhere in a recording, each found on its own.

    Args:
        relative_probs: what `relative` gives, (T, V + 1) float32.
        sentences: (L,) tokens each.
        most: places a sentence, best first; places of one sentence do not overlap.
        nulls: how many next-best places the margin is taken over.

    Note:
        Viterbi with free start and end; exact; time O(T L) a sentence, memory O(T + L).
        The margin (score minus the median of the next-best places) is comparable across sentences
        and models where the score is not.
    """
    found: list[list[Occurrence]] = []
    score, start = np.empty(len(relative_probs), np.float32), np.empty(len(relative_probs), np.int32)
    for index, tokens in enumerate(sentences):
        states, repeats = prepare(tokens, relative_probs.shape[1] - 1)
        if len(states) == 0 or len(states) > len(relative_probs):
            found.append([])
            continue
        kernels.spot_scores(relative_probs, states, repeats, blank, score, start)
        found.append(_occurrences(index, score / len(states), start, max(most, nulls + 1), nulls)[:most])
        if progress:
            progress(index + 1, len(sentences))
    return found


def _occurrences(sentence: int, score: np.ndarray, start: np.ndarray, most: int, nulls: int) -> list[Occurrence]:
    """Places of one sentence, best first; none begins or ends inside a better one."""
    left = score.copy()
    places: list[tuple[int, int, float]] = []
    while len(places) < most:
        last = int(left.argmax())
        if left[last] < -1e6:
            break
        first = int(start[last])
        places.append((first, last + 1, float(score[last])))
        left[(start >= first) & (start <= last)] = kernels.NEVER
        left[first : last + 1] = kernels.NEVER
    found = []
    for i, (first, last, own) in enumerate(places):
        others = [other for _, _, other in places[:i] + places[i + 1 :]][:nulls]
        found.append(Occurrence(sentence, first, last, own, own - median(others) if others else 0.0))
    return found
