"""Reading catalogues row by row, in whatever format, without ever holding more than a few of them."""

from __future__ import annotations

import contextlib
import csv
import datetime
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from mining.corpus.catalogue.entry import KNOWN, REQUIRED, Entry, entry_of, faults_of
from mining.errors import InputError, UsageError
from mining.fetch import fetch, is_remote, is_web, local_path, shown

Row = dict[str, str]
Rows = Iterator[tuple[int, Row | str]]
"""The number of a line or row, and its texts by column, trimmed; or why it is no row."""

_BATCH = 1024  # rows of a Parquet file that are held at once
_HALF = re.compile("[\ud800-\udfff]")


def read_catalogue(location: str | Path, copy: Path | None = None) -> Iterator[Entry]:
    """The entries of a catalogue one by one, in its order; read from a copy of it, where there is one.

    Whether ids are unique is asked by `check_catalogue`; whether the files exist is asked by nobody: a missing recording
    fails by itself, later.

    Raises:
        InputError: the catalogue cannot be read, or a row is bad. Rows before it have been yielded.
    """
    place = str(location)
    for number, row in read_rows(place, copy):
        faults = [row] if isinstance(row, str) else faults_of(row)
        if faults or isinstance(row, str):
            raise InputError(f"{shown(place)}: {counted(place)} {number}: {'; '.join(faults)}.", "Mend it, and run it again.")
        yield entry_of(place, row)


def counted(location: str) -> str:
    """What the rows of a catalogue are counted in: lines of its file, or rows."""
    return "row" if suffix(location) == ".parquet" else "line"


def suffix(location: str) -> str:
    """What tells a catalogue's format: the suffix of its name, in lower case.

    Raises:
        UsageError: there is no such format.
    """
    path = re.split("[?#]", location)[0] if is_web(location) else location.partition("::")[0] if is_remote(location) else location
    found = Path(path).suffix.lower()
    if found not in FORMATS:
        raise UsageError(f"{shown(location)}: is named like no catalogue.", f"Give a {', '.join(FORMATS)}.")
    return found


@contextlib.contextmanager
def snapshot(location: str) -> Iterator[Callable[[], Iterator[Entry]]]:
    """A catalogue as it is now, to be gone over several times: what changes, or goes away, meanwhile is for the next run.

    Raises:
        InputError: it cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="shruti-") as folder:
        copy = Path(folder) / f"catalogue{suffix(location)}"
        with _local(location) as now:
            try:
                shutil.copyfile(now, copy)
            except OSError as error:
                raise InputError(f"{shown(location)}: cannot be read ({error.strerror}).", "Check the path.") from error
        yield lambda: read_catalogue(location, copy)


def read_rows(location: str, copy: Path | None = None) -> Rows:
    """The rows of a catalogue, good or bad; from a copy of it, where there is one.

    Raises:
        InputError: it cannot be read, or lacks a column that it needs.
    """
    rows = FORMATS[suffix(location)]
    with contextlib.nullcontext(copy) if copy else _local(location) as path:
        try:
            yield from rows(path, shown(location))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise InputError(f"{shown(location)}: cannot be read ({why}).", "See docs/catalogue.md for the formats.") from error


@contextlib.contextmanager
def _local(location: str) -> Iterator[Path]:
    if not is_remote(location):
        yield Path(local_path(location))
        return
    with tempfile.TemporaryDirectory(prefix="shruti-") as folder:
        yield fetch(location, Path(folder))


def _check_columns(names: Iterable[str], location: str) -> None:
    count = Counter(name for name in names if name)
    if missing := [name for name in REQUIRED if name not in count]:
        raise InputError(f"{location}: has no column {' and no column '.join(missing)}.", "Its first line must name them.")
    if twice := [name for name in count if count[name] > 1]:
        raise InputError(f"{location}: has the column {twice[0]} twice.", "Give each its own name.")


def _csv(path: Path, location: str, delimiter: str = ",") -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        names = [name.strip() for name in next(reader, [])]
        _check_columns(names, location)
        for cells in reader:
            if any(cell.strip() for cell in cells[len(names) :]):
                yield reader.line_num, f"{len(cells)} cells for {len(names)} columns, so a comma may want quotes"
            elif cells:
                yield reader.line_num, {name: cell.strip() for name, cell in zip(names, cells, strict=False)}


def _tsv(path: Path, location: str) -> Rows:
    return _csv(path, location, "\t")


def _jsonl(path: Path, location: str) -> Rows:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, _row_of(line)


def _row_of(line: str) -> Row | str:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return "no JSON"
    if not isinstance(values, dict):
        return "no JSON object"
    for name in KNOWN:
        if isinstance(values.get(name), dict | list):
            return f"{name} is no text"
    row = {name.strip(): _text(value) for name, value in values.items() if not isinstance(value, dict | list)}
    if "\\" in line and any(_HALF.search(text) for item in row.items() for text in item):
        return "holds half a character"
    return row


def _text(value: Any) -> str:
    """A value as text: nothing as "", true and false as JSON has them, dates as ISO has them."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return "" if value is None else str(value).strip()


def _parquet(path: Path, location: str) -> Rows:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        with parquet.ParquetFile(path, memory_map=True) as file:
            names = _columns(file.schema_arrow, location)
            before = 0
            for batch in file.iter_batches(_BATCH, columns=names):
                columns = [batch.column(name).to_pylist() for name in names]
                for number, values in enumerate(zip(*columns, strict=True), start=before + 1):
                    yield number, {name.strip(): _text(value) for name, value in zip(names, values, strict=True)}
                before += batch.num_rows
    except arrow.ArrowException as error:
        why = str(error).splitlines()[0]
        raise InputError(f"{location}: cannot be read as Parquet ({why}).", "Give a Parquet file, or a CSV.") from error


def _columns(schema: Any, location: str) -> list[str]:
    """The columns that can be texts. Lists, structs and bytes are left out, where they need not be texts."""
    import pyarrow.types as kinds

    names, found = schema.names, []
    _check_columns((name.strip() for name in names), location)
    for field in schema:
        kind = field.type.value_type if kinds.is_dictionary(field.type) else field.type
        text = kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind) or kinds.is_null(kind)
        if field.name.strip() in KNOWN and not (text or (field.name.strip() == "id" and kinds.is_integer(kind))):
            raise InputError(f"{location}: the column {field.name} holds {field.type}, and no text.", "Write it as text.")
        if field.name.strip() and (text or kinds.is_primitive(kind) or kinds.is_decimal(kind)):
            found.append(field.name)
    return found


FORMATS: dict[str, Callable[[Path, str], Rows]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".parquet": _parquet,
}
"""The suffix of a catalogue's name, and what reads it."""
