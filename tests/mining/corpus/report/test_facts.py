"""What the page is made from: recordings one by one, pairs measured, and which of them it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from mining import store
from mining.corpus.report import facts
from mining.corpus.rows import Source, read_sources, stream_pairs


def _source(id: str, mined: float, sentences: int) -> Source:
    return Source(id, "", "", "hi", 100.0, (), {"mined": mined}, {"mined": sentences})


def test_recordings_come_with_their_own_rows(run: Path) -> None:
    parts = list(facts.parts(run))
    assert [part.source.id for part in parts] == [recording.id for recording in store.recordings(run)]
    assert {pair.row["recording"] for pair in parts[1].pairs} == {parts[1].source.id}
    assert [len(part.pairs) for part in parts] == [4, 4]
    assert {row["kind"] for row in parts[0].rejected} == {"pair", "sentence"}


def test_rows_are_read_no_further_than_asked_for(run: Path) -> None:
    rows = facts.Rows(stream_pairs(run))
    with (run / "pairs.jsonl").open("a") as file:
        file.write("no JSON")
    first = next(read_sources(run))
    assert [row["recording"] for row in rows.of(first.id)] == [first.id] * 4


def test_a_pair_is_measured_in_letters_of_its_reader() -> None:
    row = {"text": "हिन्दी की", "heard": "हिन्दी का", "duration": 2.0}  # three letters of nine characters, one heard otherwise
    pair = facts.measured(row)
    assert pair.rate == 1.5
    assert pair.error == pytest.approx(1 / 4)  # a space is a place where something may be wrong, too
    assert facts.measured({**row, "heard": row["text"]}).error == 0.0


def test_all_recordings_are_chosen_where_they_fit() -> None:
    assert facts.chosen(_source(f"r{i}", i, 100) for i in range(20)) == {f"r{i}" for i in range(20)}


def test_the_recordings_of_the_lowest_yield_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MAX_ROWS", 250)
    assert facts.chosen([_source("a", 50, 100), _source("b", 10, 100), _source("c", 20, 100)]) == {"b", "c"}
    monkeypatch.setattr(facts, "MAX_RECORDINGS", 1)
    assert facts.chosen([_source("a", 50, 100), _source("b", 10, 100)]) == {"b"}


def test_one_recording_is_chosen_however_large() -> None:
    assert facts.chosen([_source("a", 50, 10 * facts.MAX_ROWS)]) == {"a"}
    assert facts.chosen([]) == set()
