"""Needleman-Wunsch with affine gaps in differences of scores, diagonal by diagonal.

Of the scores H only their differences between neighbours are kept (Suzuki & Kasahara 2018): they are small, so one
byte holds each, and a vector register holds many. The cells of a diagonal do not depend on one another. With
i down the rows (ref), j along the columns (hyp), and open, extend <= 0:

    vertical(i, j)   = H(i, j) - H(i-1, j)      up(i, j)   = best score at (i+1, j) that ends in a gap of hyp, less H(i, j)
    horizontal(i, j) = H(i, j) - H(i, j-1)      left(i, j) = best score at (i, j+1) that ends in a gap of ref, less H(i, j)

    z = H(i, j) - H(i-1, j-1) = max(pair, up(i-1, j) + horizontal(i-1, j), left(i, j-1) + vertical(i, j-1))
    vertical(i, j) = z - horizontal(i-1, j)     up(i, j)   = max(open, up(i-1, j) + horizontal(i-1, j) - z) + extend
    horizontal(i, j) = z - vertical(i, j-1)     left(i, j) = max(open, left(i, j-1) + vertical(i, j-1) - z) + extend

What belongs to a row is kept by row, what belongs to a column by column *from the right*: then a diagonal is a
stretch of both, and every cell is updated in place. Rows are taken in strips of `STRIP`, which stay in the cache.
"""

from __future__ import annotations

import numpy as np

from align.kernels.compiling import jit

STRIP = 4096
"""Rows of a strip; also the distance of the four parts of `rows` from each other, so that the compiler can see
that they do not overlap: it takes a loop with more than eight such questions for one that cannot be vectorised."""

DEPTH = 4096
"""The longest distance of two kept diagonals; the same for `columns` of a cone."""

DIAGONAL, UP, LEFT = 0, 1, 2
"""Moves of an alignment: both symbols, a symbol of ref alone, a symbol of hyp alone."""


@jit
def _diagonal(rows, horizontal, up, hyp, count, match, partial, mismatch, opened, extend):
    """One diagonal; `rows` holds vertical, left, the symbols of ref and the sizes of their classes, `STRIP` apart.

    `opened` is open + extend. Symbols of one class of size 2**k differ in their last k bits alone.
    """
    cell = rows.dtype.type
    for k in range(count):
        unlike = cell(rows[2 * STRIP + k] ^ hyp[k])
        pair = partial if unlike < rows[3 * STRIP + k] else mismatch
        pair = match if unlike == 0 else pair
        v = rows[k]
        h = horizontal[k]
        left_score = cell(rows[STRIP + k] + v)
        up_score = cell(up[k] + h)
        z = max(pair, max(up_score, left_score))
        rows[k] = cell(z - h)
        horizontal[k] = cell(z - v)
        rest = cell(z - extend)
        rows[STRIP + k] = max(opened, cell(left_score - rest))
        up[k] = max(opened, cell(up_score - rest))


@jit
def _traced(rows, columns, flags, count, match, partial, mismatch, opened, extend):
    """`_diagonal` with its moves kept; `columns` holds horizontal, up and the symbols of hyp, `DEPTH` apart.

    A byte of `flags`: bits 0-1 the move, bit 2 "the gap of hyp was open already", bit 3 "the gap of ref was".
    """
    cell = rows.dtype.type
    for k in range(count):
        unlike = cell(rows[2 * STRIP + k] ^ columns[2 * DEPTH + k])
        pair = partial if unlike < rows[3 * STRIP + k] else mismatch
        pair = match if unlike == 0 else pair
        v = rows[k]
        h = columns[k]
        left = rows[STRIP + k]
        up = columns[DEPTH + k]
        left_score = cell(left + v)
        up_score = cell(up + h)
        z = max(pair, max(up_score, left_score))
        rows[k] = cell(z - h)
        columns[k] = cell(z - v)
        rest = cell(z - extend)
        rows[STRIP + k] = max(opened, cell(left_score - rest))
        columns[DEPTH + k] = max(opened, cell(up_score - rest))
        move = np.uint8(LEFT)
        if z == up_score:
            move = np.uint8(UP)
        if z == pair:
            move = np.uint8(DIAGONAL)
        flags[k] = move | (np.uint8(4) if up > opened else np.uint8(0)) | (np.uint8(8) if left > opened else np.uint8(0))


