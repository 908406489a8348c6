"""What two sequences share and each has once, the longest chain of it, and short gaps between."""

from __future__ import annotations

import numpy as np

from align.kernels.compiling import jit

_BASE = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd (Knuth, section 6.4)
_HIGH = np.uint64(32)  # bits below are the weaker ones of a product

CELLS = 1 << 14
"""Cells of the largest gap that `fill` aligns; a larger one is worth vectors."""


@jit
def _power(length):
    """By what the first code of a stretch is multiplied in its rolling key (Karp & Rabin 1987) when it leaves."""
    power = _BASE
    for _ in range(length):
        power *= _BASE
    return power


@jit
def _roll(rolled, codes, end, length, power):
    """The rolling key of the stretch that ends at `end`, from that of the one before; of a shorter one at the beginning."""
    rolled = (rolled + np.uint64(codes[end] + 1)) * _BASE
    return rolled - np.uint64(codes[end - length] + 1) * power if end >= length else rolled


@jit
def count_stretches(codes, length, table, first, often):
    """Enter all stretches of `length` codes in a hash table with open addresses.

    Args:
        table: (2**b,) uint64 keys, 0 where free.     first: (2**b,) int32, written: where the stretch begins first.
        often: (2**b,) uint8, written: how often it occurs, at most 2.
    """
    mask, power, rolled = np.uint64(len(table) - 1), _power(length), np.uint64(0)
    for end in range(len(codes)):
        at = end + 1 - length
        rolled = _roll(rolled, codes, end, length, power)
        if at < 0:
            continue
        key = rolled | np.uint64(1)
        slot = key >> _HIGH & mask
        while table[slot] != 0 and table[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] == 0:
            table[slot] = key
            first[slot] = at
        often[slot] = min(2, often[slot] + 1)


@jit
def shared_once(ref, hyp, length, table, first, often, seen, seen_at, found_ref, found_hyp):
    """Where stretches begin that occur once in ref and once in hyp; returns how many, in the order of hyp.

    Args:
        table, first, often: of ref, see `count_stretches`.
        seen: (2**b,) uint8 zeros, overwritten.     seen_at: (2**b,) int32, overwritten.
        found_ref, found_hyp: (m,) int32, written.
    """
    mask, power, rolled = np.uint64(len(table) - 1), _power(length), np.uint64(0)
    for end in range(len(hyp)):
        at = end + 1 - length
        rolled = _roll(rolled, hyp, end, length, power)
        if at < 0:
            continue
        key = rolled | np.uint64(1)
        slot = key >> _HIGH & mask
        while table[slot] != 0 and table[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] == key:
            seen[slot] = min(2, seen[slot] + 1)
            seen_at[at] = np.int32(slot)
        else:
            seen_at[at] = -1
    count = 0
    for at in range(len(hyp) - length + 1):
        slot = seen_at[at]
        if slot < 0 or seen[slot] != 1 or often[slot] != 1:
            continue
        same = True
        for k in range(length):  # two stretches may have one key
            same &= ref[first[slot] + k] == hyp[at + k]
        if same:
            found_ref[count] = first[slot]
            found_hyp[count] = at
            count += 1
    return count


@jit
def longest_rising(values, tails, before):
    """Indices of the longest strictly rising subsequence, as a chain: returns its last index (-1: empty).

    Patience sorting (Fredman 1975), O(N log N). `tails` (N,) int32 is scratch; `before` (N,) int32 is written: the
    index before each in the best chain that ends with it, or -1.
    """
    length = 0
    for i in range(len(values)):
        low, high = 0, length
        while low < high:
            middle = (low + high) // 2
            if values[tails[middle]] < values[i]:
                low = middle + 1
            else:
                high = middle
        before[i] = tails[low - 1] if low > 0 else -1
        tails[low] = i
        length = max(length, low + 1)
    return tails[length - 1] if length > 0 else -1


@jit
def trusted(seeds_ref, seeds_hyp, last, before, length, drift, near, span, found_ref, found_hyp):
    """The symbols of the seeds of a chain that stand in runs; returns how many.

    Args:
        seeds_ref, seeds_hyp: where seeds begin.     last, before: the chain, see `longest_rising`.
        length: of a seed.
        drift, near: neighbours of a run are off one diagonal by so many symbols, and apart by so many, at the most.
        span: symbols that a run must span in both.
        found_ref, found_hyp: (min(n, m),) int32, written: pairs of equal symbols, both rising.
    """
    count = len(found_ref)  # written from the back: so the chain comes
    row, column = np.int32(2**31 - 1), np.int32(2**31 - 1)
    while last >= 0:
        head, joined = last, True
        while joined and before[head] >= 0:
            other = before[head]
            down, along = seeds_ref[head] - seeds_ref[other], seeds_hyp[head] - seeds_hyp[other]
            joined = abs(down - along) <= drift and down <= near and along <= near
            if joined:
                head = other
        covered = min(seeds_ref[last] - seeds_ref[head], seeds_hyp[last] - seeds_hyp[head]) + length
        following = before[head]
        while last != following:
            if covered >= span:
                for k in range(length - 1, -1, -1):
                    if seeds_ref[last] + k < row and seeds_hyp[last] + k < column:
                        count -= 1
                        row, column = seeds_ref[last] + k, seeds_hyp[last] + k
                        found_ref[count], found_hyp[count] = row, column
            last = before[last]
    return len(found_ref) - count


