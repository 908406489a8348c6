"""Sentences with their audio: from a folder with a table, or lines of text that espeak-ng speaks."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from mining.errors import EnvironmentProblem, InputError, UsageError
from mining.models.voices import speak
from mining.records import SAMPLE_RATE

TABLES = ("sentences.tsv", "sentences.csv", "metadata.csv", "metadata.tsv", "metadata.jsonl", "validated.tsv")
_FILE_COLUMNS = ("file", "file_name", "path", "audio")
_TEXT_COLUMNS = ("text", "sentence", "transcription")
_SUBFOLDERS = ("", "audio", "clips", "wavs")


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence and where its audio comes from.

    `load()` gives mono float32 in -1..1 at 16 kHz. `source` names the file, or the line that a
    voice speaks. Utterances with the same source are the same. `about` holds the table's columns.
    """

    text: str
    source: str
    load: Callable[[], np.ndarray] = field(compare=False)
    about: Mapping[str, str] = field(default_factory=dict, compare=False)


def read_utterances(
    source: Path, *, only: Mapping[str, Sequence[str]] | None = None, voice: str = "hi", speed: int = 150
) -> list[Utterance]:
    """The utterances of a folder (in the order of their file names) or of a text file (in its own).

    Args:
        source: a folder with one of `TABLES`, or a text file of one sentence a line.
        only: column of the table -> the values wanted; all must hold.
        voice: espeak-ng voice, for a text file.
        speed: its words a minute.

    Raises:
        InputError: there is no table, it lacks a column, or a file that it names is missing.
        UsageError: `only` names no column, or leaves nothing.
        EnvironmentProblem: espeak-ng or ffmpeg is missing.
    """
    if source.is_dir():
        return _from_folder(source, only or {})
    if only:
        raise UsageError(f"{source} is a text file, which has no columns to select by.", "Leave --only out, or give a folder.")
    return [
        Utterance(line, f"{source.name}:{number}", partial(_spoken, line, voice, speed))
        for number, line in enumerate(read_lines(source), start=1)
        if line
    ]


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 text file, without the blanks around them; empty lines stay, so that numbers count."""
    try:
        return [line.strip() for line in path.read_text(encoding="utf8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text.", "Give a folder of utterances or a text file.") from error


def _from_folder(folder: Path, only: Mapping[str, Sequence[str]]) -> list[Utterance]:
    table = next((folder / name for name in TABLES if (folder / name).is_file()), None)
    if table is None:
        raise InputError(f"{folder}: holds no table of utterances.", f"It needs one of {', '.join(TABLES)}.")
    rows = _read_table(table)
    columns = list(rows[0]) if rows else []
    file_column = next((name for name in _FILE_COLUMNS if name in columns), None)
    text_column = next((name for name in _TEXT_COLUMNS if name in columns), None)
    if file_column is None or text_column is None:
        raise InputError(f"{table}: has the columns {', '.join(columns)}.", "It needs `file` and `text`.")
    for column in only:
        if column not in columns:
            raise UsageError(f"{table}: has no column {column!r} to select by.", f"It has {', '.join(columns)}.")
    rows = [row for row in rows if all(row[column] in values for column, values in only.items())]
    if not rows:
        raise UsageError(f"{table}: no row is left by the selection {dict(only)}.", "Look at the table's values.")
    rows.sort(key=lambda row: row[file_column])
    return [_utterance(folder, row[file_column], row[text_column], row) for row in rows]


def _utterance(folder: Path, name: str, text: str, row: Mapping[str, str]) -> Utterance:
    path = next((folder / sub / name for sub in _SUBFOLDERS if (folder / sub / name).is_file()), None)
    if path is None:
        raise InputError(f"{folder / name}: the table names it, but it is not there.", "Complete the folder, or drop the row.")
    return Utterance(" ".join(text.split()), name, partial(read_audio, path), row)


def _read_table(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf8", newline="") as file:
            if path.suffix == ".jsonl":
                return [json.loads(line) for line in file if line.strip()]
            # Tables with tabs are not quoted: a sentence may open with a quotation mark.
            if path.suffix == ".tsv":
                return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
            return list(csv.DictReader(file))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a table ({error}).", "Save it as UTF-8.") from error


def read_audio(path: Path) -> np.ndarray:
    """Any audio file as mono float32 at 16 kHz, by ffmpeg.

    Raises:
        InputError: ffmpeg finds no audio in it.
    """
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-ac", "1", "-ar", str(SAMPLE_RATE), "-"]
    if shutil.which("ffmpeg") is None:
        raise EnvironmentProblem("The program ffmpeg is not installed.", "sudo apt-get install ffmpeg")
    done = subprocess.run(command, capture_output=True, check=False)
    samples = np.frombuffer(done.stdout, dtype="<f4")
    if done.returncode or not len(samples):
        raise InputError(f"{path}: holds no audio that ffmpeg can read.", "Listen to it; convert it or drop its row.")
    return samples


def _spoken(line: str, voice: str, speed: int) -> np.ndarray:
    return speak(line, voice, words_a_minute=speed).astype(np.float32) / 32768
