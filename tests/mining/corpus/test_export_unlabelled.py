"""Speech that no pair covers, cut for pretraining: all of it, nothing else, and only what is still there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from mining import store
from mining.config import ExportConfig
from mining.corpus.export import export, unlabelled
from mining.errors import UsageError
from mining.records import Segment

RATE = 16000
CONFIG = ExportConfig(unlabelled=True)
LONG = 70.0
SPEECH = [(0.0, 2.0), (2.25, 4.0), (5.0, 5.5), (10.0, 55.0), (56.0, 58.0)]
FATES = [[0.0, 1.0, "low_confidence"], [1.0, 1.5, "mined"], [1.5, 5.5, "untranscribed"], [5.5, 10.0, "no_speech"],
         [10.0, 56.5, "untranscribed"], [56.5, LONG, "mined"]]  # fmt: skip
PIECES = [(0.0, 1.0), (1.5, 4.0), (10.0, 25.0), (25.0, 40.0), (40.0, 55.0)]
"""In seconds: of 5.0 to 5.5 there is too little, and so of 56.0 to 56.5."""


@pytest.fixture
def long(fabricate) -> Path:
    """Four recordings of seventy seconds of noise, whose kept pairs are as ever."""
    out = fabricate(recordings=4)
    for number, folder in enumerate(store.recordings(out)):
        about = store.read_json(folder.path("recording.json"))
        noise = np.random.default_rng(number).integers(-9000, 9000, round(LONG * RATE), np.int16)
        soundfile.write(about["audio"], noise, RATE, subtype="PCM_16")
        store.write_json(folder.path("recording.json"), {**about, "samples": len(noise)})
        store.write_json(folder.path("coverage.json"), {"duration": LONG, "audio": FATES, "seconds": {}, "sentences": {}})
        runs = [(round(start * RATE), round(end * RATE)) for start, end in SPEECH]
        segments = [Segment(f"g{at:05d}", start, end, ((start, end),)) for at, (start, end) in enumerate(runs, 1)]
        store.write_records(folder.path("segments.jsonl"), segments)
    return out


def test_every_stretch_is_cut_from_recordings_that_train(long: Path) -> None:
    folder = export(long, "fairseq", config=CONFIG)
    root, *lines = (folder / "unlabelled.tsv").read_text().splitlines()
    assert root == "."
    trains = {row["recording"]: row["audio"] for row in store.read_rows(folder / "train.jsonl")}
    assert {path.name for path in (folder / "unlabelled").iterdir()} == set(trains)
    assert len(trains) == 2
    expected = [(audio, start, end) for _, audio in sorted(trains.items()) for start, end in PIECES]
    for line, (audio, start, end) in zip(lines, expected, strict=True):
        name, samples = line.split("\t")
        sound, rate = soundfile.read(folder / name, dtype="int16")
        whole, _ = soundfile.read(audio, dtype="int16")
        assert (rate, len(sound)) == (RATE, int(samples))
        np.testing.assert_array_equal(sound, whole[round(start * RATE) : round(end * RATE)])
    told = store.read_json(folder / "export.json")["unlabelled"]
    assert told == {"clips": len(expected), "seconds": pytest.approx(sum(end - start for _, start, end in expected))}


def test_it_is_cut_only_where_it_is_asked_for(long: Path) -> None:
    folder = export(long, "fairseq")
    assert not list(folder.glob("unlabelled*"))


def test_what_is_gone_or_another_by_now_is_left_out_and_told(long: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = export(long, "fairseq", config=CONFIG)
    trains = sorted({row["audio"] for row in store.read_rows(whole / "train.jsonl")})
    Path(trains[0]).unlink()
    soundfile.write(trains[1], np.zeros(RATE, np.int16), RATE)
    folder = export(long, "fairseq", config=CONFIG)
    assert (folder / "unlabelled.tsv").read_text() == ".\n"
    assert "2 recordings gave no unlabelled speech" in caplog.text
    assert len(list(folder.rglob("*.flac"))) == 16


def test_the_same_run_gives_the_same_bytes(long: Path, tmp_path: Path) -> None:
    one, two = (export(long, "fairseq", tmp_path / name, CONFIG) for name in ("one", "two"))
    names = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in names)


def test_other_formats_refuse(long: Path) -> None:
    with pytest.raises(UsageError, match="no place for unlabelled speech"):
        export(long, "kaldi", config=CONFIG)


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_pieces_are_as_long_as_they_may_be_and_leave_nothing_out(start: int, length: int) -> None:
    pieces = list(unlabelled._lengths(start, start + length))
    if length < RATE:
        assert pieces == []
    else:
        assert all(RATE <= end - begin <= 20 * RATE for begin, end in pieces)
        assert [begin for begin, _ in pieces] + [start + length] == [start] + [end for _, end in pieces]
