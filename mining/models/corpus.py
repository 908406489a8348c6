"""What a cold start says: sentences of one language or several, in voices that read them, and how they are written down."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mining import store
from mining.documents.languages import LANGUAGES
from mining.documents.scripts import BLOCKS, in_script
from mining.documents.text import unjoined
from mining.errors import InputError
from mining.models.utterances import Utterances, pack
from mining.models.voices import VARIANTS, check_voice, speak_all
from mining.telling import Progress, passing, silent

CHECKED = 100  # sentences of each language kept apart, in heard voices, to measure by
LEAST, MOST = 12, 160  # characters of a sentence; a longer one is cut


@dataclass(frozen=True, slots=True)
class Reading:
    """A language's part in a cold start.

    Attributes:
        language: its code: of `LANGUAGES`, or of a voice of espeak-ng.
        texts: sentences of letters, marks and single spaces, in the language's own script.
        voice: the voice of espeak-ng that reads them.
        script: the Brahmic script that this voice reads, where that is another; else "".
    """

    language: str
    texts: tuple[str, ...]
    voice: str
    script: str = ""

    @classmethod
    def of(cls, language: str, lines: Iterable[str]) -> Reading:
        """The usable sentences of a text, and who reads them: the language's voice, or that of its neighbour.

        Raises:
            EnvironmentProblem: espeak-ng is not installed.
            UsageError: it has no voice for the language, which is not in the table either.
        """
        row = LANGUAGES.get(language)
        lines = list(lines)
        neighbour = LANGUAGES.get(row.borrows) if row else None
        voice = (row.espeak if row else language) or (neighbour.espeak if neighbour else "")
        check_voice(voice)
        holds = row.holds if row else _script_of(lines)
        script = neighbour.script if neighbour and row and neighbour.script != row.script else ""
        return cls(language, tuple(sentences(lines, holds)), voice, script)

    @property
    def brahmic(self) -> bool:
        """Whether its letters have fellows in Devanagari."""
        row = LANGUAGES.get(self.language)
        return row is not None and row.script in BLOCKS

    def read(self, text: str) -> str:
        """What the voice is given for a text."""
        return in_script(text, self.script) if self.script else text


def sentences(lines: Iterable[str], holds: Callable[[str], bool]) -> list[str]:
    """What of some lines can be spoken and written alike: letters of one script, in small letters where it has cases.

    A sentence with a digit or a letter of another script is read nobody knows how: of it only the phrases, between
    marks of punctuation, that have none are taken. What is too long is cut between words. Each is taken once.

    Args:
        holds: whether a letter or mark is of the language's script.
    """
    kept: dict[str, None] = {}
    for line in lines:
        text = unjoined(unicodedata.normalize("NFC", line)).lower()
        parts = [text] if _plain(text, holds) else [part for part in _phrases(text) if _plain(part, holds)]
        for part in parts:
            for piece in _cut("".join(c if unicodedata.category(c)[0] in "LM" else " " for c in part).split()):
                if len(piece) >= LEAST and piece.count(" ") >= 2:
                    kept[piece] = None
    return list(kept)


def _phrases(text: str) -> list[str]:
    """What stands between marks of punctuation."""
    return "".join("\n" if unicodedata.category(c)[0] in "PS" else c for c in text).split("\n")


def _plain(text: str, holds: Callable[[str], bool]) -> bool:
    kinds = ((c, unicodedata.category(c)[0]) for c in text)
    return not any(kind == "N" or (kind in "LM" and not holds(c)) for c, kind in kinds)


def _cut(words: list[str]) -> list[str]:
    """Words joined to pieces of at most `MOST` characters, about equally long."""
    length = len(" ".join(words))
    most = -(-length // max(1, -(-length // MOST)))
    pieces: list[str] = []
    for word in words:
        if pieces and len(pieces[-1]) + 1 + len(word) <= most:
            pieces[-1] += f" {word}"
        else:
            pieces.append(word)
    return pieces


def _script_of(lines: Iterable[str]) -> Callable[[str], bool]:
    """Whether a character is of the script that most letters of some lines are of, by its name in Unicode."""

    def script(character: str) -> str:
        return unicodedata.name(character, "").split(" ")[0]

    counts = Counter(script(c) for line in lines for c in line if unicodedata.category(c)[0] == "L")
    most = max(sorted(counts), key=counts.__getitem__, default="")
    return lambda character: script(character) in (most, "COMBINING")


def speak_corpus(reading: Reading, folder: Path, *, seed: int = 0, progress: Progress = silent) -> tuple[Utterances, Utterances]:
    """Have texts spoken, once: (for training, for measuring). What the same texts left in `folder` is used again.

    Args:
        progress: told of `speak <language>`, in sentences; not of the few to measure by.

    Raises:
        InputError: too few texts to train on.
    """
    if len(reading.texts) < 10 * CHECKED:
        raise InputError(
            f"only {len(reading.texts)} usable sentences of {reading.language}; a cold start needs {10 * CHECKED}.",
            "Give more text with --text.",
        )
    texts = sorted(reading.texts)
    random.Random(seed).shuffle(texts)
    parts, stage = {"check": texts[:CHECKED], "train": texts[CHECKED:]}, f"speak {reading.language}"
    for number, (name, part) in enumerate(parts.items()):
        key = store.key(part, reading.voice, reading.script, VARIANTS, seed + number)
        if store.read_json(folder / name / "key.json") != key:
            spoken = speak_all([reading.read(text) for text in part], reading.voice, VARIANTS, seed + number)
            told = progress if name == "train" else silent
            told(stage, 0, 1)
            heard = passing(zip(spoken, part, strict=True), len(part), stage, told)
            pack(((audio, text) for (audio, _), text in heard), folder / name)
            store.write_json(folder / name / "key.json", key)
    progress(stage, 1, 1)
    return Utterances(folder / "train"), Utterances(folder / "check")
