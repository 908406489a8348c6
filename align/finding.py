"""Where each sentence may be: spotted in the whole recording, or, where that would take long, anchored first.

Spotting costs frames times tokens. In a long recording that is heard well most of it is needless: stretches of the
greedy text that stand in the document too, and once in each, tell where most sentences are. A sentence that is found
there, and much better than by chance, is taken as found; only what is left of the recording is searched for all of
them (the others, and those that are read twice).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

import numpy as np

from align import anchoring, spotting
from align.encoding import codes, costs
from align.room import SECONDS_A_FRAME, Room
from align.types import Alignment, Occurrence

Progress = Callable[[int, int], None] | None

LONG = 1e9
"""Frames times tokens up to which everything is spotted: a third of a second."""

NULLS = 6
"""Next-best places that a margin is taken over."""

MOST = 12
"""Places of a sentence."""

SAMPLE = 6000
"""Frames that are searched at least for what chance finds: two minutes."""

SURE = 0.6
"""Share of the usual margin from which an anchored sentence is taken as found."""

ENOUGH = 0.5
"""Share of the speech that sentences found so must cover; with less everything is spotted."""

SEEDS = 3
"""Stretches of five tokens that a sentence and what is left must share for the sentence to be looked for again."""

AROUND = 1.0
"""Seconds around the anchors in which a sentence is looked for, besides the time that the rest of it should take."""

EQUAL = 0.25
"""Share of a sentence's tokens that must be anchored or lie between anchors and be equal."""


def find(room: Room, progress: Progress = None) -> list[list[Occurrence]]:
    """The likely places of each sentence, best first, with their margins.

    Args:
        progress: called with (sentences looked for, all sentences).
    """
    tokens = sum(len(sentence) for sentence in room.sentences)
    if len(room.probs) * tokens > LONG:
        found = _anchored_first(room, progress)
        if found is not None:
            return found
    return spotting.spot_relative(room.probs, room.sentences, blank=room.blank, nulls=NULLS, progress=progress)


def heard_tokens(probs: np.ndarray, blank: int) -> tuple[np.ndarray, np.ndarray]:
    """(symbols, frames): what a greedy reading of relative emissions (T, V + 1) hears, and when each symbol begins."""
    silent = probs[:, blank] >= 0  # relative to the best, so that these are 0 where they are the best
    best = np.full(len(probs), blank)
    spoken = np.flatnonzero(~silent)
    best[spoken] = probs[spoken, :-1].argmax(axis=1)
    frames = np.flatnonzero((best != blank) & (np.diff(best, prepend=-1) != 0))
    return best[frames].astype(np.int32), frames


