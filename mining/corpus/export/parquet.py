"""Parquet, as Hugging Face keeps its own datasets: data/SPLIT-00000-of-00001.parquet, the sound in a column of type Audio."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining.corpus.export import shards
from mining.corpus.export.columns import TYPES, about_columns, known
from mining.corpus.export.utterances import Utterances
from mining.records import SAMPLE_RATE

if TYPE_CHECKING:
    import pyarrow

SHARDS = "data/{split}-*.parquet"
GROUP_ROWS, GROUP_BYTES = 256, 64 << 20
"""The most rows and the most sound in a row group, which readers and this writer hold as a whole."""


def write(folder: Path, utterances: Utterances) -> None:
    """Write the shards of every split: a new one begins where the last would hold more than `shards.MOST_BYTES`."""
    columns = about_columns(utterances.facts.names)
    schema = _schema(list(columns))
    (folder / "data").mkdir()
    with contextlib.ExitStack() as stack:
        tables: dict[str, _Shards] = {}
        for utterance, sound in shards.with_sound(utterances):
            split = utterance.split
            if split not in tables:
                tables[split] = stack.enter_context(contextlib.closing(_Shards(folder / "data", split, schema)))
            audio = {"bytes": sound, "path": utterance.name}
            tables[split].add({"audio": audio, **utterances.record(utterance), **known(utterance.about, columns)})
    for split, table in tables.items():
        for number in range(table.count):
            there = folder / "data" / f"{split}-{number:05d}.parquet"
            there.rename(there.with_name(f"{split}-{number:05d}-of-{table.count:05d}.parquet"))


class _Shards:
    """The shards of one split, one open at a time; `count` of them so far."""

    def __init__(self, folder: Path, split: str, schema: pyarrow.Schema) -> None:
        self._folder, self._split, self._schema = folder, split, schema
        self._writer: Any = None
        self._rows: list[dict[str, Any]] = []
        self._group = self._shard = self.count = 0

    def add(self, row: dict[str, Any]) -> None:
        """Add a row to the group that is being filled."""
        size = len(row["audio"]["bytes"])
        full = self._shard + size > shards.MOST_BYTES
        if full or len(self._rows) == GROUP_ROWS or self._group + size > GROUP_BYTES:
            self._flush()
        if full:
            self._end()
        self._rows.append(row)
        self._group, self._shard = self._group + size, self._shard + size

    def close(self) -> None:
        """Write what is left, and end the last shard."""
        self._flush()
        self._end()

    def _flush(self) -> None:
        import pyarrow
        from pyarrow import parquet

        if not self._rows:
            return
        if self._writer is None:
            # Sound is compressed already, and in a dictionary it would lie twice.
            plain = [name for name in self._schema.names if name != "audio"]
            path = self._folder / f"{self._split}-{self.count:05d}.parquet"
            self._writer = parquet.ParquetWriter(
                path, self._schema, compression={"audio.bytes": "none", "audio.path": "snappy"} | dict.fromkeys(plain, "snappy"),
                use_dictionary=plain, write_statistics=plain,
            )  # fmt: skip
            self.count += 1
        self._writer.write_table(pyarrow.Table.from_pylist(self._rows, schema=self._schema), row_group_size=GROUP_ROWS)
        self._rows, self._group = [], 0

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self._shard = None, 0


def rows(folder: Path, split: str) -> Iterator[dict[str, Any]]:
    """The rows of a split one by one."""
    from pyarrow import parquet

    for shard in shards.shards(folder, SHARDS, split):
        with parquet.ParquetFile(shard) as table:
            for batch in table.iter_batches(batch_size=64):
                yield from batch.to_pylist()


def _schema(about: list[str]) -> pyarrow.Schema:
    """The columns as Arrow has them, and, for `datasets`, as it has them: else the sound would be bytes to it."""
    import pyarrow

    types = {"string": pyarrow.string(), "float64": pyarrow.float64(), "int64": pyarrow.int64()}
    kinds = {**TYPES, **dict.fromkeys(about, "string")}
    features: dict[str, Any] = {"audio": {"sampling_rate": SAMPLE_RATE, "_type": "Audio"}}
    features |= {name: {"dtype": kind, "_type": "Value"} for name, kind in kinds.items()}
    audio = pyarrow.struct({"bytes": pyarrow.binary(), "path": pyarrow.string()})
    fields = [("audio", audio), *((name, types[kind]) for name, kind in kinds.items())]
    return pyarrow.schema(fields, {"huggingface": json.dumps({"info": {"features": features}})})
