"""Compile once, before work is timed or workers fan out."""

from __future__ import annotations

import numpy as np

from align import ctc, matching
from align.pairwise import needleman_wunsch
from align.readings import log_likelihoods
from align.room import Timeline


def warm_up() -> None:
    """Compile every kernel, or load it from numba's cache; seconds the first time, half a second later.

    The cache lies beside the kernels, or in the folder that `NUMBA_CACHE_DIR` names.
    """
    for method in ("exact", "anchored"):
        needleman_wunsch("once upon a time, and a very good time", "once upon a time, a very good time it was", method=method)
    needleman_wunsch("ab", "b", gap_open=-100, method="exact")  # in four bytes
    tokens = [np.array([1, 2, 3], np.int32), np.array([2, 1, 3], np.int32)]
    said = np.zeros(40, np.int64)
    said[2:18:6], said[22:38:6] = tokens
    log_probs = np.log(np.where(np.arange(4) == said[:, None], 0.97, 0.01)).astype(np.float32)
    for other_speech in (False, True):
        ctc.forced_align(log_probs, tokens[0], other_speech=other_speech)
    ctc.spot(log_probs, [*tokens, tokens[0]])
    ctc.best_stretch(ctc.relative(log_probs), tokens[0])
    log_likelihoods(ctc.relative(log_probs), tokens)
    seconds = np.arange(41) * 0.02
    timeline = Timeline(seconds[:-1], seconds[1:], np.array([0, 20]), np.array([18, 40]))
    for strategy in matching.STRATEGIES:
        matching.match_sentences(log_probs, tokens, timeline, strategy=strategy)
