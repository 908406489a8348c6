"""Training sets made by hand, of tones, for tests of what is trained and measured on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mining import store
from mining.corpus.export import export

STATIONS = ("पटना", "रांची", "पटना", "भोपाल")


def training_set(fabricate: Callable[..., Path], folder: Path, format: str = "fairseq", recordings: int = 4) -> Path:
    """An export of some recordings of four pairs each, whose catalogue knows the station of all."""
    run = fabricate(recordings=recordings, name=f"run-of-{folder.name}")
    rows = store.read_rows(run / "pairs.jsonl")
    numbers = {name: number for number, name in enumerate(dict.fromkeys(row["recording"] for row in rows))}
    store.write_rows(run / "pairs.jsonl", ({**row, "about": {"station": STATIONS[numbers[row["recording"]]]}} for row in rows))
    return export(run, format, folder)
