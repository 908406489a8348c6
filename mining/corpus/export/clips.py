"""Which pairs of a run have their clips, and how an export is given them."""

from __future__ import annotations

import itertools
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from mining.corpus.clips import file_name, listed
from mining.corpus.export.utterance import Utterance, place
from mining.corpus.rows import Row
from mining.errors import InputError

Numbered = tuple[int, Row]
"""A row and its number among all rows of pairs.jsonl, from 0."""

log = logging.getLogger(__name__)


def cut_already(out: Path, rows: Iterable[Numbered]) -> Iterator[Numbered]:
    """The rows whose clips lie in the run, one by one; a warning at the end tells of those that are left out.

    They are left out where a recording was gone when its pairs were chosen anew, and nothing could be cut.

    Raises:
        InputError: there are rows, and there is no clip at all.
    """
    found, without, where, first = 0, 0, set[str](), ""
    for recording, group in itertools.groupby(rows, key=lambda numbered: numbered[1]["recording"]):
        there = listed(_folder(out, recording))
        for number, row in group:
            if there.get(file_name(row["id"])) == place(row):
                found += 1
                yield number, row
            else:
                without, first = without + 1, first or row["audio"]
                where.add(recording)
    if without:
        told = f"{first}: the clips of {without} pairs of {len(where)} recordings are not there, this one's first"
        if not found:
            raise InputError(f"{told}.", f"Run `shruti filter {out}`: it cuts them, where the recordings are.")
        log.warning("%s; they are left out", told)


def take(folder: Path, utterances: Iterable[Utterance], clip_of: Callable[[Utterance], str]) -> None:
    """Give `folder` the clips of utterances: as hard links, or as copies where those cannot be.

    Raises:
        InputError: two pairs would share a clip, or a clip is gone.
    """
    for _, group in itertools.groupby(utterances, key=lambda utterance: utterance.row["recording"]):
        made: set[str] = set()
        for utterance in group:
            home = utterance.path.rpartition("/")[0]
            if home not in made:
                (folder / home).mkdir(parents=True, exist_ok=True)
                made.add(home)
            _link(clip_of(utterance), f"{folder}/{utterance.path}")


def look_at(utterances: Iterable[Utterance]) -> None:
    """Go over utterances whose clips are not linked.

    Raises:
        InputError: two pairs of a recording have one id.
    """
    for _, group in itertools.groupby(utterances, key=lambda utterance: utterance.row["recording"]):
        names: set[str] = set()
        for utterance in group:
            if utterance.name in names:
                raise _twice()
            names.add(utterance.name)


def gone(clip: str) -> InputError:
    """What to tell of a clip that is not there."""
    advice = "Remove the folder that it lay in, and run shruti filter again: it cuts the clips, where the recording is."
    return InputError(f"{clip}: is not there.", advice)


def _twice() -> InputError:
    return InputError("Two pairs of the run have the same id.", "Run shruti filter again, to write pairs.jsonl anew.")


def _link(clip: str, target: str) -> None:
    """Link or copy a clip to where none may be yet: the file system knows all names that were given, so nothing else need."""
    try:
        try:
            os.link(clip, target)
        except FileExistsError:
            raise
        except OSError:
            with open(clip, "rb") as source, open(target, "xb") as copy:
                shutil.copyfileobj(source, copy)
    except FileExistsError as error:
        raise _twice() from error
    except FileNotFoundError as error:
        raise gone(clip) from error


def _folder(out: Path, recording: str) -> Path:
    return out / "recordings" / recording / "clips"
