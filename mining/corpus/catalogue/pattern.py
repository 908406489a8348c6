"""Rules for the names of files: patterns whose fields tell which document belongs to which recording, and what is known of both.

    {station}          a text without a slash
    {date:%Y%m%d}      a date or a time, as strptime writes it; its value is written as ISO does, as in 2024-01-31
    {lang}             a language that Shruti knows: its code, its name, or Tesseract's name of it
    *                  anything without a slash
    **/                any folders, or none

All else stands for itself. A pattern is held against the path of a file below the archive's folder, without its suffix, or,
where it has no slash, against the file's name alone, whatever its folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mining.corpus.catalogue.entry import KNOWN
from mining.documents.languages import LANGUAGES
from mining.errors import UsageError

LANGUAGE_FIELDS = ("lang", "language")
_PIECE = re.compile(r"\{(?P<name>[^{}:]*)(?::(?P<format>[^{}]*))?\}|(?P<folders>\*\*/)|(?P<any>\*)|(?P<text>[^{}*]+)")
_DIGITS = {"Y": r"\d{4}", "j": r"\d{3}", **dict.fromkeys("mdHMSy", r"\d{2}"), **dict.fromkeys("bB", r"[^\W\d_]+")}


def language_code(text: str) -> str:
    """The code of a language given by its code, its name, Tesseract's name, or a code with a country; "" for none that is known.

    >>> language_code("Hindi"), language_code("hin"), language_code("hi-IN"), language_code("xx")
    ('hi', 'hi', 'hi', '')
    """
    wanted = text.strip().lower()
    return _CODES.get(wanted, "") or _CODES.get(re.split("[-_]", wanted)[0], "")


_CODES = {known.lower(): one.code for one in LANGUAGES.values() for known in (one.code, one.name, one.tesseract)}
_ANY_LANGUAGE = "(?i:" + "|".join(re.escape(name) for name in sorted(_CODES, key=lambda name: (-len(name), name))) + ")"


@dataclass(frozen=True)
class Field:
    """One field of a pattern; `format` is "" for a plain text."""

    name: str
    format: str

    def value(self, text: str) -> str | None:
        """What the text of a file's name says; None where it is no such date."""
        if self.name in LANGUAGE_FIELDS:
            return language_code(text)
        return _iso(text, self.format) if self.format else text


class Pattern:
    """A pattern, compiled.

    >>> Pattern("{date:%Y%m%d}-{station}-{lang}").fields("2024/20240131-all-india-hi")
    {'date': '2024-01-31', 'station': 'all-india', 'language': 'hi'}

    Raises:
        UsageError: it is none.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._fields: list[Field] = []
        pieces = list(_PIECE.finditer(text))
        if "".join(piece[0] for piece in pieces) != text:
            raise UsageError(f"The pattern {text!r} has a brace without its other.", "Write fields as {name} or {date:%Y%m%d}.")
        self._regex = re.compile("".join(self._piece(piece) for piece in pieces), re.DOTALL)
        if not self._fields:
            raise UsageError(f"The pattern {text!r} has no field.", "Name what pairs the files, as in {station}/{date}.")
        self.names = frozenset(_column(field.name) for field in self._fields)

    def _piece(self, piece: re.Match[str]) -> str:
        if piece["text"]:
            return re.escape(piece["text"])
        if piece["folders"] or piece["any"]:
            return "(?:[^/]+/)*" if piece["folders"] else "[^/]*"
        field = Field(piece["name"].strip(), piece["format"] or "")
        column = _column(field.name)
        if not field.name.isidentifier() or (column in KNOWN and column not in ("id", "language")):
            raise UsageError(f"The pattern {self.text!r} has a field {field.name!r}.", "Give it another name, of letters.")
        if field in self._fields:
            return f"(?P=f{self._fields.index(field)})"
        self._fields.append(field)
        inner = _ANY_LANGUAGE if field.name in LANGUAGE_FIELDS else self._dates(field) if field.format else "[^/]+?"
        return f"(?P<f{len(self._fields) - 1}>{inner})"

    def _dates(self, field: Field) -> str:
        pieces = re.findall(r"%.|[^%]+|%$", field.format)
        if any(piece[0] == "%" and piece[1:] not in _DIGITS for piece in pieces) or "%" not in field.format:
            known = ", ".join(f"%{letter}" for letter in _DIGITS)
            raise UsageError(f"The pattern {self.text!r} has the format {field.format!r}.", f"Formats are of dates: {known}.")
        return "".join(_DIGITS[piece[1]] if piece[0] == "%" else re.escape(piece) for piece in pieces)

    def fields(self, path: str) -> dict[str, str] | None:
        """The fields of a file's path, without its suffix, by column; None where the pattern does not fit."""
        found = self._regex.fullmatch(path if "/" in self.text else path.rpartition("/")[2])
        if not found:
            return None
        values: dict[str, str] = {}
        for number, field in enumerate(self._fields):
            value, column = field.value(found[f"f{number}"].strip()), _column(field.name)
            if not value or values.setdefault(column, value) != value:
                return None
        return values


def _column(name: str) -> str:
    return "language" if name in LANGUAGE_FIELDS else name


def _iso(text: str, format: str) -> str | None:
    """A date or time as ISO writes it, with the parts that the format has."""
    has = set(re.findall("%(.)", format))
    try:  # a leap year for those that name none, so that they may have a 29 February
        moment = datetime.strptime(text, format) if has & {"Y", "y"} else datetime.strptime(f"2000 {text}", f"%Y {format}")
    except ValueError:
        return None
    parts = (("%Y", {"Y", "y"}), ("%m", {"m", "b", "B", "j"}), ("%d", {"d", "j"}))
    date = "-".join(moment.strftime(part) for part, letters in parts if has & letters)
    time = ":".join(moment.strftime(part) for part, letters in (("%H", {"H"}), ("%M", {"M"}), ("%S", {"S"})) if has & letters)
    return "T".join(part for part in (date, time) if part)
