"""Excerpts are the very samples of the recording, whatever its format, and what was kept plays where it has gone."""

from __future__ import annotations

import io
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mining import store
from mining.corpus import clips
from mining.corpus.review import excerpt
from mining.corpus.review.excerpt import AROUND, Sounds
from mining.errors import InputError
from mining.records import SAMPLE_RATE
from mining.speech import audio


def _row(run: Path, index: int = 1) -> dict[str, Any]:
    return store.read_rows(run / "pairs.jsonl")[index]


def _samples(wav: bytes) -> tuple[np.ndarray, int]:
    return soundfile.read(io.BytesIO(wav), dtype="int16")


def _recoded(row: dict[str, Any], name: str, *how: str) -> dict[str, Any]:
    """The row, of the same recording in another format."""
    target = Path(row["audio"]).with_name(name)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", row["audio"], *how, str(target)], check=True)
    return {**row, "audio": str(target)}


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_an_excerpt_holds_the_samples_of_the_recording(run: Path, name: str) -> None:
    row = _recoded(_row(run), name)
    sounds = Sounds(run)
    place = sounds.excerpt(row)
    assert (place.start, place.end, place.note) == (row["start"] - AROUND, row["end"] + AROUND, "")
    samples, rate = _samples(sounds.wav(row))
    assert rate == SAMPLE_RATE
    wanted = audio.read_clip(Path(row["audio"]), store.samples(place.start), store.samples(place.end))
    np.testing.assert_array_equal(samples, wanted)


def test_an_excerpt_ends_where_the_recording_does(run: Path) -> None:
    first, last = Sounds(run).excerpt(_row(run, 0)), Sounds(run).excerpt(_row(run, 3))
    assert first.start == 0.0
    assert last.end == 12.0
    assert len(_samples(Sounds(run).wav(_row(run, 3)))[0]) == round((12.0 - last.start) * SAMPLE_RATE)


def test_a_recording_of_another_rate_keeps_it_and_its_places(run: Path) -> None:
    row = _recoded(_row(run), "stereo.wav", "-ar", "44100", "-ac", "2")
    samples, rate = _samples(Sounds(run).wav(row))
    assert rate == 44_100
    assert len(samples) == round((row["end"] - row["start"] + 2 * AROUND) * rate)
    loud = np.flatnonzero(np.abs(samples[: round(1.9 * rate) + round(1.7 * rate)].astype(int)) > 3000)
    begins = loud[loud > round(1.6 * rate)][0] / rate  # the tone before it ends half a second earlier
    assert abs(begins - AROUND) < 0.01


def test_a_recording_is_decoded_once(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row, decoded = _recoded(_row(run), "a.mp3"), []
    real = audio.decode
    monkeypatch.setattr(audio, "decode", lambda path: decoded.append(path) or real(path))
    sounds = Sounds(run)
    threads = [threading.Thread(target=sounds.wav, args=(row,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sounds.wav({**row, "start": 7.0, "end": 9.5})
    assert len(decoded) == 1


def test_decoded_recordings_make_room_for_others(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpt, "KEPT", 20 * SAMPLE_RATE)
    sounds = Sounds(run)
    rows = [_recoded(_row(run), f"{i}.mp3") for i in range(3)]
    for row in rows:
        sounds.wav(row)
    assert len(sounds._decoded) == 1


def test_where_the_recording_has_gone_the_clip_plays(run: Path) -> None:
    row = _row(run)
    clip = store.Recording(run / "recordings" / row["recording"]).path("clips") / clips.file_name(row["id"])
    Path(row["audio"]).unlink()
    place = Sounds(run).excerpt(row)
    assert (place.start, place.end) == (row["start"], row["end"])
    assert f"{row['audio']} is not there any more." in place.note
    np.testing.assert_array_equal(_samples(Sounds(run).wav(row))[0], soundfile.read(clip, dtype="int16")[0])
    clip.unlink()
    with pytest.raises(InputError, match="No clip of this pair was kept"):
        Sounds(run).wav(row)


def test_of_a_relative_path_it_is_told_from_where_it_is_looked_for(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = _row(run)
    inside = {**row, "audio": Path(row["audio"]).name}
    monkeypatch.chdir(Path(row["audio"]).parent)
    assert Sounds(run).excerpt(inside).note == ""
    monkeypatch.chdir(run)
    assert f"{inside['audio']} is not there any more, as seen from {run}." in Sounds(run).excerpt(inside).note


def test_the_reports_copy_gives_what_lies_around(run: Path) -> None:
    row = _row(run)
    _recoded(row, "copy.webm", "-c:a", "libopus")
    copy = store.Recording(run / "recordings" / row["recording"]).path("sound.webm")
    Path(row["audio"]).with_name("copy.webm").rename(copy)
    Path(row["audio"]).unlink()
    place = Sounds(run).excerpt(row)
    assert place.start == row["start"] - AROUND
    assert "the report's copy" in place.note
    assert len(_samples(Sounds(run).wav(row))[0]) == round((place.end - place.start) * SAMPLE_RATE)


def test_another_recording_under_the_same_name_is_not_played(run: Path) -> None:
    row = _row(run)
    recording = store.Recording(run / "recordings" / row["recording"])
    store.write_json(recording.path("recording.json"), {**store.read_json(recording.path("recording.json")), "samples": 192_000})
    assert Sounds(run).excerpt(row).note == ""
    soundfile.write(row["audio"], np.zeros(30 * SAMPLE_RATE, np.int16), SAMPLE_RATE)
    assert "is not what it was" in Sounds(run).excerpt(row).note


def test_a_recording_that_cannot_be_decoded_any_more_is_told_and_its_clip_plays(run: Path) -> None:
    row = _row(run)
    Path(row["audio"]).write_bytes(b"no sound at all")
    place = Sounds(run).excerpt(row)
    assert "not audio that ffmpeg can read" in place.note
    assert place.start == row["start"]
    assert len(Sounds(run).wav(row)) > 10_000


def test_a_recording_on_a_server_is_not_fetched(run: Path) -> None:
    row = {**_row(run), "audio": "https://user:secret@example.org/a.mp3"}
    note = Sounds(run).excerpt(row).note
    assert "lies on a server" in note
    assert "secret" not in note
