"""From sentences that could be anywhere to where they are: find, chain, fill, settle.

*Find*: every sentence is spotted on its own in the whole recording (`ctc.spot`), a few places each.
*Chain*: the heaviest set of places that agree in order and do not overlap is chosen; a place out of
order may stand where the evidence for it is strong (a repeated headline).
*Fill*: what the chain skipped is looked for once more, in the speech between its neighbours alone.
*Settle*: neighbours agree on their ends together. Ends lie where the voice pauses if they can; what
speech is left between two sentences must pay for being nobody's, and a sentence pays for being
spoken too fast or too slow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from align import spotting
from align.chaining import choose
from align.room import DEFAULTS, SECONDS_A_FRAME, Room, Settings, Timeline, room_of
from align.settling import settle, snap, tempo_of
from align.types import Occurrence


def match_sentences(
    relative_probs: np.ndarray,
    sentences: Sequence[np.ndarray],
    timeline: Timeline,
    *,
    settings: Settings = DEFAULTS,
    blank: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Occurrence]:
    """Place sentences in a recording: find, chain, fill, settle.

    Args:
        relative_probs: what `ctc.relative` gives, (T, V + 1) float32.
        sentences: (L,) tokens each, in the order of the text; -1 is a wildcard.
        timeline: when the frames are, and where the voice pauses.

    Returns:
        Places in time order without overlap; a sentence may have none, or several.
    """
    found = spotting.spot_relative(relative_probs, sentences, blank=blank, progress=progress)
    likely = [own[0] for own in found if own]
    if not likely:
        return []
    room = room_of(relative_probs, sentences, timeline, settings, blank)
    tempo = tempo_of(likely, sentences, timeline)
    lengths = [len(sentence) for sentence in sentences]
    snapped = [[snap(place, room, tempo) for place in own[: settings.tried]] for own in found]
    chosen = choose(snapped, lengths, timeline, settings)
    nulls = [own[0].score - own[0].margin if own else 0.0 for own in found]
    filled = [snap(place, room, tempo) for place in _fill([place for place, chained in chosen if chained], nulls, room, tempo)]
    both: list[list[Occurrence]] = [[] for _ in sentences]
    for place in [*(place for place, _ in chosen), *filled]:
        both[place.sentence].append(place)
    return settle(room, [place for place, _ in choose(both, lengths, timeline, settings)])


def _fill(chained: Sequence[Occurrence], nulls: Sequence[float], room: Room, tempo: float) -> list[Occurrence]:
    """Look for the sentences that the chain skipped, in the speech between their neighbours, and there alone."""
    margin = int(0.5 / SECONDS_A_FRAME)  # neighbours' ends are not settled yet
    frames, found = len(room.probs), []
    bounds = [(0, -1)] + [(place.end - margin, place.sentence) for place in chained]
    nexts = [(place.start + margin, place.sentence) for place in chained] + [(frames, len(room.sentences))]
    for (first, before), (last, after) in zip(bounds, nexts, strict=True):
        first, last = max(0, first), min(frames, last)
        for index in range(before + 1, after):
            expected = len(room.sentences[index]) * tempo
            if expected == 0 or last <= first or room.speech(first, last) < 0.6 * expected:
                continue
            start, end = spotting.best_stretch(room.probs[first:last], room.sentences[index], room.blank)
            if end > start:
                found.append(_placed(index, first + start, first + end, nulls[index], room))
    return [place for place in found if place.margin >= room.settings.least]


def _placed(index: int, start: int, end: int, null: float, room: Room) -> Occurrence:
    tokens = room.sentences[index]
    score = float(spotting.scores_from(room.probs[start:end], tokens, room.blank)[-1]) / len(tokens)
    return Occurrence(index, start, end, score, score - null)
