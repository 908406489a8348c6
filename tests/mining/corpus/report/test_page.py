"""The report as a file: whole, self-contained, escaped, the same twice, sensible for runs of every size."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mining import store
from mining.corpus import report
from mining.corpus.report import facts, write_report
from mining.errors import InputError
from tests.mining.corpus.report.conftest import Page

Read = Callable[[Path], Page]
EVIL = "</script></p><img src=x onerror=alert(1)><!-- '\" \u2028 {{ 7 * 7 }}"


def test_the_page_is_whole_and_needs_nothing_else(run: Path, read_page: Read) -> None:
    page = read_page(run)
    assert (run / "report.html").is_file()
    links = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert links == ["data:,"]
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|https?://(?!www\.w3\.org/2000/svg)", page.html)


def test_every_pair_and_every_rejection_is_there(run: Path, read_page: Read) -> None:
    recordings = read_page(run).recordings
    kept = store.read_rows(run / "pairs.jsonl")
    assert [row["id"] for recording in recordings for row in recording["pairs"]] == [row["id"] for row in kept]
    assert [row["text"] for recording in recordings for row in recording["pairs"]] == [row["text"] for row in kept]
    told = [row["reason"] for recording in recordings for row in recording["rejected"]]
    assert sorted(told) == sorted(["low_confidence", "not_spoken", "not_spoken", "heading"] * 2)


def test_every_second_is_there(run: Path, read_page: Read) -> None:
    page = read_page(run)
    for recording in page.recordings:
        ends = [end for end, _ in recording["audio"]]
        assert ends == sorted(ends) and ends[-1] == recording["duration"] == 12.0
        assert len(ends) == 11


def test_marks_cover_both_texts(run: Path, read_page: Read) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    rows[0] |= {"text": "𑀓𑀫 दिन", "heard": "𑀓 दन"}  # Brahmi lies beyond 16 bits, where JavaScript counts two
    store.write_rows(run / "pairs.jsonl", rows)
    page = read_page(run)
    for row in (row for recording in page.recordings for row in recording["pairs"]):
        for side, text in ((1, row["text"]), (2, row["heard"])):
            assert sum(mark[side] for mark in row["marks"]) == len(text.encode("utf-16-le")) // 2


def test_what_is_printed_is_told_where_more_than_punctuation_differs(run: Path, read_page: Read) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    rows[1]["raw_text"] = "कल 7 मिमी बारिश होगी।"
    store.write_rows(run / "pairs.jsonl", rows)
    assert [row.get("raw") for row in read_page(run).recordings[0]["pairs"]] == [None, rows[1]["raw_text"], None, None]


def test_texts_are_escaped(run: Path, read_page: Read) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    about = {EVIL: EVIL}
    made = [{"start": 0, "end": 2, "old": EVIL, "new": EVIL, "probability": 0.9, "applied": True}]
    rows[0] |= {"id": f"a{EVIL}", "text": EVIL, "raw_text": f"1{EVIL}", "heard": EVIL, "corrections": made, "about": about}
    store.write_rows(run / "pairs.jsonl", rows)
    for recording in store.recordings(run):
        path = recording.path("recording.json")
        store.write_json(
            path, {**store.read_json(path), "audio": EVIL, "document": EVIL, "about": {**about, "n": recording.id + EVIL}}
        )
    failure = {"audio": EVIL, "document": EVIL, "reason": "bug", "message": EVIL}
    store.write_rows(run / "failures.jsonl", [failure])
    page = read_page(run)
    assert "<img" not in page.html and "<!--" not in page.html
    assert "<script>document" not in page.html
    assert "{{ 7 * 7 }}" in page.shown
    assert page.recordings[0]["pairs"][0]["text"] == " ".join(EVIL.split())
    assert not [attributes for _, attributes in page.tags if any(name.startswith("on") for name in attributes)]


def test_the_same_run_gives_the_same_bytes(run: Path) -> None:
    first = write_report(run).read_bytes()
    assert write_report(run).read_bytes() == first


def test_a_run_that_mined_nothing(failures_only: Path, read_page: Read) -> None:
    page = read_page(failures_only)
    assert "Nothing was mined" in page.shown
    assert "broken.mp3: &lt;b&gt;not audio" in page.html
    assert page.named("svg") == [] and page.recordings == []


def test_recordings_without_a_pair(run: Path, read_page: Read) -> None:
    store.write_rows(run / "pairs.jsonl", [])
    for recording in store.recordings(run):
        told = store.read_json(recording.path("coverage.json"))
        store.write_json(
            recording.path("coverage.json"), {**told, "audio": [[0.0, 12.0, "untranscribed"]], "seconds": {"untranscribed": 12.0}}
        )
    page = read_page(run)
    assert "Nothing was mined" in page.shown
    assert page.listings == []
    assert [recording["pairs"] for recording in page.recordings] == [[], []]


def test_one_recording_is_open_at_once_and_a_hundred_are_not(fabricate, read_page: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    out = fabricate(recordings=2)

    def opened() -> list[bool]:
        return ["open" in one for one in read_page(out).named("details") if one.get("class") == "recording"]

    assert opened() == [True, True]
    monkeypatch.setattr(report, "OPEN", 1)
    assert opened() == [False, False]


def test_a_run_too_large_for_a_page_says_so(run: Path, read_page: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MAX_ROWS", 9)
    page = read_page(run)
    assert "This page shows 1 recording, those of which least was mined; 1 more are in pairs.jsonl" in page.shown
    assert len(page.recordings) == 1
    assert "Pairs 8" in page.shown  # the figures are still of all


def test_failures_are_told_as_far_as_they_fit(run: Path, read_page: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_FAILURES", 2)
    rows = [{"audio": f"{n}.mp3", "document": "d", "reason": "nothing_mined", "message": f"{n}.mp3: nothing."} for n in range(5)]
    store.write_rows(run / "failures.jsonl", rows)
    page = read_page(run)
    assert page.shown.count("Nothing was mined: ") == 2
    assert "3 more recordings could not be processed or gave nothing" in page.shown


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the folder of a run"):
        write_report(tmp_path)
