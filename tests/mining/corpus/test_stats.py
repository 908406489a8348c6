"""Figures of a run, and times as people write them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from mining import store
from mining.corpus.rows import clock
from mining.corpus.stats import by_reason, stats, table
from mining.records import REASONS


def test_the_figures_add_up(run: Path) -> None:
    figures = stats(run)
    mined = 2 * (2.0 + 1.75 + 2.5 + 1.5)
    assert figures["recordings"] == 2
    assert figures["pairs"] == 8
    assert figures["failures"] == 0
    assert figures["hours"] == pytest.approx(24 / 3600, abs=1e-6)
    assert figures["hours_mined"] * 3600 + sum(r["seconds"] for r in figures["reasons"].values()) == pytest.approx(24, abs=0.01)
    assert figures["yield_audio"] == pytest.approx(mined / 24, abs=1e-4)
    assert figures["sentences"] == 16
    assert figures["yield_sentences"] == 0.5
    assert figures["reasons"]["not_spoken"] == {"seconds": 0, "sentences": 4}
    assert figures["confidence"] == pytest.approx(0.96)
    assert [row["pairs"] for row in figures["per_recording"]] == [4, 4]
    assert figures["distinct_sentences"] == 4
    json.dumps(figures, allow_nan=False)


def test_the_tables_tell_every_reason(run: Path) -> None:
    screen = io.StringIO()
    Console(file=screen, width=120).print(table(stats(run)))
    for expected in ("all", "low_confidence", "not_spoken", "65%", "4 distinct sentences"):
        assert expected in screen.getvalue()


def test_a_run_that_mined_nothing(tmp_path: Path) -> None:
    for name in ("pairs.jsonl", "rejected.jsonl", "failures.jsonl"):
        store.write_rows(tmp_path / name, [])
    figures = stats(tmp_path)
    assert figures["yield_audio"] == 0.0
    assert figures["confidence"] is None
    assert figures["reasons"] == {}
    Console(file=io.StringIO()).print(table(figures))


def test_reasons_keep_the_order_of_the_table() -> None:
    assert by_reason(reversed(["mined", *REASONS])) == ["mined", *REASONS]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0:00.00"), (59.999, "1:00.00"), (723.45, "12:03.45"), (3599.996, "1:00:00.00"), (4323.4, "1:12:03.40")],
)
def test_clock(seconds: float, written: str) -> None:
    assert clock(seconds) == written


def test_repeats_and_failures_are_counted(run: Path) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    rows[4] |= {"repeats": rows[0]["id"], "repeat": "sound"}
    rows[5] |= {"repeats": rows[1]["id"], "repeat": "sentence"}
    store.write_rows(run / "pairs.jsonl", rows)
    row = {"audio": "a", "document": "d", "reason": "nothing_mined", "message": "a: nothing."}
    store.write_rows(run / "failures.jsonl", [row])
    figures = stats(run)
    assert figures["repeats"] == {"sentence": 1, "sound": 1}
    assert (figures["recordings"], figures["failures"]) == (2, 1)


def test_a_large_run_shows_where_least_came_of(fabricate) -> None:
    figures = stats(fabricate(recordings=2))
    one = figures["per_recording"][0]
    rows = [{**one, "recording": f"r{number:03d}", "yield_audio": (number * 7 % 60) / 100} for number in range(60)]
    screen = io.StringIO()
    Console(file=screen, width=120).print(table({**figures, "recordings": len(rows), "per_recording": rows}))
    shown = [line.split()[1] for line in screen.getvalue().splitlines() if " r0" in line]
    assert shown == [row["recording"] for row in sorted(rows, key=lambda row: row["yield_audio"])[:10]]
    assert "... and 50 others" in screen.getvalue()
    assert any(line.split()[1:2] == ["all"] for line in screen.getvalue().splitlines())
    few = io.StringIO()
    Console(file=few, width=120).print(table({**figures, "per_recording": rows[:50]}))
    assert "others" not in few.getvalue() and "r049" in few.getvalue()


def test_a_large_run_keeps_only_what_is_shown(fabricate, monkeypatch: pytest.MonkeyPatch) -> None:
    out = fabricate(recordings=5)
    whole = stats(out)
    monkeypatch.setattr("mining.corpus.stats.count.MOST", 2)
    monkeypatch.setattr("mining.corpus.stats.count.SHOWN", 1)
    few = stats(out, each=False)
    assert len(few.pop("per_recording")) == 1
    assert len(whole.pop("per_recording")) == 5
    assert few == whole
