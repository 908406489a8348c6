"""The rows of a recording as JSON inside the page, from which they are drawn when somebody looks."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import regex
from markupsafe import Markup

from mining.corpus import clips
from mining.corpus.difference import compare
from mining.corpus.report.extremes import Pick
from mining.corpus.report.facts import Pair, Part
from mining.corpus.report.sound import Sounds
from mining.corpus.rows import Row

_SILENT = regex.compile(r"[\p{P}\p{S}\p{Z}\s]+")  # what a reader does not say


def safe_json(value: Any) -> Markup:
    r"""JSON that may stand in a script element: whatever a text holds, no tag begins or ends in it.

    >>> print(safe_json({"text": "</script>"}))
    {"text":"\u003c/script>"}
    """
    return Markup(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def recording(part: Part, sounds: Sounds, fates: list[str]) -> dict[str, Any]:
    """All that is drawn of a recording when it is opened.

    `audio` holds [end in seconds, number of its fate in `fates`] of every stretch; each begins where the one before ends.
    """
    source = part.source
    return {
        "id": source.id,
        "language": source.language,
        "duration": source.duration,
        "sound": sounds.of(source.id),
        "audio": [[end, fates.index(fate)] for _, end, fate in source.audio],
        "pairs": [pair_row(pair, sounds) for pair in part.pairs],
        "rejected": [rejected_row(row) for row in part.rejected],
    }


def pair_row(pair: Pair, sounds: Sounds) -> dict[str, Any]:
    """A kept pair as the page draws it.

    `marks` tells how text and heard compare: [kind, letters of the text, letters of what was heard] for stretch after
    stretch, counted as JavaScript counts. `raw` is there where the document prints more than other punctuation, `clip` where
    a clip beside the page is played.
    """
    row = pair.row
    pieces = compare(row["text"], row["heard"])
    told = {
        "id": row["id"],
        "start": row["start"],
        "end": row["end"],
        "sure": row["confidence"],
        "error": round(pair.error, 3),
        "page": row["page"],
        "text": "".join("".join(piece.text) for piece in pieces),
        "heard": "".join("".join(piece.heard) for piece in pieces),
        "marks": [[piece.kind[0], _units(piece.text), _units(piece.heard)] for piece in pieces],
    }
    if _SILENT.sub("", row["raw_text"]) != _SILENT.sub("", row["text"]):
        told["raw"] = row["raw_text"]
    if sounds.has_clip(row):
        told["clip"] = f"recordings/{quote(row['recording'])}/clips/{quote(clips.file_name(row['id']))}"
    return told


def pick_row(pick: Pick, sounds: Sounds) -> dict[str, Any]:
    """A kept pair as the page draws it outside the list of its recording; `at` is its place in the sound of joined clips."""
    row = pick.pair.row
    told = {**pair_row(pick.pair, sounds), "recording": row["recording"], "language": pick.language}
    told["sound"] = sounds.of(row["recording"])
    if place := sounds.joined(row["id"]):
        told["at"] = place
    return told


def rejected_row(row: Row) -> dict[str, Any]:
    """A pair or sentence that was not kept, as the page draws it; what it has no value for is left out."""
    told = {"reason": row["reason"], "text": row["text"], "page": row["page"], "sure": row["confidence"]}
    told |= {"start": row["start"], "end": row["end"]}
    return {name: value for name, value in told.items() if value is not None}


def _units(letters: tuple[str, ...]) -> int:
    """The length of a text in UTF-16, as JavaScript measures it."""
    return len("".join(letters).encode("utf-16-le", "surrogatepass")) // 2
