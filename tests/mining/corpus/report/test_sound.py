"""What the page plays: whole recordings inside it, else clips, some of them inside as well."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from mining import store
from mining.corpus.report import sound, write_report
from tests.mining.corpus.report.conftest import Page

Read = Callable[[Path], Page]


def _probe(data: str, folder: Path) -> tuple[list[str], float]:
    """The codecs and the duration of a sound in base64."""
    path = folder / "sound.webm"
    path.write_bytes(base64.b64decode(data, validate=True))
    entries = ["-show_entries", "format=duration:stream=codec_name"]
    done = subprocess.run(["ffprobe", "-v", "error", *entries, "-of", "json", str(path)], capture_output=True, check=True)
    told = json.loads(done.stdout)
    return [stream["codec_name"] for stream in told["streams"]], float(told["format"]["duration"])


def test_the_sound_inside_is_as_long_as_the_recording(run: Path, read_page: Read, tmp_path: Path) -> None:
    page = read_page(run)
    assert sorted(page.sounds) == ["sound-0", "sound-1"]
    assert [recording["sound"] for recording in page.recordings] == ["sound-0", "sound-1"]
    codecs, seconds = _probe(page.sounds["sound-0"], tmp_path)
    assert codecs == ["opus"]
    assert seconds == pytest.approx(12.0, abs=0.05)
    assert not [row for recording in page.recordings for row in recording["pairs"] if "clip" in row]


def test_of_a_long_run_clips_are_played(run: Path, read_page: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sound, "MAX_EMBEDDED", 23.0)
    page = read_page(run)
    assert "move both together" in page.shown
    assert [recording["sound"] for recording in page.recordings] == ["", ""]
    rows = [row for recording in page.recordings for row in recording["pairs"]]
    assert len(rows) == 8 and all((run / unquote(row["clip"])).is_file() for row in rows)
    assert not list(run.rglob("*.webm"))
    # What is to be heard first lies inside as well.
    assert list(page.sounds) == ["sound-clips"]
    places = {row["id"]: row["at"] for listing in page.listings for row in listing}
    assert {id: at[1] - at[0] for id, at in places.items()} == pytest.approx(
        {row["id"]: row["end"] - row["start"] for row in rows}
    )
    ordered = sorted(places.values())
    assert all(left[1] < right[0] for left, right in zip(ordered, ordered[1:], strict=False))
    assert _probe(page.sounds["sound-clips"], tmp_path)[1] == pytest.approx(ordered[-1][1] + sound.SILENCE / 16000, abs=0.1)


def test_a_recording_that_is_gone_plays_from_its_clips(run: Path, read_page: Read) -> None:
    Path(store.read_rows(run / "pairs.jsonl")[0]["audio"]).unlink()
    page = read_page(run)
    assert "Without sound:" in page.shown
    assert [recording["sound"] for recording in page.recordings] == ["", "sound-1"]
    assert ["clip" in row for row in page.recordings[0]["pairs"]] == [True] * 4
    assert {"sound-1", "sound-clips"} == set(page.sounds)


def test_without_clips_as_well_there_is_nothing_to_play(run: Path, read_page: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "MAX_EMBEDDED", 1.0)
    for recording in store.recordings(run):
        for clip in recording.path("clips").iterdir():
            clip.unlink()
    page = read_page(run)
    assert page.sounds == {}
    assert not [row for recording in page.recordings for row in recording["pairs"] if "clip" in row]
    assert not [row for listing in page.listings for row in listing if "at" in row]


@pytest.mark.parametrize("limit", [sound.MAX_EMBEDDED, 1.0])
def test_the_recordings_are_needed_once(run: Path, monkeypatch: pytest.MonkeyPatch, limit: float) -> None:
    monkeypatch.setattr(sound, "MAX_EMBEDDED", limit)
    page = write_report(run).read_bytes()
    for row in store.read_rows(run / "pairs.jsonl"):
        Path(row["audio"]).unlink(missing_ok=True)
    assert write_report(run).read_bytes() == page


def test_a_recording_on_a_server_is_not_fetched_for_its_sound(run: Path, read_page: Read) -> None:
    recording = store.recordings(run)[0]
    path = recording.path("recording.json")
    store.write_json(path, {**store.read_json(path), "audio": "https://archive.example/one.mp3"})
    assert "lies on a server, and the copy has gone" in read_page(run).shown
