"""Many utterances in one file, so that training reads any of them at once: samples.npy and index.jsonl."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mining import store
from mining.records import SAMPLE_RATE


class Utterances:
    """Utterances sorted by duration.

    Attributes:
        texts: one normalised text each.
        durations: seconds, ascending.
        weights: how much each is to be trusted, 0..1; 1 where nothing is known.
    """

    def __init__(self, folder: Path, only: Callable[[str], bool] = lambda text: True) -> None:
        """Open what `pack` wrote, or those of its utterances whose text `only` takes."""
        packed = (row for row in store.read_rows(folder / "index.jsonl") if only(row["text"]))
        rows = sorted(packed, key=lambda row: (row["length"], row["start"]))
        self._folder = folder
        self._samples = np.load(folder / "samples.npy", mmap_mode="r")
        self._spans = [(row["start"], row["start"] + row["length"]) for row in rows]
        self.texts: list[str] = [row["text"] for row in rows]
        self.durations: list[float] = [(end - start) / SAMPLE_RATE for start, end in self._spans]
        self.weights: list[float] = [row.get("weight", 1.0) for row in rows]

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def hours(self) -> float:
        """Sum of the durations."""
        return sum(self.durations) / 3600

    def audio(self, index: int) -> np.ndarray:
        """Samples of one utterance, float32 in -1..1."""
        start, end = self._spans[index]
        return self._samples[start:end].astype(np.float32) / 32768

    def draw(self, low: float, high: float, rng: np.random.Generator) -> int:
        """The index of a random utterance of `low` to `high` seconds, or of about that where there is none."""
        first, last = bisect_left(self.durations, low), bisect_left(self.durations, high)
        if last - first < 5:
            first = max(0, min(first, len(self) - 1) - 15)
            last = min(len(self), first + 16)
        return int(rng.integers(first, last))

    def digest(self) -> str:
        """A hash of every sound, text and weight: equal only for the same data in the same order."""
        files = (store.content_hash(self._folder / name) for name in ("index.jsonl", "samples.npy"))
        return store.key(*files, self.texts)


def pack(utterances: Iterable[tuple[np.ndarray, str] | tuple[np.ndarray, str, float]], folder: Path) -> Utterances:
    """Write (int16 samples, text), or (int16 samples, text, weight), into `folder` one by one, and open it.

    index.jsonl appears last: where it is, all is there.
    """
    with (
        store.writing(folder / "index.jsonl") as index,
        store.writing(folder / "samples.npy") as sound,
        index.open("w", encoding="utf8") as rows,
        sound.open("wb") as samples,
    ):
        _write_header(samples, 0)
        start = 0
        for audio, text, *weight in utterances:
            row = {"text": text, "start": start, "length": len(audio)} | ({"weight": weight[0]} if weight else {})
            rows.write(json.dumps(row, ensure_ascii=False) + "\n")
            samples.write(np.ascontiguousarray(audio, np.int16).tobytes())
            start += len(audio)
        samples.seek(0)
        _write_header(samples, start)
    return Utterances(folder)


def _write_header(file: BinaryIO, length: int) -> None:
    """What np.save writes before so many int16; numpy keeps room in it for any length, so it can be written again."""
    about = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.int16)), "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(file, about)
