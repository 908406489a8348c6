"""Files that hold many clips each, and are full at a size: the shards of formats without a folder of clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mining.corpus.export.clips import gone
from mining.corpus.export.utterance import Utterance
from mining.corpus.export.utterances import Utterances

MOST_BYTES = 500 << 20
"""Of the clips in one shard: what a loader reads in one go, and a server sends in minutes."""


def with_sound(utterances: Utterances) -> Iterator[tuple[Utterance, bytes]]:
    """Each utterance with the bytes of its clip.

    Raises:
        InputError: a clip is gone.
    """
    for utterance in utterances:
        clip = utterances.clip(utterance)
        try:
            with open(clip, "rb") as file:
                sound = file.read()
        except FileNotFoundError as error:
            raise gone(clip) from error
        yield utterance, sound


def shards(folder: Path, pattern: str, split: str) -> list[Path]:
    """The shards of a split in their order, by a pattern for `Path.glob` that has {split} in it."""
    return sorted(folder.glob(pattern.format(split=split)))
