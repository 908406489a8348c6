"""How well a first model's features order its own pairs: the share that is right among the best of each recording.

    shruti mine ARCHIVE/archive.csv -o RUN --model SEED
    python -m benchmarks.loop.rank RUN

RUN's catalogue names gold files (benchmarks.loop.make writes such a one).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mining import jobs
from mining.models.evaluate import read_gold, tally
from mining.models.selection import gold_of
from mining.records import Pair
from mining.store import seconds

SHARES = (0.3, 0.5, 0.7, 0.9, 1.0)
KEYS = ("confidence", "margin", "strength", "frame_score")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    given = parser.parse_args()
    recordings: list[list[tuple[Pair, bool]]] = []
    for job in jobs.reopen(given.run):
        gold = read_gold(gold_of(job))
        own = []
        for pair in job.read("candidates.jsonl", Pair):
            row = {"start": seconds(pair.start), "end": seconds(pair.end), "text": pair.text}
            own.append((pair, bool(tally([row], gold).correct)))
        recordings.append(own)
    table = Table("by", *(f"best {share:.0%}" for share in SHARES))
    for key in KEYS:
        cells = []
        for share in SHARES:
            found = [
                right
                for own in recordings
                for _, right in sorted(own, key=lambda one: -_value(one[0], key))[: round(share * len(own))]
            ]
            cells.append(f"{sum(found) / max(1, len(found)):.2f} of {len(found)}")
        table.add_row(key, *cells)
    Console(width=120).print(table)


def _value(pair: Pair, key: str) -> float:
    return pair.confidence if key == "confidence" else pair.features[key]


if __name__ == "__main__":
    main()
