"""How well a model hears what was really said: word and character error rates, with how sure they are.

The sound goes through the same transcription as in a run, so the figures are those of the model at work there. Both texts are
compared as `comparable` leaves them, in the script that the model writes.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer
import numpy as np

from mining import store
from mining.compose.utterances import TABLES, read_utterances
from mining.config import TranscribeConfig
from mining.corpus import manifests
from mining.documents.scripts import as_written_by, main_script
from mining.documents.text import unjoined
from mining.errors import InputError, UsageError
from mining.records import SAMPLE_RATE, Segment
from mining.speech.ctc_model import CtcModel
from mining.speech.emissions import greedy
from mining.speech.transcribe import transcribe
from mining.telling import Progress, silent

DRAWS = 1000  # resamples of an interval: its ends then move by a twentieth of its width from seed to seed
SPEAKERS = ("speaker", "speaker_id", "client_id")  # what tables call who speaks
COMPARED = "NFC, small letters, without joiners, apostrophes and punctuation"

_CHUNK = 600 * SAMPLE_RATE  # samples that are in memory at a time
_LOOKED_AT = 1000  # utterances in which a column is looked for
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance: what was said, and the sound of it.

    Attributes:
        recording: what it was cut from; "" where nobody knows.
        about: what else is known of it, by name.
        samples: gives int16 samples, mono at 16 kHz.
    """

    id: str
    text: str
    recording: str
    about: Mapping[str, Any]
    samples: Callable[[], np.ndarray]

    def column(self, name: str) -> str | None:
        """What is known of it under a name; None if nothing."""
        if name == "recording" and self.recording:
            return self.recording
        names = SPEAKERS if name in SPEAKERS else (name,)
        return next((str(self.about[n]) for n in names if self.about.get(n) not in (None, "")), None)


