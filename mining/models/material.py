"""Training sets and folders of utterances as training wants them: the sound in one file, unpacked once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from mining import store
from mining.corpus.manifests import MARKER, Clip, clips, splits
from mining.errors import InputError
from mining.models import hearing
from mining.models.utterances import Utterances, pack

SPLITS = ("train", "valid")
_UNHEARD = "check"  # what a cold start keeps apart of its speech


def check(folder: Path) -> list[str]:
    """The splits of a training set.

    Raises:
        InputError: the folder is no export, or has nothing to train on.
    """
    there = splits(folder)
    if "train" not in there:
        raise InputError(f"{folder}: holds no training clips.", "Give the folder of a training set that has a train split.")
    return there


def unpack(folder: Path, work: Path, wanted: Sequence[str] = SPLITS) -> dict[str, Utterances]:
    """Some splits of an exported training set, in any format, packed into `work`; empty ones are left out.

    What was unpacked there from the same files before is used again.

    Raises:
        InputError: see `check`; or its files are damaged.
    """
    key = store.key(_files(folder))
    there = check(folder)
    return {split: _packed(_sounds(clips(folder, split)), work / split, key) for split in wanted if split in there}


def gather(folder: Path, work: Path, wanted: Sequence[str] = ("train",)) -> Utterances:
    """The utterances of a folder: packed ones, such as the speech of a cold start, as they are; a training set or a folder
    with a table, which has no splits, packed into `work`.

    Args:
        wanted: splits of a training set, of which the first that holds anything is taken: what is learnt from is train, and
            what a model is judged by never is.

    The texts of a table are taken as `hearing.comparable` leaves them: without punctuation, which nobody says.

    Raises:
        InputError: it is none of these, has none of the splits, or its files are damaged.
    """
    names = wanted if "train" in wanted else (*wanted, _UNHEARD)
    for place in (folder, *(folder / name for name in names)):
        if (place / "index.jsonl").is_file() and (place / "samples.npy").is_file():
            return Utterances(place)
    files = _files(folder) if folder.is_dir() else []
    if (folder / MARKER).is_file():
        split = _first(folder, wanted)
        return _packed(_sounds(clips(folder, split)), work, store.key(files, split))
    said = hearing.read(folder).said()
    return _packed(((one.samples(), hearing.comparable(one.text)) for one in said), work, store.key(files))


def _first(folder: Path, wanted: Sequence[str]) -> str:
    """The first of some splits that a training set has."""
    there = splits(folder)
    for split in wanted:
        if split in there:
            return split
    raise InputError(
        f"{folder}: holds no {' and no '.join(wanted)} clips, only {', '.join(there) or 'nothing'}.",
        "Give another training set, or a folder with a table.",
    )


def _packed(utterances: Iterable[tuple[np.ndarray, str] | tuple[np.ndarray, str, float]], place: Path, key: str) -> Utterances:
    """Utterances in a place, unless what is of this key lies there already."""
    known = place / "key.json"
    if store.read_json(known) != key:
        known.unlink(missing_ok=True)
        pack(utterances, place)
        store.write_json(known, key)
    return Utterances(place)


def _sounds(found: Iterable[Clip]) -> Iterator[tuple[np.ndarray, str, float]]:
    for clip in found:
        yield clip.samples(), clip.text, clip.weight


def _files(folder: Path) -> list[tuple[str, int, int]]:
    """Every file of a folder by its path in it, its size and when it was changed."""
    found = ((path, path.stat()) for path in folder.rglob("*") if path.is_file())
    return sorted((str(path.relative_to(folder)), about.st_size, about.st_mtime_ns) for path, about in found)
