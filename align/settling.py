"""Where places begin and end: at pauses if they can, at a usual tempo, and agreed with their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from align.emissions import prepare
from align.kernels import NEVER
from align.kernels.spotting import between
from align.room import SECONDS_A_FRAME, Room, Timeline
from align.types import Occurrence

CERTAIN = 30.0
"""Nats; more doubt than this leaves out makes no difference."""

_OVERLAP = 1e6
"""Cost of an overlap that no choice of ends avoids; the weaker of the two is dropped afterwards."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Candidate ends of one sentence and what they cost.

    Attributes:
        starts, ends: frames.
        cost: (starts, ends), infinite where a pair of ends is impossible.
        frame_cost: what a frame of this sentence costs on average, at its best.
    """

    starts: np.ndarray
    ends: np.ndarray
    cost: np.ndarray
    frame_cost: float


def snap(place: Occurrence, room: Room, tempo: float) -> Occurrence:
    """A place with the ends that suit it best as long as nothing is known of its neighbours."""
    choice = _choice(room, place, tempo)
    row, column = np.unravel_index(int(choice.cost.argmin()), choice.cost.shape)
    return replace(place, start=int(choice.starts[row]), end=int(choice.ends[column]))


def doubts(room: Room, place: Occurrence, tempo: float, apart: float = 0.3) -> tuple[float, float]:
    """How much dearer the next-best start, and the next-best end, are that lie `apart` seconds or more from the place's own.

    Little means that the end could as well lie elsewhere; below 0 it was moved against its own evidence, for its
    neighbour's sake. Within +-`CERTAIN`, which it also is where there is no other.
    """
    choice = _choice(room, place, tempo)
    row, column = int(np.searchsorted(choice.starts, place.start)), int(np.searchsorted(choice.ends, place.end))
    own = choice.cost[row, column]
    if not np.isfinite(own):  # the tokens do not fit at all
        return -CERTAIN, -CERTAIN
    start, end = room.timeline.start[choice.starts], room.timeline.end[choice.ends - 1]
    others = choice.cost[np.abs(start - start[row]) >= apart, column], choice.cost[row, np.abs(end - end[column]) >= apart]
    first, last = (float(np.clip(costs.min(initial=np.inf) - own, -CERTAIN, CERTAIN)) for costs in others)
    return first, last


def settle(room: Room, placed: Sequence[Occurrence]) -> list[Occurrence]:
    """Move the ends of placed sentences (in time order), all together, to where they cost least.

    Dynamic programming from left to right over the candidate ends of each sentence: a sentence's own cost,
    and the cost of the speech that is left between it and its neighbour.
    """
    if not placed:
        return []
    tempo = tempo_of(placed, room.sentences, room.timeline)
    choices = [_choice(room, place, tempo) for place in placed]
    costs, back = [choices[0].cost.min(axis=0)], [choices[0].cost.argmin(axis=0)]
    joints: list[np.ndarray] = [np.zeros(0, np.int64)]
    for left, right in zip(choices, choices[1:], strict=False):
        between = _between(left, right, room) + costs[-1][:, None]
        joints.append(between.argmin(axis=0))
        total = between.min(axis=0)[:, None] + right.cost
        costs.append(total.min(axis=0))
        back.append(total.argmin(axis=0))
    settled, end = [], int(costs[-1].argmin())
    for index in range(len(placed) - 1, -1, -1):
        start = int(back[index][end])
        choice = choices[index]
        settled.append(replace(placed[index], start=int(choice.starts[start]), end=int(choice.ends[end])))
        if index:
            end = int(joints[index][start])
    return _without_overlap(settled[::-1])


def _without_overlap(settled: list[Occurrence]) -> list[Occurrence]:
    kept: list[Occurrence] = []
    for place in settled:
        if kept and kept[-1].end > place.start:
            if kept[-1].margin >= place.margin:
                continue
            kept.pop()
        kept.append(place)
    return kept


def tempo_of(placed: Sequence[Occurrence], sentences: Sequence[np.ndarray], timeline: Timeline) -> float:
    """Seconds a token in this recording: the median over the better half of the places."""
    margins = np.array([place.margin for place in placed])
    rates = np.array([timeline.duration(p.start, p.end) / len(sentences[p.sentence]) for p in placed])
    return float(np.median(rates[margins >= np.median(margins)]))


def _near(edges: np.ndarray, voiced: np.ndarray, at: int, low: float, high: float) -> np.ndarray:
    """Frames among `edges` with `low`..`high` seconds of *speech* between them and frame `at`, and `at` itself, ascending.

    Silence is not counted: to a path that waits for its last symbol it is free.
    """
    count = voiced[at] + np.array([low, high]) / SECONDS_A_FRAME  # of voiced frames, which rise with the edges
    first, last = np.searchsorted(voiced[edges], count[0] - 1e-9), np.searchsorted(voiced[edges], count[1] + 1e-9, "right")
    own = edges[first:last]
    place = int(np.searchsorted(own, at))
    return own if place < len(own) and own[place] == at else np.insert(own, place, at)


def _choice(room: Room, place: Occurrence, tempo: float) -> Choice:
    """All pairs of candidate ends with their costs: the path, the tempo, and whether the voice pauses there."""
    settings, timeline, voiced = room.settings, room.timeline, room.voiced
    tokens = room.sentences[place.sentence]
    starts = _near(timeline.onsets, voiced, place.start, -settings.reach_out, settings.reach_in)
    ends = _near(timeline.offsets, voiced, place.end, -settings.reach_in, settings.reach_out)
    states, repeats = prepare(tokens, room.probs.shape[1] - 1)
    scores = np.empty((len(starts), len(ends)), np.float32)
    between(room.probs, states, repeats, room.blank, starts, ends, scores)
    fits = (ends - starts[:, None] >= max(1, len(tokens) // 2)) & (scores >= NEVER / 10)
    duration = np.where(fits, timeline.end[ends - 1] - timeline.start[starts][:, None], 1.0)
    silence = duration - (voiced[ends] - voiced[starts][:, None]) * SECONDS_A_FRAME
    log_ratio = np.log(duration / (tempo * len(tokens)))
    odd = settings.tempo * 0.5 * (log_ratio / settings.spread) ** 2 + settings.silence * silence
    cost = np.where(fits, odd - scores, np.inf)
    frame_cost = float((cost / np.maximum(1, ends[None, :] - starts[:, None])).min())
    cost += settings.unpaused * ~room.onset[starts][:, None]
    cost += settings.unpaused * ~room.offset[ends][None, :]
    return Choice(starts, ends, cost, frame_cost)


def _between(left: Choice, right: Choice, room: Room) -> np.ndarray:
    """(left ends, right starts) cost of the speech that would be nobody's; prohibitive where they overlap."""
    speech = room.voiced[right.starts][None, :] - room.voiced[left.ends][:, None]
    cost = speech * room.settings.foreign * 0.5 * (left.frame_cost + right.frame_cost)
    overlap = left.ends[:, None] - right.starts[None, :]
    return np.where(overlap <= 0, cost, _OVERLAP + overlap)
