"""The parent: makes the work, and lets ours and the peers take turns, a fresh process each time."""

from __future__ import annotations

import json
import os
import pickle
import resource
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers import install
from benchmarks.peers.races import CONTENDERS, WORKS, Race

ROOT = Path(__file__).parents[2]
LONG = 30.0  # seconds; what takes longer is measured in the first round alone
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}

Cell = tuple[str, str, str]
"""Race, work, contender."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cell came to: a failure in words, or figures; `rounds` holds the seconds of each round that it stands for."""

    failure: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0
    found: dict[str, Any] = field(default_factory=dict)
    rounds: tuple[float, ...] = ()


def outcome(command: list[str], seconds: float, gigabytes: float) -> Outcome:
    """Run a command that prints JSON last; whatever happens to it is an outcome."""
    limit = int(gigabytes * 2**30)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds,
            cwd=ROOT,
            env=os.environ | ONE_THREAD,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        )
    except subprocess.TimeoutExpired:
        return Outcome(f"over {seconds:g} s")
    if done.returncode < 0:
        return Outcome(f"crashes ({signal.Signals(-done.returncode).name})")
    try:
        return Outcome(**json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, TypeError, ValueError):
        last = (done.stderr.strip() or "no answer").splitlines()[-1]
        return Outcome(f"fails: {last}"[:200])


def joined(rounds: list[Outcome]) -> Outcome:
    """The median of the rounds; one that failed is worth more than any that did not."""
    for one in rounds:
        if one.failure:
            return one
    seconds = tuple(one.seconds for one in rounds)
    return Outcome("", median(seconds), median(one.megabytes for one in rounds), rounds[0].found, seconds)


def versions() -> dict[str, str]:
    """Of the packages that take part and of what ours stands on; "" where one is not installed."""
    found = {}
    for package in ("numpy", "numba", *sorted({one.package for one in CONTENDERS.values() if one.package})):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = ""
    return found


def absent() -> dict[str, str]:
    """Packages that are not here, and why, if installing them left word."""
    reasons = json.loads(install.LEFT_OUT.read_text()) if install.LEFT_OUT.is_file() else {}
    return {package: reasons.get(package, "not installed") for package, found in versions().items() if not found}


def rounds_of(races: Iterable[Race], rounds: int, quick: bool, folder: Path, limits: tuple[float, float]) -> dict[Cell, Outcome]:
    """Every cell, measured `rounds` times; what failed or took long is not tried again, what is absent never.

    In each round the contenders do the same work one after the other, each round in another order.
    """
    missing = absent()
    found: dict[Cell, list[Outcome]] = defaultdict(list)
    for number in range(rounds):
        for race in races:
            for work, names in race.cells(quick):
                first = number % len(names)
                for name in names[first:] + names[:first]:
                    cell = (race.name, work, name)
                    if CONTENDERS[name].package in missing or any(one.failure or one.seconds > LONG for one in found[cell]):
                        continue
                    command = [sys.executable, "-m", "benchmarks.peers.child", race.name, name, str(made(work, folder))]
                    found[cell].append(outcome(command, *limits))
                    print(f"round {number + 1}: {', '.join(cell)}: {brief(found[cell][-1])}", file=sys.stderr, flush=True)
    return {cell: joined(outcomes) for cell, outcomes in found.items() if outcomes}


def made(work: str, folder: Path) -> Path:
    """The file of a piece of work, made when it is first needed."""
    path = folder / f"{list(WORKS).index(work)}.pickle"
    if not path.exists():
        path.write_bytes(pickle.dumps(WORKS[work]()))
    return path


def brief(one: Outcome) -> str:
    return one.failure or f"{one.seconds:.4g} s, {one.megabytes:.0f} MB"
