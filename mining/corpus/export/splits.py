"""Which pairs train, which choose a checkpoint, and which measure: whole recordings, never torn."""

from __future__ import annotations

import hashlib
import logging
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

    Recordings go to splits whole, and copies of one recording together, by the hash of their content: a run that grows
    moves none that is already there, but for the first few, where every split is given one. Below three recordings
    that cannot be; then rows in their given order become three contiguous blocks, with a warning. A pair that repeats the
    sound of an earlier one goes where that one is, whatever recording it is in: no sound is in two splits. Where that one
    is not among the rows, it goes where its own recording goes.

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
    ids, copies, copied = array("Q"), array("Q"), array("Q")
    recording = None
    for number, row in enumerate(rows):
        if row["recording"] != recording:
            recording = row["recording"]
            contents.append(_content(recording))
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
    splits[free] = _assign(contents, np.repeat(np.arange(len(contents)), lengths)[free], config)
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


def _assign(contents: Sequence[str], stretches: np.ndarray, config: ExportConfig) -> np.ndarray:
    """The splits of rows none of which is to follow another, by the content that the stretch of each is of."""
    found = sorted({contents[stretch] for stretch in np.unique(stretches)}, key=_fraction)
    if len(found) < MIN_RECORDINGS:
        if config.valid or config.test:
            log.warning(
                "fewer than %d recordings: train, valid and test share recordings, so their figures flatter", MIN_RECORDINGS
            )
        return _blocks(len(stretches), config)
    below_test = sum(_fraction(content) < config.test for content in found)
    below_valid = sum(_fraction(content) < config.test + config.valid for content in found) - below_test
    test, valid = _at_least_one(len(found), below_test, below_valid, config)
    splits = {content: TEST if i < test else VALID if i < test + valid else TRAIN for i, content in enumerate(found)}
    return np.array([splits.get(content, TRAIN) for content in contents], np.uint8)[stretches]


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


def _fraction(content: str) -> float:
    """A recording's place in 0..1, the same on every machine and in every run."""
    return int(hashlib.sha256(content.encode()).hexdigest()[:13], 16) / 16**13


def _blocks(count: int, config: ExportConfig) -> np.ndarray:
    test, valid = _at_least_one(count, round(count * config.test), round(count * config.valid), config)
    return np.repeat(np.array([TRAIN, VALID, TEST], np.uint8), [count - valid - test, valid, test])


def _at_least_one(count: int, test: int, valid: int, config: ExportConfig) -> tuple[int, int]:
    """Give a split that was asked for at least one of `count`, and leave at least one to train."""
    test = min(max(test, 1), count - 1) if config.test else 0
    valid = min(max(valid, 1), count - 1 - test) if config.valid else 0
    return test, valid
