"""What comes out of an alignment: plain arrays, -1 for a gap, half-open intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two sequences side by side.

    Attributes:
        ref, hyp: int32 arrays of equal length; column c pairs ref[c] with hyp[c], -1 is a gap.
            Indices rise in each array, so times of `hyp` carry over to `ref` by indexing.
        score: the sum over columns that the alignment maximises.
    """

    ref: np.ndarray
    hyp: np.ndarray
    score: float

    def matched(self) -> tuple[np.ndarray, np.ndarray]:
        """Index arrays of the columns without a gap."""
        both = (self.ref >= 0) & (self.hyp >= 0)
        return self.ref[both], self.hyp[both]


@dataclass(frozen=True, slots=True)
class TokenSpans:
    """When each token of a text is emitted.

    Attributes:
        start, end: (L,) int32 frames, half-open; tokens do not overlap, blanks lie between them.
        score: (L,) float32, mean posterior probability of the token over its frames, 0..1.
        path_score: sum over all frames of the log-probability along the best path.
    """

    start: np.ndarray
    end: np.ndarray
    score: np.ndarray
    path_score: float


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place at which a sentence may be spoken.

    Attributes:
        sentence: index of the sentence.
        start, end: frames, half-open.
        score: log-probability of the best path relative to the frames' best symbols, a token; <= 0.
        margin: score minus the median score of the sentence's own next-best places.
    """

    sentence: int
    start: int
    end: int
    score: float
    margin: float
