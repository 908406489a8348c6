"""Which pairs train, which choose a checkpoint, and which measure: whole recordings and whole speakers, never torn."""

from __future__ import annotations

import hashlib
import logging
import re
import unicodedata
from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from mining.config import ExportConfig
from mining.corpus.rows import Row
from mining.errors import UsageError
from mining.pairs.repeats import SOUND

SPLITS = ("train", "valid", "test")
TRAIN, VALID, TEST = range(3)
MIN_RECORDINGS = 3  # one for each split

log = logging.getLogger(__name__)


def assign(rows: Iterable[Row], config: ExportConfig) -> np.ndarray:
    """Name the split of every row.

    Recordings go to splits whole, copies of one recording together, and so do all recordings in which one speaker is known
    to be heard. Each goes by a hash: of the name of its speaker, else of its content. So a run that grows moves none that
    is already there, but for the first few, where every split is given one; recordings in which two speakers meet who had
    been apart so far; and those that come to be joined with more than half of all pairs, which always train. Where whole
    speakers would leave fewer than three groups, only recordings are whole, and below three recordings not even those: then
    rows in their given order become three contiguous blocks. A warning tells of both. A pair that repeats the sound of an
    earlier one goes where that one is, whatever recording it is in: no sound is in two splits. Where that one is not among
    the rows, it goes where its own recording goes.

    Rows are gone over once, and none is kept: of each stay the eight bytes of a hash of its id.

    Args:
        rows: pairs, sorted by recording and time.
        config: the shares of validation and test.

    Returns:
        An index into `SPLITS` for every row: uint8, [rows].

    Raises:
        UsageError: shares that are negative or leave nothing to train on.
    """
    _check(config)
    contents, lengths = list[str](), list[int]()  # of stretches of rows of one recording
    voices = list[tuple[str, ...]]()
    ids, copies, copied = array("Q"), array("Q"), array("Q")
    recording = None
    for number, row in enumerate(rows):
        if row["recording"] != recording:
            recording = row["recording"]
            contents.append(_content(recording))
            voices.append(speakers(row))
            lengths.append(0)
        lengths[-1] += 1
        ids.append(_hash(row["id"]))
        if row.get("repeat") == SOUND and row["repeats"]:
            copies.append(number)
            copied.append(_hash(row["repeats"]))
    followers, leaders = _followers(np.asarray(ids), np.asarray(copies), np.asarray(copied))
    free = np.ones(len(ids), bool)
    free[followers] = False
    splits = np.empty(len(ids), np.uint8)
    splits[free] = _assign(contents, voices, np.repeat(np.arange(len(contents)), lengths)[free], config)
    splits[followers] = splits[leaders]
    return splits


