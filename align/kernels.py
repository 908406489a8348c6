"""All that numba compiles: small loops over contiguous arrays, with a slow obvious twin each in tests/naive.py.

Kernels check nothing; the wrappers in `pairwise`, `ctc` and `matching` do. No fast-math: -inf is a
value here. Compilation is lazy and cached (in `NUMBA_CACHE_DIR`, or beside this file).
"""

from __future__ import annotations

import numpy as np
from numba import njit

jit = njit(cache=True, nogil=True)

NEVER = np.float32(-1e30)
"""Minus infinity that can be added to without becoming NaN."""

DIAGONAL, UP, LEFT = 0, 1, 2
"""Moves of a pairwise alignment: both symbols, a symbol of ref alone, a symbol of hyp alone."""


@jit
def gotoh_rows(ref, hyp, first, last, match, mismatch, gap_open, gap_extend, free_hyp_start, best, up, trace):
    """Rows first..last of the affine recurrence, in place; Gotoh (1982).

    Args:
        ref, hyp: int32 symbols.
        best, up: (m + 1,) float32, row `first` of the best score and of the score ending in a gap
            of hyp; after the call row `last`.
        trace: (last - first, m + 1) uint8, one byte a cell: bits 0-1 the move, bit 2 "the UP gap
            was open already", bit 3 "the LEFT gap was open already"; shape (0, 0): not wanted.

    Ties: DIAGONAL before UP before LEFT; a gap is rather closed than extended.
    """
    columns = len(hyp)
    keep = trace.shape[0] > 0
    for i in range(first, last):
        diagonal = best[0]
        up[0] = max(best[0] + gap_open, up[0]) + gap_extend
        best[0] = np.float32(0) if free_hyp_start else up[0]
        if keep:
            trace[i - first, 0] = UP | (4 if i > 0 else 0)
        left = NEVER
        for j in range(1, columns + 1):
            opened = best[j] + gap_open
            flags = 0
            if up[j] > opened:
                flags |= 4
                opened = up[j]
            up[j] = opened + gap_extend
            opened = best[j - 1] + gap_open
            if left > opened:
                flags |= 8
                opened = left
            left = opened + gap_extend
            score = diagonal + (match if ref[i] == hyp[j - 1] else mismatch)
            move = DIAGONAL
            if up[j] > score:
                score = up[j]
                move = UP
            if left > score:
                score = left
                move = LEFT
            diagonal = best[j]
            best[j] = score
            if keep:
                trace[i - first, j] = move | flags


@jit
def walk_back(trace, first, row, column, state, ref_out, hyp_out, count):
    """Follow `trace` of rows first.. from cell (row, column) until row `first` or column 0 is reached.

    `state` is the gap that is open (UP, LEFT) or DIAGONAL. Columns of the alignment are appended,
    backwards, to ref_out and hyp_out from `count` on. Returns (row, column, state, count).
    """
    while row > first and column > 0:
        cell = trace[row - 1 - first, column]
        if state == DIAGONAL:
            state = cell & 3
        if state == DIAGONAL:
            row -= 1
            column -= 1
            ref_out[count] = row
            hyp_out[count] = column
        elif state == UP:
            row -= 1
            state = UP if cell & 4 else DIAGONAL
            ref_out[count] = row
            hyp_out[count] = -1
        else:
            column -= 1
            state = LEFT if cell & 8 else DIAGONAL
            ref_out[count] = -1
            hyp_out[count] = column
        count += 1
    return row, column, state, count


@jit
def ctc_step(emission, tokens, repeats, blank, blanks, labels, new_blanks, new_labels):
    """One frame of the CTC Viterbi recurrence over L tokens.

    State b(k), k = 0..L, is a blank after k tokens; state l(k + 1) is token k itself.

    Args:
        emission: (V,) float32 log-probabilities of the frame.
        tokens: (L,) int32.      repeats: (L,) float32, NEVER where a token equals the one before it, else 0.
        blanks, labels: (L + 1,) float32 scores before the frame; labels[0] is NEVER.
        new_blanks, new_labels: the same after it.
    """
    for k in range(len(tokens)):
        score = max(labels[k + 1], blanks[k])
        score = max(score, labels[k] + repeats[k])
        new_labels[k + 1] = score + emission[tokens[k]]
    quiet = emission[blank]
    for k in range(len(blanks)):
        new_blanks[k] = max(blanks[k], labels[k]) + quiet


