"""Which pairs of a run can be judged."""

from __future__ import annotations

import itertools
from pathlib import Path

from mining import results, store
from mining.corpus.rows import Row, place, stream_pairs, stream_rejected
from mining.records import Pair

_UNKNOWN = {"raw_text": "", "heard": "", "segments": [], "language": "", "strategy": "", "sentence": "", "corrections": []}


def judgeable(out: Path, rejected: bool = False) -> list[Row]:
    """The kept pairs of a run, each as in pairs.jsonl and with `kept`; sorted by recording and time.

    Args:
        rejected: those too that were left out because they were not sure enough, with `kept` False.

    Raises:
        InputError: the folder holds no run.
    """
    rows = [row | {"kept": True} for row in stream_pairs(out)]
    if rejected:
        rows += _filled(out, _left_out(out))
    return sorted(rows, key=place)


def briefly(out: Path) -> list[Row]:
    """As `judgeable` with those left out, which have no more than rejected.jsonl tells: no recording's own files are read."""
    return sorted([*(row | {"kept": True} for row in stream_pairs(out)), *_left_out(out)], key=place)


def _left_out(out: Path) -> list[Row]:
    """The pairs that were rejected as not sure enough, as rejected.jsonl has them."""
    rows = (row for row in stream_rejected(out) if row["kind"] == "pair" and row["reason"] == "low_confidence")
    return [row | {"kept": False} for row in rows]


def _filled(out: Path, rows: list[Row]) -> list[Row]:
    """Rejected pairs with all that pairs.jsonl would tell of them."""
    filled = []
    for name, told in itertools.groupby(sorted(rows, key=place), key=lambda row: row["recording"]):
        recording = store.Recording(out / "recordings" / name)
        about = {"audio": "", "document": "", "language": ""} | (store.read_json(recording.path("recording.json")) or {})
        known = {pair.id: pair for pair in store.read_records(recording.path("candidates.jsonl"), Pair)}
        filled += [_row(row, known.get(row["id"]), about) for row in told]
    return filled


def _row(told: Row, pair: Pair | None, about: Row) -> Row:
    """A rejected pair as pairs.jsonl would have it; what was said of it when it was filtered goes first."""
    full = results.pair_row(pair, about) if pair else _UNKNOWN | {name: about[name] for name in ("audio", "document")}
    known = {name: value for name, value in told.items() if value is not None and name not in ("kind", "reason")}
    return {**full, **known, "duration": round(told["end"] - told["start"], 4), "about": about.get("about") or {}}
