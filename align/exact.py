"""The best alignment of two sequences of codes, in memory that grows with their length and not with their product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from align.encoding import Costs
from align.kernels import affine
from align.types import Alignment

MAX_BYTES = 2_000_000_000

_KEPT_BYTES = 32 << 20
"""What kept diagonals may take; where all would take more, parts of the rows are computed twice, one at a time."""

_PARTS = 64
"""No more of them, since each begins with a kept row."""

_CODES_IN_A_BYTE = 128

Ends = tuple[bool, bool, bool, bool]


def exact(ref: np.ndarray, hyp: np.ndarray, sizes: np.ndarray, given: Costs, ends: Ends) -> Alignment:
    """The alignment of codes (n,) and (m,) as `encoding.codes` gives them; see `pairwise.needleman_wunsch`.

    Raises:
        MemoryError: more than `MAX_BYTES` would be needed.
    """
    if not len(ref) or not len(hyp):
        return Alignment(*_all_gap(len(ref), len(hyp)), of_gaps(len(ref), len(hyp), given, ends))
    most = max(int(ref.max()), int(hyp.max()), int(sizes.max()))
    dtype = given.dtype if most < _CODES_IN_A_BYTE else np.int32
    task = _Task(
        ref.astype(dtype), sizes.astype(dtype), np.ascontiguousarray(hyp[::-1].astype(dtype)), given.array(dtype), given, ends
    )
    part, every = _plan(len(ref), len(hyp), np.dtype(dtype).itemsize)
    tops, swept, last = _forward(task, part, every)
    row, column, score = _best_end(task, tops[-1][0], last)
    return Alignment(*_path(task, part, every, tops, swept, row, column), score / given.scale)


@dataclass(frozen=True, slots=True)
class _Task:
    """What the kernels are given; `hyp` from the right."""

    ref: np.ndarray
    sizes: np.ndarray
    hyp: np.ndarray
    costs: np.ndarray
    given: Costs
    ends: Ends


Border = tuple[np.ndarray, np.ndarray]
"""(horizontal, up) of a row, each (m,) from the right."""


def _plan(n: int, m: int, itemsize: int) -> tuple[int, int]:
    """(rows of a part, distance of kept diagonals): all rows in one part, and the diagonals as close, as `_KEPT_BYTES` allows."""
    strips, every = -(-n // affine.STRIP), 256
    while True:
        strip = 4 * affine.STRIP * ((affine.STRIP + m) // every + 1) * itemsize
        if strip * strips <= _KEPT_BYTES or every == affine.DEPTH:
            break
        every *= 2
    together = min(strips, max(1, _KEPT_BYTES // strip, -(-strips // _PARTS)))
    part = together * affine.STRIP
    needed = strip * together + 2 * m * itemsize * (n // part + 2) + 12 * (n + m)
    if needed > MAX_BYTES:
        raise MemoryError(f"{n} x {m} symbols need {needed / 1e9:.1f} GB, more than {MAX_BYTES / 1e9:.1f} GB; cut the input")
    return part, every


def _top(task: _Task) -> Border:
    """The row before the first: a gap of ref."""
    horizontal = np.full(len(task.hyp), 0 if task.ends[2] else task.given.gap_extend, task.hyp.dtype)
    if not task.ends[2]:
        horizontal[-1] = task.costs[3]
    return horizontal, np.full(len(task.hyp), task.costs[3], task.hyp.dtype)


@dataclass(frozen=True, slots=True)
class _Swept:
    """The last `width` columns from the right of rows `first`.., as `affine.walk_back` needs them."""

    first: int
    width: int
    kept: np.ndarray
    inner: np.ndarray


def _sweep(task: _Task, first: int, rows: int, border: Border, every: int, keep: bool) -> tuple[_Swept, np.ndarray]:
    """Sweep rows first..first + rows - 1, as many columns as `border` has, which is overwritten; (what is kept, last column)."""
    dtype, width = task.hyp.dtype, len(border[0])
    strips = -(-rows // affine.STRIP) if keep else 0
    kept = np.empty((strips, (affine.STRIP + width) // every + 1, 4, affine.STRIP), dtype)
    inner, last = np.empty((strips, 2, width), dtype), np.empty(rows, dtype)
    down = dtype.type(0 if task.ends[0] else task.given.gap_extend)
    corner = task.costs[3] if first == 0 and not task.ends[0] else down
    ref, sizes = task.ref[first : first + rows], task.sizes[first : first + rows]
    hyp = task.hyp[len(task.hyp) - width :]
    affine.sweep(ref, sizes, hyp, task.costs, corner, down, *border, every, kept, inner, last)
    return _Swept(first, width, kept, inner), last


def _forward(task: _Task, part: int, every: int) -> tuple[list[Border], _Swept, np.ndarray]:
    """The rows before each part and after the last; what the last part kept; (n,) vertical of the last column."""
    tops, columns = [_top(task)], []
    for first in range(0, len(task.ref), part):
        border = tops[-1][0].copy(), tops[-1][1].copy()
        rows = min(part, len(task.ref) - first)
        swept, last = _sweep(task, first, rows, border, every, keep=first + rows == len(task.ref))
        columns.append(last)
        tops.append(border)
    return tops, swept, np.concatenate(columns)


def _best_end(task: _Task, last_row: np.ndarray, last_column: np.ndarray) -> tuple[int, int, int]:
    """(row, column, score) of the cell where the path ends; -1 is the border before the first."""
    n, m = len(task.ref), len(task.hyp)
    down = of_gaps(0, m, task.given, task.ends, True) + np.concatenate([[0], np.cumsum(last_column, dtype=np.int64)])
    along = of_gaps(n, 0, task.given, task.ends, True) + np.concatenate([[0], np.cumsum(last_row[::-1], dtype=np.int64)])
    row, column, score = n, m, down[n]
    if task.ends[1] and down.max() > score:
        row = n - int(down[::-1].argmax())
        score = down[row]
    if task.ends[3] and along.max() > score:
        row, column = n, m - int(along[::-1].argmax())
        score = along[column]
    return row - 1, column - 1, int(score)


def _path(
    task: _Task, part: int, every: int, tops: list[Border], swept: _Swept, row: int, column: int
) -> tuple[np.ndarray, np.ndarray]:
    """Walk back from cell (row, column), part by part; all but the last are swept again, with their diagonals kept."""
    n, m = len(task.ref), len(task.hyp)
    ref, hyp = np.empty(n + m, np.int32), np.empty(n + m, np.int32)
    count = _append(ref, hyp, 0, n - 1, row, m - 1, column)
    state = affine.DIAGONAL
    while row >= 0 and column >= 0:
        first = row // part * part
        if first != swept.first:
            right = slice(m - 1 - column, m)
            border = tops[first // part][0][right].copy(), tops[first // part][1][right].copy()
            swept, _ = _sweep(task, first, row + 1 - first, border, every, keep=True)
        own = task.ref[first:], task.sizes[first:], task.hyp[m - swept.width :], task.costs, every, swept.kept, swept.inner
        row, column, state, count = affine.walk_back(*own, row - first, column, state, ref, hyp, count, first)
        row += first
    count = _append(ref, hyp, count, row, -1, column, -1)
    return ref[:count][::-1].copy(), hyp[:count][::-1].copy()


def _append(ref: np.ndarray, hyp: np.ndarray, count: int, row: int, last_row: int, column: int, last_column: int) -> int:
    """Gaps for rows row..last_row + 1 and then columns column..last_column + 1, downwards."""
    rows, columns = row - last_row, column - last_column
    ref[count : count + rows], hyp[count : count + rows] = np.arange(row, last_row, -1), -1
    count += rows
    ref[count : count + columns], hyp[count : count + columns] = -1, np.arange(column, last_column, -1)
    return count + columns


def _all_gap(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    ref, hyp = np.full(n + m, -1, np.int32), np.full(n + m, -1, np.int32)
    ref[:n], hyp[n:] = np.arange(n), np.arange(m)
    return ref, hyp


def of_gaps(n: int, m: int, given: Costs, ends: Ends, start: bool = False) -> float:
    """Score of an alignment of n symbols with none, or of none with m; in integers, at the start, if `start`."""
    free = (ends[0] or (ends[1] and not start)) if n else (ends[2] or (ends[3] and not start))
    score = 0 if free or not n + m else given.gap_open + (n + m) * given.gap_extend
    return score if start else score / given.scale
