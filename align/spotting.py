"""Sentences looked for anywhere in a recording, each on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

import numpy as np

from align.emissions import prepare, relative
from align.kernels import NEVER, spotting
from align.types import Occurrence

BATCH = 2048
"""Tokens of the sentences that go through the frames together: what they need stays in the first cache."""

FLOOR = spotting.FLOOR
"""Nats that a symbol costs at most."""

ENDS_BYTES = 64 << 20
"""What the scores of a batch may take."""

AGAIN = 1.0
"""Nats a token by which the readings of a sentence are better, at the least, than what chance finds."""

COARSE = 4.0
"""Units a nat that are too few: a sentence that long is looked for in single precision."""


def spot(
    log_probs: np.ndarray,
    sentences: Iterable[np.ndarray],
    *,
    blank: int = 0,
    most: int = 12,
    nulls: int = 6,
    progress: Callable[[int, int], None] | None = None,
) -> list[list[Occurrence]]:
    """The best places of each sentence anywhere in a recording, each found on its own.

    Args:
        log_probs: (T, V) float32, natural log.
        sentences: (L,) tokens each, -1 for a wildcard.
        most: places a sentence, best first; places of one sentence do not overlap.
        nulls: how many next-best places the margin is taken over.
        progress: called with (sentences looked for, all sentences).

    Raises:
        ValueError: bad input; see `emissions.check` and `emissions.prepare`.

    Note:
        Viterbi with free start and end over log-probabilities relative to each frame's best; a symbol costs 12 nats at most, so
        does each before the first frame. A frame's cost is rounded to 12 (2 n + 2) / 65536 nats, n the tokens of the longest
        sentence that is looked for together (similar in length). A path over 16,384 frames, five minutes with silence,
        has its beginning told too late. Time O(T L) a sentence, memory O(T).
        A place has margin 0 where there is no other, so a sentence that fills the recording cannot be told from chance.
        The margin (score minus the median of the next-best places) is comparable across sentences and models where the
        score is not.
    """
    given = [np.asarray(sentence) for sentence in sentences]
    if most < 1 or nulls < 0:
        raise ValueError(f"most must be 1 or more, and nulls 0 or more, not {most} and {nulls}")
    probs = relative(log_probs, blank)
    for tokens in given:
        prepare(tokens, probs.shape[1] - 1, blank)
    return spot_relative(probs, given, blank=blank, most=most, nulls=nulls, progress=progress)


def spot_relative(
    probs: np.ndarray,
    sentences: Sequence[np.ndarray],
    *,
    blank: int = 0,
    most: int = 12,
    nulls: int = 6,
    progress: Callable[[int, int], None] | None = None,
) -> list[list[Occurrence]]:
    """`spot` over what `emissions.relative` gives, (T, V + 1)."""
    prepared = [prepare(tokens, probs.shape[1] - 1)[0] for tokens in sentences]
    found: list[list[Occurrence]] = [[] for _ in sentences]
    done = 0
    for batch in _batches(prepared, len(probs)):
        for index, score, start in _ends(probs, prepared, batch, blank):
            found[index] = _occurrences(index, score, start, max(most, nulls + 1), nulls)[:most]
        done += len(batch)
        if progress:
            progress(done, sum(0 < len(tokens) <= len(probs) for tokens in prepared))
    return found


def _batches(prepared: Sequence[np.ndarray], frames: int) -> Iterator[list[int]]:
    """Indices of sentences that fit the recording, by length, so that those of a batch have one fitting unit."""
    order = sorted((i for i, tokens in enumerate(prepared) if 0 < len(tokens) <= frames), key=lambda i: (len(prepared[i]), i))
    batch: list[int] = []
    for index in order:
        tokens = sum(len(prepared[i]) for i in batch) + len(prepared[index])
        if batch and (tokens > BATCH or 4 * frames * (len(batch) + 1) > ENDS_BYTES):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _ends(
    probs: np.ndarray, prepared: Sequence[np.ndarray], batch: list[int], blank: int
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(index, score a token, start) of each sentence of a batch, the latter two (T,) by the frame of the last token."""
    tokens = np.concatenate([prepared[i] for i in batch])
    bounds = np.concatenate([[0], np.cumsum([len(prepared[i]) for i in batch])])
    steps = 2 * max(len(prepared[i]) for i in batch) + 2
    unit = spotting.WORST / (spotting.FLOOR * steps)
    if unit < COARSE:
        for i in batch:
            score, start = np.empty(len(probs), np.float32), np.empty(len(probs), np.int32)
            spotting.ends_of_one(probs, prepared[i], _barred(prepared[i], NEVER), blank, score, start)
            yield i, np.where(score > NEVER / 10, score / np.float32(len(prepared[i])), NEVER), start
        return
    repeats = _barred(tokens, spotting.BARRED)
    repeats[bounds[:-1]] = spotting.BARRED
    ends = np.empty((len(batch), len(probs)), np.int32)
    spotting.spot_ends(probs, tokens, repeats, bounds, blank, np.float32(unit), ends)
    score, start = np.empty(len(probs), np.float32), np.empty(len(probs), np.int32)
    for i, packed in zip(batch, ends, strict=True):
        spotting.unpack(packed, np.float32(unit * len(prepared[i])), score, start)
        score[: _fewest(prepared[i]) - 1] = NEVER  # the kernel bounds them, rather than bars them
        yield i, score, start


