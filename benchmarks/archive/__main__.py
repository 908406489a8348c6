"""What mining a whole archive costs and withstands.

    python -m benchmarks.archive overhead    # Prefect beside a plain loop: 60 recordings of a minute
    python -m benchmarks.archive skip        # 1,000, 10,000 and 30,000 recordings that are done already
    python -m benchmarks.archive two         # two processes on two cores beside one on one
    python -m benchmarks.archive broken      # 500 recordings, 50 of them broken in every way
    python -m benchmarks.archive killed      # kill -9 at every moment, by every runner

The recordings are made of the bundled sample's sentences, so nothing else is needed. Everything is done in a folder that
`--folder` names and that is kept, or in a temporary one.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.archive import run
from benchmarks.archive.broken import broken
from benchmarks.archive.killed import MOMENTS, killed
from benchmarks.archive.overhead import overhead
from benchmarks.archive.skip import skip
from benchmarks.archive.two import two
from mining import store

BENCHMARKS = {"overhead": overhead, "skip": skip, "two": two, "broken": broken, "killed": killed}


def main() -> None:
    """Measure, print, and write."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive", description=__doc__, formatter_class=form)
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--recordings", type=int, default=0, help="how many; 0: as many as the benchmark wants")
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 10_000, 30_000], help="sizes of the catalogues of skip")
    parser.add_argument("--layers", nargs="+", default=["scan", "good"], help="kinds of documents, by turns: scan, good, text")
    parser.add_argument("--runners", nargs="+", default=["processes", "dask"], help="of killed")
    parser.add_argument("--moments", nargs="+", choices=MOMENTS, help="of killed; else all", metavar="MOMENT")
    parser.add_argument("--repeats", type=int, default=3, help="of overhead and two")
    parser.add_argument("--cores", default="", help="of overhead, as taskset -c takes them")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary one is made where none is named")
    parser.add_argument("--json", type=Path, help="file that the figures are written to")
    given = parser.parse_args()
    busy = run.load()
    with tempfile.TemporaryDirectory(prefix="shruti-archive-") as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        rows = BENCHMARKS[given.name](given, folder)
    Console(width=150).print(_table(rows))
    print(f"before it began, {busy:.1f} processes wanted a core of this machine")
    if given.json:
        store.write_json(given.json, {"benchmark": given.name, "load": busy, "rows": rows})


def _table(rows: list[dict[str, object]]) -> Table:
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    return table


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


if __name__ == "__main__":
    main()
