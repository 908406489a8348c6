"""Iterative pseudo-forced alignment (Lopez & Luque, arXiv 2210.15226): from anchor to anchor, left to right.

From the last *temporal anchor* some text is aligned to some audio. If the last utterance fits well, its end is the next
anchor. If not, text is dropped from the end, and where none is left to drop, more audio is read.

It trusts that text and audio run in one order: one wrong confident anchor shifts all that follows, and where the script
goes on elsewhere it is lost for good. `matching.match_sentences` is there for such recordings.

Where the paper is silent, its published program was followed; where this differs from it, a comment says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from align import ctc
from align.first_times import Clock, utterances
from align.kernels import prefixes
from align.room import Timeline, evenly
from align.types import Occurrence


@dataclass(frozen=True, slots=True)
class Parameters:
    """The authors' parameters with the values of their published configuration."""

    most_words: int = 24  # words of an utterance; a longer sentence is split
    accept: float = -2.0  # score from which the end of an utterance is an anchor
    sure: float = -1.0  # score above which it is taken at once
    score_frames: int = 30  # frames of the stretch whose worst mean is the score
    short_characters: int = 30  # a shorter utterance may not be an anchor ...
    short_weight: float = 2.0  # ... so this many times `accept` is added to its score
    character_seconds: float = 0.08  # how long a character takes ...
    allowance: float = 3.0  # ... and how many times that it is given
    least_proportion: float = 0.8  # time that the text is given to time of the audio: with less, more text is read ...
    most_proportion: float = 10.0  # ... and with more some is dropped
    window_seconds: float = 70.0  # from a window this wide the first times are computed anew, from the anchor
    give_up_seconds: float = 500.0  # from one this wide the search is lost, and stops
    keep_last: bool = True  # what is aligned to the very end is kept whatever its score
    collar: float = 0.0  # seconds that both ends are moved outwards
    start_offset: float = 0.0  # seconds added to every start ...
    end_offset: float = 0.0  # ... and end
    least_score: float | None = None  # only better sentences are given back (the authors: -1.0); None: all

    def __post_init__(self) -> None:
        if self.most_words < 1 or self.score_frames < 1:
            raise ValueError(f"most_words and score_frames must be 1 or more, not {self.most_words} and {self.score_frames}")


@dataclass(frozen=True, slots=True)
class _Task:
    """Emissions with the wildcard's column, and the utterances that are to be placed in them; `characters` before each."""

    probs: np.ndarray
    blank: int
    parts: Sequence[np.ndarray]
    characters: np.ndarray
    clock: Clock
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class _Window:
    """Frames [anchor, until), and the utterances from `first` on, of which the audio of `heard` was read last."""

    anchor: int
    until: int
    first: int
    heard: int


def pseudo_forced_align(
    log_probs: np.ndarray,
    sentences: Sequence[np.ndarray],
    *,
    blank: int = 0,
    delimiter: int | None = None,
    timeline: Timeline | None = None,
    parameters: Parameters = Parameters(),
    progress: Callable[[int, int], None] | None = None,
) -> list[Occurrence]:
    """Align sentences to emissions, in order; what comes after the last anchor that was found has no place.

    Args:
        log_probs: (T, V) float32, natural log.
        sentences: (L,) tokens each, -1 for a wildcard.
        delimiter: the column of the space between words; None: six tokens count as a word.
        timeline: when the frames are, and where speech is: its time is what is shared out; None: 20 ms each, all speech.
        progress: called with (sentences done, all sentences).

    Returns:
        Places in time order, one a sentence at most, without overlap if there is neither collar nor offset. `score` is the
        worst mean log-probability of 30 frames, `margin` is score - accept. A sentence that was split spans its parts,
        and has the worst of their scores; it has no place where one of them has none.

    Raises:
        ValueError: bad input, or a timeline of another length.

    Note:
        A window is under `give_up_seconds` wide and no two end with the same utterance, so time is linear in the recording.
    """
    checked = ctc.check(log_probs, blank)
    times = evenly(len(checked)) if timeline is None else timeline
    if len(times.start) != len(checked):
        raise ValueError(f"timeline has {len(times.start)} frames, log_probs {len(checked)}")
    for sentence in sentences:
        ctc.prepare(sentence, checked.shape[1])
    parts, owners = utterances(sentences, delimiter, parameters.most_words)
    characters = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)])
    task = _Task(ctc.with_wildcard(checked, blank), blank, parts, characters, Clock(times), parameters)

    def told(utterance: int) -> None:
        if progress:
            progress(int(owners[utterance]) if utterance < len(owners) else len(sentences), len(sentences))

    placed = _walk(task, told) if len(checked) and parts else []
    told(len(parts))
    return _sentences(placed, owners, task)


def _walk(task: _Task, told: Callable[[int], None]) -> list[Occurrence]:
    """From anchor to anchor; the places of utterances 0, 1, .. as far as it comes."""
    clock, parameters, last = task.clock, task.parameters, len(task.parts) - 1
    lengths = np.diff(task.characters)
    anchor, first, heard, placed = clock.first_speech, 0, 0, []
    ends, counted_from = clock.first_times(lengths, anchor), 0
    while first <= last:
        heard = max(heard, first)
        if _wide(clock, anchor, ends[heard - counted_from]) >= parameters.window_seconds:
            ends, counted_from = clock.first_times(lengths[first:], anchor), first
        # The authors' program stops by the times before that; by those after it, no window is ever wider.
        if _wide(clock, anchor, ends[heard - counted_from]) >= parameters.give_up_seconds:
            break
        found = _align(task, _Window(anchor, int(ends[heard - counted_from]), first, heard))
        if found:
            placed += found
            anchor, first = found[-1].end, first + len(found)
        told(first)
        if heard == last:
            break
        heard += 1  # the window is widened by the first time of the next utterance, and its text is read with it
    return placed


