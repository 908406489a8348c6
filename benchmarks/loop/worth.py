"""What mined pairs are worth: the same model fine-tuned on them and on the true sentences of the same recordings.

    python -m benchmarks.loop.worth ARCHIVE --run LOOP/run --model SEED --replay SPEECH --steps 1500 -o OUT

ARCHIVE is what benchmarks.loop.make wrote: its `true` folder holds the sentences as they were spoken, cut at the right places.
The pairs are those that the run kept. Both trainings have the same schedule, replay and number of steps, and both are measured
on ARCHIVE/check, whose speakers neither has heard.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from mining.compose.utterances import read_utterances
from mining.models import finetune, iterate, measure
from mining.models.batches import Source
from mining.models.hearing import comparable
from mining.models.selection import kept
from mining.models.utterances import Utterances, pack


def spoken(folder: Path) -> Iterator[tuple[np.ndarray, str]]:
    """The utterances of a folder with a table."""
    for one in read_utterances(folder):
        yield (one.load() * 32767).astype(np.int16), comparable(one.text)


def main() -> None:
    """Fine-tune twice, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--run", type=Path, help="whose pairs are learnt from; else only true sentences are")
    parser.add_argument("--model", required=True)
    parser.add_argument("--replay", type=Path, required=True, help="speech of the seed: a folder with index.jsonl")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(1)
    replay, share = Utterances(given.replay), iterate.Loop().replay
    check = {"check": pack(spoken(given.archive / "check"), given.out / "clips" / "check")}
    data = {"true": pack(spoken(given.archive / "true"), given.out / "clips" / "true")}
    if given.run:
        data["mined"] = kept(given.run, given.out / "clips" / "mined")
    schedule = replace(iterate.SCHEDULE, seed=1)
    found = {"before": measure.cer(*finetune.load(given.model), check["check"])}
    for name, heard in data.items():
        figures = finetune.finetune(
            given.model,
            [Source(heard, 1 - share), Source(replay, share)],
            given.out / name,
            check=check,
            schedule=schedule,
            steps=given.steps,
            half=True,
            settings=finetune.Settings(vocabulary="auto", every=given.steps),
        )
        found[name] = figures["check_cer"]
        print(f"{name}: {len(heard)} utterances, {60 * heard.hours:.1f} min, CER {found[name]:.4f}", flush=True)
    print("  ".join(f"{name} {value:.4f}" for name, value in found.items()))
    if "mined" in found:
        print(f"mined over true: {found['mined'] / found['true']:.3f}")


if __name__ == "__main__":
    main()
