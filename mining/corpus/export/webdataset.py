"""WebDataset: SPLIT-000000.tar and on, in which KEY.flac, KEY.json and KEY.txt of each utterance follow each other.

SPLIT.jsonl tells of each in which shard it is, and all that its .json does: to choose without reading the sound.
"""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

from mining.corpus.export import shards
from mining.corpus.export.folder import together
from mining.corpus.export.utterance import Utterance
from mining.corpus.export.utterances import Utterances

SHARDS, INDEX = "{split}-*.tar", "{split}.jsonl"


def write(folder: Path, utterances: Utterances) -> None:
    """Write the shards of every split: a new one begins where the last would hold more than `shards.MOST_BYTES`."""
    with contextlib.ExitStack() as stack:
        files = stack.enter_context(together(folder, [INDEX.format(split=split) for split in utterances.facts.splits]))
        tars = {split: stack.enter_context(contextlib.closing(_Shards(folder, split))) for split in utterances.facts.splits}
        for utterance, sound in shards.with_sound(utterances):
            record = {**utterances.record(utterance), "weight": utterance.row["confidence"], "about": utterance.about}
            told = json.dumps(record, ensure_ascii=False).encode()
            shard = tars[utterance.split].add(key(utterance), {"flac": sound, "json": told, "txt": utterance.text.encode()})
            row = {"shard": shard, "key": key(utterance), **record}
            files[INDEX.format(split=utterance.split)].write(f"{json.dumps(row, ensure_ascii=False)}\n")


def key(utterance: Utterance) -> str:
    """The name of an utterance's files: without dots, for the first of them ends the key."""
    return utterance.stem.replace(".", "_")


class _Shards:
    """The shards of one split, one open at a time."""

    def __init__(self, folder: Path, split: str) -> None:
        self._folder, self._split = folder, split
        self._number = self._bytes = 0
        self._name = ""
        self._tar: tarfile.TarFile | None = None

    def add(self, key: str, parts: dict[str, bytes]) -> str:
        """Add the files of one utterance; returns the name of the shard."""
        size = sum(map(len, parts.values()))
        tar = self._tar
        if tar is None or self._bytes + size > shards.MOST_BYTES:
            tar = self._next()
        self._bytes += size
        for ending, data in parts.items():
            member = tarfile.TarInfo(f"{key}.{ending}")  # of nobody, at no time: what differs from run to run is left out
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
            tar.members = []  # type: ignore[attr-defined]  # it would remember all
        return self._name

    def close(self) -> None:
        """End the last shard."""
        if self._tar is not None:
            self._tar.close()

    def _next(self) -> tarfile.TarFile:
        self.close()
        self._name = f"{self._split}-{self._number:06d}.tar"
        self._number, self._bytes = self._number + 1, 0
        self._tar = tarfile.TarFile(self._folder / self._name, "w", format=tarfile.GNU_FORMAT, encoding="utf-8")
        return self._tar


def samples(folder: Path, split: str) -> Iterator[dict[str, bytes]]:
    """The files of each utterance of a split by their endings."""
    for shard in shards.shards(folder, SHARDS, split):
        parts: dict[str, bytes] = {}
        last = None
        with tarfile.open(shard, "r|") as tar:
            for member in tar:
                name, _, ending = member.name.partition(".")
                if name != last and parts:
                    yield parts
                    parts = {}
                last = name
                file = tar.extractfile(member)
                parts[ending] = file.read() if file else b""
                tar.members = []  # type: ignore[attr-defined]  # as above
        if parts:
            yield parts