def _fewest(tokens: np.ndarray) -> int:
    """Frames that tokens need: one each, and one between two that are equal."""
    return len(tokens) + int((tokens[1:] == tokens[:-1]).sum())


def _barred(tokens: np.ndarray, never: np.float32 | np.int32) -> np.ndarray:
    repeats = np.zeros(len(tokens), never.dtype)
    repeats[1:][tokens[1:] == tokens[:-1]] = never
    return repeats


def _occurrences(sentence: int, score: np.ndarray, start: np.ndarray, most: int, nulls: int) -> list[Occurrence]:
    """Places of one sentence, best first; no two share a frame. `score` is used up."""
    frames, own = len(score), score.copy()
    firsts, lasts = np.empty(most, np.int32), np.empty(most, np.int32)
    count = spotting.best_places(score, start, most, firsts, lasts)
    scores = [float(own[last]) for last in lasts[:count]]
    return [
        Occurrence(sentence, int(firsts[i]), int(lasts[i]) + 1, score, score - null if null is not None else 0.0, frames)
        for i, (score, null) in enumerate(zip(scores, by_chance(scores, nulls), strict=True))
    ]


def by_chance(scores: Sequence[float], nulls: int) -> list[float | None]:
    """What chance finds beside each place of a sentence: the median of its `nulls` next-best places, None where there is none.

    What is read several times is no chance: if one step down is deep (`AGAIN`) and makes most of the way from the best place
    to the last, the places above it are readings, and are not held against each other; as long as `nulls` are left below.

    Args:
        scores: a token, from the best place on.
    """
    judged = max(1, len(scores) - nulls)  # steps with enough below them
    steps = [above - below for above, below in pairwise(scores)][:judged]
    deepest = max(steps, default=0.0)
    readings = steps.index(deepest) + 1 if steps and deepest >= max(AGAIN, 0.5 * (scores[0] - scores[-1])) else 1
    found: list[float | None] = []
    for i in range(len(scores)):
        others = scores[readings:] if i < readings else [*scores[:i], *scores[i + 1 :]]
        found.append(median(others[:nulls]) if others and nulls else None)
    return found


def scores_from(probs: np.ndarray, tokens: np.ndarray, blank: int = 0) -> np.ndarray:
    """(T,) score of the best path of all tokens over frames 0..t, for every end t; NEVER where they do not fit.

    `probs` as `emissions.relative` gives them, contiguous.
    """
    states, repeats = prepare(tokens, probs.shape[1] - 1)
    best = np.empty(len(probs), np.float32)
    spotting.totals(probs, states, repeats, blank, best)
    return best


def best_stretch(probs: np.ndarray, tokens: np.ndarray, blank: int = 0) -> tuple[int, int]:
    """Frames [start, end) in which the tokens are best found, with free audio around; (0, 0) where they do not fit.

    `probs` as for `scores_from`; longer stretches cost more, so relative emissions are what is meant.
    """
    states, repeats = prepare(tokens, probs.shape[1] - 1)
    if not len(states) or not len(probs):
        return 0, 0
    score, start = np.empty(len(probs), np.float32), np.empty(len(probs), np.int32)
    spotting.ends_of_one(probs, states, repeats, blank, score, start)
    end = int(score.argmax())
    return (int(start[end]), end + 1) if score[end] > NEVER / 10 else (0, 0)
