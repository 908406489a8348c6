"""The columns of formats that are tables: what every format tells of an utterance, and what the catalogue knew beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mining.corpus.export.utterances import COLUMNS

TYPES = {
    **dict.fromkeys(COLUMNS, "string"),
    **dict.fromkeys(("confidence", "duration", "start", "end"), "float64"),
    **dict.fromkeys(("start_sample", "end_sample", "page", "start_character", "end_character"), "int64"),
}
"""The type of every column, by the name that Hugging Face and Arrow both have for it."""

PREFIX = "about_"
_TAKEN = {"file_name", "audio", *COLUMNS}


def about_columns(names: Iterable[str]) -> dict[str, str]:
    """A column for everything that the catalogue knew, to its name there, sorted; none takes another's name."""
    columns: dict[str, str] = {}
    for name in sorted(names):
        column = name
        while column in _TAKEN or column in columns or (column != name and column in names):
            column = f"{PREFIX}{column}"
        columns[column] = name
    return columns


def known(about: dict[str, Any], columns: dict[str, str]) -> dict[str, str | None]:
    """What the catalogue knew of one recording, in those columns: text, or None where it knew nothing."""
    return {column: None if about.get(name) is None else str(about[name]) for column, name in columns.items()}


def about_of(row: dict[str, Any]) -> dict[str, Any]:
    """What the catalogue knew, out of a row of such a table: `known` undone."""
    about = {}
    for column, value in row.items():
        if column not in _TAKEN and value not in (None, ""):
            name = column.removeprefix(PREFIX)
            about[name if name in _TAKEN else column] = value
    return about