@jit
def sweep(ref, sizes, hyp, costs, first_vertical, next_vertical, horizontal, up, every, kept, tops, last):
    """All rows of `ref`, strip by strip.

    Args:
        ref: (n,) symbols.     sizes: (n,) size of the class of each, 1 where it has none.
        hyp: (m,) symbols, from the right.
        costs: (5,) match, partial, mismatch, open + extend, extend.
        first_vertical, next_vertical: vertical of column 0 in the first row, and in all others.
        horizontal, up: (m,), from the right: of the row above the first; overwritten by those of the last row.
        kept: (strips, diagonals, 4, STRIP), written: what a diagonal begins with, every `every` diagonals:
            vertical, left, horizontal, up by row of the strip. May have no strips: then nothing is kept.
        tops: (strips, 2, m), written: horizontal and up of the row above each strip, where `kept` is.
        last: (n,), written: vertical of the last column.
    All arrays of symbols and differences are of one type, int8 or int32.
    """
    match, partial, mismatch, opened, extend = costs[0], costs[1], costs[2], costs[3], costs[4]
    columns = len(hyp)
    rows = np.zeros(4 * STRIP, ref.dtype)
    keep = kept.shape[0] > 0
    for first in range(0, len(ref), STRIP):
        strip, height = first // STRIP, min(STRIP, len(ref) - first)
        rows[:height] = next_vertical
        if first == 0:
            rows[0] = first_vertical
        rows[STRIP : STRIP + height] = opened
        rows[2 * STRIP : 2 * STRIP + height] = ref[first : first + height]
        rows[3 * STRIP : 3 * STRIP + height] = sizes[first : first + height]
        if keep:
            tops[strip, 0] = horizontal
            tops[strip, 1] = up
        for d in range(height + columns - 1):
            low, high = max(0, d - columns + 1), min(height, d + 1)
            at = low + columns - 1 - d
            if keep and d % every == 0:
                kept[strip, d // every, 0, :height] = rows[:height]
                kept[strip, d // every, 1, :height] = rows[STRIP : STRIP + height]
                kept[strip, d // every, 2, low:high] = horizontal[at : at + high - low]
                kept[strip, d // every, 3, low:high] = up[at : at + high - low]
            _diagonal(rows[low:], horizontal[at:], up[at:], hyp[at:], high - low, match, partial, mismatch, opened, extend)
        last[first : first + height] = rows[:height]


@jit
def _cone(ref, sizes, hyp, costs, kept, top_row, since, until, top, bottom, rows, columns, flags):
    """Moves of the cells on diagonals since..until from which the path can come that is in row `bottom` on diagonal `until`.

    Args:
        ref, sizes: of the strip.     kept: (4, STRIP), what the diagonal `since` begins with.
        top_row: (2, m), horizontal and up of the row above the strip.
        top: the first row of the cone; it and `bottom` count from the strip's first.
        rows, columns: scratch.     flags: written, by diagonal from `since` and row from `top`.
    """
    match, partial, mismatch, opened, extend = costs[0], costs[1], costs[2], costs[3], costs[4]
    column, last = until - bottom, len(hyp) - 1
    for k in range(top, bottom + 1):
        rows[k - top] = kept[0, k]
        rows[STRIP + k - top] = kept[1, k]
        rows[2 * STRIP + k - top] = ref[k]
        rows[3 * STRIP + k - top] = sizes[k]
    for slot in range(min(until - since, column) + 1):
        crossed = since - (column - slot)  # the row in which the diagonal `since` meets this column
        right = last - (column - slot)
        columns[slot] = kept[2, crossed] if crossed >= 0 else top_row[0, right]
        columns[DEPTH + slot] = kept[3, crossed] if crossed >= 0 else top_row[1, right]
        columns[2 * DEPTH + slot] = hyp[right]
    for d in range(since, until + 1):
        low, high = max(top, bottom - (until - d)), min(bottom, d) + 1
        own = rows[low - top :], columns[column - (d - low) :], flags[d - since, low - top :]
        _traced(*own, high - low, match, partial, mismatch, opened, extend)


@jit
def walk_back(ref, sizes, hyp, costs, every, kept, tops, row, column, state, ref_out, hyp_out, count, offset):
    """The path from cell (row, column) back until the first row or column is passed.

    Between kept diagonals the cells are computed again, but only those from which the path can come: a cone.

    Args:
        ref ... tops: as given to, and written by, `sweep`.
        state: the gap that is open (UP, LEFT), or DIAGONAL.
        ref_out, hyp_out: columns of the alignment are appended, backwards, from `count` on; rows `offset` higher.

    Returns:
        (row, column, state, count); row or column is -1.
    """
    rows, columns = np.zeros(4 * STRIP, ref.dtype), np.zeros(3 * DEPTH, ref.dtype)
    flags = np.zeros((every, every), np.uint8)
    while row >= 0 and column >= 0:
        strip = row // STRIP
        first = strip * STRIP
        bottom = row - first  # counts from the strip's first row
        until = bottom + column
        since = until // every * every
        top = max(0, bottom - (until - since))
        own = ref[first:], sizes[first:], hyp, costs, kept[strip, since // every], tops[strip]
        _cone(*own, since, until, top, bottom, rows, columns, flags)
        while bottom >= top and column >= 0 and bottom + column >= since:
            flag = flags[bottom + column - since, bottom - top]
            if state == DIAGONAL:
                state = flag & 3
            move = state
            if state == UP:
                state = UP if flag & 4 else DIAGONAL
            elif state == LEFT:
                state = LEFT if flag & 8 else DIAGONAL
            ref_out[count] = offset + first + bottom if move != LEFT else -1
            hyp_out[count] = column if move != UP else -1
            bottom -= move != LEFT
            column -= move != UP
            count += 1
        row = first + bottom
    return row, column, state, count
