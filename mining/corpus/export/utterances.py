"""The pairs of a run on their way into a training set, as every format is given them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mining.corpus.export.facts import Facts
from mining.corpus.export.provenance import Origins, told
from mining.corpus.export.splits import SPLITS
from mining.corpus.export.utterance import Utterance
from mining.errors import InputError

COLUMNS = (
    *("id", "recording", "text", "raw_text", "language", "confidence", "duration", "start", "end", "start_sample", "end_sample"),
    *("source", "audio_hash", "document", "document_hash", "page", "start_character", "end_character"),
)
"""What every format tells of an utterance, by these names: the values of `Utterances.record`."""

LEFT_OUT = len(SPLITS)
"""Marks a row that is not exported, where a number below it names a split."""


class Utterances:
    """The utterances of an export, in the order of pairs.jsonl, as often as they are asked for; never all in memory.

    Each time they are read from pairs.jsonl anew: at the price of parsing it again, nothing of it need be kept but a byte a row.
    """

    def __init__(self, out: Path, version: tuple[int, ...], marks: bytes) -> None:
        """The rows of a run that `marks` does not leave out.

        Args:
            out: the folder of the run.
            version: of its pairs.jsonl, from `version_of`, before the rows were marked.
            marks: for each row a number, an index into SPLITS or `LEFT_OUT`.
        """
        self.out = out
        self._path, self._version, self._marks = out / "pairs.jsonl", version, marks
        self._length = len(marks) - marks.count(LEFT_OUT)
        self._origins = Origins(out)
        self._facts: Facts | None = None

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Utterance]:
        """Yield them one by one.

        Raises:
            InputError: pairs.jsonl is not the file any more whose rows were marked.
        """
        with self._path.open(encoding="utf8") as file:
            if version_of(file.fileno()) != self._version:
                raise InputError(f"{self._path}: was changed while it was exported.", "Export it again.")
            lines = (line for line in file if line.strip())
            for line, mark in zip(lines, self._marks, strict=False):
                if mark != LEFT_OUT:
                    yield Utterance.of(json.loads(line), SPLITS[mark])

    def counted(self) -> Iterator[Utterance]:
        """Yield them as always; once all have gone by, `facts` are known without going over them again."""
        facts = Facts()
        yield from facts.watch(self)
        self._facts = facts

    @property
    def facts(self) -> Facts:
        """What they hold together, in figures."""
        if self._facts is None:
            for _ in self.counted():
                pass
        assert self._facts is not None
        return self._facts

    def record(self, utterance: Utterance) -> dict[str, Any]:
        """What is told of an utterance, by the names of `COLUMNS`; quick as long as those of one recording follow each other."""
        row, origin = utterance.row, self._origins.of(utterance.row)
        known = {**row, **origin, "text": utterance.text, "document": told(row["document"])}
        return {column: known[column] for column in COLUMNS}

    def clip(self, utterance: Utterance) -> str:
        """The path of an utterance's clip in the run. No `Path`: what those are made of is kept for long, a million times."""
        return f"{self.out}/recordings/{utterance.row['recording']}/clips/{utterance.name}"


def version_of(file: Path | int) -> tuple[int, ...]:
    """What tells a file from another that took its name: files of a run are replaced, not changed in place."""
    about = os.stat(file)
    return about.st_ino, about.st_size, about.st_mtime_ns