@dataclass(frozen=True, slots=True)
class Material:
    """Utterances that can be gone over again and again, never all in memory, and how many there are."""

    total: int
    said: Callable[[], Iterator[Said]]


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance as it was said and as it was heard, both `comparable`, and how far they are apart."""

    said: Said
    reference: str
    heard: str
    seconds: float
    word_errors: int
    words: int
    character_errors: int
    characters: int


def read(folder: Path, split: str = "test", by: str | None = None) -> Material:
    """The utterances of an exported training set, or of a folder with a table, which has no splits.

    Args:
        split: of an export; all for the whole of it.
        by: a column that is to be there.

    Raises:
        InputError: the folder is neither, or is empty.
        UsageError: there is no such split or column; with those that there are.
    """
    if (folder / manifests.MARKER).is_file():
        material = _export(folder, split)
    elif any((folder / name).is_file() for name in TABLES):
        material = _table(folder)
    else:
        advice = f"Give a folder that shruti export wrote, or one with a table: {', '.join(TABLES)}."
        raise InputError(f"{folder}: is neither a training set nor a folder of utterances.", advice)
    if by:
        known: dict[str, None] = {}
        for said in itertools.islice(material.said(), _LOOKED_AT):
            if said.column(by) is not None:
                break
            known |= dict.fromkeys([*(["recording"] if said.recording else []), *said.about])
        else:
            raise UsageError(f"{folder}: knows no {by!r} of its utterances.", f"It has {', '.join(known) or 'nothing'}.")
    return material


def _export(folder: Path, split: str) -> Material:
    there = manifests.splits(folder)
    wanted = there if split == _ALL else [split]
    if split != _ALL and split not in there:
        raise UsageError(f"{folder}: has no split {split!r}.", f"Choose {', '.join([*there, _ALL])}.")

    def said() -> Iterator[Said]:
        for name in wanted:
            for clip in manifests.clips(folder, name):
                yield Said(clip.id, clip.text, clip.recording, clip.about, clip.samples)

    counts = store.read_json(folder / manifests.MARKER)["splits"]
    return Material(sum(counts[name]["clips"] for name in wanted), said)


def _table(folder: Path) -> Material:
    found = read_utterances(folder)

    def samples(load: Callable[[], np.ndarray]) -> Callable[[], np.ndarray]:
        return lambda: np.clip(np.round(load() * 32768), -32768, 32767).astype(np.int16)

    def said() -> Iterator[Said]:
        for one in found:
            yield Said(one.source, one.text, str(one.about.get("recording") or ""), one.about, samples(one.load))

    return Material(len(found), said)


def hear(model: CtcModel, material: Material, progress: Progress = silent) -> list[Heard]:
    """Let a model hear utterances, as `shruti transcribe` would.

    Args:
        progress: told of `hear`, in utterances.

    Raises:
        InputError: a sound cannot be read.
    """
    found: list[Heard] = []
    seconds = 0.0
    for chunk in _chunks(material.said()):
        progress("hear", len(found), max(1, material.total), audio=seconds)
        found += _heard(model, chunk)
        seconds += sum(one.seconds for one in found[-len(chunk) :])
    progress("hear", 1, 1, audio=seconds)
    return found


def _chunks(said: Iterable[Said]) -> Iterator[list[tuple[Said, np.ndarray]]]:
    chunk: list[tuple[Said, np.ndarray]] = []
    length = 0
    for one in said:
        samples = one.samples()
        kept = Said(one.id, one.text, one.recording, one.about, lambda: np.zeros(0, np.int16))  # lets go of the sound
        chunk.append((kept, samples))
        length += len(samples)
        if length >= _CHUNK:
            yield chunk
            chunk, length = [], 0
    if chunk:
        yield chunk


def _heard(model: CtcModel, chunk: Sequence[tuple[Said, np.ndarray]]) -> list[Heard]:
    ends = np.cumsum([len(samples) for _, samples in chunk]).tolist()
    segments = [
        Segment(str(number), end - len(samples), end)
        for number, ((_, samples), end) in enumerate(zip(chunk, ends, strict=True))
        if len(samples)
    ]
    audio = np.concatenate([samples for _, samples in chunk])
    written = {text.segment: text.text for text in greedy(transcribe(model, audio, segments, TranscribeConfig()), segments)}
    return [
        judge(said, written.get(str(number), ""), len(samples) / SAMPLE_RATE, model.vocabulary)
        for number, (said, samples) in enumerate(chunk)
    ]


def judge(said: Said, heard: str, seconds: float, vocabulary: Sequence[str]) -> Heard:
    """Compare what was heard in an utterance with what was said.

    Args:
        vocabulary: the model's tokens. A text of a Brahmic script that they have no letter of is compared in theirs.
    """
    reference, written = comparable(as_written_by(vocabulary, said.text)), comparable(heard)
    words, characters = jiwer.process_words([reference], [written]), jiwer.process_characters([reference], [written])
    return Heard(
        said,
        reference,
        written,
        seconds,
        words.substitutions + words.deletions + words.insertions,
        len(reference.split()),
        characters.substitutions + characters.deletions + characters.insertions,
        len(reference),
    )


def comparable(text: str) -> str:
    """A text as another is compared with it: words of small letters, marks and digits with single spaces, in NFC.

    >>> comparable("राम‌जी बोले, “Don't go.”")
    'रामजी बोले dont go'
    """
    kept = []
    for character in unjoined(unicodedata.normalize("NFC", text)):
        if character not in "'’":
            kept.append(character if unicodedata.category(character)[0] in "LMN" else " ")
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()).lower())


def figures(heard: Sequence[Heard], by: str | None = None, seed: int = 0) -> dict[str, Any]:
    """Error rates of all utterances, pooled, and of each group of them, with 95% intervals.

    Args:
        by: the column that makes groups; utterances of which it is not known make one named "".
        seed: what the resamples of the intervals are drawn from.

    Returns:
        `all`, and with groups `by`: utterances, hours, words, wer, cer (1 = all wrong; None where nothing was said) and
        wer_interval, cer_interval (None where there is only one unit); `compared` and `intervals` say in words how.
    """
    column = next((name for name in ("recording", "speaker") if len({one.said.column(name) for one in heard}) > 1), None)
    found: dict[str, Any] = {"all": _figures(heard, column, seed)}
    if by:
        groups: dict[str, list[Heard]] = {}
        for one in heard:
            groups.setdefault(one.said.column(by) or "", []).append(one)
        found["by"] = {name: _figures(groups[name], column, seed) for name in sorted(groups)}
    scripts = main_script(one.reference for one in heard)
    units = f"whole {column}s" if column else "utterances"
    found["compared"] = f"{COMPARED}; in the script that the model writes{f' ({scripts})' if scripts else ''}"
    found["intervals"] = f"95%, of {DRAWS} bootstrap resamples of {units}"
    return found


def _figures(heard: Sequence[Heard], column: str | None, seed: int) -> dict[str, Any]:
    units: dict[str, list[Heard]] = {}
    for number, one in enumerate(heard):
        units.setdefault((column and one.said.column(column)) or f"\0{number:09d}", []).append(one)
    words = np.array([(sum(h.word_errors for h in unit), sum(h.words for h in unit)) for unit in units.values()])
    letters = np.array([(sum(h.character_errors for h in unit), sum(h.characters for h in unit)) for unit in units.values()])
    return {
        "utterances": len(heard),
        "hours": round(sum(one.seconds for one in heard) / 3600, 4),
        "words": int(words[:, 1].sum()),
        "wer": _rate(words),
        "wer_interval": interval(words, seed),
        "cer": _rate(letters),
        "cer_interval": interval(letters, seed),
    }


def _rate(counts: np.ndarray) -> float | None:
    errors, total = counts.sum(axis=0)
    return round(float(errors / total), 4) if total else None


def interval(counts: np.ndarray, seed: int = 0, draws: int = DRAWS) -> list[float] | None:
    """The 95% percentile bootstrap interval of a pooled error rate; None of fewer than two units, or of nothing said.

    Utterances of one recording share its noise and its voice, so it is they together that are drawn.

    Args:
        counts: int64 [units, 2]: errors, and words or characters said.
        draws: how often as many units as there are, with replacement.
    """
    if len(counts) < 2 or not counts[:, 1].any():
        return None
    rng = np.random.default_rng(seed)
    drawn = np.array([counts[rng.integers(len(counts), size=len(counts))].sum(axis=0) for _ in range(draws)])
    drawn = drawn[drawn[:, 1] > 0]
    return [round(float(end), 4) for end in np.percentile(drawn[:, 0] / drawn[:, 1], (2.5, 97.5))]


def write(path: Path, heard: Iterable[Heard]) -> None:
    """Write what was said and what was heard, an utterance a line."""
    store.write_rows(
        path,
        (
            {
                "id": one.said.id,
                "recording": one.said.recording,
                "duration": round(one.seconds, 4),
                "reference": one.reference,
                "heard": one.heard,
                "word_errors": one.word_errors,
                "words": one.words,
                "character_errors": one.character_errors,
                "characters": one.characters,
                **({"about": dict(one.said.about)} if one.said.about else {}),
            }
            for one in heard
        ),
    )
