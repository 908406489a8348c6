"""Strategies and peers on composed bulletins of held-out stations, cell by cell: precision against yield.

    python -m benchmarks.quality --utterances air-hindi --texts wikipedia-hi.txt --peers PYTHON -o docs

`air-hindi` and the texts are those of benchmarks/bulletins.py; PYTHON belongs to an environment that has ctc-segmentation
(without it that peer is left out, and the tables say so). Writes OUT/quality.md, between its marks alone, and
OUT/pictures/quality-*.svg. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from rich.console import Console

THREADS = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS")
QUICK = ("base", "cer-60", "mixed-01")


def _options(most: int) -> argparse.Namespace:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__, formatter_class=form)
    parser.add_argument("--utterances", type=Path, required=True, help="folder with sentences.tsv")
    parser.add_argument("--texts", type=Path, required=True, help="sentences that nobody reads, one a line")
    parser.add_argument("--peers", type=Path, help="the python of an environment that has ctc-segmentation")
    parser.add_argument("--cells", nargs="+", default=["*"], help="names or patterns, such as 'ocr-*' base")
    parser.add_argument("--quick", action="store_true", help=f"one recording, and the cells {', '.join(QUICK)}")
    parser.add_argument("--recordings", type=int, default=most, help="recordings a cell; all %(default)s by default")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("-o", "--out", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    """Measure the cells that were asked for, and write them down."""
    for variable in THREADS:  # cells share the cores already; before anything loads torch
        os.environ[variable] = "1"
    from benchmarks.quality.bulletins import RECIPES, record
    from benchmarks.quality.cells import cells
    from benchmarks.quality.draw import pictures
    from benchmarks.quality.outcome import measure
    from benchmarks.quality.peers import contestants
    from benchmarks.quality.report import report, versions, write

    given = _options(len(RECIPES))
    console, began = Console(width=120), time.perf_counter()
    chosen = cells(QUICK if given.quick and given.cells == ["*"] else given.cells)
    seeds = list(RECIPES)[: 1 if given.quick else given.recordings]
    _, missing = contestants(given.peers)
    for name, why in missing.items():
        console.print(f"left out: {name}, since {why}")
    with ProcessPoolExecutor(given.processes, multiprocessing.get_context("spawn")) as pool:
        recordings = list(pool.map(partial(record, given.utterances, given.texts), seeds))
        outcomes = {}
        for outcome in pool.map(partial(measure, recordings, given.peers), chosen):
            outcomes[outcome.cell.name] = outcome
            console.print(f"{time.perf_counter() - began:5.0f} s  {outcome.cell}")
    text = report(outcomes, missing, f"Recordings a cell: {len(recordings)}. {versions(outcomes)}".strip())
    write(given.out / "quality.md", text)
    drawn = pictures(outcomes, given.out / "pictures")
    console.print(text, *drawn, f"{time.perf_counter() - began:.0f} s", sep="\n", markup=False, highlight=False)


if __name__ == "__main__":
    main()
