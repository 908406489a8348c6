"""What the stages cost: are all of them measured, and is what the program ships of that kind?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.stages.measure import AUDIO, BYTES, Costs
from mining import sample

SHIPPED = Path(sample.__file__).parent / "data" / "costs.json"
ROOT = Path(sample.__file__).parent.parent


def check(figures: dict) -> None:
    assert set(figures) == {"machine", "audio", "page", "bytes_per_hour", "model_seconds"}
    assert set(figures["audio"]) == set(AUDIO)
    assert set(figures["bytes_per_hour"]) == {kind for kind, stays in BYTES.items() if stays}
    assert figures["page"]["ocr"] > 0
    assert all(value > 0 for part in ("audio", "page", "bytes_per_hour") for value in figures[part].values())


def test_what_is_shipped_tells_every_stage() -> None:
    figures = json.loads(SHIPPED.read_text(encoding="utf8"))
    check(figures)
    assert figures["page"]["layer"] < figures["page"]["ocr"]


def test_costs_are_for_an_hour_and_for_a_page() -> None:
    short, long = Costs(audio=600.0), Costs(audio=1200.0)
    short.seconds |= {"decode": 1.0, "ocr": 4.0}
    long.seconds |= {"decode": 2.0, "ocr": 5.0}
    short.pages["ocr"], long.pages["ocr"] = 2, 1
    short.bytes["run"], long.bytes["run"] = 1000, 2000
    figures = (short + long).figures("one", 1.234)
    assert figures["audio"]["decode"] == 6.0
    assert figures["page"] == {"ocr": 3.0}
    assert figures["bytes_per_hour"]["run"] == 6000
    assert figures["model_seconds"] == 1.23


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_the_sample_is_measured_stage_by_stage(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.stages", "--repeats", "1", "--json", str(tmp_path / "costs.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    check(json.loads((tmp_path / "costs.json").read_text(encoding="utf8")))
    assert all(stage in done.stdout for stage in (*AUDIO, "ocr", "layer"))


def test_a_recording_without_its_document_is_refused() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks.stages", "a.flac"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert "1 files: each recording needs its document" in done.stderr
