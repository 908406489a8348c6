"""Archives to mine: recordings that espeak-ng speaks out of the bundled sample's sentences, no two of them alike."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from mining import sample, store
from mining.compose import compose, preset

SECONDS_A_SENTENCE = 8.0  # of the sample's long sentences, pause included
LAYERS = ("scan", "good", "text")


def recordings(folder: Path, count: int, seconds: float, layers: Sequence[str] = ("good",)) -> list[tuple[str, str]]:
    """Make recordings, each with other sentences in another order, and their documents in each of `layers` by turns.

    Returns:
        The names of every recording and its document in `folder`. What is there already is not made again.
    """
    texts = folder / "sentences.txt"
    spoken = sample.sample().gold["spoken"]
    if not texts.exists():
        store.write_text(texts, "".join(f"{text}\n" for text in dict.fromkeys(sentence["text"] for sentence in spoken)))
    rows = []
    for number in range(count):
        name, layer = f"{number:05}", layers[number % len(layers)]
        audio, document = f"{name}.flac", f"{name}.{'txt' if layer == 'text' else 'pdf'}"
        if not (folder / audio).exists() or not (folder / document).exists():
            sentences = max(2, round(seconds / SECONDS_A_SENTENCE))
            recipe = preset("clean", seed=number, sentences=sentences, layer=layer, speed=140 + number % 40)
            compose(texts, folder, recipe, name=name)
        rows.append((audio, document))
    return rows


def catalogue(path: Path, rows: Iterable[tuple[str, str]]) -> Path:
    """Write a catalogue of Hindi recordings; returns its path."""
    with store.writing(path) as temporary, temporary.open("w", encoding="utf8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("audio", "document", "language"))
        writer.writerows((audio, document, "hi") for audio, document in rows)
    return path
