"""What a CTC model heard: log-probabilities frame by frame, with exact times, on disk and as text."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mining import store
from mining.errors import InputError
from mining.records import Segment, Transcript

FLOOR = -30.0
"""Log-probabilities are clipped here: e-30 is never, and float16 keeps two decimals down to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Emissions:
    """Log-probabilities of all frames of all segments, in time order.

    Attributes:
        log_probs: natural logarithms, shape (T, V), float16 (24 MB for an hour of 66 tokens), from `FLOOR` to 0.
        starts, ends: int64, shape (T,): the samples [start, end) of the recording that are a frame's
            own, its hop. Within a segment each frame begins where the former one ends.
        segment_index: int32, shape (T,), ascending: which of the segments a frame belongs to.
        vocabulary: the tokens as the model's tokenizer has them, by id; "" for an id without one.
        blank: id of CTC's blank.
        delimiter: id of the token between words; -1 if the model has none.
        specials: ids of other tokens that stand for no text (<unk>, <s>), ascending.
    """

    log_probs: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    segment_index: np.ndarray
    vocabulary: tuple[str, ...]
    blank: int
    delimiter: int = -1
    specials: tuple[int, ...] = field(default=())

    def __post_init__(self) -> None:
        frames = len(self.log_probs)
        if self.log_probs.ndim != 2 or self.log_probs.shape[1] != len(self.vocabulary):
            raise ValueError(f"emissions: log_probs of shape {self.log_probs.shape} for {len(self.vocabulary)} tokens")
        if {len(self.starts), len(self.ends), len(self.segment_index)} != {frames}:
            raise ValueError(f"emissions: {frames} frames, {len(self.starts)} starts, {len(self.ends)} ends")
        if not 0 <= self.blank < len(self.vocabulary):
            raise ValueError(f"emissions: blank {self.blank} is not one of {len(self.vocabulary)} tokens")

    @property
    def texts(self) -> tuple[str, ...]:
        """What each token writes: " " for the delimiter, "" for the blank and the specials."""
        silent = {self.blank, *self.specials}
        written = ("" if i in silent else " " if i == self.delimiter else token for i, token in enumerate(self.vocabulary))
        return tuple(text.replace("▁", " ") for text in written)  # SentencePiece marks the start of a word so

    def frames_of(self, segment: int) -> slice:
        """The frames of one segment, by its index."""
        first, last = np.searchsorted(self.segment_index, (segment, segment + 1))
        return slice(int(first), int(last))

    def save(self, path: Path) -> None:
        """Write as .npz, whole or not at all; equal emissions give equal bytes."""
        with store.writing(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                log_probs=self.log_probs,
                starts=self.starts,
                ends=self.ends,
                segment_index=self.segment_index,
                vocabulary=np.array(self.vocabulary),
                tokens=np.array([self.blank, self.delimiter, *self.specials]),
            )

    @classmethod
    def load(cls, path: Path) -> Emissions:
        """Read what `save` wrote.

        Raises:
            InputError: the file is missing, or not of this kind.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in ("log_probs", "starts", "ends", "segment_index")}
                blank, delimiter, *specials = stored["tokens"].tolist()
                vocabulary = tuple(stored["vocabulary"].tolist())
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: no emissions can be read from it ({error}).", "Run the stage transcribe again.") from error
        return cls(**arrays, vocabulary=vocabulary, blank=blank, delimiter=delimiter, specials=tuple(specials))


def greedy(emissions: Emissions, segments: Sequence[Segment]) -> list[Transcript]:
    """The text of the likeliest token of each frame, repeats and blanks dropped, for each segment.

    A character's time is the centre of the first frame that says it; a token of several characters
    gives them all the same time. Words are separated by single spaces, with none at either end.
    """
    texts = emissions.texts
    best = emissions.log_probs.argmax(axis=1) if len(emissions.log_probs) else np.zeros(0, np.int64)
    centres = (emissions.starts + emissions.ends) // 2
    transcripts = []
    for index, segment in enumerate(segments):
        frames = emissions.frames_of(index)
        heard = list(_characters(best[frames], centres[frames], texts))
        while heard and heard[-1][0] == " ":
            heard.pop()
        text, times = "".join(character for character, _ in heard), tuple(time for _, time in heard)
        transcripts.append(Transcript(segment.id, segment.start, segment.end, text, times))
    return transcripts


def _characters(best: np.ndarray, centres: np.ndarray, texts: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Characters with their times; no space at the beginning or after another space."""
    changes = np.flatnonzero(np.diff(best, prepend=-1))
    last = " "
    for frame in changes:
        for character in texts[best[frame]]:
            if not character == last == " ":
                yield character, int(centres[frame])
            last = character
