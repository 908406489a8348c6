"""docs/files.md tells every field of the public rows and every reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from mining import results
from mining.records import REASONS, Pair, Rejection

TOLD = (Path(__file__).parents[3] / "docs" / "files.md").read_text(encoding="utf8")
PAIR = Pair("p", "r", "s", ("g",), 0, 1, "क", "क", 1, 0.5, "hybrid")
ABOUT = {"audio": "a", "document": "d", "language": "hi"}
ROWS = {
    "pairs.jsonl": results.pair_row(PAIR, ABOUT),
    "rejected.jsonl": results.rejection_row(Rejection("x", "pair", "r", "too_short")),
    "failures.jsonl": results.failure_row("a", "d", ValueError("no")),
}


@pytest.mark.parametrize("name", ROWS)
def test_every_field_is_told_where_its_file_is(name: str) -> None:
    section = next(part for part in TOLD.split("\n## ") if part.startswith(name))
    assert [field for field in ROWS[name] if f"`{field}`" not in section] == []


def test_every_reason_is_told() -> None:
    assert [reason for reason in REASONS if f"`{reason}`" not in TOLD] == []


def test_every_reason_of_a_failure_is_told_where_its_file_is() -> None:
    section = next(part for part in TOLD.split("\n## ") if part.startswith("failures.jsonl"))
    reasons = {*results.FAILURES.values(), "bug", results.NO_SPEECH, results.NOTHING_MINED}
    assert [reason for reason in sorted(reasons) if f"`{reason}`" not in section] == []
