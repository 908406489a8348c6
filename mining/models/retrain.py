"""A model that grows with its archive: fine-tuned anew whenever enough hours have been mined since the last time.

MODELS/0001, 0002, ... are the models, each with training.json beside its weights: of how many hours it was made, from which
model, and its character error rate on the run's validation clips before and after. MODELS/current is a link to the newest
that was no worse than the one before it.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining import store
from mining.errors import InputError

CURRENT = "current"
FORMAT = "fairseq"  # of the manifests that every run ends with, the one to train on


@dataclass(frozen=True, slots=True)
class Due:
    """Hours mined in a run now, and when its last model was made."""

    hours: float
    before: float

    @property
    def new(self) -> float:
        """Hours that no model has heard."""
        return self.hours - self.before


def due(out: Path, models: Path) -> Due:
    """How many hours a run holds, and how many of them the newest model was trained on.

    Raises:
        InputError: the folder holds no run.
    """
    from mining.corpus.rows import stream_pairs

    seconds = sum(row["duration"] for row in stream_pairs(out))
    trained = [store.read_json(folder / "training.json")["hours"] for folder in _made(models)]
    return Due(round(seconds / 3600, 6), trained[-1] if trained else 0.0)


def retrain(
    out: Path, models: Path, model: str, steps: int | None = None, progress: Callable[[int, float], None] | None = None
) -> dict[str, Any]:
    """Fine-tune the current model, or `model` where there is none yet, on a run.

    Returns:
        The new model's folder, whether it is the current one now, and what its training.json holds.

    Raises:
        InputError: the run has no training set.
        UsageError: there is no such model.
    """
    from mining.models import finetune, measure, pretrained
    from mining.models.batches import Source
    from mining.models.material import unpack
    from mining.speech.ctc_model import resolve

    manifest = out / "manifests" / FORMAT
    if not (manifest / "train.tsv").is_file():
        raise InputError(f"{manifest}: no training set.", "Mine something first: shruti mine CATALOGUE -o OUT.")
    hours, made = due(out, models).hours, _made(models)
    start = str((models / CURRENT).resolve()) if (models / CURRENT).exists() else resolve(model, None)
    target = models / f"{int(made[-1].name) + 1 if made else 1:04d}"
    growing = models / f".{target.name}.new"
    shutil.rmtree(growing, ignore_errors=True)
    clips = models / f".{target.name}.clips"
    try:
        with store.locked(out):  # a run that ends now would replace the manifest under one's eyes
            parts = unpack(manifest, clips)
        heard = {"valid": parts["valid"]} if "valid" in parts else {}
        had = pretrained.begin(start)  # an encoder that was never taught to write has nothing to be measured by
        hears = heard if had[1].tokenizer is not None else {}
        before = {f"{label}_cer_before": round(measure.cer(*had, utterances), 4) for label, utterances in hears.items()}
        best = "valid" if heard else ""
        settings = finetune.Settings(vocabulary="auto", precision="auto", device="auto", best=best)
        train = [Source(parts["train"], 1.0)]
        figures = finetune.finetune(start, train, growing, check=heard, steps=steps, progress=progress, settings=settings)
        about: dict[str, Any] = {"hours": hours, "from": Path(start).name if Path(start).is_dir() else start, **before, **figures}
        store.write_json(growing / "training.json", about)
        growing.rename(target)
    finally:
        shutil.rmtree(clips, ignore_errors=True)
        shutil.rmtree(growing, ignore_errors=True)
    better = about.get("valid_cer", 0.0) <= about.get("valid_cer_before", math.inf)
    if better:
        store.point(models / CURRENT, target)
    return {"model": str(target), "current": better, **about}


def _made(models: Path) -> list[Path]:
    """The models so far, oldest first."""
    return sorted(path for path in models.glob("[0-9]" * 4) if (path / "training.json").is_file())
