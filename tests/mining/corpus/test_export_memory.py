"""How much memory an export takes of a large run: hardly more than of a small one."""

from __future__ import annotations

import functools
import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from mining import store
from mining.corpus.export import FORMATS, card, export


def archive(out: Path, recordings: int, pairs: int) -> Path:
    """A run of many pairs, whose clips are stubs."""
    rows = []
    for number in range(recordings):
        id = f"r{number:04d}-{hashlib.sha256(bytes([number])).hexdigest()[:8]}"
        clips = out / "recordings" / id / "clips"
        clips.mkdir(parents=True)
        (clips.parent / "stub.flac").write_bytes(b"stub")
        row = {"recording": id, "text": "आज मौसम साफ है " * 8, "raw_text": "आज", "language": "hi", "confidence": 0.9, "page": 1}
        for pair in range(pairs):
            place = {"start": float(pair), "end": pair + 0.5, "duration": 0.5, "document": "d.pdf", "audio": f"{id}.mp3"}
            same = {"repeats": rows[pair // 2]["id"], "repeat": "sound"} if number and pair % 10 == 0 else {}
            rows.append({"id": f"{id}-p{pair:05d}", **row, **place, **same})
            os.link(clips.parent / "stub.flac", clips / f"{rows[-1]['id']}.flac")
        cut = rows[-pairs:]
        store.write_rows(
            clips / "clips.jsonl",
            ({"clip": f"{row['id']}.flac", "start": row["start"] * 16000, "end": row["end"] * 16000} for row in cut),
        )
    store.write_rows(out / "pairs.jsonl", rows)
    return out


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A small run, a larger one, and one four times as large as that."""
    return [archive(tmp_path_factory.mktemp("archive"), recordings, 40) for recordings in (3, 10, 40)]


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what takes the same room in every export of more than some size: it would hide what grows."""

    def content_hash(path: Path) -> str:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 14):
                digest.update(block)
        return digest.hexdigest()

    monkeypatch.setattr(store, "content_hash", content_hash)
    monkeypatch.setattr(card, "_template", functools.cache(card._template))


def peak(out: Path, format: str, folder: Path) -> int:
    """The bytes that an export holds at most."""
    tracemalloc.start()
    export(out, format, folder)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_memory_hardly_grows_with_the_pairs(archives: list[Path], tmp_path: Path, steady: None, format: str) -> None:
    """An archive of 10,000 hours has five million pairs; each of them, held, is some 2,000 bytes."""
    warm, small, large = archives
    export(warm, format, tmp_path / "set")  # so that what is imported or compiled once is in neither figure
    least = peak(small, format, tmp_path / "set")
    # Once more where it is too much: a table of the interpreter's own may just have been made larger.
    assert any((peak(large, format, tmp_path / "set") - least) / (30 * 40) < 150 for _ in range(2))
