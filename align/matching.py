"""From sentences that could be anywhere to where they are: three strategies behind one function.

`hybrid` goes four steps. *Find*: every sentence has a few likely places, each with a margin over chance (`finding`).
*Chain*: the heaviest set of places that agree in order and do not overlap is chosen; a place out of
order may stand where the evidence for it is strong (a repeated headline). *Fill*: what the chain skipped is looked
for once more, in the speech between its neighbours alone. *Settle*: neighbours agree on their ends together. Ends lie
where the voice pauses if they can; what speech is left between two sentences must pay for being nobody's, and a
sentence pays for being spoken too fast or too slow.

`needleman-wunsch` aligns the text that a model hears with the document, as Shrutilipi did; `iterative-ctc` is the
iterative pseudo-forced alignment of Lopez & Luque. They are here to be compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from align import spotting
from align.chaining import choose, worth
from align.emissions import check, prepare
from align.finding import find, heard_tokens, paired
from align.pairwise import needleman_wunsch
from align.pseudo_forced import pseudo_forced_align
from align.room import DEFAULTS, SECONDS_A_FRAME, Room, Settings, Timeline, evenly, room_of
from align.settling import settle, snap, tempo_of
from align.types import Occurrence

Progress = Callable[[int, int], None] | None

REFRAIN = 0.7
"""Share of the best place's margin from which on others of a sentence are looked at as well, beyond `Settings.tried`."""


def match_sentences(
    log_probs: np.ndarray,
    sentences: Iterable[np.ndarray],
    timeline: Timeline | None = None,
    *,
    strategy: str = "hybrid",
    blank: int = 0,
    delimiter: int | None = None,
    settings: Settings = DEFAULTS,
    progress: Progress = None,
) -> list[Occurrence]:
    """Place sentences in a recording.

    Args:
        log_probs: (T, V) float32, natural log.
        sentences: (L,) tokens each, in the order of the text; -1 is a wildcard.
        timeline: when the frames are, and where the voice pauses; None: 20 ms each, in one run. Without pauses ends stay
            where the path has them.
        strategy: one of `STRATEGIES`.
        delimiter: the column of the space between words, for strategies that count words.
        progress: called with (sentences done, all sentences).

    Returns:
        Places in time order without overlap; a sentence may have none, or several. `score` and `margin` are those of the
        strategy: of `hybrid` as `Occurrence` says; of `needleman-wunsch` the share of tokens that were paired with equal
        ones, less 1, and that share; of `iterative-ctc` the worst mean log-probability of 30 frames, and by how much it is
        above what is accepted.

    Raises:
        ValueError: bad input, a timeline that does not fit, or a strategy that there is not.

    Note:
        Time of `hybrid`: frames times tokens, some 2.5 G a second, or far less where anchors suffice (`finding`). Twelve
        places of a sentence are known at the most, six of which tell chance: a refrain that is read more than six times is
        taken for chance.
    """
    checked, tokens = check(log_probs, blank), [np.asarray(sentence) for sentence in sentences]
    for sentence in tokens:
        prepare(sentence, checked.shape[1], blank)
    if timeline is None:  # no pause is known that an end could be moved to
        timeline, settings = evenly(len(checked)), replace(settings, reach_out=0.0, reach_in=0.0)
    room = room_of(checked, [one.astype(np.int32) for one in tokens], timeline.checked(len(checked)), settings, blank)
    return match_in(room, strategy, delimiter, progress)


def match_in(room: Room, strategy: str = "hybrid", delimiter: int | None = None, progress: Progress = None) -> list[Occurrence]:
    """`match_sentences` in a room that is made already."""
    if strategy not in STRATEGIES:
        raise ValueError(f"strategy must be one of {', '.join(STRATEGIES)}, not {strategy!r}")
    if not len(room.probs) or not any(len(sentence) for sentence in room.sentences):
        return []
    return STRATEGIES[strategy](room, delimiter, progress)


def _hybrid(room: Room, delimiter: int | None, progress: Progress) -> list[Occurrence]:
    found, sentences, settings = find(room, progress), room.sentences, room.settings
    likely = [own[0] for own in found if own]
    if not likely:
        return []
    tempo = tempo_of(likely, sentences, room.timeline)
    lengths = [len(sentence) for sentence in sentences]
    # A place that is worth less than a link makes no chain heavier; the best one may be all that there is.
    tried = [
        [
            place
            for rank, place in enumerate(own)
            if rank == 0
            or (
                (rank < settings.tried or place.margin > REFRAIN * own[0].margin)
                and worth(place, lengths[place.sentence]) > settings.next_link
            )
        ]
        for own in found
    ]
    chosen = choose([[snap(place, room, tempo) for place in own] for own in tried], lengths, room.timeline, settings)
    nulls = [own[0].score - own[0].margin if own else 0.0 for own in found]
    filled = [snap(place, room, tempo) for place in _fill([place for place, chained in chosen if chained], nulls, room, tempo)]
    both: list[list[Occurrence]] = [[] for _ in sentences]
    for place in [*(place for place, _ in chosen), *filled]:
        both[place.sentence].append(place)
    return settle(room, [place for place, _ in choose(both, lengths, room.timeline, settings)])


def _fill(chained: Sequence[Occurrence], nulls: Sequence[float], room: Room, tempo: float) -> list[Occurrence]:
    """Look for the sentences that the chain skipped, in the speech between their neighbours, and there alone."""
    if not chained:  # the gap would be the whole recording, in which all were looked for
        return []
    margin = int(0.5 / SECONDS_A_FRAME)  # neighbours' ends are not settled yet
    frames, found = len(room.probs), []
    searched = max((place.searched for place in chained), default=frames)
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
                found.append(_placed(index, first + start, first + end, nulls[index], searched, room))
    return [place for place in found if place.margin >= room.settings.least]


def _placed(index: int, start: int, end: int, null: float, searched: int, room: Room) -> Occurrence:
    tokens = room.sentences[index]
    score = float(spotting.scores_from(room.probs[start:end], tokens, room.blank)[-1]) / len(tokens)
    return Occurrence(index, start, end, score, score - null, searched)


def _by_text(room: Room, delimiter: int | None, progress: Progress) -> list[Occurrence]:
    """Needleman-Wunsch of the document against greedy text, as Shrutilipi did (arXiv 2208.12666, section 3).

    A sentence is where at least a third of its symbols were paired with equal ones; its ends are
    those of the first and the last of them.
    """
    heard, frames = heard_tokens(room.probs, room.blank)
    document, count = np.concatenate(list(room.sentences)), len(room.sentences)
    alignment = needleman_wunsch(document, heard, match=2, mismatch=-2, gap_open=-1, gap_extend=-1, free_ends=True)
    placed = []
    for index, own in enumerate(paired(alignment, heard, frames, room.sentences)):
        length = len(room.sentences[index])
        if 3 * len(own) >= length > 0:
            share = len(own) / length
            placed.append(Occurrence(index, int(own[0]), int(own[-1]) + 1, share - 1, share, len(room.probs)))
        if progress:
            progress(index + 1, count)
    return placed


def _iterative(room: Room, delimiter: int | None, progress: Progress) -> list[Occurrence]:
    return pseudo_forced_align(
        room.log_probs,
        room.sentences,
        blank=room.blank,
        delimiter=delimiter,
        timeline=room.timeline,
        progress=progress,
    )


Strategy = Callable[[Room, int | None, Progress], list[Occurrence]]

STRATEGIES: dict[str, Strategy] = {"hybrid": _hybrid, "needleman-wunsch": _by_text, "iterative-ctc": _iterative}
