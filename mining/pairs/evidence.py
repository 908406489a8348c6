"""The numbers that a pair's confidence is made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from align import ctc
from align.room import SECONDS_A_FRAME, Room
from align.settling import doubts, tempo_of
from align.types import Occurrence
from mining.pairs.heard import Heard

WINDOW = 30  # frames; the worst stretch of this length is what ctc-segmentation scores by (arXiv 2007.09127)

_TEXT = {"margin": 1, "strength": 1, "dip": 1, "tempo": -1, "in_order": 1, "support": 1, "minutes": 1}
TEXT = {"hybrid": _TEXT, "needleman-wunsch": _TEXT, "iterative-ctc": _TEXT | {"cer": -1}}
"""What tells whether it is this sentence that is said there, and whether more of it is better (1) or worse (-1).

The margin over the next-best places says less where there are few places: so the minutes that were searched count, by
their logarithm.
The dip is how far the worst stretch lies below the whole: a word that is not the one that was said, in a sentence that is.
iterative-ctc puts a sentence wherever it is due, and has no margin over other places: what was heard there must tell.
"""

EDGE = {"sure": 1, "pause": 1, "left": -1, "fit": 1, "pace": -1, "margin": 1}
"""What tells whether an end lies where the sentence begins or ends, at either end alike: see `edge`.

All of it is measured against the same recording: its next-best places, its neighbours, its pauses, the rest of the
sentence. How well the model hears at all (path score, error rate of what was heard) is told as well but looked at only
where nothing else tells: on another broadcaster's voice it is worse for right pairs and wrong ones alike, and a
calibrator that trusts it takes a worse model for a wrong text.
"""

ENDS = {"start": ("pause_before", "left_before", "first"), "end": ("pause_after", "left_after", "last")}

USUAL_TEMPO = float(np.log(0.075))
"""Log seconds a token, a round figure: the median of five stations of All India Radio is 0.064 s."""

TOKENS = 10  # at each end that are looked at apart


def features(heard: Heard, room: Room, texts: Sequence[str], placed: Sequence[Occurrence]) -> list[dict[str, float]]:
    """One row of features for each placed sentence (in time order); all finite."""
    seconds = tempo_of(placed, room.sentences, heard.timeline) if placed else 0.0
    rows = [_own(heard, room.sentences[place.sentence], texts[place.sentence], place, room, seconds) for place in placed]
    # A few places alone would each be the measure of themselves: usual tempo is part of the median.
    tempo = np.median([row["tempo"] for row in rows] + [USUAL_TEMPO] * 9)
    support = float(np.median([row["margin"] for row in rows])) if rows else 0.0
    gaps = _gaps(heard, placed)
    for index, row in enumerate(rows):
        row["tempo"] = abs(row["tempo"] - tempo)
        row["left_before"], row["left_after"] = gaps[index], gaps[index + 1]
        row["in_order"] = _in_order(placed, index)
        row["sure_start"], row["sure_end"] = doubts(room, placed[index], seconds)
        row["support"] = support  # of a document that is not read here, no place is good
        row["minutes"] = float(np.log(max(0.05, placed[index].searched * SECONDS_A_FRAME / 60)))
    return rows


def edge(row: dict[str, float], end: str) -> dict[str, float]:
    """The features of `EDGE` at one end, "start" or "end", out of a row of `features`."""
    pause, left, fit = ENDS[end]
    return {
        "sure": row[f"sure_{end}"],
        "pause": row[pause],
        "left": row[left],
        "fit": row[fit] - row["frame_score"],
        "pace": row[f"pace_{fit}"],
        "margin": row["margin"],
    }


def _own(heard: Heard, tokens: np.ndarray, text: str, place: Occurrence, room: Room, seconds: float) -> dict[str, float]:
    """What can be said of a placed sentence without its neighbours; `seconds` a token are usual here."""
    stretch = heard.probs[place.start : place.end]
    path, score = ctc.best_path(stretch, tokens, heard.blank)
    few = min(TOKENS, len(tokens) - 1)
    first, last = path_until(path, few), path_from(path, len(tokens) - few)
    paces = [_pace(room.speech(place.start + part.start, place.start + part.stop), few * seconds) for part in (first, last)]
    said = heard.text(place.start, place.end)
    letters, spoken = text.replace(" ", ""), said.replace(" ", "")
    before, after = heard.pauses(place.start, place.end)
    return {
        "margin": place.margin,
        "strength": place.margin * float(np.sqrt(len(tokens))),
        "frame_score": float(score.mean()),
        "worst": _worst(score),
        "dip": _worst(score) - float(score.mean()),
        "first": float(score[first].mean()),
        "last": float(score[last].mean()),
        "pace_first": paces[0],
        "pace_last": paces[1],
        "cer": min(1.5, Levenshtein.distance(letters, spoken) / max(1, len(letters))),
        "cer_first": _edge_error(letters[:TOKENS], spoken),
        "cer_last": _edge_error(letters[-TOKENS:][::-1], spoken[::-1]),
        "tempo": float(np.log(heard.timeline.duration(place.start, place.end) / max(1, len(tokens)))),
        "pause_before": min(before, 0.8),
        "pause_after": min(after, 0.8),
        "length": float(np.log(max(1, len(tokens)))),
    }


def path_until(path: np.ndarray, tokens: int) -> slice:
    """Frames from the first to where token number `tokens` begins (at least one)."""
    later = np.flatnonzero(path >= tokens)
    return slice(0, max(1, int(later[0]) if len(later) else len(path)))


def path_from(path: np.ndarray, token: int) -> slice:
    """Frames from where `token` begins to the last (at least one)."""
    later = np.flatnonzero(path >= max(0, token))
    return slice(min(int(later[0]) if len(later) else 0, len(path) - 1), len(path))


def _pace(speech: float, expected: float) -> float:
    """By how much an end is spoken faster or slower than usual, |log|; at most 2."""
    return min(2.0, abs(float(np.log(max(0.02, speech) / max(0.02, expected)))))


def _in_order(placed: Sequence[Occurrence], index: int) -> float:
    """How many of the places on both sides hold the sentences that the text has there: 0, 1 or 2."""
    own = placed[index].sentence
    before = index > 0 and placed[index - 1].sentence == own - 1
    after = index + 1 < len(placed) and placed[index + 1].sentence == own + 1
    return float(before) + float(after)


def _worst(score: np.ndarray) -> float:
    width = min(WINDOW, len(score))
    return float(np.convolve(score, np.ones(width) / width, mode="valid").min())


def _edge_error(text: str, heard: str) -> float:
    """Error rate of `text` against the beginning of `heard` that suits it best, two characters more or less."""
    errors = [Levenshtein.distance(text, heard[:length]) for length in range(max(0, len(text) - 2), len(text) + 3)]
    return min(1.5, min(errors) / max(1, len(text)))


def _gaps(heard: Heard, placed: Sequence[Occurrence]) -> list[float]:
    """Seconds of speech that is nobody's before each placed sentence and after the last; at most 2."""
    runs = heard.runs
    ends = [0] + [heard.interval(place.start, place.end)[1] for place in placed]
    starts = [heard.interval(place.start, place.end)[0] for place in placed] + [int(runs[-1, 1]) if len(runs) else 0]
    gaps = []
    for left, right in zip(ends, starts, strict=True):
        inside = np.minimum(runs[:, 1], right) - np.maximum(runs[:, 0], left)
        gaps.append(min(2.0, float(np.maximum(inside, 0).sum()) / 16_000))
    return gaps
