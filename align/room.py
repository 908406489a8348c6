"""What chain and settle look at, and the numbers that they go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from align.emissions import relative

SECONDS_A_FRAME = 0.02
"""Near enough for distances; times that leave the room are read from the timeline."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers of chain and settle, with what they mean; fitted on development bulletins."""

    tried: int = 4  # places of each sentence that are looked at closely
    link: float = 3.0  # cost of a link of the chain, in units of margin x sqrt(tokens) ...
    next_link: float = 0.5  # ... and of one to the very next sentence, soon after
    near: float = 2.5  # seconds that count as soon
    least: float = 0.1  # margin below which a sentence that should be in a gap is not there
    alone: float = 9.0  # worth of a place that may stand outside of the chain, same units
    rate: tuple[float, float] = (6.0, 26.0)  # tokens a second that a voice can speak
    reach_out: float = 2.0  # seconds an end may move outwards ...
    reach_in: float = 1.5  # ... and inwards
    foreign: float = 0.2  # cost of a frame of speech that is nobody's, in the sentences' own mean cost a frame
    overlap: float = 1.2  # seconds by which neighbours in the chain may overlap before their ends are settled
    silence: float = 5.0  # cost of a second of silence within a sentence
    unpaused: float = 12.0  # cost of an end that lies in no pause
    spread: float = 0.20  # standard deviation of log(duration / expected)
    tempo: float = 1.0  # weight of the duration's log-likelihood


DEFAULTS = Settings()


@dataclass(frozen=True, slots=True)
class Timeline:
    """When the frames are, and where the voice pauses.

    Attributes:
        start, end: (T,) float64 seconds of each frame; time that was not heard (no speech) lies in jumps.
        onsets, offsets: frames at which a run of speech begins, and (exclusive) ends; ascending.
    """

    start: np.ndarray
    end: np.ndarray
    onsets: np.ndarray
    offsets: np.ndarray

    def checked(self, frames: int) -> Timeline:
        """The timeline as arrays, if it is one of so many frames.

        Raises:
            ValueError: lengths differ, times are not finite or do not rise, or runs do not lie within the frames.
        """
        start, end = np.asarray(self.start, np.float64), np.asarray(self.end, np.float64)
        onsets, offsets = np.asarray(self.onsets), np.asarray(self.offsets)
        if start.shape != (frames,) or end.shape != (frames,):
            raise ValueError(
                f"timeline.start and .end must have {frames} frames as log_probs has, not {start.shape}, {end.shape}"
            )
        if frames and not (
            np.isfinite(start).all() and np.isfinite(end).all() and (end > start).all() and (np.diff(start) >= 0).all()
        ):
            raise ValueError("timeline.start and .end must be finite seconds that rise, with each end behind its start")
        if (
            onsets.shape != offsets.shape
            or onsets.ndim != 1
            or (onsets.size and {onsets.dtype.kind, offsets.dtype.kind} - set("iu"))
        ):
            raise ValueError(
                f"timeline.onsets and .offsets must be integer frames, as many of each, not {onsets.shape}, {offsets.shape}"
            )
        if onsets.size and not (onsets.min() >= 0 and (offsets > onsets).all() and offsets.max() <= frames):
            raise ValueError(
                f"runs of speech must lie within frames 0..{frames}; they reach from {onsets.min()} to {offsets.max()}"
            )
        return Timeline(start, end, onsets.astype(np.int64), offsets.astype(np.int64))

    def duration(self, first: int, last: int) -> float:
        """Seconds from the start of frame `first` to the end of frame `last - 1`."""
        return float(self.end[last - 1] - self.start[first])


def evenly(frames: int) -> Timeline:
    """Frames of 20 ms one after the other, in one run of speech."""
    seconds = np.arange(frames + 1) * SECONDS_A_FRAME
    runs = np.array([0, frames] if frames else [], np.int64).reshape(-1, 2)
    return Timeline(seconds[:-1], seconds[1:], runs[:, 0], runs[:, 1])


@dataclass(frozen=True, slots=True)
class Room:
    """A recording and the sentences that are looked for in it.

    Attributes:
        log_probs: (T, V) natural log, as given.
        probs: (T, V + 1) float32, what `emissions.relative` makes of them.
        sentences: (L,) tokens each.
        voiced: (T + 1,) int64: how many frames before t lie in runs of speech.
        onset, offset: (T + 1,) bool: whether a run begins, or ends, at a frame.
    """

    log_probs: np.ndarray
    probs: np.ndarray
    sentences: Sequence[np.ndarray]
    timeline: Timeline
    voiced: np.ndarray
    onset: np.ndarray
    offset: np.ndarray
    settings: Settings
    blank: int

    def speech(self, first: int, last: int) -> float:
        """Seconds of speech in frames [first, last)."""
        return float(self.voiced[last] - self.voiced[first]) * SECONDS_A_FRAME


def voiced(timeline: Timeline, frames: int) -> np.ndarray:
    """(frames + 1,) int64: how many frames before t lie in runs of speech."""
    inside = np.zeros(frames + 1, np.int64)
    np.add.at(inside, timeline.onsets, 1)
    np.add.at(inside, timeline.offsets, -1)
    voice = np.cumsum(inside)[:-1] > 0
    return np.concatenate([[0], np.cumsum(voice)])


def room_of(
    log_probs: np.ndarray,
    sentences: Sequence[np.ndarray],
    timeline: Timeline,
    settings: Settings = DEFAULTS,
    blank: int = 0,
    probs: np.ndarray | None = None,
) -> Room:
    """A room with its voiced frames counted; `probs`, if they are known already, save the time to make them."""
    probs = relative(log_probs, blank) if probs is None else probs
    onset, offset = np.zeros(len(probs) + 1, bool), np.zeros(len(probs) + 1, bool)
    onset[timeline.onsets], offset[timeline.offsets] = True, True
    return Room(log_probs, probs, sentences, timeline, voiced(timeline, len(probs)), onset, offset, settings, blank)
