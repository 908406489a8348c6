"""What a run shows: recordings of which nothing came are named, repeats are marked, and nothing outlives its cause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mining import results, store
from mining.records import Pair


def recording(out: Path, name: str, pairs: list[dict[str, Any]], seconds: dict[str, float], **sentences: int) -> store.Recording:
    made = store.Recording(out / "recordings" / name)
    about = {"id": name, "audio": f"{name}.mp3", "document": f"{name}.pdf", "language": "hi", "audio_hash": name}
    store.write_json(made.path("recording.json"), about)
    store.write_rows(made.path("pairs.jsonl"), pairs)
    store.write_rows(made.path("rejected.jsonl"), [])
    coverage = {"duration": 9.0, "audio": [], "seconds": seconds, "sentences": sentences}
    store.write_json(made.path("coverage.json"), coverage)
    return made


def pair(recording: str, number: int, text: str) -> dict[str, Any]:
    start = 3 * number
    made = Pair(
        f"{recording}-p{number:05d}", recording, "s1", (), 16000 * start, 16000 * (start + 2), text, text, 1, 0.9, "hybrid"
    )
    return results.recording_row(made, {"audio": f"{recording}.mp3", "document": "d.pdf", "language": "hi"})


def told(out: Path) -> list[tuple[str, str]]:
    return [(row["audio"], row["reason"]) for row in store.read_rows(out / "failures.jsonl")]


def test_recordings_of_which_nothing_came_are_named(tmp_path: Path) -> None:
    recording(
        tmp_path, "b", [], {"no_speech": 4.0, "untranscribed": 5.0}, low_confidence=3, not_spoken=12, heading=1, furniture=1
    )
    recording(tmp_path, "c", [], {"no_speech": 9.0}, not_spoken=2)
    recording(tmp_path, "d", [pair("d", 1, "आज")], {"mined": 9.0}, mined=1)
    assert results.gather(tmp_path, [results.failure_row("a.mp3", "a.pdf", ValueError("no"))])
    assert told(tmp_path) == [("a.mp3", "bug"), ("b.mp3", "nothing_mined"), ("c.mp3", "no_speech")]
    first, second = (row["message"] for row in store.read_rows(tmp_path / "failures.jsonl")[1:])
    assert first == (
        "b.mp3: no sentence of b.pdf was found in it (12 not_spoken, 3 low_confidence, 1 furniture). Is it the right document?"
    )
    assert second == "c.mp3: no speech was heard in it. Play it: is it the right recording?"


def test_such_rows_come_and_go_with_the_recording(tmp_path: Path) -> None:
    made = recording(tmp_path, "b", [], {"untranscribed": 9.0}, not_spoken=1)
    assert not results.gather(tmp_path)
    assert told(tmp_path) == [("b.mp3", "nothing_mined")]
    store.write_rows(made.path("pairs.jsonl"), [pair("b", 1, "आज")])
    assert results.gather(tmp_path)
    assert told(tmp_path) == []


def test_a_failure_goes_before_what_was_there_earlier(tmp_path: Path) -> None:
    recording(tmp_path, "b", [], {"untranscribed": 9.0}, not_spoken=1)
    results.gather(tmp_path, [results.failure_row("b.mp3", "b.pdf", ValueError("no"))])
    assert told(tmp_path) == [("b.mp3", "bug")]


def test_a_recording_that_is_not_through_is_not_named(tmp_path: Path) -> None:
    recording(tmp_path, "b", [], {"untranscribed": 9.0}).path("coverage.json").unlink()
    results.gather(tmp_path)
    assert told(tmp_path) == []


def test_repeats_are_marked_across_recordings_and_within(tmp_path: Path) -> None:
    recording(tmp_path, "b", [pair("b", 1, "आज"), pair("b", 2, "कल"), pair("b", 3, "आज")], {"mined": 9.0}, mined=3)
    recording(tmp_path, "a", [pair("a", 1, "कल")], {"mined": 9.0}, mined=1)
    results.gather(tmp_path)
    rows = store.read_rows(tmp_path / "pairs.jsonl")
    assert [(row["id"], row["repeats"], row["repeat"]) for row in rows] == [
        ("a-p00001", None, None),
        ("b-p00001", None, None),
        ("b-p00002", "a-p00001", "sentence"),
        ("b-p00003", "b-p00001", "sentence"),
    ]
    assert not any("sound" in row for row in rows)


def test_what_the_catalogue_knew_is_in_every_row() -> None:
    made = Pair("r-p1", "r", "s1", (), 0, 16000, "क", "क", 1, 0.9, "hybrid")
    about = {"audio": "a", "document": "d", "language": "hi"}
    assert results.pair_row(made, about)["about"] == {}
    assert results.pair_row(made, {**about, "about": {"licence": "CC0"}})["about"] == {"licence": "CC0"}


def test_rows_are_read_one_by_one(tmp_path: Path) -> None:
    assert list(results.stream(tmp_path / "none.jsonl")) == []
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n\n{"a": ')
    rows = results.stream(tmp_path / "rows.jsonl")
    assert next(rows) == {"a": 1}
