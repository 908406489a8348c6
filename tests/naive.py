"""Slow, obvious twins of the kernels: what they should compute, written so that one can see it."""

from __future__ import annotations

import itertools
import math
import os

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from align.types import Alignment

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "1"
"""Without the compiler there are fewer examples and no long inputs."""

compiled = pytest.mark.skipif(not COMPILED, reason="would take long without the compiler")


seeds = st.integers(0, 2**32 - 1)
"""For what numpy's generator makes faster than hypothesis could."""


def examples(count: int) -> settings:
    """The same examples each time."""
    return settings(deadline=None, max_examples=count if COMPILED else max(5, count // 10), derandomize=True, database=None)


def affine_score(ref, hyp, match, mismatch, gap_open, gap_extend, free_ends=(False,) * 4):
    """Best affine score by the textbook three-matrix recurrence, in Python floats."""
    n, m = len(ref), len(hyp)
    never = -math.inf
    pair = [[never] * (m + 1) for _ in range(n + 1)]
    up = [[never] * (m + 1) for _ in range(n + 1)]
    left = [[never] * (m + 1) for _ in range(n + 1)]
    pair[0][0] = 0.0
    for i, j in itertools.product(range(n + 1), range(m + 1)):
        if i == 0 and j == 0:
            continue
        if j == 0 and free_ends[0]:
            pair[i][0] = 0.0
            continue
        if i == 0 and free_ends[2]:
            pair[0][j] = 0.0
            continue
        if i > 0:
            best = max(pair[i - 1][j], up[i - 1][j], left[i - 1][j])
            up[i][j] = max(best + gap_open, up[i - 1][j]) + gap_extend
        if j > 0:
            best = max(pair[i][j - 1], up[i][j - 1], left[i][j - 1])
            left[i][j] = max(best + gap_open, left[i][j - 1]) + gap_extend
        if i > 0 and j > 0:
            best = max(pair[i - 1][j - 1], up[i - 1][j - 1], left[i - 1][j - 1])
            pair[i][j] = best + (match if ref[i - 1] == hyp[j - 1] else mismatch)
    cells = [(n, m)]
    cells += [(i, m) for i in range(n + 1)] if free_ends[1] else []
    cells += [(n, j) for j in range(m + 1)] if free_ends[3] else []
    return max(max(pair[i][j], up[i][j], left[i][j]) for i, j in cells)


def affine(ref, hyp, pair, gap_open, gap_extend, free_ends=(False,) * 4):
    """(score, columns) of the best alignment by the tie rule of `needleman_wunsch`; `pair(a, b)` scores two symbols.

    whole[i][j] is the best score of i symbols with j, up and left those that end in a symbol of ref, or hyp, alone.
    """
    n, m = len(ref), len(hyp)
    whole, up, left = ([[-math.inf] * (m + 1) for _ in range(n + 1)] for _ in range(3))
    for i, j in itertools.product(range(n + 1), range(m + 1)):
        if j == 0 or i == 0:
            free = not i + j or (free_ends[0] and j == 0) or (free_ends[2] and i == 0)
            whole[i][j] = 0 if free else gap_open + (i + j) * gap_extend
            continue
        up[i][j] = max(whole[i - 1][j] + gap_open, up[i - 1][j]) + gap_extend
        left[i][j] = max(whole[i][j - 1] + gap_open, left[i][j - 1]) + gap_extend
        whole[i][j] = max(whole[i - 1][j - 1] + pair(ref[i - 1], hyp[j - 1]), up[i][j], left[i][j])
    ends = [(n, m)]  # the corner, then the shortest rest of ref, then the shortest of hyp: max takes the first
    ends += [(i, m) for i in range(n - 1, -1, -1)] if free_ends[1] else []
    ends += [(n, j) for j in range(m - 1, -1, -1)] if free_ends[3] else []
    i, j = max(ends, key=lambda cell: whole[cell[0]][cell[1]])
    score, columns = whole[i][j], [(r, -1) for r in range(n - 1, i - 1, -1)] + [(-1, h) for h in range(m - 1, j - 1, -1)]
    gap = None
    while i > 0 and j > 0:
        if gap is None and whole[i][j] == whole[i - 1][j - 1] + pair(ref[i - 1], hyp[j - 1]):
            i, j = i - 1, j - 1
            columns.append((i, j))
            continue
        gap = gap or ("ref" if whole[i][j] == up[i][j] else "hyp")
        if gap == "ref":
            i -= 1
            columns.append((i, -1))
            gap = "ref" if up[i][j] > whole[i][j] + gap_open else None
        else:
            j -= 1
            columns.append((-1, j))
            gap = "hyp" if left[i][j] > whole[i][j] + gap_open else None
    columns += [(r, -1) for r in range(i - 1, -1, -1)] + [(-1, h) for h in range(j - 1, -1, -1)]
    return score, columns[::-1]


def rescore(alignment, ref, hyp, pair, gap_open, gap_extend, free_ends=(False,) * 4):
    """Score of an alignment, run by run; only the very first run and the very last can be free."""
    columns = list(zip(alignment.ref.tolist(), alignment.hyp.tolist(), strict=True))
    kinds = ["ref" if j < 0 else "hyp" if i < 0 else "" for i, j in columns]
    numbered = itertools.groupby(range(len(columns)), kinds.__getitem__)
    runs = [(kind, [columns[c] for c in run]) for kind, run in numbered]
    score = 0
    for number, (kind, run) in enumerate(runs):
        start, end = {"": (False, False), "ref": free_ends[:2], "hyp": free_ends[2:]}[kind]
        if not kind:
            score += sum(pair(ref[i], hyp[j]) for i, j in run)
        elif not ((start and number == 0) or (end and number == len(runs) - 1)):
            score += gap_open + gap_extend * len(run)
    return score


def as_alignment(columns):
    """Columns as pairs, as an `Alignment` without a score."""
    return Alignment(*(np.array([column[side] for column in columns], np.int32) for side in (0, 1)), 0.0)


def shared_once(ref, hyp, length):
    """[(place in ref, place in hyp)] of stretches of `length` that occur once in each, in the order of hyp."""

    def stretches(codes):
        return [tuple(codes[i : i + length]) for i in range(len(codes) - length + 1)]

    ours, theirs = stretches(list(ref)), stretches(list(hyp))
    return [(ours.index(s), j) for j, s in enumerate(theirs) if ours.count(s) == 1 and theirs.count(s) == 1]


def longest_rising(values):
    """Length of the longest strictly rising subsequence, by trying all."""
    for size in range(len(values), 0, -1):
        for chosen in itertools.combinations(values, size):
            if all(a < b for a, b in zip(chosen, chosen[1:], strict=False)):
                return size
    return 0


def trusted(seeds, length, drift, near, span):
    """Pairs of symbols of those seeds, a rising chain [(ref, hyp)], that stand in runs; of two that clash the later one."""
    runs = [seeds[:1]] if seeds else []
    for (i, j), (row, column) in zip(seeds, seeds[1:], strict=False):
        down, along = row - i, column - j
        if abs(down - along) <= drift and down <= near and along <= near:
            runs[-1].append((row, column))
        else:
            runs.append([(row, column)])
    wide = [run for run in runs if min(run[-1][0] - run[0][0], run[-1][1] - run[0][1]) + length >= span]
    pairs = []
    for i, j in reversed([seed for run in wide for seed in run]):
        for k in reversed(range(length)):
            if not pairs or (i + k < pairs[-1][0] and j + k < pairs[-1][1]):
                pairs.append((i + k, j + k))
    return pairs[::-1]


def ctc_paths(frames, tokens, blank):
    """All CTC paths (tuples of columns) of `frames` frames that collapse to `tokens`."""
    symbols = sorted({blank, *tokens})
    for path in itertools.product(symbols, repeat=frames):
        collapsed = [symbol for symbol, _ in itertools.groupby(path) if symbol != blank]
        if collapsed == list(tokens):
            yield path


def ctc_score(log_probs, tokens, blank):
    """Score of the best path, by trying all of them."""
    scores = [sum(log_probs[t, s] for t, s in enumerate(path)) for path in ctc_paths(len(log_probs), tokens, blank)]
    return max(scores, default=-math.inf)


def three_states(log_probs, tokens, blank, other=None, pauses=frozenset()):
    """Score of the best path, state by state; with other speech at (cost of a frame, cost of a beginning).

    The tokens are columns, or -1. At `pauses`, after so many tokens, a path must have been in blank: sentences are left
    out there. It counts as in blank before the first frame.
    """
    count = len(tokens)
    scores = {("blank", 0, True): 0.0}  # what it is in, after how many tokens, and whether it was in blank since
    for frame in log_probs:
        spoken = max(value for column, value in enumerate(frame) if column != blank)
        after: dict[tuple[str, int, bool], float] = {}
        for (kind, k, rested), score in scores.items():
            ways = [("blank", k, True, frame[blank])]
            if kind == "label":
                ways.append(("label", k, False, frame[tokens[k - 1]] if tokens[k - 1] >= 0 else spoken))
            if k < count and (k not in pauses or rested) and (kind != "label" or tokens[k] != tokens[k - 1]):
                ways.append(("label", k + 1, False, frame[tokens[k]] if tokens[k] >= 0 else spoken))
            if other:
                begins = 0.0 if kind == "other" else other[1]
                ways.append(("other", k, rested, begins + max(frame[blank], spoken - other[0])))
            for *state, gain in ways:
                after[tuple(state)] = max(after.get(tuple(state), -math.inf), score + float(gain))
        scores = after
    return max((s for (_, k, rested), s in scores.items() if k == count and (k not in pauses or rested)), default=-math.inf)


def ctc_path(log_probs, tokens, blank, other=None):
    """(score, token of each frame, -1 for blank, -2 for other speech) by the tie rule of `forced_align`.

    A state is what a path is in and after how many tokens. Ties: the first that is named.
    """

    def before(kind, k):
        if kind == "blank":
            return [("blank", k, 0.0), ("label", k, 0.0), ("other", k, 0.0)]
        if kind == "other":
            return [("other", k, 0.0), ("blank", k, other[1]), ("label", k, other[1])]
        waited = [("label", k, 0.0), ("blank", k - 1, 0.0), ("other", k - 1, 0.0)]
        return waited + ([("label", k - 1, 0.0)] if k > 1 and tokens[k - 1] != tokens[k - 2] else [])

    scores, history = {("blank", 0): 0.0}, []
    for frame in log_probs:
        spoken = max(value for column, value in enumerate(frame) if column != blank)
        after, came = {}, {}
        for kind, k in itertools.product(["blank", "label"] + (["other"] if other else []), range(len(tokens) + 1)):
            if kind == "label" and k == 0:
                continue
            ways = [(scores[old, place] + cost, old, place) for old, place, cost in before(kind, k) if (old, place) in scores]
            if ways:
                best = max(ways, key=lambda way: way[0])
                if kind == "label":
                    heard = spoken if tokens[k - 1] < 0 else frame[tokens[k - 1]]
                else:
                    heard = frame[blank] if kind == "blank" else max(frame[blank], spoken - other[0])
                after[kind, k], came[kind, k] = best[0] + float(heard), best[1:]
        scores = after
        history.append(came)
    last = [(kind, len(tokens)) for kind in ("blank", "label", "other") if (kind, len(tokens)) in scores]
    if not last:
        return -math.inf, None
    state, path = max(last, key=scores.__getitem__), []
    score = scores[state]
    for came in reversed(history):
        path.append({"blank": -1, "other": -2}.get(state[0], state[1] - 1))
        state = came[state]
    return score, path[::-1]


def optional_score(log_probs, tokens, lengths, blank, other=None):
    """Score of the best path of any of the sentences, in their order, by trying all subsets of them."""
    ends = list(itertools.accumulate(lengths, initial=0))
    sentences = [list(tokens[a:b]) for a, b in itertools.pairwise(ends)]
    best = -math.inf
    for said in itertools.product([False, True], repeat=len(sentences)):
        kept: list[int] = []
        pauses = set()
        for sentence, is_said in zip(sentences, said, strict=True):
            if is_said:
                kept += sentence
            else:
                pauses.add(len(kept))
        best = max(best, three_states(log_probs, kept, blank, other, pauses))
    return best


def spot_score(log_probs, tokens, blank, end):
    """Best score of a path of any start that emits its last token in frame `end`."""
    best = -math.inf
    for start in range(end + 1):
        stretch = log_probs[start : end + 1]
        for path in ctc_paths(len(stretch), tokens, blank):
            if path[-1] == tokens[-1]:
                best = max(best, sum(stretch[t, s] for t, s in enumerate(path)))
    return best


def heaviest_chain(places, gain, link, next_link=None, near=0):
    """Weight of the best subset that rises in time and order, by trying all subsets.

    A link costs `next_link` where it leads to the very next sentence within `near` frames, else `link`.
    """
    next_link = link if next_link is None else next_link
    best = -math.inf
    for size in range(1, len(places) + 1):
        for subset in itertools.combinations(range(len(places)), size):
            chosen = sorted(subset, key=lambda i: places[i][0])
            pairs = list(zip(chosen, chosen[1:], strict=False))
            if all(places[a][1] <= places[b][0] and places[a][2] < places[b][2] for a, b in pairs):
                follows = [places[b][2] == places[a][2] + 1 and places[b][0] - places[a][1] <= near for a, b in pairs]
                best = max(best, sum(gain[i] for i in chosen) - sum(next_link if soon else link for soon in follows))
    return best


def log_softmax(values):
    """Rows to natural-log probabilities."""
    values = np.asarray(values, np.float64)
    return (values - np.log(np.exp(values).sum(axis=1, keepdims=True))).astype(np.float32)


def planted(tokens, gap, frames, at, vocabulary=30, seed=0):
    """Emissions in which `tokens` are said from frame `at` on, one every `gap` frames, amid noise."""
    logits = np.random.default_rng(seed).normal(0, 1, (frames, vocabulary))
    for number, token in enumerate(tokens):
        logits[at + gap * number, token] += 12
        logits[at + gap * number + 1 : at + gap * (number + 1), 0] += 12
    return log_softmax(logits)
