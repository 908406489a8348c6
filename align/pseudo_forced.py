"""Iterative pseudo-forced alignment (Lopez & Luque, arXiv 2210.15226): from anchor to anchor, left to right.

From the last *temporal anchor* some text is aligned to some audio. If the last utterance fits well, its
end is the next anchor. If not, text is dropped from the end while that helps, and where none is
left to drop, more audio is read. It trusts that text and audio run in one order: one wrong
confident anchor shifts all that follows, which is what `matching` does better.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from align import ctc
from align.room import SECONDS_A_FRAME
from align.types import Occurrence


@dataclass(frozen=True, slots=True)
class Parameters:
    """The paper's parameters with the values of its published configuration."""

    accept: float = -2.0  # score from which the end of an utterance is an anchor
    sure: float = -1.0  # score above which it is taken at once
    short_characters: int = 30  # a shorter utterance may not be an anchor
    score_frames: int = 30  # frames of the stretch whose worst mean is the score
    character_seconds: float = 0.08  # speech time of a character, at the least
    least_proportion: float = 0.8  # audio to text; with less, text is dropped
    step_seconds: float = 10.0  # audio that widens the window
    window_seconds: float = 70.0  # a wider window: the first times are computed anew
    give_up_seconds: float = 500.0  # a still wider window: the end


@dataclass(slots=True)
class _State:
    anchor: int
    first: int
    until: int  # the frame to which audio is read


def pseudo_forced_align(
    log_probs: np.ndarray,
    sentences: Sequence[np.ndarray],
    *,
    blank: int = 0,
    parameters: Parameters = Parameters(),
    progress: Callable[[int, int], None] | None = None,
) -> list[Occurrence]:
    """Align utterances to emissions, in order; an utterance that never fits has no place.

    Args:
        log_probs: (T, V + 1) float32, natural log, with the wildcard's column (`ctc.with_wildcard`).
        sentences: (L,) tokens each.

    Returns:
        Places in time order; `score` is the worst mean log-probability of 30 frames, `margin` is score - accept.
    """
    placed: list[Occurrence] = []
    state = _State(0, 0, 0)
    while state.first < len(sentences) and state.anchor < len(log_probs) - 1:
        last = _read(sentences, state, log_probs, parameters)
        found = _shrink(log_probs, sentences, state, last, blank, parameters)
        if found and found[-1].score >= parameters.accept:
            placed += found
            state = _State(found[-1].end, found[-1].sentence + 1, found[-1].end)
        elif not _widen(state, len(log_probs), parameters):
            state = _State(state.anchor, state.first + 1, state.anchor)  # nobody says it: go on behind it
        if progress:
            progress(state.first, len(sentences))
    return placed


def _read(sentences: Sequence[np.ndarray], state: _State, log_probs: np.ndarray, parameters: Parameters) -> int:
    """Index after the last utterance that is read: as many as the first times give to the window; sets `state.until`."""
    remaining = np.cumsum([len(sentence) for sentence in sentences[state.first :]])
    share = (len(log_probs) - state.anchor) / max(1, remaining[-1])
    frames = max(parameters.step_seconds / SECONDS_A_FRAME, float(remaining[0]) * share * 1.2)
    state.until = min(len(log_probs), max(state.until, state.anchor + int(frames)))
    least = parameters.character_seconds / SECONDS_A_FRAME * parameters.least_proportion
    fits = np.searchsorted(remaining * max(share, least), state.until - state.anchor, side="right")
    return state.first + max(1, int(fits))


def _widen(state: _State, frames: int, parameters: Parameters) -> bool:
    """Read more audio; False where the window may not grow any more."""
    width = (state.until - state.anchor) * SECONDS_A_FRAME
    if state.until >= frames or width > min(parameters.window_seconds, parameters.give_up_seconds):
        return False
    state.until = min(frames, state.until + int(parameters.step_seconds / SECONDS_A_FRAME))
    return True


def _shrink(
    log_probs: np.ndarray, sentences: Sequence[np.ndarray], state: _State, last: int, blank: int, parameters: Parameters
) -> list[Occurrence]:
    """Drop utterances from the end until the last one fits; the best attempt."""
    best: list[Occurrence] = []
    for stop in range(last, state.first, -1):
        found = _attempt(log_probs, sentences, state, stop, blank, parameters)
        if found and (not best or found[-1].score > best[-1].score):
            best = found
        elif best and best[-1].score >= parameters.accept:
            break
        if best and best[-1].score > parameters.sure:
            break
    return best


def _attempt(
    log_probs: np.ndarray, sentences: Sequence[np.ndarray], state: _State, stop: int, blank: int, parameters: Parameters
) -> list[Occurrence]:
    """CTC segmentation of utterances first..stop-1 in the window: free audio before, between is blank, free after."""
    tokens = np.concatenate([sentences[index] for index in range(state.first, stop)])
    window = np.ascontiguousarray(log_probs[state.anchor : state.until])
    if len(tokens) == 0 or len(window) <= len(tokens):
        return []
    start, end = ctc.best_stretch(window, tokens, blank)
    if end - start < len(tokens):
        return []
    path, score = ctc.best_path(window[start:end], tokens, blank)
    bounds = np.concatenate([[0], np.cumsum([len(sentences[index]) for index in range(state.first, stop)])])
    found = []
    for offset, index in enumerate(range(state.first, stop)):
        own = np.flatnonzero((path >= bounds[offset]) & (path < bounds[offset + 1]))
        if not len(own):
            return []
        value = _score(score[own[0] : own[-1] + 1], parameters)
        if len(sentences[index]) < parameters.short_characters:
            value += parameters.accept
        first, last = state.anchor + start + int(own[0]), state.anchor + start + int(own[-1]) + 1
        found.append(Occurrence(index, first, last, value, value - parameters.accept))
    return found


def _score(along: np.ndarray, parameters: Parameters) -> float:
    width = min(parameters.score_frames, len(along))
    return float(np.convolve(along, np.ones(width) / width, mode="valid").min())
