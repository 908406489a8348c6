"""Kept pairs as a training set: the clips of the run, and the manifests that a trainer reads.

A format is one function in one module, `write(folder, utterances)`, that writes its manifests
beside clips that are there already, or, where it is in `WITH_SOUND`, its files that hold clips themselves; `FORMATS` names it.
It goes over the utterances as often as it needs, and keeps none: there may be more than memory holds. The folder appears whole
or not at all, its paths are relative, and the same run gives the same bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mining import store
from mining.config import ExportConfig
from mining.corpus.export import (
    card,
    croissant,
    fairseq,
    huggingface,
    kaldi,
    lhotse,
    nemo,
    parquet,
    unlabelled,
    webdataset,
)
from mining.corpus.export.clips import Numbered, cut_already, look_at, take
from mining.corpus.export.folder import MARKER, check, replacing
from mining.corpus.export.splits import assign
from mining.corpus.export.utterance import Utterance
from mining.corpus.export.utterances import LEFT_OUT, Utterances, version_of
from mining.corpus.rows import Row, stream_pairs
from mining.errors import InputError, UsageError
from mining.records import SAMPLE_RATE, WILDCARD
from mining.telling import Progress, passing, silent

Writer = Callable[[Path, Utterances], None]

FORMATS: dict[str, Writer] = {
    "fairseq": fairseq.write,
    "huggingface": huggingface.write,
    "parquet": parquet.write,
    "nemo": nemo.write,
    "lhotse": lhotse.write,
    "kaldi": kaldi.write,
    "webdataset": webdataset.write,
}
"""Every export format by its name on the command line."""

WITH_SOUND = ("parquet", "webdataset")
"""Formats whose files hold the sound: there are no clips beside them."""


def export(
    out: Path,
    format: str,
    directory: Path | None = None,
    config: ExportConfig | None = None,
    progress: Progress = silent,
) -> Path:
    """Write the kept pairs of a run as a training set and return its folder.

    Clips are linked, not cut: see `mining.corpus.clips`.

    Args:
        out: the folder of a run.
        format: one of `FORMATS`.
        directory: where to write; OUT/manifests/<format>/ by default. An earlier export there is replaced.
        config: shares of the validation and test splits, whether repeated sentences are left out, and whether the speech
            that no pair covers is cut too, which only fairseq has a use for.
        progress: told of `export`, in utterances.

    Raises:
        UsageError: an unknown format, shares that leave no training data, or a directory that holds other things.
        InputError: no run, no pairs, no clips of them, two pairs of one id, or pairs that are written anew meanwhile.
        EnvironmentProblem: the directory cannot be written.
    """
    config = config or ExportConfig()
    if format not in FORMATS:
        raise UsageError(f"Unknown export format {format!r}.", f"There are: {', '.join(sorted(FORMATS))}.")
    if config.unlabelled and format != "fairseq":
        raise UsageError(f"The format {format!r} has no place for unlabelled speech.", "Export it with --format fairseq.")
    target = directory or out / "manifests" / format
    check(target)  # before the pairs are read
    progress("export", 0, 1)
    utterances = _planned(out, config)
    with replacing(target) as folder:
        if format in WITH_SOUND:
            look_at(utterances.counted())
            utterances.progress = progress  # the format's own pass is the long one
        else:
            take(folder, passing(utterances.counted(), len(utterances), "export", progress), utterances.clip)
        FORMATS[format](folder, utterances)
        summary = _summary(format, utterances)
        if config.unlabelled:
            summary["unlabelled"] = unlabelled.write(folder, out, utterances.facts.measured)
        card.write(folder, format, utterances)
        croissant.write(folder, format, utterances)
        store.write_json(folder / MARKER, summary)
    progress("export", 1, 1)
    return target


class _Watched(Utterances):
    """Utterances that tell `progress` how many of them have gone by."""

    def __init__(self, out: Path, version: tuple[int, ...], marks: bytes) -> None:
        super().__init__(out, version, marks)
        self.progress: Progress = silent

    def __iter__(self) -> Iterator[Utterance]:
        return passing(super().__iter__(), len(self), "export", self.progress)


def _planned(out: Path, config: ExportConfig) -> _Watched:
    """Which rows are exported, and to which split each goes: a byte a row is kept, whatever the rows hold."""
    rows = stream_pairs(out)
    version = version_of(out / "pairs.jsonl")
    taken = array("Q")

    def noted() -> Iterator[Row]:
        for number, row in cut_already(out, _exportable(out, rows, config)):
            taken.append(number)
            yield row

    splits = assign(noted(), config)
    marks = np.full(taken[-1] + 1, LEFT_OUT, np.uint8)
    marks[taken] = splits
    return _Watched(out, version, marks.tobytes())


def _exportable(out: Path, rows: Iterable[Row], config: ExportConfig) -> Iterator[Numbered]:
    none = True
    for number, row in enumerate(rows):
        if not (config.drop_duplicates and row.get("repeats")):
            if WILDCARD in row["text"]:
                raise InputError(
                    f"Pair {row['id']} holds a symbol that cannot be written out in words.", "Run shruti filter again."
                )
            none = False
            yield number, row
    if none:
        raise InputError(
            f"{out / 'pairs.jsonl'}: no pair was kept, so there is nothing to export.", "Look at report.html for the reasons."
        )


def _summary(format: str, utterances: Utterances) -> dict[str, Any]:
    splits = {
        split: {"clips": part.clips, "seconds": round(part.samples / SAMPLE_RATE, 3)}
        for split, part in utterances.facts.splits.items()
    }
    return {"format": format, "sample_rate": SAMPLE_RATE, "splits": splits}
