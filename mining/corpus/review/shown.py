"""All that the page shows of one pair, but for its sound and its pages' images."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mining import store
from mining.corpus.difference import compare, shown
from mining.corpus.review.desk import Desk
from mining.corpus.review.excerpt import Sounds
from mining.corpus.review.pages import place
from mining.corpus.review.words import heard_between, place_words
from mining.corpus.rows import Row
from mining.errors import ShrutiError
from mining.records import Transcript


def pair(desk: Desk, sounds: Sounds, row: Row) -> dict[str, Any]:
    """What the page shows of a pair; `app` tells the fields."""
    before, after = desk.neighbours(row["id"])
    told = ("id", "recording", "text", "start", "end", "confidence", "language", "kept")
    return {
        **{name: row.get(name) for name in told},
        "raw_text": row.get("raw_text") or "",
        "document": Path(row.get("document") or "").name,
        "about": {name: str(value) for name, value in (row.get("about") or {}).items()},
        "pieces": _pieces(row["text"], row.get("heard") or ""),
        "corrections": [_correction(one) for one in row.get("corrections") or ()],
        "words": _words(desk.out, row),
        "sound": _sound(sounds, row),
        "place": _place(desk.out, row),
        "before": _neighbour(before),
        "after": _neighbour(after),
    }


def sound_url(row: Row) -> str:
    """Where the page gets a pair's sound."""
    return f"/sound/{quote(row['id'], safe='')}.wav"


def image_url(row: Row, number: int) -> str:
    """Where the page gets the image of a page of a pair's document."""
    return f"/page/{quote(row['id'], safe='')}/{number}.jpg"


def _pieces(text: str, heard: str) -> list[tuple[str, str, str]]:
    """What is written against what was heard: (kind, text, heard), as `difference.compare` tells it."""
    return [
        (one.kind, "".join(map(shown, one.text)), "".join(map(shown, one.heard)))
        for one in (compare(text, heard) if heard else ())
    ]


def _correction(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one.get(name) for name in ("old", "new", "probability", "applied")}


def _words(out: Path, row: Row) -> list[tuple[float, float, str]]:
    path = out / "recordings" / row["recording"] / "transcript.jsonl"
    transcripts = _transcripts(path, path.stat().st_mtime_ns if path.exists() else 0)
    heard, times = heard_between(transcripts, row["start"], row["end"])
    return [(word.start, word.end, word.text) for word in place_words(row["text"], heard, times, row["start"], row["end"])]


@functools.lru_cache(maxsize=64)
def _transcripts(path: Path, _version: int) -> list[Transcript]:
    return store.read_records(path, Transcript)


def _sound(sounds: Sounds, row: Row) -> dict[str, Any]:
    try:
        found = sounds.excerpt(row)
    except ShrutiError as error:
        return {"url": "", "note": str(error), "start": row["start"], "end": row["end"]}
    return {"url": sound_url(row), "note": found.note, "start": found.start, "end": found.end}


def _place(out: Path, row: Row) -> dict[str, Any]:
    found = place(out, row)
    for page in found["pages"]:
        page["image"] = image_url(row, page["number"]) if "boxes" in page else ""
    return found


def _neighbour(row: Row | None) -> dict[str, Any] | None:
    return row and {"id": row["id"], "text": row["text"], "start": row["start"], "end": row["end"], "url": sound_url(row)}
