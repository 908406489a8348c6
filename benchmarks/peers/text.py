"""Aligners of text: ours and the peers, each as a function of two strings and one that reads its answer as pairs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from benchmarks.peers.contender import Contender, Loaded
from benchmarks.peers.work import ALPHABET, TextPair

MATCH, MISMATCH, GAP_OPEN, GAP_EXTEND = 2, -2, -3, -1  # a gap of k costs 3 + k

Pairs = tuple[np.ndarray, np.ndarray]


def ours(free_ends: bool, method: str) -> Callable[[], Loaded]:
    def load() -> Loaded:
        import align

        align.warm_up()
        costs = dict(match=MATCH, mismatch=MISMATCH, gap_open=GAP_OPEN, gap_extend=GAP_EXTEND)

        def run(ref: str, hyp: str) -> object:
            return align.needleman_wunsch(ref, hyp, free_ends=free_ends, method=method, **costs)

        return run, lambda found: found.matched()

    return load


def pywfa() -> Loaded:
    """Wavefronts in little memory. Its penalties 4, 3 and 2 have the same best paths as our costs, without free ends."""
    from pywfa import WavefrontAligner

    costs = dict(distance="affine", match=0, mismatch=4, gap_opening=3, gap_extension=2)

    def run(ref: str, hyp: str) -> list[tuple[int, int]]:
        aligner = WavefrontAligner(ref, span="end-to-end", memory_mode="biwfa", heuristic=None, **costs)
        aligner.wavefront_align(hyp)
        return aligner.cigartuples

    kinds = {1: "hyp", 2: "ref"}
    return run, lambda found: pairs_of_runs((kinds.get(kind, "both"), length) for kind, length in found)


def parasail() -> Loaded:
    """SIMD in stripes, whole matrix kept; all four ends free; its cost to open holds the first symbol's."""
    import parasail as library

    matrix = library.matrix_create(ALPHABET, MATCH, MISMATCH, case_sensitive=True)

    def run(ref: str, hyp: str) -> object:
        found = library.sg_trace_striped_32(ref, hyp, -GAP_OPEN - GAP_EXTEND, -GAP_EXTEND, matrix)
        return found.cigar.seq, found  # which owns the sequence

    kinds = {"I": "ref", "D": "hyp"}

    def read(found: tuple[list[int], object]) -> Pairs:
        return pairs_of_runs((kinds.get("MIDNSHP=X"[code & 15], "both"), code >> 4) for code in found[0])

    return run, read


def edlib() -> Loaded:
    """Bit-parallel, unit costs."""
    import edlib as library

    kinds = {"I": "hyp", "D": "ref"}

    def read(found: dict) -> Pairs:
        runs = re.findall(r"(\d+)(.)", found["cigar"])
        return pairs_of_runs((kinds.get(kind, "both"), int(length)) for length, kind in runs)

    return lambda ref, hyp: library.align(hyp, ref, mode="NW", task="path"), read


def rapidfuzz() -> Loaded:
    """Bit-parallel, unit costs."""
    from rapidfuzz.distance import Levenshtein

    kinds = {"insert": "hyp", "delete": "ref"}

    def read(found: list) -> Pairs:
        return pairs_of_runs(
            (kinds.get(step.tag, "both"), max(step.src_end - step.src_start, step.dest_end - step.dest_start)) for step in found
        )

    return lambda ref, hyp: list(Levenshtein.opcodes(ref, hyp)), read


CONTENDERS = {
    "shruti exact": Contender(None, ours(False, "exact")),
    "shruti exact, ends free": Contender(None, ours(True, "exact")),
    "shruti anchored": Contender(None, ours(True, "anchored")),
    "pywfa": Contender("pywfa", pywfa),
    "parasail, ends free": Contender("parasail", parasail),
    "edlib": Contender("edlib", edlib),
    "rapidfuzz": Contender("rapidfuzz", rapidfuzz),
}


def pairs_of_runs(runs: Iterable[tuple[str, int]]) -> Pairs:
    """Index pairs from runs of columns, each with symbols of ref alone, of hyp alone, or of both."""
    steps = [(length if kind != "hyp" else 0, length if kind != "ref" else 0) for kind, length in runs]
    found, i, j = [], 0, 0
    for down, right in steps:
        if down and right:
            found.append((np.arange(i, i + down), np.arange(j, j + down)))
        i, j = i + down, j + right
    empty = np.zeros(0, np.int64)
    return (np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found])) if found else (empty, empty)


def judge(pairs: Pairs, work: TextPair) -> dict[str, float]:
    """Which share of the true pairs was found, which of those found is true, and what the path is worth by our costs."""
    i, j = pairs
    right = int((work.origin[j] == i).sum())
    truth = int((work.origin >= 0).sum())
    fixed, free = (worth(pairs, work.ref, work.hyp, free_ends) for free_ends in (False, True))
    shares = {"recall": right / truth, "precision": right / max(1, len(i))}
    return shares | {"score by our costs": fixed, "the same with ends free": free}


def worth(pairs: Pairs, ref: str, hyp: str, free_ends: bool) -> int:
    """The score of a path, summed anew from its pairs; of two gaps at a free end the longer one is free."""
    down, right = (np.diff(np.r_[-1, side, len(text)]) - 1 for side, text in zip(pairs, (ref, hyp), strict=True))
    if free_ends:
        for end in (0, -1):
            (down if down[end] > right[end] else right)[end] = 0
    gaps = np.r_[down, right]
    a, b = (np.frombuffer(text.encode(), np.uint8) for text in (ref, hyp))
    equal = int((a[pairs[0]] == b[pairs[1]]).sum())
    return int(equal * MATCH + (len(pairs[0]) - equal) * MISMATCH + (gaps > 0).sum() * GAP_OPEN + gaps.sum() * GAP_EXTEND)
