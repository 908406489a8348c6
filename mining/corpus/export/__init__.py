"""Kept pairs as a training set: the clips of the run, and the manifests that a trainer reads.

A format is one function in one module, `write(folder, utterances)`, that writes its manifests
beside clips that are there already; `FORMATS` names it. The folder appears whole or not at all, its
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
from mining.corpus.export.clips import Utterance, cut_already, plan, take
from mining.corpus.export.folder import MARKER, replacing
from mining.corpus.export.splits import assign
from mining.corpus.rows import Row, read_pairs
from mining.errors import InputError, UsageError
from mining.records import SAMPLE_RATE, WILDCARD

Writer = Callable[[Path, list[Utterance]], None]

FORMATS: dict[str, Writer] = {"fairseq": fairseq.write, "huggingface": huggingface.write}
"""Every export format by its name on the command line."""


def export(out: Path, format: str, directory: Path | None = None, config: ExportConfig | None = None) -> Path:
    """Write the kept pairs of a run as a training set and return its folder.

    Clips are linked, not cut: see `mining.corpus.clips`.

    Args:
        out: the folder of a run.
        format: one of `FORMATS`.
        directory: where to write; OUT/manifests/<format>/ by default. An earlier export there is replaced.
        config: shares of the validation and test splits, and whether repeated sentences are left out.

    Raises:
        UsageError: an unknown format, shares that leave no training data, or a directory that holds other things.
        InputError: no run, no pairs, or no clips of them.
        EnvironmentProblem: the directory cannot be written.
    """
    if format not in FORMATS:
        raise UsageError(f"Unknown export format {format!r}.", f"There are: {', '.join(sorted(FORMATS))}.")
    config = config or ExportConfig()
    rows = cut_already(out, _exportable(out, config))
    utterances = plan(rows, assign(rows, config))
    target = directory or out / "manifests" / format
    with replacing(target) as folder:
        take(out, folder, utterances)
        FORMATS[format](folder, utterances)
        store.write_json(folder / MARKER, _summary(format, utterances))
    return target


def _exportable(out: Path, config: ExportConfig) -> list[Row]:
    rows = [row for row in read_pairs(out) if not (config.drop_duplicates and row.get("repeats"))]
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
