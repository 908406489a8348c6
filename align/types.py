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
        method: "exact" or "anchored", whichever it was found by.
    """

    ref: np.ndarray
    hyp: np.ndarray
    score: float
    method: str = "exact"

    def matched(self) -> tuple[np.ndarray, np.ndarray]:
        """Index arrays of the columns without a gap."""
        both = (self.ref >= 0) & (self.hyp >= 0)
        return self.ref[both], self.hyp[both]


@dataclass(frozen=True, slots=True)
class TokenSpans:
    """When each token of a text is emitted.

    Attributes:
        start, end: (L,) int32 frames, half-open; tokens do not overlap, blanks lie between them; -1 for one left out.
        score: (L,) float32, mean posterior probability of the token over its frames, 0..1.
        path_score: sum over all frames of the log-probability along the best path.
    """

    start: np.ndarray
    end: np.ndarray
    score: np.ndarray
    path_score: float

    def joined(self, group: np.ndarray) -> TokenSpans:
        """The spans of groups of tokens, such as words (`ctc.words`) or sentences.

        Args:
            group: (L,) number of the group of each token, from 0 on and ascending; -1 for a token of none.

        Returns:
            One span a group, from its first token's start to its last one's end; the score is the mean over the frames
            of its tokens.
        """
        said = np.flatnonzero((np.asarray(group) >= 0) & (self.start >= 0))
        of, count = np.asarray(group)[said], int(np.max(group, initial=-1)) + 1
        start, end = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
        start[of[::-1]], end[of] = self.start[said[::-1]], self.end[said]  # the last of equal indices stands
        frames = (self.end[said] - self.start[said]).astype(np.float64)
        total = np.bincount(of, self.score[said] * frames, count) / np.maximum(1.0, np.bincount(of, frames, count))
        return TokenSpans(start, end, total.astype(np.float32), self.path_score)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place at which a sentence may be spoken.

    Attributes:
        sentence: index of the sentence.
        start, end: frames, half-open.
        score: log-probability of the best path relative to the frames' best symbols, a token; <= 0.
        margin: score minus the median score of the sentence's own next-best places.
        searched: frames in which those places were looked for: the more, the better they are by chance.
    """

    sentence: int
    start: int
    end: int
    score: float
    margin: float
    searched: int = 0
