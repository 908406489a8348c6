"""Writing catalogues: sorted by id, whole or not at all, the same entries the same bytes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from mining import store
from mining.corpus.catalogue.entry import Entry
from mining.corpus.catalogue.read import suffix


def write_catalogue(path: Path, entries: Iterable[Entry]) -> None:
    """Write entries as CSV, TSV, JSON lines or Parquet, by the suffix of `path`. Columns that nobody fills are left out.

    Raises:
        UsageError: the suffix is none of those.
        EnvironmentProblem: the folder cannot be written.
    """
    format = suffix(str(path))
    rows = [_row(entry) for entry in sorted(entries, key=lambda entry: entry.id)]
    filled = {name for row in rows for name in row}
    first = [name for name in ("id", "audio", "document", "language", "audio_sha256", "document_sha256") if name in filled]
    columns = first + sorted(filled - set(first))
    with store.writing(path) as temporary:
        if format == ".parquet":
            _parquet(temporary, columns, rows)
        else:
            with temporary.open("w", encoding="utf8", newline="") as file:
                if format in (".jsonl", ".ndjson"):
                    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                else:
                    writer = csv.DictWriter(file, columns, lineterminator="\n", delimiter="\t" if format == ".tsv" else ",")
                    writer.writeheader()
                    writer.writerows(rows)


def _row(entry: Entry) -> dict[str, str]:
    """The columns of an entry that hold something."""
    row = {"id": entry.id, "audio": entry.audio, "document": entry.document, "language": entry.language}
    row |= {"audio_sha256": entry.audio_sha256, "document_sha256": entry.document_sha256, **entry.about}
    return {name: value for name, value in row.items() if value}


def _parquet(path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    table = arrow.table({name: arrow.array([row.get(name) for row in rows], arrow.string()) for name in columns})
    parquet.write_table(table, path)
