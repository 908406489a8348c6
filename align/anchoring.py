"""Alignment between anchors: stretches that both sequences share and that occur once in each, in one order.

Nearly all of the work of an alignment is to find out where it does *not* run. Stretches that are unique in both
sequences tell that in linear time: the longest chain of them that rises in both is kept, where several in a
row lie on one diagonal; between them the alignment is exact. It can differ from the exact one where an anchor is wrong,
which a lone word can be and a run of shared stretches hardly, and where a true one does not pay: blocks that changed
places, say. What comes out worse than no pair at all is thrown away.
"""

from __future__ import annotations

import math

import numpy as np

from align.encoding import Costs
from align.exact import Ends, exact, of_gaps
from align.kernels import anchors
from align.types import Alignment

DRIFT = 8
"""Symbols by which neighbouring seeds of a run may be off one diagonal; errors drop and add symbols."""

NEAR = 80
"""Symbols between neighbouring seeds of a run, at the most."""

SPAN = 20
"""Symbols that a run must span: a few words that agree, not one."""

CHANCE = 8.0
"""Pairs of equal stretches that chance may make: stretches are as long as that takes, longer of few symbols."""

LEAST_LENGTH, MOST_LENGTH = 6, 24

WORTH = 0.25
"""Share of all cells that may be left between the anchors; with more, seeding was too thin."""


def anchored(ref: np.ndarray, hyp: np.ndarray, sizes: np.ndarray, given: Costs, ends: Ends) -> Alignment | None:
    """The alignment between anchors of codes (n,) and (m,), see `encoding.codes`; None where seeding is too thin.

    Note:
        Time O(n + m) and what the gaps take; memory 60 bytes a symbol and that of the largest gap.
    """
    at_ref, at_hyp = _anchors(ref, hyp)
    sides = np.diff(at_ref, prepend=-1, append=len(ref)) - 1, np.diff(at_hyp, prepend=-1, append=len(hyp)) - 1
    if not len(at_ref) or float(sides[0].astype(float) @ sides[1]) > WORTH * len(ref) * len(hyp):
        return None
    columns = np.empty(len(ref) + len(hyp), np.int32), np.empty(len(ref) + len(hyp), np.int32)
    count = _through(ref, hyp, sizes, given, ends, at_ref, at_hyp, columns)
    found = columns[0][:count].copy(), columns[1][:count].copy()
    score = anchors.path_score(ref, hyp, sizes, given.array(np.int32), *found, np.array(ends))
    if score < sum(of_gaps(*side, given, ends) for side in ((len(ref), 0), (0, len(hyp)))) * given.scale:
        return None
    return Alignment(*found, int(score) / given.scale, "anchored")


def _through(
    ref: np.ndarray,
    hyp: np.ndarray,
    sizes: np.ndarray,
    given: Costs,
    ends: Ends,
    at_ref: np.ndarray,
    at_hyp: np.ndarray,
    columns: tuple[np.ndarray, np.ndarray],
) -> int:
    """Write all columns, from anchor to anchor; how many there are. Short gaps are the kernel's, long ones `exact`'s."""
    costs, first, last = given.array(np.int32), (ends[0], False, ends[2], False), (False, ends[1], False, ends[3])
    passed, row, column, count = 0, 0, 0, 0
    while True:
        until, other = (at_ref[passed], at_hyp[passed]) if passed < len(at_ref) else (len(ref), len(hyp))
        free = first if passed == 0 else last if passed == len(at_ref) else (False,) * 4
        gap = exact(ref[row:until], hyp[column:other], sizes[row:until], given, free)
        width = len(gap.ref)
        columns[0][count : count + width] = np.where(gap.ref >= 0, gap.ref + row, -1)
        columns[1][count : count + width] = np.where(gap.hyp >= 0, gap.hyp + column, -1)
        row, column, count = int(until), int(other), count + width
        if passed == len(at_ref):
            return count
        rest = at_ref[passed:], at_hyp[passed:]
        more, row, column, count = anchors.fill(ref, hyp, sizes, costs, *rest, row, column, *columns, count)
        passed += more


def _anchors(ref: np.ndarray, hyp: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of equal symbols, both rising: those of all seeds of runs that can be trusted."""
    length = _length(ref, hyp)
    seeds = _seeds(ref, hyp, length)
    if not len(seeds[0]):
        return seeds
    tails, before = np.empty(len(seeds[0]), np.int32), np.empty(len(seeds[0]), np.int32)
    last = anchors.longest_rising(seeds[0], tails, before)
    most = min(len(ref), len(hyp))
    found = np.empty(most, np.int32), np.empty(most, np.int32)
    count = anchors.trusted(*seeds, last, before, length, DRIFT, NEAR, SPAN, *found)
    return found[0][most - count :], found[1][most - count :]


def _length(ref: np.ndarray, hyp: np.ndarray) -> int:
    """Symbols of a stretch, of which chance makes no more than `CHANCE` equal pairs."""
    if not len(ref) or not len(hyp):
        return LEAST_LENGTH
    most = int(max(ref.max(), hyp.max())) + 1
    often = np.bincount(ref, minlength=most) / len(ref) * (np.bincount(hyp, minlength=most) / len(hyp))
    equal = min(0.9, float(often.sum()))
    if equal <= 0:
        return LEAST_LENGTH
    wanted = math.log(max(1.0, len(ref) * len(hyp) / CHANCE)) / -math.log(equal)
    return min(MOST_LENGTH, max(LEAST_LENGTH, math.ceil(wanted)))


def _seeds(ref: np.ndarray, hyp: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Where stretches of `length` begin in ref and in hyp that occur once in each; in the order of hyp."""
    slots = 1 << max(4, (2 * len(ref)).bit_length())
    table, first, often = np.zeros(slots, np.uint64), np.empty(slots, np.int32), np.zeros(slots, np.uint8)
    anchors.count_stretches(ref, length, table, first, often)
    found = np.empty(len(hyp), np.int32), np.empty(len(hyp), np.int32)
    seen, slot_of = np.zeros(slots, np.uint8), np.empty(len(hyp), np.int32)
    count = anchors.shared_once(ref, hyp, length, table, first, often, seen, slot_of, *found)
    return found[0][:count], found[1][:count]
