"""From where sentences could be to where they are: find, chain, settle.

*Find*: every sentence is spotted on its own in the whole recording (`ctc.spot`), a few places each.
*Chain*: the heaviest set of places that agree in order and do not overlap is chosen; a place out of
order may stand where the evidence for it is strong (a repeated headline).
*Settle*: neighbours agree on their ends together. Ends lie where the voice pauses if they can; what
speech is left between two sentences must pay for being nobody's, and a sentence pays for being
spoken too fast or too slow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from align import ctc, kernels
from align.types import Occurrence

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
    scrap: float = 0.0  # cost of leaving less speech between two sentences than anybody says
    scrap_seconds: float = 0.8
    overlap: float = 1.2  # seconds by which neighbours in the chain may overlap before their ends are settled
    silence: float = 5.0  # cost of a second of silence within a sentence
    unpaused: float = 12.0  # cost of an end that lies in no pause
    spread: float = 0.20  # standard deviation of log(duration / expected)
    tempo: float = 1.0  # weight of the duration's log-likelihood


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

    def duration(self, first: int, last: int) -> float:
        """Seconds from the start of frame `first` to the end of frame `last - 1`."""
        return float(self.end[last - 1] - self.start[first])


def match_sentences(
    relative_probs: np.ndarray,
    sentences: Sequence[np.ndarray],
    timeline: Timeline,
    *,
    settings: Settings = Settings(),
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
    found = ctc.spot(relative_probs, sentences, blank=blank, progress=progress)
    likely = [own[0] for own in found if own]
    if not likely:
        return []
    room = _Room(relative_probs, sentences, timeline, _voiced(timeline, len(relative_probs)), settings, blank)
    tempo = _tempo(likely, sentences, timeline)
    lengths = [len(sentence) for sentence in sentences]
    snapped = [[_snap(place, room, tempo) for place in own[: settings.tried]] for own in found]
    chosen = choose(snapped, lengths, timeline, settings)
    nulls = [own[0].score - own[0].margin if own else 0.0 for own in found]
    filled = [_snap(place, room, tempo) for place in _fill([place for place, chained in chosen if chained], nulls, room, tempo)]
    both: list[list[Occurrence]] = [[] for _ in sentences]
    for place in [*(place for place, _ in chosen), *filled]:
        both[place.sentence].append(place)
    return settle(room, [place for place, _ in choose(both, lengths, timeline, settings)])


@dataclass(frozen=True, slots=True)
class _Room:
    """What all steps look at: emissions, tokens of the sentences, and the timeline with the frames that are voiced."""

    probs: np.ndarray
    sentences: Sequence[np.ndarray]
    timeline: Timeline
    voiced: np.ndarray
    settings: Settings
    blank: int


def _snap(place: Occurrence, room: _Room, tempo: float) -> Occurrence:
    """A place with the ends that suit it best as long as nothing is known of its neighbours."""
    choice = _choice(room, place, tempo)
    row, column = np.unravel_index(int(choice.cost.argmin()), choice.cost.shape)
    return replace(place, start=int(choice.starts[row]), end=int(choice.ends[column]))


def _fill(chained: Sequence[Occurrence], nulls: Sequence[float], room: _Room, tempo: float) -> list[Occurrence]:
    """Look for the sentences that the chain skipped, in the speech between their neighbours, and there alone."""
    margin = int(0.5 / SECONDS_A_FRAME)  # neighbours' ends are not settled yet
    frames, found = len(room.probs), []
    bounds = [(0, -1)] + [(place.end - margin, place.sentence) for place in chained]
    nexts = [(place.start + margin, place.sentence) for place in chained] + [(frames, len(room.sentences))]
    for (first, before), (last, after) in zip(bounds, nexts, strict=True):
        first, last = max(0, first), min(frames, last)
        for index in range(before + 1, after):
            expected = len(room.sentences[index]) * tempo
            if expected == 0 or last <= first or (room.voiced[last] - room.voiced[first]) * SECONDS_A_FRAME < 0.6 * expected:
                continue
            start, end = ctc.best_stretch(room.probs[first:last], room.sentences[index], room.blank)
            if end > start:
                found.append(_placed(index, first + start, first + end, nulls[index], room))
    return [place for place in found if place.margin >= room.settings.least]


def _placed(index: int, start: int, end: int, null: float, room: _Room) -> Occurrence:
    tokens = room.sentences[index]
    score = float(ctc.scores_from(room.probs[start:end], tokens, room.blank)[-1]) / len(tokens)
    return Occurrence(index, start, end, score, score - null)


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


def settle(room: _Room, placed: Sequence[Occurrence]) -> list[Occurrence]:
    """Move the ends of placed sentences (in time order), all together, to where they cost least.

    Dynamic programming from left to right over the candidate ends of each sentence: a sentence's own cost,
    and the cost of the speech that is left between it and its neighbour.
    """
    if not placed:
        return []
    tempo = _tempo(placed, room.sentences, room.timeline)
    choices = [_choice(room, place, tempo) for place in placed]
    costs, back = [choices[0].cost.min(axis=0)], [choices[0].cost.argmin(axis=0)]
    joints: list[np.ndarray] = [np.zeros(0, np.int64)]
    for left, right in zip(choices, choices[1:], strict=False):
        between = _between(left, right, room.voiced, room.settings) + costs[-1][:, None]
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


def _tempo(placed: Sequence[Occurrence], sentences: Sequence[np.ndarray], timeline: Timeline) -> float:
    """Seconds a token in this recording: the median over the better half of the places."""
    margins = np.array([place.margin for place in placed])
    rates = np.array([timeline.duration(p.start, p.end) / len(sentences[p.sentence]) for p in placed])
    return float(np.median(rates[margins >= np.median(margins)]))


def _voiced(timeline: Timeline, frames: int) -> np.ndarray:
    """(frames + 1,) int64: how many frames before t lie in runs of speech."""
    inside = np.zeros(frames + 1, np.int64)
    np.add.at(inside, timeline.onsets, 1)
    np.add.at(inside, timeline.offsets, -1)
    voice = np.cumsum(inside)[:-1] > 0
    return np.concatenate([[0], np.cumsum(voice)])


def _near(edges: np.ndarray, voiced: np.ndarray, at: int, low: float, high: float) -> np.ndarray:
    """Frames among `edges` with `low`..`high` seconds of *speech* between them and frame `at`, and `at` itself, ascending.

    Silence is not counted: to a path that waits for its last symbol it is free.
    """
    seconds = (voiced[edges] - voiced[at]) * SECONDS_A_FRAME
    return np.unique(np.append(edges[(seconds >= low) & (seconds <= high)], at))


def _choice(room: _Room, place: Occurrence, tempo: float) -> Choice:
    """All pairs of candidate ends with their costs: the path, the tempo, and whether the voice pauses there."""
    settings, timeline, voiced = room.settings, room.timeline, room.voiced
    tokens = room.sentences[place.sentence]
    starts = _near(timeline.onsets, voiced, place.start, -settings.reach_out, settings.reach_in)
    ends = _near(timeline.offsets, voiced, place.end, -settings.reach_in, settings.reach_out)
    cost = np.full((len(starts), len(ends)), np.inf)
    for row, start in enumerate(starts):
        scores = ctc.scores_from(room.probs[start : ends[-1]], tokens, room.blank)
        for column, end in enumerate(ends):
            if end - start < max(1, len(tokens) // 2) or scores[end - start - 1] < kernels.NEVER / 10:
                continue
            duration = timeline.duration(start, end)
            silence = duration - (voiced[end] - voiced[start]) * SECONDS_A_FRAME
            log_ratio = np.log(duration / (tempo * len(tokens)))
            cost[row, column] = settings.tempo * 0.5 * (log_ratio / settings.spread) ** 2 + settings.silence * silence
            cost[row, column] -= scores[end - start - 1]
    frame_cost = float((cost / np.maximum(1, ends[None, :] - starts[:, None])).min())
    cost += settings.unpaused * (~np.isin(starts, timeline.onsets))[:, None]
    cost += settings.unpaused * (~np.isin(ends, timeline.offsets))[None, :]
    return Choice(starts, ends, cost, frame_cost)


def _between(left: Choice, right: Choice, voiced: np.ndarray, settings: Settings) -> np.ndarray:
    """(left ends, right starts) cost of the speech that would be nobody's; infinite where they overlap."""
    speech = voiced[right.starts][None, :] - voiced[left.ends][:, None]
    frame = settings.foreign * 0.5 * (left.frame_cost + right.frame_cost)
    cost = speech * frame + settings.scrap * ((speech > 0) & (speech * SECONDS_A_FRAME < settings.scrap_seconds))
    overlap = left.ends[:, None] - right.starts[None, :]
    return np.where(overlap <= 0, cost, _OVERLAP + overlap)
