"""Slow, obvious twins of the kernels: what they should compute, written so that one can see it."""

from __future__ import annotations

import itertools
import math

import numpy as np


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


def rescore(alignment, ref, hyp, match, mismatch, gap_open, gap_extend, free_ends=(False,) * 4):
    """Score of an alignment, column by column; runs of gaps at free ends cost nothing."""
    columns = list(zip(alignment.ref.tolist(), alignment.hyp.tolist(), strict=True))
    kinds = ["pair" if i >= 0 and j >= 0 else "up" if j < 0 else "left" for i, j in columns]
    runs = [(kind, list(group)) for kind, group in itertools.groupby(range(len(kinds)), key=lambda c: kinds[c])]
    free = set()
    for at, kind, is_free in (
        (0, "up", free_ends[0]),
        (-1, "up", free_ends[1]),
        (0, "left", free_ends[2]),
        (-1, "left", free_ends[3]),
    ):
        edge = [r for r, (k, _) in enumerate(runs) if k == "pair"]
        outside = range(0, edge[0]) if at == 0 and edge else range(edge[-1] + 1, len(runs)) if edge else range(len(runs))
        free |= {r for r in outside if runs[r][0] == kind and is_free}
    score = 0.0
    for number, (kind, places) in enumerate(runs):
        if kind == "pair":
            score += sum(match if ref[columns[c][0]] == hyp[columns[c][1]] else mismatch for c in places)
        elif number not in free:
            score += gap_open + gap_extend * len(places)
    return score


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
