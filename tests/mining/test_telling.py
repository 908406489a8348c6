"""Work tells how far it is: from nothing to all of it, never backwards, and of sound how many seconds are done."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mining import steps, store, telling
from mining.compose import compose, preset
from mining.config import Config, SegmentConfig
from mining.corpus.export import export
from tests.mining.listener import Listener

SOUND = {"segment", "transcribe", "match", "cut"}


@pytest.fixture
def out(run: Path, tmp_path: Path) -> Path:
    """A copy of the finished run."""
    return shutil.copytree(run, tmp_path / "out")


def lasts(out: Path) -> float:
    return store.read_json(store.recordings(out)[0].path("coverage.json"))["duration"]


def test_every_stage_tells(bulletin, config: Config, run: Path, tmp_path: Path) -> None:
    listener = Listener()
    steps.align(bulletin.audio, bulletin.document, tmp_path / "new", config, listener)
    assert listener.stages() == [*steps.STAGES, "export", "report"]
    for stage in listener.stages():
        if stage not in ("export", "report"):
            listener.check(stage)
        assert listener.audio(stage)[-1] == (pytest.approx(lasts(run)) if stage in SOUND else 0.0), stage


def test_what_was_done_before_tells_only_that(bulletin, config: Config, out: Path) -> None:
    listener = Listener()
    steps.align(bulletin.audio, bulletin.document, out, config, listener)
    assert [entry[:3] for entry in listener.told] == [(stage, 1, 1) for stage in (*steps.STAGES, "export", "report")]


def test_matching_that_must_hear_again_goes_forwards(out: Path) -> None:
    folder = store.recordings(out)[0]
    for name in ("emissions.npz", "candidates.jsonl"):
        folder.path(name).unlink()
    listener = Listener()
    steps.again("match", out, None, lambda config: config, listener)
    listener.check("match")
    assert listener.stages() == ["match"], "of one recording there is no count"


def test_of_several_recordings_their_number_is_told(bulletin, config: Config, out: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(bulletin.audio, tmp_path / "other.flac"))
    steps.align(other, bulletin.document, out, config)
    other.write_bytes(b"no sound at all")
    listener = Listener()
    worked, errors = steps.again("segment", out, None, lambda c: replace(c, segment=SegmentConfig(threshold=0.6)), listener)
    assert (len(worked), len(errors)) == (1, 1)
    assert listener.shares("recordings") == [0.0, 0.5, 1.0]
    assert [failed for stage, *_, failed in listener.told if stage == "recordings"] == [0, 0, 1]
    assert listener.audio("recordings") == pytest.approx([0.0, lasts(out), lasts(out)])


@pytest.mark.parametrize("format", ["fairseq", "parquet"])
def test_an_export_tells(out: Path, format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "OFTEN", 1)
    listener = Listener()
    export(out, format, tmp_path / "set", None, listener)
    listener.check("export")
    pairs = len(store.read_rows(out / "pairs.jsonl"))
    assert listener.shares("export")[1:-1] == pytest.approx([number / pairs for number in range(pairs)])


def test_composing_tells_and_changes_no_byte(texts: Path, tmp_path: Path) -> None:
    recipe, listener = preset("clean", layer="text", sentences=3), Listener()
    told = compose(texts, tmp_path / "told", recipe, progress=listener)
    silent = compose(texts, tmp_path / "silent", recipe)
    assert listener.stages() == ["voice", "mix", "print", "encode"]
    for stage in listener.stages():
        listener.check(stage)
    seconds = store.read_json(told.gold)["duration"]
    assert listener.audio("mix")[-1] == listener.audio("encode")[-1] == pytest.approx(seconds)
    assert told.audio.read_bytes() == silent.audio.read_bytes()
    assert told.gold.read_bytes() == silent.gold.read_bytes()


def test_a_training_tells_its_loss() -> None:
    said: list[tuple[int, int, str]] = []

    def listener(stage: str, done: int, total: int, *, audio: float = 0.0, failed: int = 0, told: str = "") -> None:
        said.append((done, total, told))

    telling.training("train", 1500, listener)(1450, 0.12345)
    assert said == [(1450, 1501, "step 1,450 of 1,500, loss 0.123")]
