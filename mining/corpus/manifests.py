"""Every training set that `shruti export` writes, read back: clip by clip, whatever format it is in."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mining import store
from mining.corpus.export import fairseq, huggingface, kaldi, lhotse, nemo, parquet, webdataset
from mining.corpus.export.columns import about_of
from mining.corpus.export.folder import MARKER
from mining.corpus.export.splits import SPLITS
from mining.errors import InputError
from mining.records import SAMPLE_RATE

_ADVICE = "Give the folder that shruti export wrote."


@dataclass(frozen=True, slots=True)
class Clip:
    """An utterance of a training set.

    Attributes:
        id: of the pair that it was mined as.
        text: normalised for training: words and single spaces.
        weight: 0..1, the calibrated probability that text and ends are right: what a loss may be weighted with.
        recording: the recording that it was cut from; those of one recording are in one split.
        about: what the catalogue knew of that, such as station, speaker and licence; empty if nothing.
        sound: the sound file, or its bytes where the format holds sound within files of its own.
    """

    id: str
    text: str
    weight: float
    recording: str
    about: dict[str, Any]
    sound: Path | bytes

    def samples(self) -> np.ndarray:
        """The sound: int16, shape (samples,), mono at 16 kHz.

        Raises:
            InputError: the sound file is gone, or is not what was exported.
        """
        import soundfile

        named = f"clip {self.id}" if isinstance(self.sound, bytes) else str(self.sound)
        try:
            found, rate = soundfile.read(io.BytesIO(self.sound) if isinstance(self.sound, bytes) else self.sound, dtype="int16")
        except (OSError, soundfile.LibsndfileError) as error:
            raise InputError(f"{named}: cannot be read ({error}).", "Export the training set again.") from error
        if rate != SAMPLE_RATE or found.ndim != 1:
            raise InputError(f"{named}: is not mono at {SAMPLE_RATE} Hz, but {rate} Hz.", "Export the training set again.")
        return found


def clips(folder: Path, split: str) -> Iterator[Clip]:
    """The utterances of a split one by one, in the order in which they were exported; none where there is no such split.

    Raises:
        InputError: the folder is no export, or its files do not fit together.
    """
    marker = _marker(folder)
    return _checked(folder, marker["format"], split) if split in marker["splits"] else iter(())


def splits(folder: Path) -> list[str]:
    """The splits of a training set that hold anything, of train, valid and test, in this order.

    Raises:
        InputError: the folder is no export.
    """
    there = _marker(folder)["splits"]
    return [split for split in SPLITS if split in there]


def _checked(folder: Path, format: str, split: str) -> Iterator[Clip]:
    """What a reader finds; whatever it trips over is told with the folder."""
    try:
        yield from READERS[format](folder, split)
    except (OSError, EOFError, ValueError, KeyError, tarfile.TarError) as error:
        raise InputError(f"{folder}: the files of {split} do not fit together ({error}).", "Export it again.") from error


def _marker(folder: Path) -> dict[str, Any]:
    """What an export says of itself."""
    marker = store.read_json(folder / MARKER) if folder.is_dir() else None
    if marker is None:
        raise InputError(f"{folder}: is no training set of Shruti, there is no {MARKER} in it.", _ADVICE)
    if not isinstance(marker, dict) or not isinstance(marker.get("splits"), dict):
        raise InputError(f"{folder / MARKER}: is none that shruti export wrote.", _ADVICE)
    if marker.get("format") not in READERS:
        known = ", ".join(sorted(READERS))
        raise InputError(f"{folder}: is in the format {marker.get('format')!r}, which cannot be read.", f"There are: {known}.")
    return marker


def _fairseq(folder: Path, split: str) -> Iterator[Clip]:
    with fairseq.lines(folder, split) as rows:
        for clip, text, confidence, row in rows:
            row = json.loads(row)
            yield _clip({**row, "text": text, "confidence": float(confidence)}, folder / clip.split("\t")[0])


def _huggingface(folder: Path, split: str) -> Iterator[Clip]:
    for row in _rows(folder / split / huggingface.METADATA):
        yield _clip({**row, "about": about_of(row)}, folder / split / row[huggingface.NAME])


def _parquet(folder: Path, split: str) -> Iterator[Clip]:
    for row in parquet.rows(folder, split):
        yield _clip({**row, "about": about_of(row)}, row["audio"]["bytes"])


def _nemo(folder: Path, split: str) -> Iterator[Clip]:
    for row in _rows(folder / nemo.MANIFEST.format(split=split)):
        yield _clip({**row, "confidence": row["weight"]}, folder / row[nemo.NAME])


def _lhotse(folder: Path, split: str) -> Iterator[Clip]:
    with gzip.open(folder / lhotse.NAME.format(kind="cuts", split=split), "rt", encoding="utf8") as file:
        for line in file:
            cut = json.loads(line)
            (supervision,) = cut["supervisions"]
            custom = supervision["custom"]
            row = {**custom, "id": custom["pair"], "text": supervision["text"], "confidence": custom["weight"]}
            yield _clip(row, folder / cut["recording"]["sources"][0]["source"])


def _kaldi(folder: Path, split: str) -> Iterator[Clip]:
    with contextlib.ExitStack() as stack:
        names = ("text", "utt2conf", kaldi.RECORDS)
        files = [stack.enter_context((folder / split / name).open(encoding="utf8")) for name in names]
        for text, confidence, line in zip(*files, strict=True):
            row = json.loads(line)
            told = [each.rstrip("\n").partition(" ") for each in (text, confidence)]
            if {id for id, _, _ in told} != {row["utterance"]}:
                raise ValueError(f"{row['utterance']} is not in the same line of every table")
            yield _clip({**row, "text": told[0][2], "confidence": float(told[1][2])}, folder / row["clip"])


def _webdataset(folder: Path, split: str) -> Iterator[Clip]:
    for parts in webdataset.samples(folder, split):
        row = json.loads(parts["json"])
        yield _clip({**row, "text": parts["txt"].decode(), "confidence": row["weight"]}, parts["flac"])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf8") as file:
        yield from map(json.loads, file)


def _clip(row: dict[str, Any], sound: Path | bytes) -> Clip:
    return Clip(row["id"], row["text"], row["confidence"], row["recording"], row.get("about") or {}, sound)


READERS: dict[str, Callable[[Path, str], Iterator[Clip]]] = {
    "fairseq": _fairseq,
    "huggingface": _huggingface,
    "parquet": _parquet,
    "nemo": _nemo,
    "lhotse": _lhotse,
    "kaldi": _kaldi,
    "webdataset": _webdataset,
}
"""How each format is read, by its name in `export.FORMATS`."""
