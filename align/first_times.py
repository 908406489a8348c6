"""What iterative pseudo-forced alignment goes by before it aligns: utterances, the time that is heard, and first times.

Lopez & Luque (arXiv 2210.15226) cut the text into utterances of a few words and give each a first time, as if all were
spoken at one pace: speech time is shared out in proportion to the length of the text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from align.room import Timeline, voiced

TOKENS_A_WORD = 6
"""Where no delimiter tells the words: letters of a word and the space after it, about what Hindi and English have."""


def utterances(sentences: Sequence[np.ndarray], delimiter: int | None, most_words: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Sentences cut into utterances of at most `most_words` words; a last part may be as short as a word, as with the authors.

    Returns:
        The tokens of each utterance, none of them empty, and (U,) the number of the sentence that it is of. The delimiter
        at a cut is in neither part.
    """
    parts = [cut(np.asarray(sentence), delimiter, most_words) for sentence in sentences]
    owners = np.repeat(np.arange(len(parts)), [len(own) for own in parts])
    return [part for own in parts for part in own], owners


def cut(tokens: np.ndarray, delimiter: int | None, most_words: int) -> list[np.ndarray]:
    """One sentence in parts of at most `most_words` words; itself where it has no more, nothing where it has none."""
    if delimiter is None:
        step = most_words * TOKENS_A_WORD
        return [tokens[at : at + step] for at in range(0, len(tokens), step)]
    letter = np.concatenate([[False], tokens != delimiter, [False]])
    starts, ends = np.flatnonzero(letter[1:] & ~letter[:-1]), np.flatnonzero(letter[:-1] & ~letter[1:])
    if 0 < len(starts) <= most_words:
        return [tokens]
    last = [min(at + most_words, len(starts)) - 1 for at in range(0, len(starts), most_words)]
    return [tokens[starts[at] : ends[end]] for at, end in zip(range(0, len(starts), most_words), last, strict=True)]


class Clock:
    """Frames and seconds. Time that was not heard, in which a timeline jumps, does not count: long non-speech is taken out.

    Attributes:
        seconds: (T + 1,) float64: how long the frames before t are together.
        speech: (T + 1,) int64: how many frames before t are speech; all of them where the timeline has no runs of speech.
        first_speech: the frame in which the first run begins.
    """

    def __init__(self, timeline: Timeline) -> None:
        frames = len(timeline.start)
        self.seconds = np.concatenate([[0.0], np.cumsum(np.asarray(timeline.end) - np.asarray(timeline.start))])
        self.speech = voiced(timeline, frames)
        self.first_speech = int(timeline.onsets[0]) if self.speech[-1] else 0
        if not self.speech[-1]:
            self.speech = np.arange(frames + 1)

    def between(self, first: int, last: int) -> float:
        """Seconds of frames [first, last)."""
        return float(self.seconds[last] - self.seconds[first])

    def moved(self, frame: int, by: float) -> int:
        """The frame boundary that lies `by` seconds later (earlier, if negative), within the recording."""
        at = self.seconds[frame] + by
        after = int(np.searchsorted(self.seconds, at))
        if after and (after == len(self.seconds) or at - self.seconds[after - 1] < self.seconds[after] - at):
            after -= 1
        return after

    def first_times(self, lengths: np.ndarray, anchor: int) -> np.ndarray:
        """(n,) frames at which utterances end, if all spoke at one pace from `anchor` to the end of the recording.

        Args:
            lengths: (n,) their characters, one or more each.
        """
        shares = np.cumsum(lengths) * (self.speech[-1] - self.speech[anchor]) // lengths.sum()
        ends = np.searchsorted(self.speech, self.speech[anchor] + shares)
        ends[-1:] = len(self.speech) - 1
        return ends
