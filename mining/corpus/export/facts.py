"""What a training set holds, in figures: gathered while its utterances go by, so that none need be kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mining.corpus.export.splits import SPLITS, speakers
from mining.corpus.export.utterance import Utterance
from mining.corpus.rows import read_sources
from mining.corpus.stats.diversity import Diversity
from mining.records import SAMPLE_RATE

BINS = 10


@dataclass(slots=True)
class Part:
    """One split. `weight` is the sum of its confidences, `longest` in samples."""

    clips: int = 0
    samples: int = 0
    recordings: int = 0
    weight: float = 0.0
    longest: int = 0
    last: str = ""
    speakers: set[str] = field(default_factory=set)

    @property
    def hours(self) -> float:
        """Its sound in hours."""
        return self.samples / SAMPLE_RATE / 3600


@dataclass(slots=True)
class Facts:
    """A training set.

    Attributes:
        splits: those that hold anything, in the order of `SPLITS` once all has gone by.
        languages: utterances by code.
        licences: of the recordings, as the catalogue has them.
        names: of all that the catalogue knew of any recording.
        confidences: utterances by tenths of confidence, from 0 up.
        measured: recordings that the training split holds nothing of.
        fates: seconds of all recordings of the run by what became of them.
        diversity: words, speakers and regions.
    """

    splits: dict[str, Part] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    licences: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    confidences: list[int] = field(default_factory=lambda: [0] * BINS)
    measured: set[str] = field(default_factory=set)
    fates: dict[str, float] = field(default_factory=dict)
    diversity: Diversity = field(default_factory=Diversity)

    def watch(self, utterances: Iterable[Utterance]) -> Iterator[Utterance]:
        """Yield the utterances on, and count them."""
        trains = ""  # the last recording that something of trains; those of one recording follow each other
        for utterance in utterances:
            self._count(utterance)
            recording = utterance.row["recording"]
            if utterance.split == SPLITS[0]:
                trains = recording
                self.measured.discard(recording)
            elif trains != recording:
                self.measured.add(recording)
            yield utterance
        self.splits = {split: self.splits[split] for split in SPLITS if split in self.splits}

    def look_at(self, out: Path) -> None:
        """Sum up what became of all recordings of the run."""
        for source in read_sources(out):
            for fate, seconds in source.seconds.items():
                self.fates[fate] = self.fates.get(fate, 0.0) + seconds

    def _count(self, utterance: Utterance) -> None:
        row, about = utterance.row, utterance.about
        self.diversity.add(row)
        part = self.splits.setdefault(utterance.split, Part())
        part.clips += 1
        part.samples += utterance.samples
        part.longest = max(part.longest, utterance.samples)
        part.recordings += row["recording"] != part.last
        part.last = row["recording"]
        part.weight += row["confidence"]
        part.speakers.update(speakers(row))
        self.languages[row["language"]] = self.languages.get(row["language"], 0) + 1
        self.names.update(about)
        if licence := about.get("licence"):
            self.licences.add(" ".join(str(licence).split()))
        self.confidences[min(BINS - 1, int(row["confidence"] * BINS))] += 1
