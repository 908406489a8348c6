"""What kernels work on: symbols as small integers, and costs as integers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

Symbols = str | np.ndarray
Classes = Sequence[str | Iterable[int]]

FINEST = 1_000_000
"""Costs are rounded to this fraction of one."""

_TABLE = 1 << 22
"""Symbols below are looked up in a table, larger ones are sorted."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a column of an alignment adds to its score, in integers.

    Attributes:
        match, partial, mismatch, gap_open, gap_extend: `scale` times what was given.
        dtype: the narrowest type in which no difference of neighbouring scores overflows.
    """

    match: int
    partial: int
    mismatch: int
    gap_open: int
    gap_extend: int
    scale: int
    dtype: type[np.int8] | type[np.int32]

    def array(self, dtype: type) -> np.ndarray:
        """(5,) match, partial, mismatch, open + extend, extend, as the kernels take them."""
        opened = self.gap_open + self.gap_extend
        never = 2 * opened - 1  # two gaps are better than a worse pair, so that it need not be told how much worse
        pairs = [max(pair, never) for pair in (self.match, self.partial, self.mismatch)]
        return np.array([*pairs, opened, self.gap_extend], dtype)


def costs(match: float, mismatch: float, gap_open: float, gap_extend: float) -> Costs:
    """Costs as integers, and a partial match half-way between match and mismatch.

    Raises:
        ValueError: a cost is not finite, or too large; a gap would be rewarded.
    """
    given = (match, mismatch, gap_open, gap_extend)
    if not all(math.isfinite(cost) for cost in given):
        raise ValueError(f"match, mismatch, gap_open and gap_extend must be finite, not {[float(x) for x in given]}")
    if gap_open > 0 or gap_extend > 0:
        raise ValueError(f"gap_open and gap_extend are added, so must not be above 0; they are {gap_open} and {gap_extend}")
    exact = [Fraction(float(cost)).limit_denominator(FINEST) for cost in (*given, (match + mismatch) / 2)]
    scale = min(math.lcm(*(cost.denominator for cost in exact)), FINEST)
    whole = [round(cost * scale) for cost in exact]
    pair, unlike, opened, extend, partial = whole
    reach = max(pair, unlike, 0) - 2 * opened - 3 * extend + 2  # of an old gap's score less a new pair's, before it is bounded
    if reach >= 1 << 30:
        raise ValueError(f"costs of {[float(x) for x in given]} are too large, or too unlike each other, to be told exactly")
    return Costs(pair, partial, unlike, opened, extend, scale, np.int8 if reach < 128 else np.int32)


def symbols(given: Symbols) -> np.ndarray:
    """A sequence as contiguous int32: code points of a str, the integers of an array.

    Raises:
        ValueError: neither a str nor a 1-d array of integers that int32 holds.
    """
    if isinstance(given, str):
        return np.frombuffer(given.encode("utf-32-le", "surrogatepass"), np.int32)
    array = np.asarray(given)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ValueError(f"a sequence must be a str or a 1-d array of integers, not shape {array.shape} of {array.dtype}")
    if array.size and (array.max() > 2**31 - 1 or array.min() < -(2**31)):
        raise ValueError(f"symbols must fit 32 bits; they reach from {array.min()} to {array.max()}")
    return np.ascontiguousarray(array, np.int32)


def codes(ref: np.ndarray, hyp: np.ndarray, classes: Classes | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both sequences in codes from 0 on, as few as can be: what occurs in one of them alone need not be told apart.

    Args:
        ref, hyp: int32.
        classes: groups of symbols that are taken for one another; a symbol is in one group at most.

    Returns:
        (codes of ref, codes of hyp, size of the class of each symbol of ref). The codes of a class of size 2**k
        differ in their last k bits alone, and those bits belong to no other; the size is 1 where a symbol has no class.

    Raises:
        ValueError: a symbol is in two classes.
    """
    both = np.intersect1d(_distinct(ref), _distinct(hyp), assume_unique=True)
    groups = _groups(ref, hyp, classes) if classes else []
    known: list[int] = []
    places: list[int] = []
    of_size: list[int] = []
    following = 0
    for group in sorted(groups, key=len, reverse=True):  # the largest first: all begin at multiples of their size
        size = 1 << (len(group) - 1).bit_length()
        known += group
        places += range(following, following + len(group))
        of_size += [size] * len(group)
        following += size
    rest = np.setdiff1d(both, known, assume_unique=True) if known else both
    coded = np.concatenate([np.array(known, np.int64), rest])
    order = np.argsort(coded)
    values = np.concatenate([np.array(places, np.int32), np.arange(following, following + len(rest), dtype=np.int32)])[order]
    sized = np.concatenate([np.array(of_size, np.int32), np.ones(len(rest), np.int32)])[order]
    unknown = following + len(rest)
    at = _places(ref, coded[order])
    own = np.append(values, np.int32(unknown))[at], np.append(sized, np.int32(1))[at]
    return own[0], np.append(values, np.int32(unknown + 1))[_places(hyp, coded[order])], own[1]


def _groups(ref: np.ndarray, hyp: np.ndarray, classes: Classes) -> list[list[int]]:
    """The members of each class that occur, of classes of which two or more do."""
    present = set(_distinct(ref).tolist()) | set(_distinct(hyp).tolist())
    groups, seen = [], set[int]()
    for given in classes:
        members = {ord(symbol) if isinstance(symbol, str) else int(symbol) for symbol in given}
        if members & seen:
            raise ValueError(f"symbol {min(members & seen)} is in two classes")
        seen |= members
        groups.append(sorted(members & present))
    return [group for group in groups if len(group) > 1]


def _distinct(array: np.ndarray) -> np.ndarray:
    if not array.size or array.min() < 0 or array.max() >= _TABLE:
        return np.unique(array)
    seen = np.zeros(int(array.max()) + 1, bool)
    seen[array] = True
    return np.flatnonzero(seen)


def _places(array: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Where each symbol stands in `known`, which ascends; len(known) for one that does not."""
    if known.size and known[0] >= 0 and known[-1] < _TABLE:
        table = np.full(int(known[-1]) + 2, len(known), np.int32)
        table[known] = np.arange(len(known))
        outside = (array < 0) | (array > known[-1])
        return table[np.where(outside, known[-1] + 1, array)] if outside.any() else table[array]
    at = np.searchsorted(known, array)
    within = np.minimum(at, max(0, len(known) - 1))
    return np.where(known[within] == array, at, len(known)) if known.size else np.zeros(len(array), np.int64)
