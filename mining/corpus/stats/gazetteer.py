"""Lists of names: radio stations with their state and district, and places, organisations or people that texts speak of.

A line is `kind TAB names TAB shown`, where several names are parted by `|`; a station has its state for `shown`, and may have its
district in a fourth column. Blank lines and those that begin with # say nothing. What comes later goes before what came earlier,
so a person's own list mends those that are shipped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mining.documents.text import unjoined
from mining.errors import InputError

FOLDER = Path(__file__).parents[2] / "data" / "gazetteer"
"""Holds stations.tsv, states.tsv, and CODE.tsv with names in a language."""

STATION, STATE = "station", "state"
_KIND = re.compile(r"[a-z][a-z-]*")
_ADVICE = (
    "Write kind, names and the name that is shown, parted by tabs, such as place TAB पटना|पाटलिपुत्र TAB Patna,"
    " or station TAB Patna TAB Bihar TAB Patna, where the last is the district."
)


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """What a name stands for: its kind (place, organisation, person, or a word of one's own) and the name that is shown."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names by what they are read as.

    Attributes:
        stations: (state, district) of a radio station, by `key`; the district may be empty.
        states: the name of a state, by `key` of any of its names.
        entities: by the words of a name (`words_of`).
    """

    stations: dict[str, tuple[str, str]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    entities: dict[tuple[str, ...], Entity] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Add the lines of a file.

        Raises:
            InputError: it cannot be read, or has a line of another form; the message tells which.
        """
        for number, line in enumerate(_lines(path), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                try:
                    self._take(line)
                except ValueError as error:
                    raise InputError(f"{path}, line {number}: {error}.", _ADVICE) from error

    def _take(self, line: str) -> None:
        kind, names, shown, district = _columns(line)
        for name in names:
            if kind == STATION:
                self.stations[key(name)] = (shown, district)
            elif kind == STATE:
                self.states[key(name)] = shown
            elif words := words_of(name):
                self.entities[words] = Entity(kind, shown)
        if kind == STATE:
            self.states[key(shown)] = shown


@cache
def shipped(name: str) -> Gazetteer:
    """The list `name`.tsv that Shruti brings; an empty one where there is none."""
    found = Gazetteer()
    if (path := FOLDER / f"{name}.tsv").is_file():
        found.add(path)
    return found


def load(paths: Iterable[Path]) -> Gazetteer:
    """A person's own lists, as one.

    Raises:
        InputError: a file that cannot be read, or a line of another form.
    """
    found = Gazetteer()
    for path in paths:
        found.add(path)
    return found


def key(name: str) -> str:
    """What a station or a state is looked up by: words, whatever the capitals, without the broadcaster's name.

    >>> key("AIR Patna"), key("All India Radio, Port  Blair"), key("आकाशवाणी पटना")
    ('patna', 'port blair', 'पटना')
    """
    words = " ".join(words_of(name))
    return _BROADCASTER.sub("", words).strip() or words


_BROADCASTER = re.compile(r"^(?:all india radio|air|akashvani|आकाशवाणी)(?: |$)|(?: all india radio| air)$")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name as normalised texts have them: NFC, no joiners, no punctuation; capitals as small letters."""
    text = unjoined(unicodedata.normalize("NFC", name)).casefold()
    return tuple("".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text).split())


def _columns(line: str) -> tuple[str, list[str], str, str]:
    """The kind, the names, what is shown, and the district, "" where there is none."""
    kind, *rest = (column.strip() for column in line.split("\t"))
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind!r} is no kind of name, which is a word in small Latin letters")
    if not 2 <= len(rest) <= (3 if kind == STATION else 2) or not rest[1]:
        raise ValueError(f"{line.strip()!r} has {len(rest) + 1} columns, or an empty one")
    names = [name.strip() for name in rest[0].split("|")]
    if not all(any(c.isalnum() for c in name) for name in names):
        raise ValueError(f"{rest[0]!r} has a name without a letter")
    return kind, names, rest[1], rest[2] if len(rest) > 2 else ""


def _lines(path: Path) -> Iterator[str]:
    try:
        yield from path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).", "Give a file of names as --gazetteer.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no UTF-8 text.", "Save it as UTF-8.") from error
