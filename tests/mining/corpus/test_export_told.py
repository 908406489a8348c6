"""What a training set tells of itself: the card for people, croissant.json for machines, and where each utterance comes from."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import mlcroissant
import pytest
import yaml

from mining import store
from mining.config import ExportConfig
from mining.corpus.export import FORMATS, card, export, provenance
from mining.corpus.export.croissant import RECORDS
from mining.corpus.export.provenance import Origins, told


@pytest.fixture
def known(fabricate) -> Path:
    out = fabricate(recordings=4)
    rows = store.read_rows(out / "pairs.jsonl")
    for row in rows[:8]:
        row["about"] = {"speaker": "Asha | R. *Sen*" if row in rows[:4] else "R. Sen", "licence": "CC BY 4.0"}
    store.write_rows(out / "pairs.jsonl", rows)
    return out


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_the_card_tells_the_figures(known: Path, format: str) -> None:
    text = (export(known, format) / "README.md").read_text()
    _, head, body = text.split("---\n", 2)
    front = yaml.safe_load(head)
    assert (front["language"], front["license"], front["size_categories"]) == (["hi"], ["cc-by-4.0"], ["n<1K"])
    assert ("configs" in front) == (format in ("huggingface", "parquet", "webdataset"))
    assert "16 utterances, 31.0 s of speech in Hindi" in body.replace("0.5 min", "31.0 s")
    assert re.search(r"Of 0\.8 min of recordings, 0\.6 min are speech, and 0\.5 min of it, 86\.1%, were mined", body)
    assert "Its mean here is 0.960: of 100 utterances, 96 can" in body
    assert "| 0.9 to 1.0 | 16 |" in body
    rows = dict(re.findall(r"^\| (train|valid|test) \| (\d+) \|", body, re.M))
    assert sum(map(int, rows.values())) == 16
    assert "Licences of the recordings: CC BY 4.0." in body
    assert "## How it is loaded" in body and "{" not in body


def test_the_card_asks_where_no_licence_is_known(run: Path) -> None:
    text = (export(run, "nemo") / "README.md").read_text()
    assert yaml.safe_load(text.split("---\n")[1])["license"] == ["unknown"]
    assert "told no licence" in text


def test_what_a_catalogue_says_does_not_break_the_card(run: Path) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    rows[0] |= {"language": "no", "about": {"licence": "mine\n---\n# [x](y) <b>", "a|b": "c"}}
    store.write_rows(run / "pairs.jsonl", rows)
    text = (export(run, "huggingface") / "README.md").read_text()
    assert yaml.safe_load(text.split("---\n")[1])["language"] == ["hi", "no"], "and not false"
    assert r"mine --- \# \[x\](y) \<b\>" in text


@pytest.mark.parametrize(
    ("licence", "code"),
    [("CC-BY-NC-SA 4.0", "cc-by-nc-sa-4.0"), ("cc by-nc-sa 4.0", "cc-by-nc-sa-4.0"), ("CC0", "cc0-1.0"), ("GODL-India", "other")],
)
def test_licences_have_codes(licence: str, code: str) -> None:
    assert card.licence_code(licence) == code


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_croissant_is_valid_and_reads_every_utterance(
    known: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    monkeypatch.setenv("CROISSANT_CACHE", str(tmp_path / "cache"))
    folder = Path(shutil.move(export(known, format), tmp_path / "moved"))
    dataset = mlcroissant.Dataset(folder / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    rows = {row["id"]: row for row in store.read_rows(known / "pairs.jsonl")}
    count = 0
    for split in store.read_json(folder / "export.json")["splits"]:
        for record in dataset.records(f"{RECORDS}{split}"):
            row = {name.partition("/")[2]: value for name, value in record.items()}
            pair = rows[f"{row['recording'].decode()}-p{number_of(row, rows):05d}"]
            assert (row["text"].decode(), row["confidence"]) == (pair["text"], pytest.approx(pair["confidence"]))
            assert row["start_sample"] == round(pair["start"] * 16000)
            count += 1
    assert count == 16


def number_of(row: dict, rows: dict) -> int:
    """Which pair of its recording a record is, by where it begins."""
    same = sorted(pair["start"] for pair in rows.values() if pair["recording"] == row["recording"].decode())
    return 1 + same.index(row["start_sample"] / 16000)


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_croissant_knows_every_file(known: Path, format: str) -> None:
    folder = export(known, format)
    told = json.loads((folder / "croissant.json").read_text())
    files = {file["contentUrl"]: file for file in told["distribution"] if file["@type"] == "cr:FileObject"}
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".flac"}
    assert set(files) == there - {"croissant.json", "export.json"}
    for name, file in files.items():
        assert file["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    patterns = [file["includes"] for file in told["distribution"] if file["encodingFormat"] == "audio/flac"]
    clips = sorted(folder.rglob("*.flac"))
    assert sorted(path for pattern in patterns for path in folder.glob(pattern)) == clips


def test_characters_are_those_of_the_document(run: Path) -> None:
    """Two sentences in one line, one over a page's end, one that is cut in two, and one that is read twice."""
    recording = store.recordings(run)[0]
    lines = [["जय हिंद। जय हिंद।", "आज मौसम"], ["पृष्ठ दो", "साफ है, कल बारिश होगी।"]]
    whole = " ".join(line for page in lines for line in page)
    pages = [{"number": n, "lines": [{"text": line} for line in page]} for n, page in enumerate(lines, 1)]
    store.write_rows(recording.path("pages.jsonl"), pages)
    long = "आज मौसम साफ है, कल बारिश होगी।"
    sentences = [("s1", "जय हिंद।", [(1, 0)]), ("s2", "जय हिंद।", [(1, 0)]), ("s3", long, [(1, 1), (2, 1)])]
    store.write_rows(
        recording.path("sentences.jsonl"), ({"id": id, "raw_text": raw, "places": places} for id, raw, places in sentences)
    )
    pairs = [("s2", "जय हिंद।"), ("s2", "जय हिंद।"), ("s3", "आज मौसम साफ है,"), ("s3", "कल बारिश होगी।")]
    rows = [row for row in store.read_rows(run / "pairs.jsonl") if row["recording"] == recording.id]
    for row, (sentence, raw) in zip(rows, pairs, strict=True):
        row |= {"sentence": sentence, "raw_text": raw}
    store.write_rows(recording.path("pairs.jsonl"), rows)
    origins = Origins(run)
    spans = [(found["start_character"], found["end_character"]) for found in map(origins.of, rows)]
    assert [whole[start:end] for start, end in spans] == ["जय हिंद।", "जय हिंद।", "आज मौसम पृष्ठ दो साफ है,", "कल बारिश होगी।"]
    assert spans[0] == spans[1] == (whole.index("जय", 3), whole.index("आज") - 1)


def test_no_folder_of_this_machine_is_told() -> None:
    assert told("/home/asha/a.mp3") == told("file:///home/asha/a.mp3") == "a.mp3"
    assert told("2024/a.mp3") == "2024/a.mp3"
    assert told("https://asha:secret@air.example/a.mp3") == "https://air.example/a.mp3"
    assert (
        tuple(Origins(Path("nowhere")).of({"recording": "r", "audio": "a", "start": 0, "end": 1, "id": "p"})) == provenance.FIELDS
    )


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_as_many_utterances_as_pairs(known: Path, format: str) -> None:
    rows = store.read_rows(known / "pairs.jsonl")
    rows[5] |= {"repeats": rows[1]["id"], "repeat": "sentence"}
    store.write_rows(known / "pairs.jsonl", rows)
    for config, count in ((ExportConfig(), 16), (ExportConfig(drop_duplicates=True), 15)):
        splits = store.read_json(export(known, format, config=config) / "export.json")["splits"]
        assert sum(split["clips"] for split in splits.values()) == count
