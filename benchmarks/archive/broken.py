"""Many recordings, a tenth of which are broken in every way: all others are mined, and each broken one is named."""

from __future__ import annotations

from argparse import Namespace
from itertools import cycle
from pathlib import Path

from benchmarks.archive import make, run
from benchmarks.archive.kinds import KINDS, odd
from mining import store


def broken(given: Namespace, folder: Path) -> list[dict[str, object]]:
    """One run; what became of each kind."""
    total = given.recordings or 500
    place = folder / "archive"
    good = make.recordings(place, total - total // 10 - 1, 10.0, ("text", "good"))
    rows, wanted = [*good, odd(place, good[0])], {}
    for number, kind in zip(range(total // 10), cycle(KINDS), strict=False):
        row = KINDS[kind][0](place, f"broken {kind} {number:03}", good[number])
        rows.insert(10 * number, row)
        wanted[row[0]] = kind
    catalogue, out = make.catalogue(place / "archive.csv", rows), folder / "out"
    environment = run.environment(folder / "prefect")
    finished = run.run(run.command(catalogue, out, "--workers", 2), environment)
    failures = {Path(row["audio"]).name: row["reason"] for row in store.read_rows(out / "failures.jsonl")}
    mined = {Path(row["audio"]).name for row in store.read_rows(out / "pairs.jsonl")}
    table: list[dict[str, object]] = []
    for kind, (_, reason) in KINDS.items():
        names = [name for name, other in wanted.items() if other == kind]
        named = sum(failures.get(name) == reason for name in names)
        table.append({"kind": kind, "recordings": len(names), "named": named, "reason": reason, "mined": len(mined & set(names))})
    others = {row[0] for row in rows} - wanted.keys()
    whole = {"kind": "good", "recordings": len(others), "named": len(failures.keys() & others), "reason": "", "mined": 0}
    whole["mined"] = len(mined & others)
    summary = f"exit code {finished.code}, {finished.seconds:.0f} s, {finished.megabytes:.0f} MB"
    return [*table, whole, {"kind": summary, "recordings": len(rows), "named": len(failures), "reason": "", "mined": len(mined)}]
