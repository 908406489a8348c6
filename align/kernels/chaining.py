"""The heaviest chain of places."""

from __future__ import annotations

from align.kernels.compiling import jit


@jit
def chain(start, end, order, gain, link, next_link, near, best, before):
    """Heaviest chain of places that rise in time without overlap and rise in order; places sorted by end.

    Args:
        start, end: (N,) frames, half-open.      order: (N,) position of the place's sentence in the text.
        gain: (N,) what a place is worth.        link: cost of each link ...
        next_link, near: ... and of a link to the very next sentence, `near` frames later at most.
        best: (N,) float64, written: weight of the heaviest chain that ends with a place.
        before: (N,) int64, written: the place before it in that chain, or -1.
    """
    for i in range(len(start)):
        best[i] = gain[i]
        before[i] = -1
        for j in range(i):
            if end[j] <= start[i] and order[j] < order[i]:
                follows = order[i] == order[j] + 1 and start[i] - end[j] <= near
                weight = best[j] + gain[i] - (next_link if follows else link)
                if weight > best[i]:
                    best[i] = weight
                    before[i] = j