def _wide(clock: Clock, anchor: int, until: int) -> float:
    """Seconds of a window; 0 where the anchor has run ahead of the first times."""
    return clock.between(anchor, max(anchor, until))


def _align(task: _Task, window: _Window) -> list[Occurrence]:
    """Places of the utterances that fit a window, the last of which is an anchor; none where more audio must be read."""
    stop = _read(task, window)
    if stop == window.first:
        return []
    probs, parts = task.probs[window.anchor : window.until], task.parts[window.first : stop]
    firsts, lasts = _last_of_each(probs, parts, task.blank)

    def score(count: int) -> float:
        """Of the last utterance of the first `count`."""
        if lasts[count - 1] < 0:
            return -np.inf
        own = parts[count - 1]
        _, along = ctc.best_path(probs[firsts[count - 1] : lasts[count - 1] + 1], own, task.blank)
        short = len(own) < task.parameters.short_characters
        return _worst(along, task.parameters) + short * task.parameters.short_weight * task.parameters.accept

    # All that is left is kept at the end, as in the authors' program; where it does not fit, text is dropped as ever.
    at_end = window.heard == len(task.parts) - 1 and task.parameters.keep_last and lasts[-1] >= 0
    count = len(parts) if at_end else _shrink(score, len(parts), task.parameters)
    return _places(task, window, count) if count else []


def _read(task: _Task, window: _Window) -> int:
    """Index after the last utterance whose text is aligned.

    The authors' program reads more audio, too, where there is too little text, so that it never comes to more of it
    where much is said that is in no text; here it is the text alone, as its authors meant to. Nor need a run of speech be
    at its end for text to be dropped. The last window takes all the text.
    """
    if window.heard == len(task.parts) - 1:
        return window.heard + 1
    parameters, before = task.parameters, task.characters[window.first]
    seconds = task.clock.between(window.anchor, window.until)
    given = parameters.character_seconds * parameters.allowance
    enough = np.searchsorted(task.characters, before + parameters.least_proportion * seconds / given)
    stop = min(max(window.heard + 1, int(enough)), len(task.parts))
    fits = np.searchsorted(task.characters, before + parameters.most_proportion * seconds / given, side="right") - 1
    return max(window.first, min(stop, int(fits)))


def _shrink(score: Callable[[int], float], count: int, parameters: Parameters) -> int:
    """How many utterances to align: drop the last one until it is accepted, then while that gets better; 0: none fits."""
    kept, best = 0, -np.inf
    for size in range(count, 0, -1):
        own = score(size)
        if own > parameters.sure:
            return size
        if kept and own <= best:
            break
        if own >= parameters.accept:
            kept, best = size, own
    return kept


def _last_of_each(probs: np.ndarray, parts: Sequence[np.ndarray], blank: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last frame of the last utterance, if the first 1, 2, .. are aligned, by CTC segmentation; -1: do not fit.

    All texts that dropping leads to at once: aligned one by one, lost stretches would take minutes.
    """
    tokens, repeats = ctc.prepare(np.concatenate(parts), probs.shape[1] - 1)
    bounds = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    scores = np.empty(len(parts), np.float32)
    firsts, lasts = np.full(len(parts), -1, np.int32), np.full(len(parts), -1, np.int32)
    prefixes.last_of_each(probs, tokens, repeats, bounds, blank, scores, firsts, lasts)
    return firsts, lasts


def _places(task: _Task, window: _Window, count: int) -> list[Occurrence]:
    """CTC segmentation of the first `count` utterances: free audio before and after, blank alone between."""
    parts = task.parts[window.first : window.first + count]
    probs, tokens = task.probs[window.anchor : window.until], np.concatenate(parts)
    start, end = ctc.best_stretch(probs, tokens, task.blank)
    path, along = ctc.best_path(probs[start:end], tokens, task.blank)
    spoken = np.flatnonzero(path >= 0)
    bounds = np.searchsorted(path[spoken], np.cumsum([0] + [len(part) for part in parts]))
    found = []
    for index in range(count):
        first, last = int(spoken[bounds[index]]), int(spoken[bounds[index + 1] - 1]) + 1
        score = _worst(along[first:last], task.parameters)
        shift = window.anchor + start
        found.append(Occurrence(window.first + index, shift + first, shift + last, score, score - task.parameters.accept))
    return found


def _worst(along: np.ndarray, parameters: Parameters) -> float:
    """The least mean of 30 frames, or of all where they are fewer, as ctc-segmentation scores (arXiv 2007.09127)."""
    width = min(parameters.score_frames, len(along))
    return float(np.convolve(along, np.full(width, 1 / width), mode="valid").min())


def _sentences(placed: Sequence[Occurrence], owners: np.ndarray, task: _Task) -> list[Occurrence]:
    """Places of utterances to places of sentences, with collar and offsets, and only those that are good enough."""
    parameters, clock, found = task.parameters, task.clock, []
    for sentence in np.unique(owners[: len(placed)]):
        first, last = np.searchsorted(owners, [sentence, sentence + 1])
        own = placed[first:last]
        score = min(place.score for place in own)
        if len(own) < last - first or (parameters.least_score is not None and score <= parameters.least_score):
            continue
        start = min(clock.moved(own[0].start, parameters.start_offset - parameters.collar), len(task.probs) - 1)
        end = max(clock.moved(own[-1].end, parameters.end_offset + parameters.collar), start + 1)
        found.append(Occurrence(int(sentence), start, end, score, score - parameters.accept, len(task.probs)))
    return found
