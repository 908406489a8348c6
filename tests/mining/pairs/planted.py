"""Bulletins without sound: emissions, segments and runs of speech of sentences that are said as planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mining.records import Segment, Sentence
from mining.speech.emissions import Emissions
from tests import naive

HOP = 320  # samples a frame
GAP = 4  # frames a symbol: 12.5 symbols a second
MARGIN = 3  # frames of speech before the first symbol and after the last

SENTENCES = (
    "आज सुबह से पूरे राज्य में हल्की बारिश हो रही है",
    "मुख्यमंत्री ने किसानों के लिए नई योजना की घोषणा की",
    "जिले के सभी विद्यालय सोमवार को बंद रहेंगे",
    "रेलगाड़ी अपने तय समय से दो घंटे देरी से चल रही है",
    "गाँव के लोगों ने मिलकर पुराने तालाब की सफाई की",
    "अस्पताल में नए डॉक्टरों की नियुक्ति जल्द की जाएगी",
    "खिलाड़ियों ने फाइनल मैच में शानदार प्रदर्शन किया",
    "बाजार में सब्जियों के दाम लगातार बढ़ रहे हैं",
)
UNPRINTED = "चाँदनी रात में नदी का पानी झिलमिला उठा था"

LETTERS = tuple(sorted(set("".join(SENTENCES) + UNPRINTED) - {" "}))
VOCABULARY = ("<pad>", "|", "<unk>", *LETTERS)


def sentence(number: int, text: str, raw_text: str | None = None, **more) -> Sentence:
    """A sentence that stands on page 1; where its raw text differs, it has the same words in the same places."""
    return Sentence(f"s{number:04d}", text, raw_text or text, tuple(range(len(text))), more.pop("page", 1), **more)


def document(texts: Sequence[str] = SENTENCES) -> list[Sentence]:
    """All texts as the sentences of a document."""
    return [sentence(number, text) for number, text in enumerate(texts, 1)]


@dataclass(frozen=True)
class Bulletin:
    """What was heard, and the truth: (text, first sample, last sample) of what is said."""

    emissions: Emissions
    segments: list[Segment]
    spoken: list[tuple[str, int, int]]
    duration: int


def emissions(logits: np.ndarray, starts: np.ndarray, index: np.ndarray, vocabulary: Sequence[str] = VOCABULARY) -> Emissions:
    """Emissions with the blank in column 0, "|" between words if it is known, and <unk> silent."""
    log_probs = np.maximum(naive.log_softmax(logits), -30).astype(np.float16)
    silent = tuple(i for i, token in enumerate(vocabulary) if token == "<unk>")
    between = vocabulary.index("|") if "|" in vocabulary else -1
    return Emissions(log_probs, starts, starts + HOP, index.astype(np.int32), tuple(vocabulary), 0, between, silent)


def say(logits: np.ndarray, text: str, at: int, pauses: dict[int, int]) -> tuple[list[tuple[int, int]], int]:
    """Plant a text in logits from frame `at` on; `pauses` are the frames of silence before characters of it.

    Returns the runs of speech (frames) and the frame after the last. What is no symbol of the vocabulary sounds
    like any letter. The space is said when a pause is half over.
    """
    runs, start = [], at
    at += MARGIN
    logits[start:at, 0] += 12
    for number, character in enumerate(text):
        if number in pauses:
            runs.append((start, at + MARGIN))
            logits[at : at + pauses[number] + 2 * MARGIN, 0] += 12
            at += pauses[number] + MARGIN
            start = at
            at += MARGIN
        wait = pauses.get(number + 1, 0) // 2 + MARGIN if character == " " and number + 1 in pauses else 0
        logits[at : at + GAP + wait, 0] += 12
        column = 1 if character == " " else VOCABULARY.index(character) if character in VOCABULARY else 3 + number % len(LETTERS)
        logits[at + wait, [0, column]] += (-12, 12)
        at += GAP
    logits[at : at + MARGIN, 0] += 12
    return [*runs, (start, at + MARGIN)], at + MARGIN


def bulletin(
    readings: Sequence[str],
    pause: float = 0.7,
    together: int = 2,
    within: dict[int, dict[int, int]] | None = None,
    noise: float = 1.0,
) -> Bulletin:
    """A recording in which `readings` are read one after another, `together` of them in a segment.

    `pause` seconds of silence lie between readings, half of it before the first. `within` are further
    pauses of readings by their number, see `say`. Silence between segments has no frames, as in true recordings.
    """
    rng = np.random.default_rng(0)
    quiet = round(pause * 16_000 / HOP)
    parts, starts, index, segments, spoken = [], [], [], [], []
    at = quiet // 2  # the frame of the recording
    for first in range(0, len(readings), together):
        group = readings[first : first + together]
        logits = rng.normal(0, noise, (sum(GAP * len(text) + 2 * MARGIN + quiet + 200 for text in group), len(VOCABULARY)))
        local, runs = 0, []
        for number, text in enumerate(group, first):
            own, end = say(logits, text, local, (within or {}).get(number, {}))
            runs += [((at + a) * HOP, (at + b) * HOP) for a, b in own]
            spoken.append((text, (at + own[0][0]) * HOP, (at + end) * HOP))
            logits[end : end + quiet, 0] += 12
            local = end + quiet
        frames = local - quiet
        parts.append(logits[:frames])
        starts.append((at + np.arange(frames)) * HOP)
        index.append(np.full(frames, len(segments)))
        segments.append(Segment(f"g{len(segments) + 1:05d}", at * HOP, (at + frames) * HOP, tuple(runs)))
        at += local
    heard = emissions(np.concatenate(parts), np.concatenate(starts).astype(np.int64), np.concatenate(index))
    return Bulletin(heard, segments, spoken, at * HOP)
