"""One contender on one piece of work, in a process of its own: python -m benchmarks.peers.child RACE CONTENDER WORK.

Prints one line of JSON: seconds, megabytes and what was found, or "failure". It may also die; the parent sees that.
"""

from __future__ import annotations

import contextlib
import json
import logging
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers.races import CONTENDERS, RACES

RUNS, LEAST, MOST = 3, 0.3, 4.0  # runs after the first; seconds in which more are made, and after which none


def peak() -> float:
    """The most megabytes that were resident at once."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def forget_peak() -> float:
    """Let the peak start from what is resident now, where the system permits it; returns it."""
    with contextlib.suppress(OSError):  # then the peak until now is the base, and work below it goes unseen
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def timed(run: Callable[..., Any], inputs: tuple) -> tuple[float, float, Any]:
    """Median seconds, megabytes above the base in the first run, and the answer.

    The first run warms up, and counts only where there is no time for more.
    """
    base, times = forget_peak(), []
    while len(times) <= RUNS or sum(times) < LEAST:
        began = time.perf_counter()
        answer = run(*inputs)
        times.append(time.perf_counter() - began)
        if len(times) == 1:
            most = peak()
        if sum(times) > MOST:
            break
    return median(times[1:] or times), most - base, answer


def measure(race_name: str, contender: str, path: Path) -> dict[str, Any]:
    """All that is said of one cell."""
    race = next(race for race in RACES if race.name == race_name)
    with path.open("rb") as file:
        work = pickle.load(file)
    run, read = CONTENDERS[contender].load()
    inputs, small = work.inputs(), work.head()
    if race.name == "spot":
        inputs, small = (work.log_probs, work.script()), (small[0], [small[1]])
    run(*small)
    seconds, megabytes, answer = timed(run, inputs)
    return {"seconds": seconds, "megabytes": megabytes, "found": race.judge(read(answer), work)}


def main() -> None:
    logging.disable(logging.CRITICAL)
    race, contender, path = sys.argv[1:]
    try:
        said = measure(race, contender, Path(path))
    except MemoryError:
        said = {"failure": "out of memory"}
    except Exception as error:
        said = {"failure": f"{type(error).__name__}: {error}"[:200]}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