@jit
def _small(ref, hyp, sizes, costs, best, up, trace, ref_out, hyp_out, count, row, column):
    """Gotoh (1982) over one short gap, scores in int64; appends the columns forwards and returns their number."""
    n, m = len(ref), len(hyp)
    match, partial, mismatch, opened, extend = costs[0], costs[1], costs[2], costs[3], costs[4]
    never = np.int64(-(1 << 60))
    best[0] = 0
    for j in range(1, m + 1):
        best[j] = opened + extend * (j - 1)
        up[j] = never
    for i in range(n):
        diagonal = best[0]
        best[0] = opened + extend * i
        left = never
        for j in range(1, m + 1):
            flags = 0
            fresh, older = best[j] + opened, up[j] + extend
            if older > fresh:
                fresh = older
                flags |= 4
            up[j] = fresh
            fresh, older = best[j - 1] + opened, left + extend
            if older > fresh:
                fresh = older
                flags |= 8
            left = fresh
            unlike = ref[i] ^ hyp[j - 1]
            score = diagonal + (match if unlike == 0 else partial if unlike < sizes[i] else mismatch)
            move = 0
            if up[j] > score:
                score = up[j]
                move = 1
            if left > score:
                score = left
                move = 2
            diagonal = best[j]
            best[j] = score
            trace[i, j - 1] = move | flags
    return _small_path(trace, n, m, ref_out, hyp_out, count, row, column)


@jit
def _small_path(trace, n, m, ref_out, hyp_out, count, row, column):
    i, j, state, end = n, m, 0, count
    while i > 0 or j > 0:  # counts the columns, then they are written from the back
        cell = np.uint8(1) if j == 0 else np.uint8(2) if i == 0 else trace[i - 1, j - 1]
        move = int(state if state and i > 0 and j > 0 else cell & 3)
        state = move if (move == 1 and cell & 4) or (move == 2 and cell & 8) else 0
        ref_out[end] = row + i - 1 if move != 2 else -1
        hyp_out[end] = column + j - 1 if move != 1 else -1
        i -= move != 2
        j -= move != 1
        end += 1
    for k in range((end - count) // 2):
        ref_out[count + k], ref_out[end - 1 - k] = ref_out[end - 1 - k], ref_out[count + k]
        hyp_out[count + k], hyp_out[end - 1 - k] = hyp_out[end - 1 - k], hyp_out[count + k]
    return end


@jit
def fill(ref, hyp, sizes, costs, anchors_ref, anchors_hyp, row, column, ref_out, hyp_out, count):
    """Columns from (row, column) over as many anchors as small gaps lead to.

    Args:
        ref, hyp, sizes, costs: int32; see `affine.sweep`, but hyp from the left.
        anchors_ref, anchors_hyp: (N,) int32 pairs that are equal, both rising; after the last comes a gap.
        ref_out, hyp_out: columns are written from `count` on.

    Returns:
        (anchors passed, row, column, count): before a gap of more than `CELLS` cells, or after the last anchor.
    """
    best, up = np.empty(CELLS + 2, np.int64), np.empty(CELLS + 2, np.int64)
    trace = np.empty(CELLS, np.uint8)
    for at in range(len(anchors_ref)):
        until, other = anchors_ref[at], anchors_hyp[at]
        cells = (until - row) * (other - column)
        if cells > CELLS:
            return at, row, column, count
        if cells > 0:
            own = ref[row:until], hyp[column:other], sizes[row:until], costs
            shaped = trace[:cells].reshape(until - row, other - column)
            count = _small(*own, best, up, shaped, ref_out, hyp_out, count, row, column)
        else:
            for i in range(row, until):
                ref_out[count], hyp_out[count] = i, -1
                count += 1
            for j in range(column, other):
                ref_out[count], hyp_out[count] = -1, j
                count += 1
        ref_out[count], hyp_out[count] = until, other
        count += 1
        row, column = until + 1, other + 1
    return len(anchors_ref), row, column, count


@jit
def _kind(i, j):
    return 1 if j < 0 else 2 if i < 0 else 0


@jit
def path_score(ref, hyp, sizes, costs, columns_ref, columns_hyp, free):
    """Score of an alignment's columns in integers; `free` (4,) as `free_ends`."""
    match, partial, mismatch, opened, extend = costs[0], costs[1], costs[2], costs[3], costs[4]
    total = len(columns_ref)
    first, last = 0, total  # the first run of gaps ends, the last begins
    while first < total and _kind(columns_ref[first], columns_hyp[first]) == _kind(columns_ref[0], columns_hyp[0]) != 0:
        first += 1
    while last > 0 and _kind(columns_ref[last - 1], columns_hyp[last - 1]) == _kind(columns_ref[-1], columns_hyp[-1]) != 0:
        last -= 1
    score, before = np.int64(0), 0
    for c in range(len(columns_ref)):
        kind = _kind(columns_ref[c], columns_hyp[c])
        if kind == 0:
            i = columns_ref[c]
            unlike = ref[i] ^ hyp[columns_hyp[c]]
            score += match if unlike == 0 else partial if unlike < sizes[i] else mismatch
        else:
            start, end = free[2 * kind - 2], free[2 * kind - 1]
            if not ((c < first and start) or (c >= last and end)):
                score += extend if kind == before else opened
        before = kind
    return score
