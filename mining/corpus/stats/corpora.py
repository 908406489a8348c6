"""The sentences of another corpus: a text, a training set that `shruti export` wrote, or a run; normalised as ours are."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import regex

from mining.corpus.rows import stream_pairs
from mining.documents.languages import LANGUAGES, SCRIPTS, Language, guess
from mining.documents.text import normalise
from mining.errors import InputError
from mining.records import WILDCARD

_ADVICE = (
    "Give a text with a sentence a line, JSON lines with a field text, a folder that shruti export wrote or one split of it"
    " (DIR/test), or the folder of a run."
)
_MARKER = "export.json"  # `mining.corpus.export.folder.MARKER`, which is told again here: importing it loads every format
_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_SILENT = ',;!?।॥"“”‘()-–—'  # marks that change nothing in what is read, where there are no figures
_LOOKED_AT = 200  # lines that tell the script of a text


def read(place: Path, language: str) -> Iterator[list[str]]:
    """The sentences of a corpus as words, one by one.

    What is no training set and no run is normalised: for the language of its script or, where several share that, for ours.

    Args:
        place: of the corpus.
        language: a code: ours.

    Raises:
        InputError: it is not there, is no such thing, or holds no sentence.
    """
    none = True
    for text in _texts(place, language):
        if words := [word for word in text.split() if word != WILDCARD]:
            none = False
            yield words
    if none:
        raise InputError(f"{place}: holds no sentence to compare with.", _ADVICE)


def _texts(place: Path, language: str) -> Iterator[str]:
    if any((folder / _MARKER).is_file() for folder in (place, place.parent)) and not place.is_file():
        return _exported(place)
    if place.is_dir():
        if not (place / "pairs.jsonl").is_file():
            raise InputError(f"{place}: is neither a training set of Shruti nor a run.", _ADVICE)
        return (row["text"] for row in stream_pairs(place))
    return _normalised(place, language)


def _exported(place: Path) -> Iterator[str]:
    """The texts of a training set, or of one split of it."""
    from mining.corpus.manifests import clips, splits

    if (place / _MARKER).is_file():
        return (clip.text for split in splits(place) for clip in clips(place, split))
    return (clip.text for clip in clips(place.parent, place.name))


def _normalised(path: Path, language: str) -> Iterator[str]:
    """The lines of a text as a run would have their words."""
    spoken = _language("".join(islice(_lines(path), _LOOKED_AT)), language)
    for line in _lines(path):
        yield as_run(line, spoken)


def _lines(path: Path) -> Iterator[str]:
    """The lines of a text file, or the texts of a file of JSON lines, without the space around them."""
    rows = path.suffix in (".jsonl", ".json", ".ndjson")
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line := line.strip():
                    yield _text(path, number, line) if rows else line
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no text in UTF-8.", _ADVICE) from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).", _ADVICE) from error


def _text(path: Path, number: int, line: str) -> str:
    """The text of a row of JSON lines."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise InputError(f"{path}, line {number}: is no JSON object with a text.", _ADVICE)
    return row["text"]


def _language(text: str, language: str) -> Language | None:
    """The language that a text is normalised for: that of its script, or ours where they share it; None: none that is known."""
    ours, found = LANGUAGES.get(language), guess(text)
    return ours if ours and (found is None or found.script == ours.script) else found


def as_run(line: str, language: Language | None) -> str:
    """A line as a run has its words; without a language, its letters and digits.

    `normalise` takes a millisecond a line, so it is not asked where nothing could be read otherwise than written.

    >>> as_run("कुल 62% मत।", LANGUAGES["hi"]), as_run("Ein Satz, z. B.", None)
    ('कुल बासठ प्रतिशत मत', 'Ein Satz z B')
    """
    line = unicodedata.normalize("NFC", line)
    if language is None:
        return " ".join(_WORDS.findall(line))
    plain = line.translate(_BLANKS)
    if language.code != "hi" and plain.rstrip().endswith("."):  # Hindi's abbreviations end with points
        plain = plain.rstrip()[:-1]
    words = plain.split()
    if set().union(*words) <= _letters(language) and not any(unicodedata.category(word[0])[0] == "M" for word in words):
        return " ".join(words)
    return normalise(line, language)[0]


_BLANKS = dict.fromkeys(map(ord, _SILENT), " ")


@cache
def _letters(language: Language) -> frozenset[str]:
    found = (chr(code) for first, end in SCRIPTS[language.script] for code in range(first, end))
    return frozenset(c for c in found if language.holds(c) and unicodedata.normalize("NFC", c) == c)
