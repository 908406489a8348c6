"""A sentence longer than a trainer takes is cut where its reader pauses, or at a comma."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from align import ctc
from align.types import Occurrence
from mining.pairs.heard import Heard
from mining.pairs.tokens import Tokenizer
from mining.records import Sentence

_COMMA = 0.4  # seconds of pause that a comma in the raw text is worth
_LEAST = 0.12  # seconds of pause (comma included) below which a sentence is not cut
_COMMAS = ",;:،—–"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a sentence with its text; frames [start, end)."""

    sentence: Sentence
    start: int
    end: int
    text: str
    raw_text: str


def parts(heard: Heard, tokenizer: Tokenizer, sentence: Sentence, place: Occurrence, most: float) -> list[Part]:
    """The whole sentence, or, where it takes longer than `most` seconds, its parts at the best joints.

    What has no joint stays whole: the filter calls it too long.
    """
    if heard.timeline.duration(place.start, place.end) <= most:
        return [Part(sentence, place.start, place.end, sentence.text, sentence.raw_text)]
    joints = _joints(heard, tokenizer, sentence, place)
    bounds = [(0, place.start, place.start), *_chosen(heard, place, joints, most), (len(sentence.text), place.end, place.end)]
    made = []
    for (first, _, start), (last, end, _) in zip(bounds, bounds[1:], strict=False):
        raw_first = sentence.offsets[first] if first else 0
        raw_last = sentence.offsets[last] if last < len(sentence.text) else len(sentence.raw_text)
        made.append(Part(sentence, start, end, sentence.text[first:last].strip(), sentence.raw_text[raw_first:raw_last].strip()))
    return made


@dataclass(frozen=True, slots=True)
class _Joint:
    """Between two words: the character that the second begins at, the last and first frames around it, its worth."""

    character: int
    end: int
    start: int
    worth: float


def _joints(heard: Heard, tokenizer: Tokenizer, sentence: Sentence, place: Occurrence) -> list[_Joint]:
    """All places between words, with the pause that is there."""
    tokens, characters = tokenizer.columns(sentence.text)
    path, _ = ctc.best_path(heard.probs[place.start : place.end], tokens, heard.blank)
    letter = np.array([sentence.text[character] != " " for character in characters])
    spoken = np.flatnonzero((path >= 0) & letter[path])  # a model may say the space anywhere in the pause
    joints = []
    for before, after in zip(spoken, spoken[1:], strict=False):
        first = characters[path[after]]
        if sentence.text[first - 1 : first] != " " or path[before] == path[after]:
            continue
        left, right = place.start + int(before) + 1, place.start + int(after)
        between = sentence.raw_text[sentence.offsets[first - 2] : sentence.offsets[first]]
        comma = any(c in _COMMAS for c in between)
        if not any(map(str.isspace, between)) and not (comma and not sentence.raw_text[sentence.offsets[first]].isdigit()):
            continue  # amid the words of one number
        pause, end, start = _pause(heard, left, right)
        joints.append(_Joint(int(first), end, start, pause + (_COMMA if comma else 0.0)))
    return joints


def _pause(heard: Heard, left: int, right: int) -> tuple[float, int, int]:
    """(seconds, its first frame, the frame after it) of the pause between frames `left` and `right`; amid speech the middle."""
    timeline = heard.timeline
    offsets = timeline.offsets[(timeline.offsets >= left - 5) & (timeline.offsets <= right + 5)]
    for offset in offsets:
        onsets = timeline.onsets[timeline.onsets >= offset]
        if len(onsets) and onsets[0] <= right + 10:
            return float(timeline.start[onsets[0]] - timeline.end[offset - 1]), int(offset), int(onsets[0])
    middle = (left + right) // 2
    return max(0, right - left) * 0.5 * float(timeline.end[middle] - timeline.start[middle]), middle, middle


def _chosen(heard: Heard, place: Occurrence, joints: list[_Joint], most: float) -> list[tuple[int, int, int]]:
    """The worthiest joint of what is too long, and so on in both halves: (character, end frame, start frame) in order."""
    if heard.timeline.duration(place.start, place.end) <= most:
        return []
    middle, half = (place.start + place.end) / 2, (place.end - place.start) / 2

    def rank(joint: _Joint) -> float:  # a joint near an end helps little
        return joint.worth * (1.0 - abs(joint.start - middle) / half)

    able = [joint for joint in joints if joint.worth >= _LEAST and place.start < joint.end and joint.start < place.end]
    if not able:
        return []
    best = max(able, key=rank)
    left = Occurrence(place.sentence, place.start, best.end, place.score, place.margin)
    right = Occurrence(place.sentence, best.start, place.end, place.score, place.margin)
    before = [joint for joint in joints if joint.character < best.character]
    after = [joint for joint in joints if joint.character > best.character]
    return [*_chosen(heard, left, before, most), (best.character, best.end, best.start), *_chosen(heard, right, after, most)]
