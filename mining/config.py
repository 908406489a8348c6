"""Every setting of a run, one frozen dataclass a stage; what is not here cannot be configured.

A stage is done again only when its inputs or *its* part of the config change: see `store.key`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from mining.errors import UsageError, check_within

STRATEGIES = ("hybrid", "iterative-ctc", "needleman-wunsch")
"""The ways to match sentences to speech; the first is the default."""

LAYERS = ("auto", "always", "never")
"""Whether a PDF's own text is trusted."""


@dataclass(frozen=True, slots=True)
class OcrConfig:
    """How pages are read."""

    dpi: int = 300  # Tesseract's own documentation: at least 300
    psm: int = 6  # recovers lines that the default layout analysis drops
    layer: str = "auto"  # auto | always | never: whether the PDF's own text may be trusted
    workers: int = 0  # pages at a time; 0: one a processor
    page_timeout: int = 120  # seconds; heavy noise makes Tesseract emit junk for minutes

    def __post_init__(self) -> None:
        check_within("dpi", self.dpi, 50, 1200)
        check_within("psm", self.psm, 0, 13)
        if self.layer not in LAYERS:
            raise UsageError(f"Unknown way with text layers {self.layer!r}.", f"There are {', '.join(LAYERS)}.")


@dataclass(frozen=True, slots=True)
class SplitConfig:
    """How lines become sentences."""

    min_words: int = 3  # fewer is a heading or a fragment (Shrutilipi drops under 4 at the start)
    max_characters: int = 600  # no reader takes so long a breath; cut at a comma

    def __post_init__(self) -> None:
        check_within("min_words", self.min_words, 1, 100)


@dataclass(frozen=True, slots=True)
class SegmentConfig:
    """How audio is cut for the model: at pauses, with lengths forced into a range."""

    threshold: float = 0.5  # silero's own default for the speech probability
    sure: float = 0.95  # that a run must reach somewhere: a voice does (0.98 at 3 dB of noise), the onset of music does not
    min_speech: float = 0.20  # seconds; shorter bursts are no speech
    min_pause: float = 0.10  # seconds; shorter gaps do not end a run of speech
    padding: float = 0.05  # seconds kept at both ends of a run
    max_length: float = 20.0  # seconds; a segment may not be longer
    min_length: float = 1.0  # seconds; shorter segments are joined to a near neighbour
    join_pause: float = 0.6  # seconds; a longer pause always ends a segment

    def __post_init__(self) -> None:
        check_within("threshold", self.threshold, 0.05, 0.95)


@dataclass(frozen=True, slots=True)
class TranscribeConfig:
    """Which model hears, and how."""

    model: str = ""  # a folder or a hub id; empty: the language's default
    device: str = "auto"  # auto | cpu | cuda | cuda:N | mps
    batch_seconds: float = 60.0  # seconds of audio in one batch, padding included


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """How sentences find their place."""

    strategy: str = "hybrid"  # needleman-wunsch | iterative-ctc | hybrid
    max_seconds: float = 20.0  # a longer pair is cut at a pause or a comma

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise UsageError(f"Unknown strategy {self.strategy!r}.", f"There are {', '.join(STRATEGIES)}.")


@dataclass(frozen=True, slots=True)
class CorrectConfig:
    """Whether and how words that OCR misread are mended."""

    on: bool = True  # words are mended
    least: float = 0.7  # probability from which on a reading takes the place of OCR's
    lexicon: str = ""  # a file of the language's words, or any text of it; empty: the language's own, if there is one

    def __post_init__(self) -> None:
        check_within("least", self.least, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class FilterConfig:
    """What is kept."""

    target_precision: float | None = 0.95  # picks the threshold so that the kept pairs reach it
    min_confidence: float | None = None  # a threshold by hand; overrides target_precision
    min_seconds: float = 0.5  # a shorter pair is no use to a trainer
    max_seconds: float = 20.0  # a longer one fills its batch
    calibrator: dict[str, Any] | None = None  # all that `shruti review --calibrate` learnt; none: confidence as matching gave it

    def __post_init__(self) -> None:
        for name in ("target_precision", "min_confidence"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value <= 1.0:
                raise UsageError(f"{name} {value} is not a probability.", "Give a number from 0 to 1.")


@dataclass(frozen=True, slots=True)
class ExportConfig:
    """How kept pairs become a training set."""

    valid: float = 0.05  # share of what is kept, for choosing among models
    test: float = 0.05  # share of it that no training sees
    drop_duplicates: bool = False  # leave out pairs that repeat an earlier one, its sentence or its sound
    unlabelled: bool = False  # cut, for fairseq, the speech that no pair covers too, where recordings are still there


@dataclass(frozen=True, slots=True)
class Config:
    """All stages, and the language that they share."""

    language: str = ""  # empty: the document's script decides where it can
    ocr: OcrConfig = field(default_factory=OcrConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    segment: SegmentConfig = field(default_factory=SegmentConfig)
    transcribe: TranscribeConfig = field(default_factory=TranscribeConfig)
    match: MatchConfig = field(default_factory=MatchConfig)
    correct: CorrectConfig = field(default_factory=CorrectConfig)
    filter: FilterConfig = field(default_factory=FilterConfig)
    export: ExportConfig = field(default_factory=ExportConfig)

    def as_dict(self) -> dict[str, object]:
        """The whole config as plain nested dicts, for recording.json and run.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Config:
        """The config that `as_dict` wrote, perhaps of another version.

        What it lacks has its default; what this version does not know is left out.
        """
        parts = {part.name: type(part.default_factory()) for part in fields(cls) if callable(part.default_factory)}
        known = {name: _made(parts[name], value) if name in parts else value for name, value in values.items()}
        return _made(cls, known)


def _made(kind: Any, values: dict[str, Any]) -> Any:
    """A dataclass of the values that it has fields for."""
    names = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in names})
