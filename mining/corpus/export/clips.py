"""Clips: where each lies in an export, and how they are cut, each recording decoded once."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mining import store
from mining.corpus.rows import Row
from mining.errors import InputError


@dataclass(frozen=True, slots=True)
class Utterance:
    """A pair on its way into a training set.

    `row` is the public row, `split` one of train, valid, test, `path` the clip inside the export
    with forward slashes, and [`start`, `end`) its samples in the recording.
    """

    row: Row
    split: str
    path: str
    start: int
    end: int

    @property
    def samples(self) -> int:
        """The clip's length in samples at 16 kHz."""
        return self.end - self.start

    @property
    def text(self) -> str:
        """The training text with single spaces, so that it is one line of a manifest."""
        return " ".join(self.row["text"].split())


def plan(rows: Sequence[Row], splits: Sequence[str]) -> list[Utterance]:
    """Give every row its split and the place of its clip, SPLIT/RECORDING/PAIR.flac.

    Raises:
        InputError: two pairs would share a clip.
    """
    planned = [
        Utterance(
            row,
            split,
            f"{split}/{_file_name(row['recording'])}/{_file_name(row['id'])}.flac",
            store.samples(row["start"]),
            store.samples(row["end"]),
        )
        for row, split in zip(rows, splits, strict=True)
    ]
    if len({utterance.path for utterance in planned}) < len(planned):
        raise InputError("Two pairs of the run have the same id.", "Run shruti filter again, to write pairs.jsonl anew.")
    return planned


def cut(folder: Path, utterances: Sequence[Utterance]) -> None:
    """Write every clip as 16 kHz mono FLAC under `folder`; a recording is decoded once.

    Raises:
        InputError: a recording cannot be found or decoded, or ends before a pair does.
    """
    from mining.speech.audio import open_audio, write_flac

    for (recording, audio), group in itertools.groupby(utterances, key=lambda u: (u.row["recording"], u.row["audio"])):
        path = Path(audio)
        if not path.is_file():
            raise InputError(f"{audio}: the recording {recording} is not there.", "Run the command where shruti align was run.")
        with open_audio(path) as sound:
            for utterance in group:
                if utterance.end > len(sound):
                    raise InputError(
                        f"{audio}: ends before pair {utterance.row['id']} does.", "It was changed: run shruti align again."
                    )
                clip = folder / utterance.path
                clip.parent.mkdir(parents=True, exist_ok=True)
                write_flac(clip, sound[utterance.start : utterance.end])


def link(folder: Path, utterances: Sequence[Utterance], cuts: Path) -> None:
    """Give `folder` the clips of `cuts`, an export of the same utterances: as hard links, or as copies where those cannot be."""
    for utterance in utterances:
        clip = folder / utterance.path
        clip.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(cuts / utterance.path, clip)
        except OSError:
            shutil.copyfile(cuts / utterance.path, clip)


def _file_name(id: str) -> str:
    """An id as a file name that no manifest, shell, file system or loader trips over; loaders skip .hidden and __special ones."""
    name = re.sub(r"[\s/\\:*?\"'<>|\x00-\x1f]", "_", id)
    return f"r{name}" if name.startswith((".", "_")) else name