def paired(alignment: Alignment, heard: np.ndarray, frames: np.ndarray, sentences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Of each sentence the frames, ascending, of the heard symbols that it was paired with and that are equal.

    Args:
        alignment: of all sentences in a row, as ref, with `heard`.
        heard, frames: as `heard_tokens` gives them.
    """
    ref, hyp = alignment.matched()
    equal = np.concatenate(list(sentences))[ref] == heard[hyp]
    bounds = np.searchsorted(ref[equal], np.cumsum([len(sentence) for sentence in sentences])[:-1])
    return np.split(frames[hyp[equal]], bounds)


def _anchored_first(room: Room, progress: Progress) -> list[list[Occurrence]] | None:
    """`find` by anchors; None where they cover too little."""
    heard, frames = heard_tokens(room.probs, room.blank)
    places = _local(room, _anchored(room, heard, frames))
    sample = _searched(room, _spread(room, SAMPLE), None, range(len(room.sentences)))
    nulls = [_null([place.score for place in own]) for own in sample]
    margins = [place.score - nulls[place.sentence] for place in places]
    least = SURE * median(margins) if margins else 0.0
    sure = [place for place, margin in zip(places, margins, strict=True) if margin >= least]
    covered = sum(room.speech(place.start, place.end) for place in sure)
    if covered < ENOUGH * room.speech(0, len(room.probs)):
        return None
    rest = _rest(room, sure)
    left = sorted(set(range(len(room.sentences))) - {place.sentence for place in sure} | _again(room, rest, heard, frames))
    found = _searched(room, rest, progress, left)
    searched = sum(last - first for first, last in rest) + SAMPLE
    for own, others in zip(found, sample, strict=True):
        own += others
    for place in sure:
        found[place.sentence].append(place)
    return [_with_margins(own, searched) for own in found]


def _again(room: Room, rest: Sequence[Stretch], heard: np.ndarray, frames: np.ndarray) -> set[int]:
    """Sentences that something left of the recording has `SEEDS` short stretches in common with, which no other has."""
    document, base = np.concatenate(list(room.sentences)), room.probs.shape[1] + 1
    of = np.repeat(np.arange(len(room.sentences)), [len(sentence) for sentence in room.sentences])
    keys, first, often = np.unique(_keys(document, base), return_index=True, return_counts=True)
    keys, owner = keys[often == 1], of[first[often == 1]]
    found: set[int] = set()
    for start, end in rest:
        own = np.unique(_keys(heard[slice(*np.searchsorted(frames, [start, end]))], base))
        at = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
        shared = np.bincount(owner[at[keys[at] == own]]) if len(keys) else np.zeros(0, int)
        found |= set(np.flatnonzero(shared >= SEEDS).tolist())
    return found


def _keys(tokens: np.ndarray, base: int) -> np.ndarray:
    """Stretches of five tokens as one integer each; of over 6,000 columns two stretches may share one, which hardly happens."""
    if len(tokens) < 5:
        return np.empty(0, np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(tokens.astype(np.int64), 5)
    return ((windows + 1) * base ** np.arange(5, dtype=np.int64)).sum(axis=1)


def _anchored(room: Room, heard: np.ndarray, frames: np.ndarray) -> list[tuple[int, int, int]]:
    """(sentence, first frame, last frame) of what is said of a sentence between trusted anchors, in order of the text."""
    document = np.concatenate(list(room.sentences))
    alignment = anchoring.anchored(*codes(document, heard), costs(2, -2, -3, -1), (True,) * 4)
    if alignment is None:
        return []
    return [
        (index, int(own[0]), int(own[-1]))
        for index, own in enumerate(paired(alignment, heard, frames, room.sentences))
        if len(own) >= max(2, EQUAL * len(room.sentences[index]))
    ]


def _local(room: Room, anchored: Sequence[tuple[int, int, int]]) -> list[Occurrence]:
    """The best place of each anchored sentence about its anchors."""
    places = []
    for index, first, last in anchored:
        tokens = room.sentences[index]
        slack = int((AROUND + len(tokens) / room.settings.rate[0] * 0.5) / SECONDS_A_FRAME)
        start, end = max(0, first - slack), min(len(room.probs), last + 1 + slack)
        if end - start > 4 * slack + len(tokens) / room.settings.rate[0] / SECONDS_A_FRAME:
            continue  # its anchors lie too far apart to be of one reading
        found = spotting.spot_relative(room.probs[start:end], [tokens], blank=room.blank, most=1, nulls=0)[0]
        places += [Occurrence(index, start + place.start, start + place.end, place.score, 0.0) for place in found]
    return places


Stretch = tuple[int, int]
"""Frames [first, last)."""


def _spread(room: Room, frames: int) -> list[Stretch]:
    """Stretches of half a minute, evenly over the recording, with so many frames in all; everything, if it has no more."""
    total, each = len(room.probs), 1500
    if frames <= 0:
        return []
    number = -(-frames // each)
    if number * each >= total:
        return [(0, total)]
    return [(first, first + each) for first in np.linspace(0, total - each, number).astype(int).tolist()]


def _rest(room: Room, sure: Sequence[Occurrence]) -> list[Stretch]:
    """What sure places leave of the recording, ends included since they are not settled yet; no scraps."""
    vague = int(0.5 / SECONDS_A_FRAME)
    rest, at = [], 0
    for place in sorted(sure, key=lambda place: place.start):
        if place.start + vague > at:
            rest.append((at, min(len(room.probs), place.start + vague)))
        at = max(at, place.end - vague)
    rest.append((min(at, len(room.probs)), len(room.probs)))
    return [(first, last) for first, last in rest if room.speech(first, last) >= 2.5 * vague * SECONDS_A_FRAME]


def _searched(room: Room, stretches: Sequence[Stretch], progress: Progress, chosen: Sequence[int]) -> list[list[Occurrence]]:
    """Chosen sentences spotted in some stretches of the recording alone; no places for the others."""
    found: list[list[Occurrence]] = [[] for _ in room.sentences]
    barrier = np.full((1, room.probs.shape[1]), -spotting.FLOOR, np.float32)
    pieces: list[np.ndarray] = []
    frames: list[np.ndarray] = []
    for first, last in stretches:
        pieces += [room.probs[first:last], barrier]
        frames += [np.arange(first, last), np.array([-1])]
    if not pieces or not chosen:
        return found
    joined, frame = np.concatenate(pieces), np.concatenate(frames)
    sentences = [room.sentences[index] for index in chosen]
    across = np.cumsum(frame < 0)
    spotted = spotting.spot_relative(joined, sentences, blank=room.blank, nulls=NULLS, progress=progress)
    for index, own in zip(chosen, spotted, strict=True):
        found[index] = [
            Occurrence(index, int(frame[place.start]), int(frame[place.end - 1]) + 1, place.score, 0.0)
            for place in own
            if across[place.start] == across[place.end - 1] and frame[place.start] >= 0
        ]
    return found


def _null(scores: Sequence[float]) -> float:
    """What chance finds: the median of the best places; `scores` from the best on."""
    return median(scores[:NULLS]) if scores else -spotting.FLOOR


def _with_margins(places: Sequence[Occurrence], searched: int) -> list[Occurrence]:
    """Places of one sentence, best first, each with its margin over the median of the others; no more than `MOST`."""
    apart: list[Occurrence] = []
    for place in sorted(places, key=lambda place: (-place.score, place.start)):
        if len(apart) < MOST and not any(_overlap(place, other) for other in apart):
            apart.append(place)
    scores = [place.score for place in apart]
    nulls = [-spotting.FLOOR if null is None else null for null in spotting.by_chance(scores, NULLS)]
    return [
        Occurrence(place.sentence, place.start, place.end, place.score, place.score - null, searched)
        for place, null in zip(apart, nulls, strict=True)
    ]


def _overlap(one: Occurrence, other: Occurrence) -> bool:
    return one.start < other.end and other.start < one.end
