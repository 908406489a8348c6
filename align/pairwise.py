"""Needleman-Wunsch with affine gaps and free ends, exact, in memory that grows with the square root of the work."""

from __future__ import annotations

import math

import numpy as np

from align import kernels
from align.types import Alignment

MAX_BYTES = 2_000_000_000

Symbols = str | np.ndarray


def encode(ref: Symbols, hyp: Symbols) -> tuple[np.ndarray, np.ndarray]:
    """Both sequences as contiguous int32 arrays: code points of a str, the integers of an array."""
    return _encode(ref), _encode(hyp)


def _encode(symbols: Symbols) -> np.ndarray:
    if isinstance(symbols, str):
        return np.frombuffer(symbols.encode("utf-32-le", "surrogatepass"), np.int32).copy()
    array = np.asarray(symbols)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ValueError(f"a sequence must be a str or a 1-d array of integers, not shape {array.shape} of {array.dtype}")
    return np.ascontiguousarray(array, np.int32)


def needleman_wunsch(
    ref: Symbols,
    hyp: Symbols,
    *,
    match: float = 2.0,
    mismatch: float = -2.0,
    gap_open: float = -3.0,
    gap_extend: float = -1.0,
    free_ends: bool | tuple[bool, bool, bool, bool] = False,
) -> Alignment:
    """The alignment with the highest score (Needleman & Wunsch 1970; affine gaps after Gotoh 1982).

    All four numbers are added to the score: k gap symbols in a row add gap_open + k * gap_extend.

    Args:
        ref, hyp: str, or 1-d arrays of integers.
        free_ends: whether gaps at the ends cost nothing: one bool, or four: the start and the end
            of `ref` left over, the start and the end of `hyp` left over.

    Returns:
        Every symbol of both inputs is in exactly one column, also those left over at free ends.

    Raises:
        ValueError: an input is neither a str nor a 1-d array of integers, or a number is not finite.
        MemoryError: more than `MAX_BYTES` would be needed.

    Note:
        Ties: a pairing before a gap in hyp before a gap in ref, seen from the end of the sequences.
        Time O(n m). Memory 8 m + 9 m sqrt(n) bytes: rows are kept every sqrt(n) rows and the blocks
        between them are computed again for the path.

    >>> needleman_wunsch("abc", "ac").hyp.tolist()
    [0, -1, 1]
    """
    a, b = encode(ref, hyp)
    costs = [np.float32(x) for x in (match, mismatch, gap_open, gap_extend)]
    if not np.all(np.isfinite(costs)):
        raise ValueError(f"match, mismatch, gap_open and gap_extend must be finite, not {[float(x) for x in costs]}")
    ends = (free_ends,) * 4 if isinstance(free_ends, bool) else free_ends
    block = max(1, math.isqrt(len(a)))
    needed = 9 * (len(b) + 1) * (len(a) // block + 1)
    if needed > MAX_BYTES:
        size = f"{len(a)} x {len(b)} symbols need {needed / 1e9:.1f} GB"
        raise MemoryError(f"{size}, more than {MAX_BYTES / 1e9:.1f} GB; cut the input")
    rows, last_column = _checkpoints(a, b, costs, ends, block)
    row, column, score = _best_end(rows[-1][0], last_column, ends)
    return _path(a, b, costs, ends, block, rows, (row, column), score)


Row = tuple[np.ndarray, np.ndarray]


def _checkpoints(
    a: np.ndarray, b: np.ndarray, costs: list[np.float32], ends: tuple[bool, ...], block: int
) -> tuple[list[Row], np.ndarray]:
    """Rows 0, block, 2 block, ..., n of the recurrence, and the last column of every row."""
    best = np.zeros(len(b) + 1, np.float32)
    if not ends[2]:
        best[1:] = costs[2] + costs[3] * np.arange(1, len(b) + 1, dtype=np.float32)
    up = np.full(len(b) + 1, kernels.NEVER, np.float32)
    rows, last_column = [(best.copy(), up.copy())], [best[-1]]
    for first in range(0, len(a), block):
        last = min(first + block, len(a))
        for row in range(first, last):
            kernels.gotoh_rows(a, b, row, row + 1, *costs, ends[0], best, up, np.zeros((0, 0), np.uint8))
            last_column.append(best[-1])
        rows.append((best.copy(), up.copy()))
    return rows, np.array(last_column)


def _best_end(last_row: np.ndarray, last_column: np.ndarray, ends: tuple[bool, ...]) -> tuple[int, int, float]:
    """The cell where the path ends: the corner, or the best of the last column (row) where that end is free."""
    row, column = len(last_column) - 1, len(last_row) - 1
    score = last_row[column]
    if ends[1] and last_column.max() > score:
        row = int(last_column.argmax())
        score = last_column[row]
    if ends[3] and last_row.max() > score:
        row, column = len(last_column) - 1, int(last_row.argmax())
        score = last_row[column]
    return row, column, float(score)


def _path(
    a: np.ndarray,
    b: np.ndarray,
    costs: list[np.float32],
    ends: tuple[bool, ...],
    block: int,
    rows: list[Row],
    end: tuple[int, int],
    score: float,
) -> Alignment:
    """Walk back from `end`, block by block; each is computed again with its moves kept."""
    ref, hyp = np.empty(len(a) + len(b), np.int32), np.empty(len(a) + len(b), np.int32)
    row, column = end
    count = 0
    for left in range(len(a) - 1, row - 1, -1):
        ref[count], hyp[count], count = left, -1, count + 1
    for left in range(len(b) - 1, column - 1, -1):
        ref[count], hyp[count], count = -1, left, count + 1
    state = kernels.DIAGONAL
    while row > 0 and column > 0:
        first = (row - 1) // block * block
        best, up = (array.copy() for array in rows[first // block])
        trace = np.empty((row - first, len(b) + 1), np.uint8)
        kernels.gotoh_rows(a, b, first, row, *costs, ends[0], best, up, trace)
        row, column, state, count = kernels.walk_back(trace, first, row, column, state, ref, hyp, count)
    for left in range(row - 1, -1, -1):
        ref[count], hyp[count], count = left, -1, count + 1
    for left in range(column - 1, -1, -1):
        ref[count], hyp[count], count = -1, left, count + 1
    return Alignment(ref[:count][::-1].copy(), hyp[:count][::-1].copy(), score)
