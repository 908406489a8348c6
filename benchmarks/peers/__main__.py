"""The aligner and its peers on the same generated work, in turns on one core, each in a process of its own.

    python -m benchmarks.peers [--rounds 3] [--quick] [--only text ...] [-o docs/benchmarks.md]

A peer that is not installed is left out; one that crashes, takes too long or too much memory is reported so.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.peers import table
from benchmarks.peers.races import RACES
from benchmarks.peers.run import ROOT, rounds_of


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, help="3 unless told, and 1 of small work")
    parser.add_argument("--quick", action="store_true", help="small work only")
    parser.add_argument("--only", nargs="+", choices=[race.name for race in RACES], help="these tables alone")
    parser.add_argument("--core", type=int, help="which one; the last unless told")
    parser.add_argument("--seconds", type=float, default=240, help="the most that a process may take")
    parser.add_argument("--gigabytes", type=float, default=8, help="the most that a process may ask for")
    parser.add_argument("-o", "--out", type=Path, help="a page, between whose marks the result is put; else it is printed")
    given = parser.parse_args()
    core = max(os.sched_getaffinity(0)) if given.core is None else given.core
    os.sched_setaffinity(0, {core})  # children inherit it
    subprocess.run([sys.executable, "-c", "import align; align.warm_up()"], cwd=ROOT, check=True)  # compiles, if need be
    races = [race for race in RACES if not given.only or race.name in given.only]
    rounds = given.rounds or (1 if given.quick else 3)
    with tempfile.TemporaryDirectory() as folder:
        results = rounds_of(races, rounds, given.quick, Path(folder), (given.seconds, given.gigabytes))
    body = table.body(races, results, given.quick, " ".join(["python -m benchmarks.peers", *sys.argv[1:]]))
    if given.out is None:
        print(body)
    else:
        page = given.out.read_text(encoding="utf8") if given.out.exists() else ""
        given.out.write_text(table.put_between(page, body), encoding="utf8")


if __name__ == "__main__":
    main()