def _followers(ids: np.ndarray, copies: np.ndarray, copied: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows that repeat the sound of another that is here too, and that other of each: numbers of rows.

    Args:
        ids: the hash of every row's id.
        copies: the rows that repeat a sound.
        copied: the hashes of the ids that they repeat.
    """
    wanted = np.unique(copied)
    if not len(wanted):
        return copies, copied
    nearest = np.minimum(np.searchsorted(wanted, ids), len(wanted) - 1)
    original = wanted[nearest] == ids
    original[copies] = False
    row_of = np.full(len(wanted), -1)
    row_of[nearest[original]] = np.flatnonzero(original)
    leaders = row_of[np.searchsorted(wanted, copied)]
    return copies[leaders >= 0], leaders[leaders >= 0]


def speakers(row: Row) -> tuple[str, ...]:
    """Who is known to be heard in a row's recording, by the catalogue's column `speaker`: several are parted by ; or |.

    >>> speakers({"about": {"speaker": "Asha  Rao; R. Sen"}}), speakers({"about": {}})
    (('asha rao', 'r. sen'), ())
    """
    told = unicodedata.normalize("NFC", str((row.get("about") or {}).get("speaker") or "")).casefold()
    return tuple(sorted({" ".join(name.split()) for name in re.split("[;|]", told)} - {""}))


def _assign(
    contents: Sequence[str], voices: Sequence[tuple[str, ...]], stretches: np.ndarray, config: ExportConfig
) -> np.ndarray:
    """The splits of rows none of which is to follow another, by what the stretch of each is of, and who is heard in it."""
    used, counts = np.unique(stretches, return_counts=True)
    groups = _joined({int(stretch): (contents[stretch], voices[stretch]) for stretch in used})
    if len(set(groups.values())) < MIN_RECORDINGS:
        apart = _joined({int(stretch): (contents[stretch], ()) for stretch in used})
        if len(set(apart.values())) < MIN_RECORDINGS:
            if config.valid or config.test:
                log.warning(
                    "fewer than %d recordings: train, valid and test share recordings, so their figures flatter", MIN_RECORDINGS
                )
            return _blocks(len(stretches), config)
        if apart != groups and (config.valid or config.test):
            log.warning(
                "fewer than %d groups of recordings without a common speaker: train, valid and test share speakers, so their"
                " figures flatter",
                MIN_RECORDINGS,
            )
        groups = apart
    split_of = _by_hash(groups, dict(zip(map(int, used), map(int, counts), strict=True)), config)
    return np.array([split_of.get(stretch, TRAIN) for stretch in range(len(contents))], np.uint8)[stretches]


def _joined(stretches: dict[int, tuple[str, tuple[str, ...]]]) -> dict[int, str]:
    """The group of each stretch, by what it is of and who is heard in it: stretches that share either are in one.

    A group is named by the member whose hash is least: of its speakers, who stay while their recordings become more;
    else of its contents.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := parent.setdefault(name, name)) != name:
            parent[name] = parent[above]
            name = above
        return name

    members = {
        stretch: (f"content {content}", *(f"speaker {name}" for name in who)) for stretch, (content, who) in stretches.items()
    }
    for content, *who in members.values():
        root(content)
        for name in who:
            parent[root(name)] = root(content)
    names: dict[str, str] = {}
    for name in sorted(parent, key=lambda name: (name.startswith("content "), _fraction(name.partition(" ")[2]))):
        names.setdefault(root(name), name)
    return {stretch: names[root(content)] for stretch, (content, *_) in members.items()}


def _by_hash(groups: dict[int, str], rows: dict[int, int], config: ExportConfig) -> dict[int, int]:
    """The split of each stretch, by its group; `rows` counts those of each."""
    sizes: dict[str, int] = {}
    for stretch, group in groups.items():
        sizes[group] = sizes.get(group, 0) + rows[stretch]
    most = sum(sizes.values()) / 2

    def place(group: str) -> float:
        """A place in 0..1; whoever speaks more than half of everything trains: nothing could be learnt from the rest."""
        heavy = group.startswith("speaker ") and sizes[group] > most
        return 1.0 if heavy else _fraction(group.partition(" ")[2])

    found = sorted(sizes, key=place)
    below_test = sum(place(group) < config.test for group in found)
    below_valid = sum(place(group) < config.test + config.valid for group in found) - below_test
    test, valid = _at_least_one(len(found), below_test, below_valid, config)
    splits = {group: TEST if i < test else VALID if i < test + valid else TRAIN for i, group in enumerate(found)}
    return {stretch: splits[group] for stretch, group in groups.items()}


def _hash(id: str) -> int:
    """64 bits of an id: two of ten million are the same once in 400,000 such runs."""
    return int.from_bytes(hashlib.blake2b(id.encode(), digest_size=8).digest())


def _content(id: str) -> str:
    """The hash of a recording's content, with which its id ends."""
    return id.rpartition("-")[2]


def _check(config: ExportConfig) -> None:
    if config.valid < 0 or config.test < 0 or config.valid + config.test >= 1:
        raise UsageError(
            f"Shares of validation {config.valid} and test {config.test} leave nothing to train on.",
            "Give two shares of 0 or more whose sum is below 1, such as 0.05 and 0.05.",
        )


def _fraction(name: str) -> float:
    """The place of a recording or a speaker in 0..1, the same on every machine and in every run."""
    return int(hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:13], 16) / 16**13


def _blocks(count: int, config: ExportConfig) -> np.ndarray:
    test, valid = _at_least_one(count, round(count * config.test), round(count * config.valid), config)
    return np.repeat(np.array([TRAIN, VALID, TEST], np.uint8), [count - valid - test, valid, test])


def _at_least_one(count: int, test: int, valid: int, config: ExportConfig) -> tuple[int, int]:
    """Give a split that was asked for at least one of `count`, and leave at least one to train, and to each other split."""
    others = 2 if config.valid and count >= MIN_RECORDINGS else 1
    test = min(max(test, 1), count - others) if config.test else 0
    valid = min(max(valid, 1), count - 1 - test) if config.valid else 0
    return test, valid
