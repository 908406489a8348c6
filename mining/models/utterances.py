"""Many utterances in one file, so that training reads any of them at once: samples.npy and index.jsonl."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mining import store
from mining.records import SAMPLE_RATE


class Utterances:
    """Utterances sorted by duration.

    Attributes:
        texts: one normalised text each.
        durations: seconds, ascending.
    """

    def __init__(self, folder: Path) -> None:
        rows = sorted(store.read_rows(folder / "index.jsonl"), key=lambda row: (row["length"], row["start"]))
        self._samples = np.load(folder / "samples.npy", mmap_mode="r")
        self._spans = [(row["start"], row["start"] + row["length"]) for row in rows]
        self.texts: list[str] = [row["text"] for row in rows]
        self.durations: list[float] = [(end - start) / SAMPLE_RATE for start, end in self._spans]

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


def pack(utterances: Iterable[tuple[np.ndarray, str]], folder: Path) -> Utterances:
    """Write (int16 samples, text) pairs into `folder`, and open it."""
    folder.mkdir(parents=True, exist_ok=True)
    parts, rows, start = [], [], 0
    for audio, text in utterances:
        parts.append(audio)
        rows.append({"text": text, "start": start, "length": len(audio)})
        start += len(audio)
    with store.writing(folder / "samples.npy") as path:
        np.save(path, np.concatenate(parts) if parts else np.zeros(0, np.int16))
    store.write_text(folder / "index.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return Utterances(folder)