@jit
def ctc_forward(log_probs, tokens, repeats, blank, blanks, labels, checkpoints, every):
    """The recurrence over all frames; every `every` frames the scores *before* the frame are kept.

    Args:
        blanks, labels: scores before the first frame, overwritten by those after the last.
        checkpoints: (ceil(T / every), 2, L + 1) float32, written.
    """
    other_blanks = np.empty_like(blanks)
    other_labels = np.full_like(labels, NEVER)
    for t in range(log_probs.shape[0]):
        if t % every == 0:
            checkpoints[t // every, 0] = blanks
            checkpoints[t // every, 1] = labels
        ctc_step(log_probs[t], tokens, repeats, blank, blanks, labels, other_blanks, other_labels)
        blanks[:] = other_blanks
        labels[:] = other_labels


@jit
def ctc_totals(log_probs, tokens, repeats, blank, totals):
    """The recurrence from the first frame on; totals[t], written, (T,) float32, is the best score of all tokens by frame t."""
    count = len(tokens)
    blanks, labels = np.full(count + 1, NEVER, np.float32), np.full(count + 1, NEVER, np.float32)
    new_blanks, new_labels = np.empty(count + 1, np.float32), np.full(count + 1, NEVER, np.float32)
    blanks[0] = np.float32(0)
    for t in range(log_probs.shape[0]):
        ctc_step(log_probs[t], tokens, repeats, blank, blanks, labels, new_blanks, new_labels)
        blanks, new_blanks = new_blanks, blanks
        labels, new_labels = new_labels, labels
        totals[t] = max(blanks[count], labels[count])


@jit
def ctc_trace(log_probs, tokens, repeats, blank, blanks, labels, moves):
    """The recurrence over a block of frames, with every move kept.

    `moves` (T, 2, L + 1) int8: for a blank 0 "from the same blank" or 1 "from the token before it";
    for a label 0 "stay", 1 "from the blank before it", 2 "from the token before it". Ties: the lower number.
    """
    count = len(tokens)
    for t in range(log_probs.shape[0]):
        emission = log_probs[t]
        for k in range(count, -1, -1):  # downwards, so that k - 1 is still that of the frame before
            move = 0
            score = blanks[k]
            if labels[k] > score:
                score = labels[k]
                move = 1
            new_blank = score + emission[blank]
            moves[t, 0, k] = move
            if k > 0:
                move = 0
                score = labels[k]
                if blanks[k - 1] > score:
                    score = blanks[k - 1]
                    move = 1
                if labels[k - 1] + repeats[k - 1] > score:
                    score = labels[k - 1] + repeats[k - 1]
                    move = 2
                labels[k] = score + emission[tokens[k - 1]]
                moves[t, 1, k] = move
            blanks[k] = new_blank


@jit
def ctc_walk_back(moves, is_label, k, path):
    """Follow `moves` backwards; path[t] becomes the token of frame t, or -1. Returns the state before frame 0."""
    for t in range(moves.shape[0] - 1, -1, -1):
        path[t] = k - 1 if is_label else -1
        move = moves[t, 1 if is_label else 0, k]
        if is_label:
            if move == 1:
                is_label = False
                k -= 1
            elif move == 2:
                k -= 1
        elif move == 1:
            is_label = True
    return is_label, k


# The three loops of spotting stand in functions of their own, each over few arrays: only then does LLVM
# prove that they do not overlap and vectorise them (four times faster, measured).


@jit
def _gather(frame, tokens, emissions):
    for k in range(len(tokens)):
        emissions[k] = frame[np.uint32(tokens[k])]


@jit
def _to_labels(labels, labels_from, blanks, blanks_from, repeats, emissions, new_labels, new_from):
    for k in range(len(emissions)):
        stayed, waited, skipped = labels[k + 1], blanks[k], labels[k] + repeats[k]
        stayed_from, waited_from, skipped_from = labels_from[k + 1], blanks_from[k], labels_from[k]
        fresh = waited > stayed
        score = waited if fresh else stayed
        came = waited_from if fresh else stayed_from
        direct = skipped > score
        new_labels[k] = (skipped if direct else score) + emissions[k]
        new_from[k] = skipped_from if direct else came


@jit
def _to_blanks(labels, labels_from, blanks, blanks_from, quiet):
    for k in range(1, len(blanks)):
        said, waited, said_from, waited_from = labels[k], blanks[k], labels_from[k], blanks_from[k]
        ended = said > waited
        blanks[k] = (said if ended else waited) + quiet
        blanks_from[k] = said_from if ended else waited_from


@jit
def _move_in(new_labels, new_from, labels, labels_from):
    for k in range(len(new_labels)):
        labels[k + 1] = new_labels[k]
    for k in range(len(new_from)):
        labels_from[k + 1] = new_from[k]


@jit
def spot_scores(log_probs, tokens, repeats, blank, end_score, end_start):
    """Best path of a sentence that ends in each frame, wherever it started.

    The recurrence of `ctc_step` with a start in any frame at no cost; each state carries the frame
    in which its path began.

    Args:
        log_probs: (T, V) float32, relative to each frame's best symbol (so <= 0).
        end_score: (T,) float32, written: score of the best path whose last token is emitted in frame t.
        end_start: (T,) int32, written: the frame in which that path began.
    """
    count = len(tokens)
    blanks, labels = np.full(count + 1, NEVER, np.float32), np.full(count + 1, NEVER, np.float32)
    blanks_from, labels_from = np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int32)
    new_labels, new_from = np.empty(count, np.float32), np.empty(count, np.int32)
    emissions = np.empty(count, np.float32)
    for t in range(log_probs.shape[0]):
        blanks[0] = np.float32(0)
        blanks_from[0] = t
        _gather(log_probs[t], tokens, emissions)
        _to_labels(labels, labels_from, blanks, blanks_from, repeats, emissions, new_labels, new_from)
        _to_blanks(labels, labels_from, blanks, blanks_from, log_probs[t, blank])
        _move_in(new_labels, new_from, labels, labels_from)
        end_score[t] = labels[count]
        end_start[t] = labels_from[count]


@jit
def chain(start, end, order, gain, link, next_link, near, best, before):
    """Heaviest chain of places that rise in time without overlap and rise in order; places sorted by end.

    Args:
        start, end: (N,) frames, half-open.      order: (N,) position of the place's sentence in the text.
        gain: (N,) what a place is worth.        link: cost of each link ...
        next_link, near: ... and of a link to the very next sentence, `near` frames later at most.
        best: (N,) float64, written: weight of the heaviest chain that ends with a place.
        before: (N,) int64, written: the place before it in that chain, or -1.
    """
    for i in range(len(start)):
        best[i] = gain[i]
        before[i] = -1
        for j in range(i):
            if end[j] <= start[i] and order[j] < order[i]:
                follows = order[i] == order[j] + 1 and start[i] - end[j] <= near
                weight = best[j] + gain[i] - (next_link if follows else link)
                if weight > best[i]:
                    best[i] = weight
                    before[i] = j
