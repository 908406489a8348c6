"""A text of utterances in a row, and with it every shorter one: where the last utterance of each lies, in one pass.

The recurrence of `viterbi` with a free start. Each state carries the frame in which its utterance began, so that no path
need be walked back to know where a last utterance is.
"""

from __future__ import annotations

import numpy as np

from align.kernels.compiling import NEVER, jit

# Loops in functions of their own, over few arrays each, so that they are vectorised.


@jit
def _emit(frame, tokens, emissions):
    for k in range(len(tokens)):
        emissions[k] = frame[np.uint32(tokens[k])]


@jit
def _say(said, said_since, quiet, quiet_since, repeats, emissions, now, now_since):
    for k in range(len(emissions)):
        score, since = said[k + 1], said_since[k + 1]
        waited = quiet[k] > score
        score, since = (quiet[k] if waited else score), (quiet_since[k] if waited else since)
        direct = said[k] + repeats[k]
        skipped = direct > score
        now[k] = (direct if skipped else score) + emissions[k]
        now_since[k] = said_since[k] if skipped else since


@jit
def _begin(t, said, quiet, repeats, bounds, now_since):
    for u in range(len(bounds) - 1):
        k = bounds[u]
        if max(quiet[k], said[k] + repeats[k]) > said[k + 1]:
            now_since[k] = t


@jit
def _wait(said, said_since, quiet, quiet_since, blank):
    for k in range(1, len(quiet)):
        ended = said[k] > quiet[k]
        quiet[k] = (said[k] if ended else quiet[k]) + blank
        quiet_since[k] = said_since[k] if ended else quiet_since[k]


@jit
def _move(now, now_since, said, said_since):
    for k in range(len(now)):
        said[k + 1] = now[k]
    for k in range(len(now_since)):
        said_since[k + 1] = now_since[k]


@jit
def last_of_each(log_probs, tokens, repeats, bounds, blank, scores, firsts, lasts):
    """For u = 1, 2, ..: the best path of the first u utterances, and the frames of utterance u - 1 on it.

    Args:
        log_probs: (T, V) float32.
        tokens, repeats: (L,), as `emissions.prepare` gives them for all utterances in a row.
        bounds: (U + 1,) int64, where utterances begin, none of them empty, and L.
        scores: (U,) float32, written: score of the path; NEVER or less where the frames are too few.
        firsts, lasts: (U,) int32, written: the first and the last frame of the last utterance.
    Ties: as in `viterbi`; of two ends the earlier one.
    """
    count = len(tokens)
    said, quiet = np.full(count + 1, NEVER, np.float32), np.full(count + 1, NEVER, np.float32)
    said_since, quiet_since = np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int32)
    now, now_since, emissions = np.empty(count, np.float32), np.empty(count, np.int32), np.empty(count, np.float32)
    quiet[0] = np.float32(0)
    scores[:] = NEVER / np.float32(10)
    for t in range(len(log_probs)):
        _emit(log_probs[t], tokens, emissions)
        _say(said, said_since, quiet, quiet_since, repeats, emissions, now, now_since)
        _begin(t, said, quiet, repeats, bounds, now_since)
        _wait(said, said_since, quiet, quiet_since, log_probs[t, blank])
        _move(now, now_since, said, said_since)
        for u in range(len(scores)):
            k = bounds[u + 1]
            if said[k] > scores[u]:
                scores[u], firsts[u], lasts[u] = said[k], said_since[k], t
