"""What Prefect costs: `shruti mine` in threads beside a plain loop over the same recordings in one process."""

from __future__ import annotations

import shutil
import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.archive import make, run

WARM = 3
"""Recordings that are done before the steady pace is taken: the server has started and the model is loaded by then."""


def overhead(given: Namespace, folder: Path) -> list[dict[str, object]]:
    """Both by turns, each in a fresh process and a fresh folder, the model on one core; the first turn only warms up the disk."""
    rows = make.recordings(folder / "archive", given.recordings or 60, 60.0, given.layers)
    catalogue = make.catalogue(folder / "archive" / "archive.csv", rows)
    few = make.catalogue(folder / "archive" / "few.csv", rows[:2])
    environment = run.environment(folder / "prefect", SHRUTI_CORES="1")
    seconds: dict[str, list[float]] = {"plain loop": [], "shruti mine": []}
    steady: dict[str, list[float]] = {name: [] for name in seconds}
    for turn in range(given.repeats + 1):
        for name, times in seconds.items():
            chosen, out = catalogue if turn else few, folder / "out"
            shutil.rmtree(out, ignore_errors=True)
            plain = [sys.executable, "-m", "benchmarks.archive.plain", str(chosen), str(out)]
            words = plain if name == "plain loop" else run.command(chosen, out, "--runner", "threads")
            finished = run.run(words, environment, given.cores)
            if finished.code:
                raise SystemExit(finished.said)
            if turn:
                times.append(finished.seconds)
                ends = run.ends(out)
                steady[name].append((ends[-1] - ends[WARM]) / (len(ends) - 1 - WARM))
    least = {name: min(times) for name, times in seconds.items()}
    return [
        {
            "way": name,
            "recordings": len(rows),
            "least s": round(min(times), 1),
            "all s": [round(one, 1) for one in times],
            "ratio": round(least[name] / least["plain loop"], 3),
            "steady s a recording": round(min(steady[name]), 3),
            "ratio, steady": round(min(steady[name]) / min(steady["plain loop"]), 3),
        }
        for name, times in seconds.items()
    ]
