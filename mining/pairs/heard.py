"""What was heard of a recording, as matching sees it: frames in a row, with times, runs of speech, and text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from align.room import DEFAULTS, Room, Timeline, room_of
from mining.records import SAMPLE_RATE, Segment
from mining.speech.emissions import Emissions

_BEFORE, _AFTER = 960, 960
"""Samples (60 ms): a CTC model says a symbol in the midst of its sound, so where no pause gives
an end it is moved outwards by this."""


class Heard:
    """Emissions relative to each frame's best symbol, and the timeline they lie on.

    Attributes:
        log_probs: (T, V) natural log, as the model gave them, in half precision or single.
        probs: (T, V + 1) float32, the same as `emissions.relative` makes them.
        blank, delimiter: columns; None where the model has no delimiter of words.
        timeline: seconds of the frames, and the frames at which runs of speech begin and end.
    """

    def __init__(self, probs: np.ndarray, segments: Sequence[Segment], emissions: Emissions) -> None:
        self.log_probs = emissions.log_probs
        self.probs = probs
        self.blank = emissions.blank
        self.delimiter = emissions.delimiter if emissions.delimiter >= 0 else None
        self._emissions = emissions
        self._segments = segments
        self._texts = emissions.texts
        self._best = np.where(probs[:, self.blank] >= 0, self.blank, probs[:, :-1].argmax(axis=1))
        self.runs = np.array([run for segment in segments for run in segment.speech], np.int64).reshape(-1, 2)
        onsets = np.searchsorted(emissions.ends, self.runs[:, 0], side="right")
        offsets = np.searchsorted(emissions.starts, self.runs[:, 1], side="left")
        heard = offsets > onsets  # a run may be shorter than the model's window
        self.runs, onsets, offsets = self.runs[heard], onsets[heard], offsets[heard]
        self._onset = dict(zip(onsets.tolist(), self.runs[:, 0].tolist(), strict=True))
        self._offset = dict(zip(offsets.tolist(), self.runs[:, 1].tolist(), strict=True))
        self.timeline = Timeline(emissions.starts / SAMPLE_RATE, emissions.ends / SAMPLE_RATE, onsets, offsets)

    def room(self, tokens: Sequence[np.ndarray]) -> Room:
        """The room in which sentences, (L,) tokens each, are looked for."""
        return room_of(self.log_probs, tokens, self.timeline, DEFAULTS, self.blank, self.probs)

    def interval(self, first: int, last: int) -> tuple[int, int]:
        """Samples [start, end) of frames [first, last): to the sample where an end is that of a run of speech."""
        start = self._onset.get(first)
        end = self._offset.get(last)
        if start is None:
            inside = self.runs[(self.runs[:, 0] <= self._emissions.starts[first])]
            start = max(int(self._emissions.starts[first]) - _BEFORE, int(inside[-1, 0]) if len(inside) else 0)
        if end is None:
            inside = self.runs[(self.runs[:, 1] >= self._emissions.ends[last - 1])]
            until = int(inside[0, 1]) if len(inside) else int(self._emissions.ends[-1])
            end = min(int(self._emissions.ends[last - 1]) + _AFTER, until)
        return start, max(end, start + 1)

    def pauses(self, first: int, last: int) -> tuple[float, float]:
        """Seconds of pause before frame `first` and after frame `last - 1`; 0 where an end is amid speech."""
        before = after = 0.0
        if first in self._onset:
            start = self._onset[first]
            earlier = self.runs[self.runs[:, 1] <= start]
            before = (start - int(earlier[-1, 1]) if len(earlier) else start) / SAMPLE_RATE
        if last in self._offset:
            end = self._offset[last]
            later = self.runs[self.runs[:, 0] >= end]
            after = (int(later[0, 0]) - end) / SAMPLE_RATE if len(later) else 9.0
        return before, after

    def segments_of(self, first: int, last: int) -> tuple[str, ...]:
        """Ids of the segments that the frames lie in."""
        indices = np.unique(self._emissions.segment_index[first:last])
        return tuple(self._segments[i].id for i in indices)

    def text(self, first: int, last: int) -> str:
        """Greedy text of frames [first, last)."""
        best = self._best[first:last]
        changed = np.flatnonzero(np.diff(best, prepend=-1))
        return " ".join("".join(self._texts[best[frame]] for frame in changed).split())
