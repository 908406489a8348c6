"""Emissions of sentences that are spoken as planned, one frame a symbol, and as well as planned."""

from __future__ import annotations

import numpy as np

VOCABULARY, LENGTH, HOLD, PAUSE = 40, 40, 4, 20
NOISE = VOCABULARY - 1  # the column of a symbol that no sentence has
FRAMES = (LENGTH - 1) * HOLD + 1  # from the first symbol of a sentence to the last


def texts(count, length=LENGTH, seed=100):
    """Sentences without the blank (0), the bar (1) and the noise, in which no token is repeated."""
    drawn = [np.random.default_rng(seed + number).integers(1, NOISE - 2, length) for number in range(count)]
    return [2 + np.cumsum(steps) % (NOISE - 2) for steps in drawn]


def said(*pieces, rest=PAUSE):
    """Log-probabilities of sentences, or (sentence, log-probability of its frames), each after a pause; and where each begins.

    A number is a pause of so many frames. Of the `HOLD` frames of a symbol the first emits it, and blank the others; what
    is left of a frame is noise.
    """
    columns, levels, starts = [0] * rest, [-0.01] * rest, []
    for piece in pieces:
        if isinstance(piece, int):
            columns, levels = columns + [0] * piece, levels + [-0.01] * piece
            continue
        tokens, level = piece if isinstance(piece, tuple) else (piece, -0.01)
        starts.append(len(columns))
        columns += [column for token in tokens for column in (int(token), *[0] * (HOLD - 1))] + [0] * rest
        levels += np.broadcast_to(level, len(tokens) * HOLD).tolist() + [-0.01] * rest
    log_probs = np.full((len(columns), VOCABULARY), -9.0)
    log_probs[np.arange(len(columns)), columns] = levels
    log_probs[:, NOISE] = np.log1p(-np.exp(log_probs[:, :NOISE]).sum(axis=1))
    return log_probs.astype(np.float32), starts
