"""The clips of a recording: every kept pair as a sound file, cut once, for all training sets that will hold it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mining import store
from mining.corpus.folder import appearing, mend
from mining.errors import InputError

Row = dict[str, Any]
Place = tuple[int, int]
"""Samples [start, end) in the recording."""

LIST = "clips.jsonl"
"""In every folder of clips: what lies in it, and from where in the recording."""


def cut(folder: Path, rows: Iterable[Row], audio: Callable[[], Path], progress: Callable[[int, int], None] | None = None) -> None:
    """Write the clips of a recording's kept pairs as 16 kHz mono FLAC; `folder` appears whole, or stays what it was.

    What was cut before from the same place of the recording is taken from there: then the recording is not decoded, and
    need not be there.

    Args:
        folder: where clips of the same recording, and of no other, may lie already.
        rows: public rows of pairs.
        audio: gives the recording; asked only if something is to be cut.
        progress: called with (clips, all clips).

    Raises:
        InputError: the recording cannot be decoded, or ends before a pair does.
    """
    wanted = {file_name(row["id"]): (store.samples(row["start"]), store.samples(row["end"])) for row in rows}
    mend(folder)
    there = {place: folder / name for name, place in listed(folder).items() if (folder / name).is_file()}
    with appearing(folder) as new:
        missing = {name: place for name, place in wanted.items() if place not in there}
        for name, place in wanted.items():
            if place in there:
                link(there[place], new / name)
        if missing:
            _cut(new, missing, audio(), progress)
        rows_of = ({"clip": name, "start": start, "end": end} for name, (start, end) in wanted.items())
        store.write_rows(new / LIST, rows_of)


def _cut(new: Path, missing: dict[str, Place], audio: Path, progress: Callable[[int, int], None] | None) -> None:
    from mining.speech.audio import open_audio, write_flac

    with open_audio(audio) as sound:
        for number, (name, (start, end)) in enumerate(missing.items()):
            if end > len(sound):
                raise InputError(f"{audio}: ends before pair {Path(name).stem} does.", "It was changed: run shruti align again.")
            if progress:
                progress(number, len(missing))
            write_flac(new / name, sound[start:end])


def listed(folder: Path) -> dict[str, Place]:
    """The clips in a folder by the names of their files, each with its place; none where there is no such folder."""
    return {row["clip"]: (row["start"], row["end"]) for row in store.read_rows(folder / LIST)}


def link(clip: Path, target: Path) -> None:
    """Make a clip known under another name: as a hard link, or as a copy where those cannot be."""
    try:
        os.link(clip, target)
    except OSError:
        shutil.copyfile(clip, target)


def file_name(id: str) -> str:
    """The name of a pair's clip."""
    return f"{safe(id)}.flac"


def safe(id: str) -> str:
    """An id as a file name that no manifest, shell, file system or loader trips over; loaders skip .hidden and __special ones."""
    name = re.sub(r"[\s/\\:*?\"'<>|\x00-\x1f]", "_", id)
    return f"r{name}" if name.startswith((".", "_")) else name
