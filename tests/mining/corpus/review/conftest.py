"""Runs that people judge in tests: with pages of a PDF and of plain text, in Urdu, with ten thousand pairs; and their server."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import uvicorn
from PIL import Image, ImageDraw

from mining import store
from mining.corpus.review.app import application
from mining.records import SAMPLE_RATE, Line, Page, Sentence, Transcript

Serving = Callable[..., str]
EVIL = "<script>document.title = 'broken'</script> \"</p><img src=x onerror=\"document.title = 'broken'\">"
BOX = (0.1, 0.4, 0.9, 0.44)
"""Where the second line stands on the page of the PDF."""

URDU = [
    "آج صبح سے پورے صوبے میں ہلکی بارش ہو رہی ہے",
    "وزیر اعلیٰ نے کسانوں کے لیے نئے منصوبے کا اعلان کیا ہے",
    "ضلع کے تمام اسکول پیر کو بند رہیں گے",
    "ریل گاڑی اپنے مقررہ وقت سے دو گھنٹے تاخیر سے چل رہی ہے",
    "گاؤں کے لوگوں نے مل کر پرانے تالاب کی صفائی کی",
]


@pytest.fixture
def documented(run: Path, tmp_path: Path) -> Path:
    """The run of two recordings; one was read from a PDF of two pages, the other from plain text."""
    first, second = store.recordings(run)
    rows = store.read_rows(run / "pairs.jsonl")
    paper = [Image.new("L", (620, 877), 255) for _ in range(2)]
    for page in paper:
        ImageDraw.Draw(page).rectangle([BOX[0] * 620, BOX[1] * 877, BOX[2] * 620, BOX[3] * 877], fill=0)
    paper[0].save(tmp_path / "script.pdf", save_all=True, append_images=paper[1:])
    (tmp_path / "script.txt").write_text("\n".join(row["raw_text"] for row in rows), encoding="utf8")
    for recording, method, document in ((first, "layer", "script.pdf"), (second, "text", "script.txt")):
        mine = [row for row in rows if row["recording"] == recording.id]
        for row in mine:
            row["document"] = str(tmp_path / document)
        _document(recording, mine, method)
    store.write_rows(run / "pairs.jsonl", rows)
    return run


def _document(recording: store.Recording, rows: list[dict[str, Any]], method: str, lines: int = 2) -> None:
    """Pages of so many lines, a sentence in each; the second line stands at `BOX`."""
    pages, sentences = [], []
    for first in range(0, len(rows), lines):
        number, mine = 1 + first // lines, rows[first : first + lines]
        boxes = [(BOX[0], BOX[1] + 0.2 * (i - 1), BOX[2], BOX[3] + 0.2 * (i - 1)) for i in range(len(mine))]
        pages.append(Page(number, method, "", tuple(Line(row["raw_text"], box) for row, box in zip(mine, boxes, strict=True))))
        for i, row in enumerate(mine):
            offsets = tuple(range(len(row["text"])))
            sentences.append(Sentence(row["sentence"], row["text"], row["raw_text"], offsets, number, ((number, i),)))
    store.write_records(recording.path("pages.jsonl"), pages)
    store.write_records(recording.path("sentences.jsonl"), sentences)


@pytest.fixture
def evil(documented: Path) -> Path:
    """The run, with markup wherever a run holds text."""
    rows = store.read_rows(documented / "pairs.jsonl")
    for row in rows:
        row |= {"text": EVIL, "raw_text": f"{EVIL}!", "heard": EVIL[:-9], "about": {"station": EVIL}, "document": EVIL}
        row["corrections"] = [{"start": 0, "end": 3, "old": EVIL, "new": EVIL, "probability": 0.9, "applied": True}]
    store.write_rows(documented / "pairs.jsonl", rows)
    for recording in store.recordings(documented):
        pages = [
            {**page, "lines": [{**line, "text": EVIL} for line in page["lines"]]}
            for page in store.read_rows(recording.path("pages.jsonl"))
        ]
        store.write_rows(recording.path("pages.jsonl"), pages)
    return documented


@pytest.fixture
def large(run: Path) -> Path:
    """A run of ten thousand pairs: those of the small one again and again."""
    rows = store.read_rows(run / "pairs.jsonl")
    many = [
        {
            **row,
            "id": f"{row['recording']}-p{i:05d}",
            "text": f"{row['text']} {i}",
            "confidence": 0.5 + (i * 7919 % 5000) / 10_000,
        }
        for i in range(10_000)
        for row in [rows[i % len(rows)]]
    ]
    store.write_rows(run / "pairs.jsonl", sorted(many, key=lambda row: (row["recording"], row["id"])))
    return run


@pytest.fixture
def urdu(tmp_path: Path) -> Path:
    """A run of one Urdu recording, spoken by espeak-ng and read from plain text."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("needs espeak-ng: apt-get install espeak-ng")
    return urdu_run(tmp_path)


