"""A training set that `shruti export` wrote, read back for fine-tuning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mining import store
from mining.errors import InputError
from mining.models.utterances import Utterances, pack

SPLITS = ("train", "valid")


def unpack(folder: Path, work: Path) -> dict[str, Utterances]:
    """The training and validation utterances of a fairseq or Hugging Face export, packed into `work`; empty ones left out.

    Raises:
        InputError: the folder is no such export, or has nothing to train on.
    """
    found = {split: list(_clips(folder, split)) for split in SPLITS}
    if not found["train"]:
        raise InputError(f"{folder}: holds no training clips.", "Give the folder of a fairseq or huggingface export.")
    return {split: pack(_sounds(clips), work / split) for split, clips in found.items() if clips}


def _clips(folder: Path, split: str) -> Iterator[tuple[Path, str]]:
    """Each clip of a split and its text."""
    table = folder / f"{split}.tsv"
    if table.is_file():
        names = [line.split("\t")[0] for line in table.read_text(encoding="utf8").splitlines()[1:]]
        texts = (folder / f"{split}.wrd").read_text(encoding="utf8").splitlines()
        yield from ((folder / name, text) for name, text in zip(names, texts, strict=True))
    for row in store.read_rows(folder / split / "metadata.jsonl"):
        yield folder / split / row["file_name"], row["text"]


def _sounds(clips: list[tuple[Path, str]]) -> Iterator[tuple[np.ndarray, str]]:
    import soundfile

    for path, text in clips:
        samples, _ = soundfile.read(path, dtype="int16")
        yield samples, text
