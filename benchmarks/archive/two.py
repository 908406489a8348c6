"""Two processes on two cores beside one on one: how many times as fast?"""

from __future__ import annotations

import shutil
from argparse import Namespace
from pathlib import Path

from benchmarks.archive import make, run

WARM = 6
"""Recordings that are done before the steady pace is taken: processes have started and loaded the model by then."""


def two(given: Namespace, folder: Path) -> list[dict[str, object]]:
    """By turns: one process on core 0, two on cores 0 and 1, and threads on both; the least times count."""
    rows = make.recordings(folder / "archive", given.recordings or 40, 60.0, given.layers)
    catalogue = make.catalogue(folder / "archive" / "archive.csv", rows)
    environment = run.environment(folder / "prefect", SHRUTI_CORES="1")
    ways = {
        "1 process, 1 core": ("processes", 1, "0"),
        "2 processes, 2 cores": ("processes", 2, "0,1"),
        "2 threads, 2 cores": ("threads", 2, "0,1"),
    }
    whole: dict[str, list[float]] = {name: [] for name in ways}
    steady: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(given.repeats):
        for name, (runner, workers, cores) in ways.items():
            out = folder / "out"
            shutil.rmtree(out, ignore_errors=True)
            finished = run.run(run.command(catalogue, out, "--runner", runner, "--workers", workers), environment, cores)
            if finished.code:
                raise SystemExit(finished.said)
            whole[name].append(finished.seconds)
            ends = run.ends(out)
            steady[name].append((ends[-1] - ends[WARM]) / (len(ends) - 1 - WARM))
    first = next(iter(ways))
    return [
        {
            "way": name,
            "whole s": round(min(whole[name]), 1),
            "times": round(min(whole[first]) / min(whole[name]), 2),
            "steady s a recording": round(min(steady[name]), 3),
            "times, steady": round(min(steady[first]) / min(steady[name]), 2),
            "all, steady": [round(one, 3) for one in steady[name]],
        }
        for name in ways
    ]