def urdu_run(folder: Path) -> Path:
    """Make the run of one Urdu recording below a folder."""
    out, places, sound = folder / "urdu", [], [np.zeros(8000, np.int16)]
    for number, text in enumerate(URDU):
        spoken = folder / f"urdu-{number}.wav"
        subprocess.run(["espeak-ng", "-v", "ur", "-s", "140", "-w", str(spoken), text], check=True)
        samples, rate = soundfile.read(spoken, dtype="int16")
        samples = samples[: len(samples) - len(samples) % 441]
        samples = np.interp(np.arange(0, len(samples), rate / SAMPLE_RATE), np.arange(len(samples)), samples).astype(np.int16)
        start = sum(map(len, sound))
        places.append((start, start + len(samples)))
        sound += [samples, np.zeros(8000, np.int16)]
    soundfile.write(folder / "khabar.flac", np.concatenate(sound), SAMPLE_RATE)
    recording = store.Recording(out / "recordings" / "khabar-1a2b3c4d")
    heard = [text.replace("ہلکی ", "ہلکے ").replace("نئے ", "").replace("مقررہ", "مقرر") for text in URDU]
    rows = [_urdu_row(recording.id, folder, i, places[i], heard[i]) for i in range(len(URDU))]
    store.write_json(
        recording.path("recording.json"),
        {"id": recording.id, "samples": sum(map(len, sound)), "duration": sum(map(len, sound)) / SAMPLE_RATE},
    )
    spread = [tuple(int(t) for t in np.linspace(*places[i], len(said), endpoint=False)) for i, said in enumerate(heard)]
    store.write_records(
        recording.path("transcript.jsonl"), [Transcript(f"g{i}", *places[i], said, spread[i]) for i, said in enumerate(heard)]
    )
    _document(recording, rows, "text", lines=len(rows))
    store.write_rows(out / "pairs.jsonl", rows)
    return out


def _urdu_row(recording: str, folder: Path, index: int, place: tuple[int, int], heard: str) -> dict[str, Any]:
    start, end = map(store.seconds, place)
    known = {
        "id": f"{recording}-p{index + 1:05d}",
        "recording": recording,
        "audio": str(folder / "khabar.flac"),
        "start": start,
        "end": end,
    }
    told = {
        "text": URDU[index],
        "raw_text": f"{URDU[index]}۔",
        "heard": heard,
        "language": "ur",
        "confidence": 0.98 - 0.04 * index,
    }
    rest = {
        "duration": end - start,
        "document": "khabar.txt",
        "page": 1,
        "sentence": f"s{index + 1:04d}",
        "about": {"station": "لاہور"},
    }
    return {**known, **told, **rest, "segments": [], "strategy": "hybrid", "corrections": [], "repeats": None, "repeat": None}


@pytest.fixture
def serving() -> Iterator[Serving]:
    """`serving(out, how="active")` serves a run in a thread, and returns the page's address."""
    servers = []

    def begin(out: Path, **how: Any) -> str:
        listening = socket.create_server(("127.0.0.1", how.pop("port", 0)))
        server = uvicorn.Server(uvicorn.Config(application(out, **how), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{listening.getsockname()[1]}/"

    yield begin
    for server, thread in servers:
        server.should_exit = True
        thread.join(10)
