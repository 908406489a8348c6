"""`shruti stats` over runs made by hand: its table, its JSON, and what it says of wrong files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mining import store

ABOUT = [
    {"station": "Patna", "speaker": "Asha Rao", "gender": "female"},
    {"station": "AIR Chennai", "speaker": "R. [Sen]", "gender": "male"},
    {"station": "Radio Nowhere"},
]
TEXTS = ["बिहार के मुख्यमंत्री ने आज पटना में कहा", "आज मौसम साफ है", "गृह मंत्रालय ने नई दिल्ली में बैठक की"]


def row(number: int, text: str, about: dict, language: str = "hi") -> dict:
    recording = f"r{number}-00000000"
    known = {"start": 0.0, "end": 1800.0, "duration": 1800.0, "confidence": 0.9, "repeats": None, "repeat": None}
    return {"id": f"{recording}-p00001", "recording": recording, "text": text, "language": language, "about": about, **known}


@pytest.fixture
def mined(tmp_path: Path) -> Path:
    """A run of three pairs of half an hour, one a recording."""
    out = tmp_path / "mined"
    rows = [row(number, text, about) for number, (text, about) in enumerate(zip(TEXTS, ABOUT, strict=True))]
    for name, told in (("pairs", rows), ("rejected", []), ("failures", [])):
        store.write_rows(out / f"{name}.jsonl", told)
    for told in rows:
        folder = store.Recording(out / "recordings" / told["recording"])
        store.write_json(folder.path("recording.json"), {"audio": "a.mp3", "document": "a.pdf", "language": "hi"})
        coverage = {"duration": 3600.0, "audio": [[0.0, 1800.0, "mined"], [1800.0, 3600.0, "no_speech"]]}
        sums = {"seconds": {"mined": 1800.0, "no_speech": 1800.0}, "sentences": {"mined": 1}}
        store.write_json(folder.path("coverage.json"), {**coverage, **sums})
    return out


def test_json_tells_every_subject(shruti, mined: Path) -> None:
    done = shruti("stats", mined, "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["hours"], told["hours_mined"], told["yield_audio"], told["pairs"]) == (3.0, 1.5, 0.5, 3)
    assert (told["vocabulary"]["words"], told["words"]) == (20, 20)
    assert "ङ" in told["vocabulary"]["languages"]["hi"]["never_seen"]
    assert told["speakers"]["hours"] == {"Asha Rao": 0.5, "R. [Sen]": 0.5}
    assert (told["speakers"]["number"], told["speakers"]["effective"], told["speakers"]["hours_unknown"]) == (2, 2.0, 0.5)
    assert told["gender"]["share"] == {"female": 0.5, "male": 0.5}
    assert told["regions"]["hours"] == {"Bihar": 0.5, "Tamil Nadu": 0.5}
    assert told["regions"]["unknown_stations"] == {"Radio Nowhere": 0.5}
    assert told["entities"]["kinds"]["place"]["commonest"] == {"Bihar": 1, "Delhi": 1, "Patna": 1}
    assert told["entities"]["kinds"]["organisation"]["commonest"] == {"Ministry of Home Affairs": 1}
    assert "against" not in told


def test_the_table_has_a_section_for_each(shruti, mined: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.txt"
    test.write_text("आज मौसम साफ है।\nकल बारिश होगी।\n", encoding="utf8")
    own = tmp_path / "own.tsv"
    own.write_text("station\tRadio Nowhere\tSikkim\nperson\tमुख्यमंत्री\tthe chief minister\n", encoding="utf8")
    done = shruti("stats", mined, "--against", test, "--against", mined, "--gazetteer", own)
    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for title in ("Words and letters", "Speakers", "Regions", "Names in the text", f"Against {test}", f"Against {mined}"):
        assert title in lines
    for line in (
        "words 20, 17 distinct",
        "speakers 2, as diverse as 2.0 who speak as long",
        "R. [Sen] 30.0 min",
        "gender female 30.0 min, 50% of what is known",
        "Sikkim 30.0 min",
        "person 1, 1 distinct: the chief minister 1",
        "words theirs 7, of which this run lacks 42.9%; 7 distinct, of which 42.9%",
        "commonest lacking कल, बारिश, होगी",
        "sentences theirs 2, of which this run has 50.0%: 1 word by word, 0 nearly",
    ):
        assert line in lines
    assert "stations in no list" not in done.stdout


def test_what_is_not_known_is_said(shruti, mined: Path) -> None:
    rows = [{**told, "about": {}} for told in store.read_rows(mined / "pairs.jsonl")]
    store.write_rows(mined / "pairs.jsonl", rows)
    told = shruti("stats", mined).stdout
    assert "not known: no recording has a speaker" in told and "not known: no recording has a gender" in told
    assert "not known: no recording has a state" in told


def test_a_run_of_nothing(shruti, mined: Path, tmp_path: Path) -> None:
    store.write_rows(mined / "pairs.jsonl", [])
    test = tmp_path / "test.txt"
    test.write_text("आज मौसम साफ है।\n", encoding="utf8")
    assert shruti("stats", mined).exit_code == 0
    told = json.loads(shruti("stats", mined, "--against", test, "--json").stdout)
    assert told["vocabulary"]["type_token"] is None
    assert told["against"][0]["theirs"]["out_of_vocabulary"] == 1.0
    assert told["against"][0]["ours"]["overlap"] is None


@pytest.mark.parametrize(
    ("flag", "content", "told"),
    [
        ("--against", None, "cannot be read"),
        ("--gazetteer", None, "cannot be read"),
        ("--gazetteer", "place\tगया\tGaya\nplace\tगया\n", "line 2"),
        ("--against", "\n", "holds no sentence"),
    ],
)
def test_a_wrong_file_is_named(shruti, mined: Path, tmp_path: Path, flag: str, content: str | None, told: str) -> None:
    path = tmp_path / "file.txt"
    if content is not None:
        path.write_text(content, encoding="utf8")
    done = shruti("stats", mined, flag, path)
    assert (done.exit_code, done.stdout) == (3, "")
    assert told in done.stderr and str(path) in done.stderr and "Traceback" not in done.stderr


def test_the_same_bytes_whatever_the_seed_of_hashes(mined: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.txt"
    test.write_text("आज मौसम साफ है।\nकल बारिश होगी और तेज हवा चलेगी।\n", encoding="utf8")
    command = [sys.executable, "-m", "flows.cli", "stats", mined, "--against", test, "--json"]
    told = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(command, capture_output=True, check=True, env=environment, cwd=Path(__file__).parents[2])
        told.add(done.stdout)
    assert len(told) == 1 and told != {b""}
