"""Which pairs train, which choose a checkpoint, and which measure: whole recordings, never torn."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from mining.config import ExportConfig
from mining.corpus.rows import Row
from mining.errors import UsageError
from mining.pairs.repeats import SOUND

SPLITS = ("train", "valid", "test")
MIN_RECORDINGS = 3  # one for each split

log = logging.getLogger(__name__)


def assign(rows: Sequence[Row], config: ExportConfig) -> list[str]:
    """Name the split of every row.

    Recordings go to splits whole, and copies of one recording together, by the hash of their content: a run that grows
    moves none that is already there, but for the first few, where every split is given one. Below three recordings
    that cannot be; then rows in their given order become three contiguous blocks, with a warning. A pair that repeats the
    sound of an earlier one goes where that one is, whatever recording it is in: no sound is in two splits.

    Args:
        rows: pairs, sorted by recording and time.
        config: the shares of validation and test.

    Raises:
        UsageError: shares that are negative or leave nothing to train on.
    """
    _check(config)
    originals = {row["id"] for row in rows if row.get("repeat") != SOUND} if any(row.get("repeat") for row in rows) else set()
    copies = [row.get("repeat") == SOUND and row["repeats"] in originals for row in rows]
    names = iter(_assign([row for row, copy in zip(rows, copies, strict=True) if not copy], config))
    splits = [None if copy else next(names) for copy in copies]
    homes = {row["id"]: split for row, split in zip(rows, splits, strict=True) if split} if originals else {}
    return [split or homes[row["repeats"]] for row, split in zip(rows, splits, strict=True)]


def _assign(rows: Sequence[Row], config: ExportConfig) -> list[str]:
    """The splits of rows none of which is to follow another."""
    found = sorted({_content(row["recording"]) for row in rows}, key=_fraction)
    if len(found) < MIN_RECORDINGS:
        if config.valid or config.test:
            log.warning(
                "fewer than %d recordings: train, valid and test share recordings, so their figures flatter", MIN_RECORDINGS
            )
        return _blocks(len(rows), config)
    below_test = sum(_fraction(content) < config.test for content in found)
    below_valid = sum(_fraction(content) < config.test + config.valid for content in found) - below_test
    test, valid = _at_least_one(len(found), below_test, below_valid, config)
    names = {content: "test" if i < test else "valid" if i < test + valid else "train" for i, content in enumerate(found)}
    return [names[_content(row["recording"])] for row in rows]


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


def _blocks(count: int, config: ExportConfig) -> list[str]:
    test, valid = _at_least_one(count, round(count * config.test), round(count * config.valid), config)
    return ["train"] * (count - valid - test) + ["valid"] * valid + ["test"] * test


def _at_least_one(count: int, test: int, valid: int, config: ExportConfig) -> tuple[int, int]:
    """Give a split that was asked for at least one of `count`, and leave at least one to train."""
    test = min(max(test, 1), count - 1) if config.test else 0
    valid = min(max(valid, 1), count - 1 - test) if config.valid else 0
    return test, valid
