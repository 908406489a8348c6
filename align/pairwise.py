"""Needleman-Wunsch with affine gaps and free ends: exact in linear memory, or between anchors."""

from __future__ import annotations

from typing import Literal

import numpy as np

from align import anchoring
from align.encoding import Classes, Symbols, codes, costs, symbols
from align.exact import Ends, exact
from align.types import Alignment

SMALL = 400_000_000
"""Cells up to which "auto" is exact: 20,000 x 20,000 symbols, some hundredths of a second."""


def needleman_wunsch(
    ref: Symbols,
    hyp: Symbols,
    *,
    match: float = 2.0,
    mismatch: float = -2.0,
    gap_open: float = -3.0,
    gap_extend: float = -1.0,
    free_ends: bool | tuple[bool, bool, bool, bool] = False,
    method: Literal["auto", "exact", "anchored"] = "auto",
    classes: Classes | None = None,
) -> Alignment:
    """The alignment with the highest score (Needleman & Wunsch 1970; affine gaps after Gotoh 1982).

    All four numbers are added to the score: k gap symbols in a row add gap_open + k * gap_extend.

    Args:
        ref, hyp: str, or 1-d arrays of integers.
        match, mismatch, gap_open, gap_extend: multiples of a millionth; those of gaps not above 0.
        free_ends: whether gaps at the ends cost nothing: one bool, or four: the start and the end
            of `ref` left over, the start and the end of `hyp` left over.
        method: "exact"; "anchored", exact between stretches that both share and that occur once in each, or, where
            these are too thin, exact throughout; "auto", anchored from `SMALL` cells on. `Alignment.method` says which it was.
        classes: groups of symbols (each a str, or integers) that are easily taken for one another: two of one
            group score half-way between match and mismatch. `classes.brahmic` has those of Indian scripts.

    Returns:
        Every symbol of both inputs is in exactly one column, also those left over at free ends.

    Raises:
        ValueError: an input is neither a str nor a 1-d array of integers, a number is not finite, too large, or
            rewards a gap, `free_ends`, `method` or `classes` is none that there is.
        MemoryError: more than `exact.MAX_BYTES` would be needed.

    Note:
        Ties, seen from the end of the sequences, whichever is longer: a pairing before a symbol of ref alone before a
        symbol of hyp alone, and a gap is rather closed than extended. Where ends are free: the corner before a rest of ref
        before a rest of hyp, and the shorter rest. Exact: time O(n m), memory linear in n + m (30 MB for 50,000 symbols).

    >>> needleman_wunsch("abc", "ac").hyp.tolist()
    [0, -1, 1]
    """
    if method not in ("auto", "exact", "anchored"):
        raise ValueError(f'method must be "auto", "exact" or "anchored", not {method!r}')
    given, ends = costs(match, mismatch, gap_open, gap_extend), _ends(free_ends)
    a, b, sizes = codes(symbols(ref), symbols(hyp), classes)
    if method == "anchored" or (method == "auto" and len(a) * len(b) > SMALL):
        found = anchoring.anchored(a, b, sizes, given, ends)
        if found is not None:
            return found
    return exact(a, b, sizes, given, ends)


def _ends(free_ends: bool | tuple[bool, bool, bool, bool]) -> Ends:
    if isinstance(free_ends, bool | np.bool_):
        return (bool(free_ends),) * 4
    four = isinstance(free_ends, tuple | list | np.ndarray) and len(free_ends) == 4
    if not four or not all(isinstance(end, bool | np.bool_) for end in free_ends):
        raise ValueError(f"free_ends must be a bool or four (start and end of ref, start and end of hyp), not {free_ends!r}")
    first, last, start, end = (bool(end) for end in free_ends)
    return first, last, start, end
