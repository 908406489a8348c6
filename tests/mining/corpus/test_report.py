"""The report as a file: whole, self-contained, escaped, the same twice; test_report_in_browser opens it."""

from __future__ import annotations

import base64
import itertools
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mining import store
from mining.corpus import report
from mining.corpus.report import sound, timeline, write_report
from mining.corpus.rows import read_sources
from mining.errors import InputError


class Elements(HTMLParser):
    """Tags with their attributes, and the stack balanced."""

    VOID = ("meta", "link", "br", "line")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def sounds(page: str) -> list[str]:
    return re.findall(r'<script type="text/plain" id="sound-\d+" data-source="">([^<]+)</script>', page)


def test_the_page_is_whole_and_needs_nothing_else(run: Path) -> None:
    path = write_report(run)
    assert path == run / "report.html"
    elements = Elements(path.read_text(encoding="utf8"))
    assert elements.open == []
    links = [value for _, attributes in elements.tags for name, value in attributes.items() if name in ("src", "href")]
    assert links == ["data:,"]
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", path.read_text(encoding="utf8"))


def test_every_pair_and_every_rejection_is_there(run: Path) -> None:
    elements = Elements(write_report(run).read_text(encoding="utf8"))
    assert len([row for row in elements.named("li") if row["class"] == "row"]) == 8 + 10
    buttons = [(b["data-sound"], float(b["data-start"]), float(b["data-end"])) for b in elements.named("button")]
    assert ("0", 3.5, 5.25) in buttons
    assert ("1", 5.75, 6.5) in buttons
    assert len(buttons) == 8 + 2 * 2


def test_texts_are_escaped(run: Path) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    evil = "</p><img src=x onerror=alert(1)>'\""
    store.write_rows(
        run / "pairs.jsonl", [{**rows[0], "id": f"a{evil}", "text": evil, "raw_text": evil + "।", "heard": evil}, *rows[1:]]
    )
    page = write_report(run).read_text(encoding="utf8")
    assert "<img" not in page
    assert "<script>document" not in page
    assert "&lt;script&gt;document.title" in page
    assert Elements(page).open == []


def test_the_same_run_gives_the_same_bytes(run: Path) -> None:
    first = write_report(run).read_bytes()
    assert write_report(run).read_bytes() == first


def test_the_sound_inside_is_as_long_as_the_recording(run: Path, tmp_path: Path) -> None:
    parts = sounds(write_report(run).read_text(encoding="utf8"))
    assert len(parts) == 2
    (tmp_path / "sound.webm").write_bytes(base64.b64decode(parts[0], validate=True))
    probe = [
        "ffprobe",
        "-v",
        "error",
        "-show_entries",
        "format=duration:stream=codec_name",
        "-of",
        "json",
        str(tmp_path / "sound.webm"),
    ]
    told = json.loads(subprocess.run(probe, capture_output=True, check=True).stdout)
    assert told["streams"] == [{"codec_name": "opus"}]
    assert float(told["format"]["duration"]) == pytest.approx(12.0, abs=0.05)


def test_a_long_run_keeps_its_sound_beside_the_page(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "MAX_EMBEDDED", 23.0)
    page = write_report(run).read_text(encoding="utf8")
    assert "Move both together" in page
    assert sounds(page) == []
    sources = re.findall(r'data-source="(report/[^"]+)"', page)
    assert len(sources) == 2
    assert all((run / source).is_file() for source in sources)


@pytest.mark.parametrize("limit", [sound.MAX_EMBEDDED, 1.0])
def test_a_recording_that_is_gone_costs_its_buttons_only(run: Path, monkeypatch: pytest.MonkeyPatch, limit: float) -> None:
    monkeypatch.setattr(sound, "MAX_EMBEDDED", limit)
    Path(store.read_rows(run / "pairs.jsonl")[0]["audio"]).unlink()
    page = write_report(run).read_text(encoding="utf8")
    assert "Without sound:" in page
    assert {button["data-sound"] for button in Elements(page).named("button")} == {"1"}
    assert 'id="sound-1"' in page
    assert 'id="sound-0"' not in page


@pytest.mark.parametrize("limit", [sound.MAX_EMBEDDED, 1.0])
def test_sound_is_encoded_once_for_every_page(run: Path, monkeypatch: pytest.MonkeyPatch, limit: float) -> None:
    monkeypatch.setattr(sound, "MAX_EMBEDDED", limit)
    page = write_report(run).read_bytes()
    for row in store.read_rows(run / "pairs.jsonl"):
        Path(row["audio"]).unlink(missing_ok=True)
    assert write_report(run).read_bytes() == page


def test_half_a_sound_of_a_killed_process_is_swept(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "MAX_EMBEDDED", 1.0)
    (run / "report").mkdir()
    (run / "report" / ".shruti-a1b2c3d4.webm").write_bytes(b"half")
    write_report(run)
    assert sorted(path.stem for path in (run / "report").iterdir()) == [source.id for source in read_sources(run)]


def test_a_run_too_large_for_a_page_says_so(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_ROWS", 9)
    page = write_report(run).read_text(encoding="utf8")
    assert "first 1 recordings; 1 more are in pairs.jsonl" in page
    assert len(Elements(page).named("h2")) == 1


def test_a_run_that_mined_nothing(tmp_path: Path) -> None:
    for name in ("pairs.jsonl", "rejected.jsonl"):
        store.write_rows(tmp_path / name, [])
    row = {"audio": "broken.mp3", "document": "a.pdf", "reason": "unusable_input", "message": "broken.mp3: <b>not audio</b>"}
    store.write_rows(tmp_path / "failures.jsonl", [row])
    page = write_report(tmp_path).read_text(encoding="utf8")
    assert "Nothing was mined" in page
    assert "broken.mp3: &lt;b&gt;not audio" in page


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the folder of a run"):
        write_report(tmp_path)


def test_lanes_cover_the_recording_without_a_hole(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "LANE", 5.0)
    lanes = timeline.lanes(next(read_sources(run)))
    edges = [(s.start, s.end) for lane in lanes for s in lane.stretches]
    assert [lane.share for lane in lanes] == pytest.approx([1.0, 1.0, 0.4])
    assert edges[0][0] == 0.0
    assert edges[-1][1] == 12.0
    assert all(left[1] == right[0] for left, right in itertools.pairwise(edges))


def test_the_page_of_an_archive_stays_small(fabricate, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no more is read than is shown: what comes after it may be as long as it likes."""
    out = fabricate(recordings=3)
    monkeypatch.setattr(report, "MAX_RECORDINGS", 1)
    monkeypatch.setattr(report, "MAX_FAILURES", 2)
    rows = [{"audio": f"{n}.mp3", "document": "d", "reason": "nothing_mined", "message": f"{n}.mp3: nothing."} for n in range(5)]
    store.write_rows(out / "failures.jsonl", rows)
    page = write_report(out).read_text(encoding="utf8")
    assert "first 1 recordings; 2 more are in pairs.jsonl" in page
    assert page.count("Nothing was mined: ") == 2
    assert "3 more recordings could not be processed or gave nothing" in page
    kept, _ = (report._Rows(rows(out)) for rows in (report.stream_pairs, report.stream_rejected))
    with (out / "pairs.jsonl").open("a") as file:
        file.write("no JSON")
    first = next(read_sources(out))
    assert [row["recording"] for row in kept.of(first.id)] == [first.id] * 4
