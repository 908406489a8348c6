"""Where the voice of an utterance begins and ends, by its energy alone."""

from __future__ import annotations

import numpy as np

from mining.records import SAMPLE_RATE

_FRAME = SAMPLE_RATE // 100
_JOIN = 20  # frames of 10 ms: a shorter silence is a consonant's closure, or a breath between words
_FRAGMENT = 20  # frames: what is shorter and stands alone at an end is a rest of the neighbouring sentence, or a click
_SOFT = 10  # frames: a voice sets in and dies away within these


def trim(samples: np.ndarray) -> tuple[int, int]:
    """The half-open interval of samples that holds the voice, in steps of 10 ms; (0, 0) where there is none.

    Measured against the voice (the 95th percentile of the level of its frames) and the floor (the 2nd):
    a frame is strong from 15 dB under the voice; faint, but still of the voice where it touches
    strong ones, from 25 dB under it; and neither where it is not 6 dB above the floor. Breath is faint
    throughout, so it stays outside. Short bursts at either end that a silence cuts off are dropped:
    utterances that were mined from bulletins bring along a syllable of the sentence before.
    """
    count = len(samples) // _FRAME
    if not count:
        return 0, 0
    power = np.square(samples[: count * _FRAME].reshape(count, _FRAME)).mean(axis=1, dtype=np.float64)
    level = 10 * np.log10(power + 1e-10)
    floor, voice = np.percentile(level, [2, 95])
    if voice < -70:
        return 0, 0
    runs = _runs(level > max(voice - 15, min(floor + 6, voice - 10)))
    while len(runs) > 1 and runs[0][1] - runs[0][0] < _FRAGMENT:
        runs.pop(0)
    while len(runs) > 1 and runs[-1][1] - runs[-1][0] < _FRAGMENT:
        runs.pop()
    faint = level > max(voice - 25, min(floor + 6, voice - 10))
    first, last = runs[0][0], runs[-1][1]
    before, after = faint[max(0, first - _SOFT) : first][::-1], faint[last : last + _SOFT]
    return (first - _leading(before)) * _FRAME, (last + _leading(after)) * _FRAME


def _leading(flags: np.ndarray) -> int:
    """How many flags are set before the first that is not."""
    return int(np.argmin(np.append(flags, False)))


def _runs(loud: np.ndarray) -> list[tuple[int, int]]:
    """Runs of loud frames [first, last), at least one of which there is, joined over silences shorter than `_JOIN`."""
    places = np.flatnonzero(loud)
    breaks = np.flatnonzero(np.diff(places) > _JOIN)
    firsts, lasts = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [len(places) - 1]])
    return [(int(places[i]), int(places[j]) + 1) for i, j in zip(firsts, lasts, strict=True)]
