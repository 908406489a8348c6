"""The records that walk through the rooms: frozen, checked when made, and plain enough for JSON.

Time inside the program is whole samples at 16 kHz, intervals are half-open [start, end).
Seconds appear only at the edges: files and screens (see `store`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SAMPLE_RATE = 16_000

WILDCARD = "*"
"""Stands in `Sentence.text` for what cannot be written out in words (an unknown symbol, a
formula). Matching lets it take any sound; export rejects a pair that holds one."""

REASONS = {
    # fates of audio
    "no_speech": "silence, noise or music: the voice activity detector heard no speech",
    "untranscribed": "speech that no sentence of the document was matched to",
    # fates of sentences
    "not_spoken": "no place in the recording was found where the sentence is read",
    "ocr_garbage": "the line holds too few letters of the language to be a sentence",
    "heading": "a title or a dateline of the document, not a sentence that is read",
    "furniture": "a running header, a footer or a page number",
    # fates of pairs, and so of their audio and their sentence
    "low_confidence": "matched, but the probability that the pair is right is below the threshold",
    "too_short": "shorter than the trainer's minimum",
    "too_long": "longer than the trainer's maximum, with no pause or comma to cut at",
    "wildcard": "holds a symbol that cannot be written out in words",
    "duplicate": "the same sentence and audio were mined already",
}
"""Every reason code with its meaning; nothing is rejected for a reason that is not here."""


def _interval(name: str, start: int, end: int) -> None:
    if not 0 <= start < end:
        raise ValueError(f"{name}: [{start}, {end}) is not a half-open interval of samples with start < end")


def check_reason(reason: str) -> None:
    """Raise ValueError unless `reason` is one of `REASONS`."""
    if reason not in REASONS:
        raise ValueError(f"unknown reason {reason!r}; known are {', '.join(REASONS)}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page, in reading order.

    `box` is (left, top, right, bottom) as fractions of the page, so that it can be drawn on a
    rendering of any size. `role` is one of body, title, header, footer, page_number. `block`
    counts paragraphs (columns, text blocks) on the page. `confidence` is the mean of Tesseract's
    over the line's words, 0..100; a text layer has 100. `sure` holds it for each word of the text; empty where it was not
    read by OCR.
    """

    text: str
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    role: str = "body"
    block: int = 0
    confidence: float = 100.0
    sure: tuple[int, ...] = ()


def _line(stored: dict[str, Any]) -> Line:
    return Line(**{**stored, "box": tuple(stored["box"]), "sure": tuple(stored.get("sure", ()))})


@dataclass(frozen=True, slots=True)
class Page:
    """One page: how it was read, why so, and its lines in reading order.

    `number` counts from 1. `method` is "layer" (the PDF's own text), "ocr" (Tesseract) or "text"
    (a plain text document); `why` says in words what decided between layer and OCR.
    """

    number: int
    method: str
    why: str = ""
    lines: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        # Read back from JSON, lines are dicts: make them records again.
        lines = tuple(_line(line) if isinstance(line, dict) else line for line in self.lines)
        object.__setattr__(self, "lines", lines)
        if self.number < 1 or self.method not in ("layer", "ocr", "text"):
            raise ValueError(f"page {self.number}: pages count from 1, and method is layer, ocr or text, not {self.method!r}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the document.

    `text` is normalised for training (words only: letters, marks and single spaces; numbers
    written out; `WILDCARD` for what could not be). `raw_text` is what the page says. `offsets[i]`
    is the index in `raw_text` that character i of `text` came from, so len(offsets) == len(text).
    `page` is where it starts, `places` every (page, line index on that page) that it touches.
    `aside` is None for a sentence to be matched, else the reason why it is not.
    """

    id: str
    text: str
    raw_text: str
    offsets: tuple[int, ...]
    page: int
    places: tuple[tuple[int, int], ...] = ()
    aside: str | None = None

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.text):
            raise ValueError(f"sentence {self.id}: {len(self.offsets)} offsets for {len(self.text)} characters")
        if self.aside is not None:
            check_reason(self.aside)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech, in samples, short enough for the model.

    `speech` holds the runs [start, end) in which the detector heard a voice, in order, without
    overlap; between them are pauses. The first run starts at or after `start`, and so on.
    """

    id: str
    start: int
    end: int
    speech: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        _interval(f"segment {self.id}", self.start, self.end)
        last = self.start
        for start, end in self.speech:
            _interval(f"segment {self.id}, speech", start, end)
            if start < last or end > self.end:
                raise ValueError(f"segment {self.id}: speech [{start}, {end}) out of order or outside")
            last = end


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the model heard in one segment: greedy text, and a sample position per character.

    `times[i]` is the sample at which character i of `text` was emitted.
    """

    segment: str
    start: int
    end: int
    text: str
    times: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.times) != len(self.text):
            raise ValueError(f"transcript of {self.segment}: {len(self.times)} times for {len(self.text)} characters")


@dataclass(frozen=True, slots=True)
class Correction:
    """Another reading of a word of a pair, likelier than OCR's.

    `start` and `end` are where the word stands in the pair's text as it is now: `new` where `applied`, else `old`.
    """

    start: int
    end: int
    old: str
    new: str
    probability: float
    applied: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and the stretch of audio in which it is read.

    `confidence` is the calibrated probability that text and both ends are right. `heard` is the
    model's greedy text of the stretch. `features` are the numbers that the confidence was made of.
    `sound` is the fingerprint of the stretch (`pairs.fingerprint`), `corrections` what OCR misread (`pairs.correct`).
    """

    id: str
    recording: str
    sentence: str
    segments: tuple[str, ...]
    start: int
    end: int
    text: str
    raw_text: str
    page: int
    confidence: float
    strategy: str
    heard: str = ""
    features: dict[str, float] = field(default_factory=dict)
    sound: str = ""
    corrections: tuple[Correction, ...] = ()

    def __post_init__(self) -> None:
        # Read back from JSON, corrections are dicts: make them records again.
        made = tuple(Correction(**one) if isinstance(one, dict) else one for one in self.corrections)
        object.__setattr__(self, "corrections", made)
        _interval(f"pair {self.id}", self.start, self.end)
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"pair {self.id}: confidence {self.confidence} is not within 0..1")


@dataclass(frozen=True, slots=True)
class Rejection:
    """What was not mined, and why.

    `kind` is "pair" (matched, then dropped), "sentence" (never matched) or "audio" (a stretch
    without a pair). `start` and `end` are samples where the thing has a place in the recording.
    """

    id: str
    kind: str
    recording: str
    reason: str
    text: str = ""
    start: int | None = None
    end: int | None = None
    page: int | None = None
    confidence: float | None = None

    def __post_init__(self) -> None:
        check_reason(self.reason)
        if self.kind not in ("pair", "sentence", "audio"):
            raise ValueError(f"rejection {self.id}: kind {self.kind!r} is not pair, sentence or audio")
