"""Who takes part: our strategies, ranked by confidence, and peers, ranked by their own scores."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from align import ctc, pseudo_forced_align
from benchmarks.quality.bulletins import HINDI, Bulletin
from mining.config import STRATEGIES, MatchConfig
from mining.pairs.heard import Heard
from mining.pairs.match import match
from mining.pairs.tokens import Tokenizer
from mining.records import SAMPLE_RATE, Sentence

CHILD = Path(__file__).with_name("segmentation_child.py")
SNAP = SAMPLE_RATE
"""How far an end of a peer may be moved to the nearest edge of speech: within the half second that a right end may be
off, nothing would be won."""


@dataclass(frozen=True, slots=True)
class Found:
    """A sentence, or a part of one, in samples [start, end) of a recording."""

    sentence: Sentence
    text: str
    raw_text: str
    start: int
    end: int
    score: float


Placed = list[tuple[int, int, int, float]]
"""Of each place: index of the sentence, frames [first, last), score."""

Versions = dict[str, list[Found]]
"""The same places with their ends found in several ways."""


def ours(strategy: str, bulletin: Bulletin) -> Versions:
    """A strategy of this project."""
    sentences = {sentence.id: sentence for sentence in bulletin.document.sentences}
    heard = (bulletin.segments, bulletin.emissions)
    pairs = match(bulletin.name, list(sentences.values()), *heard, HINDI, MatchConfig(strategy=strategy))
    return {"": [Found(sentences[p.sentence], p.text, p.raw_text, p.start, p.end, p.confidence) for p in pairs]}


class Room:
    """What a peer is given: emissions, and the document's sentences, cleaned up as ours are, in the model's symbols."""

    def __init__(self, bulletin: Bulletin) -> None:
        self.emissions = bulletin.emissions
        self.log_probs = bulletin.emissions.log_probs.astype(np.float32)
        self.heard = Heard(ctc.relative(self.log_probs, self.emissions.blank), bulletin.segments, self.emissions)
        self.sentences = [sentence for sentence in bulletin.document.sentences if sentence.aside is None]
        tokenizer = Tokenizer(self.emissions)
        self.tokens = [tokenizer.columns(sentence.text)[0] for sentence in self.sentences]

    def versions(self, placed: Placed) -> Versions:
        """The places as seconds: with the ends that our own frames get, and with those snapped to edges of speech."""
        plain = [(index, *self.heard.interval(first, last), score) for index, first, last, score in placed]
        snapped = [(index, *self._snapped(start, end), score) for index, start, end, score in plain]
        return {"": self._found(plain), "snapped": self._found(snapped)}

    def _found(self, places: Sequence[tuple[int, int, int, float]]) -> list[Found]:
        own = [(self.sentences[index], start, end, score) for index, start, end, score in places]
        return [Found(sentence, sentence.text, sentence.raw_text, start, end, score) for sentence, start, end, score in own]

    def _snapped(self, start: int, end: int) -> tuple[int, int]:
        first, last = _nearest(start, self.heard.runs[:, 0]), _nearest(end, self.heard.runs[:, 1])
        return (first, last) if first < last else (start, end)


def _nearest(place: int, edges: np.ndarray) -> int:
    edge = int(edges[np.abs(edges - place).argmin()]) if len(edges) else place
    return edge if abs(edge - place) <= SNAP else place


def edit_distance(bulletin: Bulletin) -> Versions:
    """The fewest edits between the whole document and all that was heard; a sentence is where its symbols fell.

    Ranked by the error rate of what was heard there. A lone symbol may have fallen anywhere: in a second version only
    two equal ones in a row count.
    """
    room = Room(bulletin)
    best = room.log_probs.argmax(axis=1)
    frames = np.flatnonzero((best != room.emissions.blank) & (np.diff(best, prepend=-1) != 0))
    said, text = best[frames].tolist(), np.concatenate(room.tokens).tolist()
    steps = [step for step in Levenshtein.opcodes(text, said) if step.tag == "equal"]
    found: Versions = {}
    for name, least in (("", 1), ("two in a row", 2)):
        at = np.full(len(text), -1)
        for step in steps:
            if step.src_end - step.src_start >= least:
                at[step.src_start : step.src_end] = np.arange(step.dest_start, step.dest_end)
        found |= _named(name, room.versions(_fallen(room.tokens, at, said, frames)))
    return found


def _fallen(sentences: Sequence[np.ndarray], at: np.ndarray, said: list[int], frames: np.ndarray) -> Placed:
    """The place of every sentence of which a symbol fell somewhere: `at` is the index in `said` of each, or -1."""
    placed: Placed = []
    for index, (tokens, own) in enumerate(zip(sentences, np.split(at, np.cumsum([*map(len, sentences)])[:-1]), strict=True)):
        own = own[own >= 0]
        if len(own):
            errors = Levenshtein.distance(tokens.tolist(), said[own[0] : own[-1] + 1]) / len(tokens)
            placed.append((index, int(frames[own[0]]), int(frames[own[-1]]) + 1, -errors))
    return placed


def _named(name: str, versions: Versions) -> Versions:
    return {" and ".join(filter(None, (name, version))): found for version, found in versions.items()}


def pseudo_forced(bulletin: Bulletin) -> Versions:
    """Iterative pseudo-forced alignment as it was published (arXiv 2210.15226), ranked by its own score."""
    room = Room(bulletin)
    blank, delimiter = room.emissions.blank, room.emissions.delimiter if room.emissions.delimiter >= 0 else None
    found = pseudo_forced_align(room.log_probs, room.tokens, blank=blank, delimiter=delimiter, timeline=room.heard.timeline)
    return room.versions([(place.sentence, place.start, place.end, place.score) for place in found])


def ctc_segmentation(python: Path, bulletin: Bulletin) -> Versions:
    """The package ctc-segmentation (arXiv 2007.09127), in another environment: with its authors' settings, and more window.

    Ranked by its own score, the least mean log-probability of 30 frames. Symbols that the model cannot write are left out.
    """
    room = Room(bulletin)
    known = [tokens[tokens >= 0] for tokens in room.tokens]
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder, "given.npz"), Path(folder, "answer.npy")
        lengths = np.array([len(tokens) for tokens in known])
        np.savez(given, log_probs=room.log_probs, tokens=np.concatenate(known), lengths=lengths, blank=room.emissions.blank)
        done = subprocess.run([python, CHILD, given, answer], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{bulletin.name}: ctc-segmentation failed: {done.stderr.strip().splitlines()[-1:]}")
        usual, whole = np.load(answer)
    return _answered(room, usual) | _named("all frames in its window", _answered(room, whole))


def _answered(room: Room, rows: np.ndarray) -> Versions:
    score = rows[:, 4].tolist()
    own, symbols = (room.versions(_within(bounds, score, len(room.log_probs))) for bounds in (rows[:, 0:2], rows[:, 2:4]))
    return own | _named("ends of its symbols", symbols)


def _within(bounds: np.ndarray, score: Sequence[float], frames: int) -> Placed:
    """Places in whole frames; those that hold none are left out."""
    whole = np.clip(np.rint(bounds), 0, frames).astype(int).tolist()
    return [(index, first, last, score[index]) for index, (first, last) in enumerate(whole) if first < last]


Contestant = Callable[[Bulletin], Versions]


def contestants(python: Path | None) -> tuple[dict[str, Contestant], dict[str, str]]:
    """Those that can take part, by name, and why the others cannot.

    Args:
        python: the interpreter that ctc-segmentation is installed for.
    """
    able: dict[str, Contestant] = {strategy: partial(ours, strategy) for strategy in STRATEGIES}
    able |= {"pseudo-forced, own score": pseudo_forced, "edit distance": edit_distance}
    missing = _missing(python)
    if python is not None and not missing:
        able["ctc-segmentation"] = partial(ctc_segmentation, python)
    return able, {"ctc-segmentation": missing} if missing else {}


def _missing(python: Path | None) -> str:
    if python is None:
        return "no environment was named that has it (--peers PYTHON)"
    if not python.is_file():
        return f"there is no {python.name} where --peers says"
    done = subprocess.run([python, "-c", "import ctc_segmentation"], capture_output=True, text=True, check=False)
    return f"it cannot be imported there: {done.stderr.strip().splitlines()[-1]}" if done.returncode else ""
