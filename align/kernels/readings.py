"""What several texts come to over the same frames: the sum over all CTC paths of each (Graves et al. 2006, forward variable)."""

from __future__ import annotations

import numpy as np

from align.kernels.compiling import NEVER, jit


@jit
def total_of_each(probs, tokens, fresh, bounds, blank, totals):
    """The log-probability that all frames say a text, for each text.

    Numbers are scaled to add up to 1 after every frame, so that none vanishes, however many frames there are.

    Args:
        probs: (T, V) float32, not logarithms.
        tokens: (L,) int32, of all texts in a row.
        fresh: (L,) float32, 0 where a token equals the one before, else 1.
        bounds: (N + 1,) int64, where texts begin, and L.
        totals: (N,) float64, written; NEVER for a text that the frames cannot say.
    """
    for n in range(len(bounds) - 1):
        own, new = tokens[bounds[n] : bounds[n + 1]], fresh[bounds[n] : bounds[n + 1]]
        count = len(own)
        said, quiet = np.zeros(count, np.float64), np.zeros(count + 1, np.float64)
        quiet[0] = 1.0
        total = 0.0
        for t in range(len(probs)):
            pause, scale = np.float64(probs[t, blank]), 0.0
            for k in range(count - 1, -1, -1):  # from the last, so that what comes before is still the former frame's
                ended = quiet[k + 1] + said[k]
                before = said[k - 1] * new[k] if k else 0.0
                quiet[k + 1] = ended * pause
                said[k] = (said[k] + quiet[k] + before) * probs[t, own[k]]
                scale += quiet[k + 1] + said[k]
            quiet[0] *= pause
            scale += quiet[0]
            if scale <= 0.0:
                break
            total += np.log(scale)
            said /= scale
            quiet /= scale
        last = quiet[count] + (said[count - 1] if count else 0.0)
        totals[n] = total + np.log(last) if last > 0.0 else NEVER
