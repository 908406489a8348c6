"""Kept pairs as a training set: clips cut from the recordings, and the manifests that a trainer reads.

A format is one function in one module, `write(folder, utterances)`, that writes its manifests
beside clips that are already cut; `FORMATS` names it. The folder appears whole or not at all, its
paths are relative, and the same run gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mining import store
from mining.config import ExportConfig
from mining.corpus.export import fairseq, huggingface
from mining.corpus.export.clips import Utterance, cut, link, plan
from mining.corpus.export.folder import MARKER, replacing
from mining.corpus.export.splits import assign
from mining.corpus.rows import Row, read_pairs
from mining.errors import InputError, UsageError
from mining.records import SAMPLE_RATE, WILDCARD

Writer = Callable[[Path, list[Utterance]], None]

FORMATS: dict[str, Writer] = {"fairseq": fairseq.write, "huggingface": huggingface.write}
"""Every export format by its name on the command line."""


def export(
    out: Path, format: str, directory: Path | None = None, config: ExportConfig | None = None, cuts: Path | None = None
) -> Path:
    """Write the kept pairs of a run as a training set and return its folder.

    Args:
        out: the folder of a run.
        format: one of `FORMATS`.
        directory: where to write; OUT/manifests/<format>/ by default. An earlier export there is replaced.
        config: shares of the validation and test splits.
        cuts: a folder that `export` has just made of the same run with the same config; its clips are shared, not cut again.

    Raises:
        UsageError: an unknown format, shares that leave no training data, or a directory that holds other things.
        InputError: no run, no pairs, or a recording that is gone or shorter than its pairs.
        EnvironmentProblem: the directory cannot be written.
    """
    if format not in FORMATS:
        raise UsageError(f"Unknown export format {format!r}.", f"There are: {', '.join(sorted(FORMATS))}.")
    rows = _exportable(out)
    utterances = plan(rows, assign(rows, config or ExportConfig()))
    target = directory or out / "manifests" / format
    with replacing(target) as folder:
        if cuts is None:
            cut(folder, utterances)
        else:
            link(folder, utterances, cuts)
        FORMATS[format](folder, utterances)
        store.write_json(folder / MARKER, _summary(format, utterances))
    return target


def _exportable(out: Path) -> list[Row]:
    rows = read_pairs(out)
    if not rows:
        raise InputError(
            f"{out / 'pairs.jsonl'}: no pair was kept, so there is nothing to export.", "Look at report.html for the reasons."
        )
    for row in rows:
        if WILDCARD in row["text"]:
            raise InputError(f"Pair {row['id']} holds a symbol that cannot be written out in words.", "Run shruti filter again.")
    return rows


def _summary(format: str, utterances: list[Utterance]) -> dict[str, Any]:
    counts, samples = Counter(u.split for u in utterances), Counter[str]()
    for utterance in utterances:
        samples[utterance.split] += utterance.samples
    splits = {split: {"clips": counts[split], "seconds": round(samples[split] / SAMPLE_RATE, 3)} for split in counts}
    return {"format": format, "sample_rate": SAMPLE_RATE, "splits": splits}
