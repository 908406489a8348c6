"""Text against the emissions of a CTC model: forced alignment, exact or within a window.

Emissions and tokens are as in `emissions`: (T, V) float32 natural logs, and columns of them, -1 for a wildcard.
`spot`, which looks for sentences anywhere, has its own file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from align.emissions import check, prepare, relative, with_wildcard
from align.kernels import NEVER, viterbi
from align.spotting import best_stretch, spot
from align.types import TokenSpans

__all__ = [
    "best_path",
    "best_stretch",
    "check",
    "forced_align",
    "foreign_cost",
    "prepare",
    "relative",
    "spot",
    "with_wildcard",
    "words",
]

MAX_BYTES = 2_000_000_000

NORMAL = 0.02
"""Nats by which the probabilities of a frame may miss 1 together and still be taken for such, as rounded or cut ones do."""

MANY = 1500
"""Labels from which on it is worth to look for some path first; what cannot become as good is then left alone."""

NARROW = 64
"""Labels of the narrowest window that looks for such a path."""

SLACK = 1e-4
"""Share of a score by which that path is taken to be worse, for what rounding may do."""

FOREIGN_SHARE = 0.2
"""Cost of a frame of other speech as a share of what a wrong symbol costs, see `foreign_cost`."""

FOREIGN_OPENED = 12.0
"""Frames that the beginning of a stretch of other speech costs besides."""


class _Other(NamedTuple):
    """Speech that is in no text: cost of a frame relative to its best symbol, and of a beginning; NEVER where it may not be."""

    cost: np.float32
    opened: np.float32


_NO_OTHER = _Other(np.float32(0), NEVER)


def forced_align(
    log_probs: np.ndarray,
    tokens: np.ndarray,
    *,
    blank: int = 0,
    window: int | None = None,
    other_speech: bool | float | None = None,
    optional: Sequence[int] | None = None,
) -> TokenSpans:
    """The best CTC path of `tokens` through *all* frames (Graves et al. 2006; Viterbi).

    Args:
        log_probs: (T, V) float32, natural log. Where the probabilities of a frame do not add up to 1 (logits, say), the path is
            that of the numbers as given, and `score` is by the probabilities that they would be after log_softmax.
        tokens: (L,) columns, -1 for a wildcard.
        window: labels that are looked at in a frame, around the best; None: all. Where the end is not reached it is doubled.
        other_speech: whether speech that is not in the text may stand anywhere between two tokens: None or False: no;
            True: at a cost that `foreign_cost` takes from the emissions; a number: nats a frame below the frame's best symbol.
        optional: tokens of each sentence, L in all, if sentences may be left out; best with `other_speech`, which what
            was said in place of one then goes to. The tokens of a sentence left out have start = end = -1 and score 0.
            A frame of silence at least stands in its place, but for the beginning.

    Raises:
        ValueError: bad input, or fewer frames than the tokens need.
        MemoryError: more than `MAX_BYTES` would be needed, or a million tokens looked at in a frame.

    Note:
        Ties: a path rather stays in its state, then comes from the blank, then from other speech, then skips the blank.
        Time O(T L) at the most: what is heard well takes far less, see `_viterbi`; with `optional` all of it; in a window
        O(T window). Scores are single precision, so that of two paths within some thousandths of a nat (at -50,000) either may
        be chosen. Memory beside the emissions 8 L T / c + c**2 bytes (12 L T / c with other speech, c L with `optional`), c =
        min(cbrt(4 L T), L / 24): 45 MB for an hour and 50,000 tokens, less in a window.
    """
    checked = check(log_probs, blank)
    states, repeats = prepare(tokens, checked.shape[1], blank)
    bounds = _bounds(optional, len(states))
    needed = len(states) + int((repeats < 0).sum())
    if len(checked) < needed and not len(bounds):
        raise ValueError(f"{len(checked)} frames are too few for {len(states)} tokens, {needed - len(states)} of them repeated")
    if window is not None and (not isinstance(window, int | np.integer) or window < 1):
        raise ValueError(f"window must be a number of labels, 1 or more, not {window!r}")
    other = _foreign(checked, states, blank, other_speech)
    path, score = _viterbi(checked, states, repeats, blank, other, bounds, window)
    return _spans(checked, states, blank, path, score)


def words(tokens: np.ndarray, delimiter: int) -> np.ndarray:
    """(L,) the number of the word that each token belongs to, -1 for `delimiter` itself; for `TokenSpans.joined`.

    >>> words(np.array([3, 4, 1, 1, 5]), delimiter=1).tolist()
    [0, 0, -1, -1, 1]
    """
    letter = np.asarray(tokens) != delimiter
    begins = letter & ~np.concatenate([[False], letter[:-1]])
    return np.where(letter, np.cumsum(begins) - 1, -1)


def foreign_cost(log_probs: np.ndarray, tokens: np.ndarray, blank: int = 0) -> float:
    """What a frame of other speech should cost, in nats below the frame's best symbol that is not blank.

    In a frame in which something is said, a symbol of the text that is not said there costs as much as the frame's best is
    better than the text's symbols on average. Right text pays that where the model errs, wrong text nearly everywhere:
    `FOREIGN_SHARE` of it lies between.

    Args:
        log_probs: (T, V).     tokens: (L,), with V or -1 for wildcards, which are not counted.
    """
    spoken = log_probs[log_probs.argmax(axis=1) != blank][:20_000]  # enough to know a mean by
    said = np.maximum(spoken, viterbi.FLOOR)
    known = tokens[(tokens >= 0) & (tokens < log_probs.shape[1])]
    if not len(said) or not len(known):
        return 1.0
    share = np.bincount(known, minlength=log_probs.shape[1]) / len(known)
    wrong = said.max(axis=1) - said @ share.astype(np.float32)
    return FOREIGN_SHARE * float(np.median(wrong))


def _foreign(checked: np.ndarray, states: np.ndarray, blank: int, given: bool | float | None) -> _Other:
    given = bool(given) if isinstance(given, np.bool_) else given
    if given is None or given is False:
        return _NO_OTHER
    cost = foreign_cost(checked, states, blank) if given is True else given
    if not isinstance(cost, int | float | np.number) or not 0 <= cost < 1e4:
        raise ValueError(f"other_speech must be True, or nats a frame from 0 to 10,000, not {given!r}")
    return _Other(np.float32(cost), np.float32(-FOREIGN_OPENED * cost))


def _bounds(optional: Sequence[int] | None, count: int) -> np.ndarray:
    """Where sentences begin, and `count`; empty where none may be left out."""
    if optional is None:
        return np.empty(0, np.int64)
    lengths = np.asarray(optional, np.int64)
    if lengths.ndim != 1 or (lengths < 1).any() or lengths.sum() != count:
        raise ValueError(f"optional must be lengths of 1 or more that add up to {count} tokens, not {list(optional)[:10]}")
    return np.concatenate([[0], np.cumsum(lengths)])


def _viterbi(
    checked: np.ndarray,
    states: np.ndarray,
    repeats: np.ndarray,
    blank: int,
    other: _Other = _NO_OTHER,
    bounds: np.ndarray | None = None,
    window: int | None = None,
) -> tuple[np.ndarray, float]:
    """Token of each frame (-1: blank, -2: other speech) and the path's score in double precision."""
    bounds = np.empty(0, np.int64) if bounds is None else bounds
    extended = np.append(states, np.int32(blank)), np.append(repeats, np.float32(0))  # after all tokens there is no label
    plain = other == _NO_OTHER and not (states == checked.shape[1]).any() and bool(checked.min(initial=0.0) >= viterbi.FLOOR)
    given, total = (checked, *extended, blank, plain, *other, bounds), len(states) + 1
    ahead, least = np.zeros(len(checked) + 1, np.float32), NEVER
    if window is None and total > MANY and not len(bounds):
        ahead = _ahead(checked)
        ends = _forward(given, max(NARROW, min(total // 16, 8 * NARROW)), ahead, NEVER)[0]
        least = np.float32(ends.max() - SLACK * (1 + abs(ends.max())))
    while True:
        width = min(window or total, total)
        ends, every, kept, bases = _forward(given, width, ahead, least)
        if ends.max() > NEVER / 10 or width == total:
            break
        window = 2 * width
    path = np.empty(len(checked), np.int32)
    kind = max((viterbi.BLANK, viterbi.LABEL, viterbi.OTHER), key=lambda kind: ends[kind])
    viterbi.walk_back(*given, every, kept, bases, kind, total - 1, path)
    return path, _score(checked, states, blank, path, other)


def _forward(given: tuple, width: int, ahead: np.ndarray, least: np.float32) -> tuple[np.ndarray, int, np.ndarray, np.ndarray]:
    """`viterbi.forward`: ((3,) scores of all tokens after all frames, and what `viterbi.walk_back` needs of it)."""
    frames, opened, bounds = len(given[0]), given[6], given[7]
    every = _every(frames, width)
    _within_limit(frames, width, every, len(bounds))
    kept = np.empty((-(-frames // every), 3 if opened > NEVER else 2, width), np.float32)
    bases, ends = np.empty(len(kept), np.int64), np.empty(3, np.float32)
    viterbi.forward(*given, width, ahead, least, every, kept, bases, ends)
    return ends, every, kept, bases


def _ahead(checked: np.ndarray) -> np.ndarray:
    """(T + 1,) the most that the frames from t on can add to a score."""
    best = np.maximum(checked.max(axis=1), viterbi.FLOOR).astype(np.float64)
    return np.append(np.cumsum(best[::-1])[::-1], 0.0).astype(np.float32)


def _every(frames: int, width: int) -> int:
    """Frames between kept scores: memory is least at the cube root; a cone costs time where it is not much narrower than all."""
    least = (4.0 * width * frames) ** (1 / 3)
    return max(viterbi.RECENTRE, min(int(least), width // 24) // viterbi.RECENTRE * viterbi.RECENTRE)


def _within_limit(frames: int, width: int, every: int, sentences: int) -> None:
    if width > viterbi.LONGEST:
        raise MemoryError(
            f"{width - 1} tokens are more than the {viterbi.LONGEST - 1} that fit together; give a window, or a narrower one"
        )
    cone = every * (width if sentences else every) + every * sentences
    needed = 12 * width * (frames // every + 1) + cone + 4 * frames
    if needed > MAX_BYTES:
        size = f"{frames} frames x {width - 1} tokens"
        raise MemoryError(
            f"{size} need {needed / 1e9:.1f} GB, more than {MAX_BYTES / 1e9:.1f} GB; give a window, or a narrower one"
        )


def _score(checked: np.ndarray, states: np.ndarray, blank: int, path: np.ndarray, other: _Other) -> float:
    """Sum along a path, in double precision."""
    column = _columns(states, blank, path)
    along = _heard(checked, column, blank)
    foreign = path == -2
    if not foreign.any():
        return float(along.sum(dtype=np.float64))
    spoken = _heard(checked[foreign], np.full(int(foreign.sum()), checked.shape[1]), blank)
    along[foreign] = np.maximum(along[foreign], spoken - other.cost)
    begins = foreign & ~np.concatenate([[False], foreign[:-1]])
    return float(along.sum(dtype=np.float64) + begins.sum() * float(other.opened))


def _columns(states: np.ndarray, blank: int, path: np.ndarray) -> np.ndarray:
    """(T,) column of each frame's token; `blank` where there is none."""
    column = np.full(len(path), blank, np.int32)
    column[path >= 0] = states[path[path >= 0]]
    return column


def _heard(checked: np.ndarray, column: np.ndarray, blank: int) -> np.ndarray:
    """(T,) log-probability of a column in each frame; of the best that is not blank, where it is the wildcard's."""
    wild = column == checked.shape[1]
    along = checked[np.arange(len(column)), np.where(wild, blank, column)]
    if wild.any():
        spoken = checked[wild]
        spoken[:, blank] = -np.inf
        along[wild] = spoken.max(axis=1)
    return np.maximum(along, viterbi.FLOOR)


def _spans(checked: np.ndarray, states: np.ndarray, blank: int, path: np.ndarray, score: float) -> TokenSpans:
    count = len(states)
    spoken = np.flatnonzero(path >= 0)
    of = path[spoken]
    start, end = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    end[of] = spoken + 1  # the last of equal indices stands
    start[of[::-1]] = spoken[::-1]
    own = checked[spoken]
    posterior = np.exp(np.minimum(_heard(own, states[of], blank) - _missing(checked, own), 0.0))
    total = np.bincount(of, posterior, count) / np.maximum(1, np.bincount(of, minlength=count))
    return TokenSpans(start, end, total.astype(np.float32), score)


def _missing(checked: np.ndarray, frames: np.ndarray) -> np.ndarray | float:
    """What `frames` must be lowered by to be log-probabilities: 0 if a sample of all frames is."""
    sample = checked[:: max(1, len(checked) // 64)]
    return 0.0 if np.all(np.abs(_log_sum(sample)) < NORMAL) else _log_sum(frames)


def _log_sum(frames: np.ndarray) -> np.ndarray:
    """(T,) logarithm of the sum of exponentials; of -inf alone 0."""
    best = frames.max(axis=1, initial=viterbi.FLOOR).astype(np.float64)
    total = np.log(np.exp(np.maximum(frames, viterbi.FLOOR) - best[:, None]).sum(axis=1)) + best
    return np.where(best > viterbi.FLOOR, total, 0.0)


def best_path(probs: np.ndarray, tokens: np.ndarray, blank: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Forced alignment over emissions with the wildcard's column: (token of each frame or -1, its score in each frame).

    Both are (T,). For short stretches, such as one sentence.
    """
    states, repeats = prepare(tokens, probs.shape[1] - 1)
    path, _ = _viterbi(np.ascontiguousarray(probs), states, repeats, blank)
    return path, probs[np.arange(len(path)), _columns(states, blank, path)]
