"""Which places stand: the heaviest chain that agrees in time and in order, and strong places beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from align.kernels import chaining as kernels
from align.room import SECONDS_A_FRAME, Settings, Timeline
from align.types import Occurrence


def choose(
    places: Sequence[Sequence[Occurrence]], lengths: Sequence[int], timeline: Timeline, settings: Settings
) -> list[tuple[Occurrence, bool]]:
    """Chain the places of all sentences; what stands, in time order, and whether it is in the chain.

    Args:
        places: of each sentence, best first.     lengths: tokens of each sentence.
    """
    flat = [place for own in places for place in own if _speakable(place, lengths[place.sentence], timeline, settings)]
    flat.sort(key=lambda place: (_core(place, settings)[1], place.start, place.sentence))
    if not flat:
        return []
    gain = np.array([worth(place, lengths[place.sentence]) for place in flat])
    best, before = np.empty(len(flat)), np.empty(len(flat), np.int64)
    cores = [_core(place, settings) for place in flat]
    start, end = np.array(cores).T.copy()
    order = np.array([place.sentence for place in flat])
    near = int(settings.near / SECONDS_A_FRAME)
    kernels.chain(start, end, order, gain, settings.link, settings.next_link, near, best, before)
    chained, at = [], int(best.argmax())
    while at >= 0:
        chained.append(at)
        at = int(before[at])
    standing = _with_strong(cores, gain, chained, settings.alone)
    return sorted([(flat[index], index in chained) for index in standing], key=lambda row: row[0].start)


def _core(place: Occurrence, settings: Settings) -> tuple[int, int]:
    """What of a place no other may touch: its ends are vague before they are settled."""
    vague = min(int(settings.overlap / 2 / SECONDS_A_FRAME), (place.end - place.start) // 4)
    return place.start + vague, place.end - vague


def worth(place: Occurrence, length: int) -> float:
    """What a place speaks for: its margin, which counts for more the longer the sentence is."""
    return max(0.0, place.margin) * float(np.sqrt(length))


def _speakable(place: Occurrence, length: int, timeline: Timeline, settings: Settings) -> bool:
    rate = length / max(0.02, timeline.duration(place.start, place.end))
    return settings.rate[0] * 0.7 <= rate <= settings.rate[1] * 1.3


def _with_strong(cores: list[tuple[int, int]], gain: np.ndarray, chained: list[int], alone: float) -> list[int]:
    """The chain and the strong places that it left, strongest first; what they overlap goes where it is weaker by `alone`."""
    standing = list(chained)
    for index in np.argsort(-gain, kind="stable").tolist():
        if gain[index] < alone:
            break
        first, last = cores[index]
        rivals = [other for other in standing if cores[other][0] < last and first < cores[other][1]]
        if index not in standing and sum(gain[other] for other in rivals) <= gain[index] - alone:
            standing = [other for other in standing if other not in rivals] + [index]
    return standing
