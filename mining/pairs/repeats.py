"""Which pairs of a run repeat an earlier one: the same sentence read again, or the very same sound."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from mining.pairs import fingerprint

Row = dict[str, Any]

SENTENCE, SOUND = "sentence", "sound"
"""What a pair may repeat of an earlier one: its words alone, or the sound too."""

COMPARED = 50
"""Most earlier sounds of one sentence and about one length that a pair is compared with: a station's name is said daily."""

_TABLE = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32768;
CREATE TABLE heard (text INTEGER, seconds REAL, pair TEXT, content TEXT, start REAL, stop REAL, sound TEXT);
CREATE INDEX by_text ON heard (text, seconds);
"""
_ANY = "SELECT pair FROM heard WHERE rowid = (SELECT min(rowid) FROM heard WHERE text = ?)"
_NEAR = """SELECT pair, content, start, stop, sound FROM heard
WHERE text = ? AND (seconds BETWEEN ? AND ? OR content = ?) ORDER BY rowid LIMIT ?"""


def marked(rows: Iterable[Row], contents: dict[str, str]) -> Iterator[Row]:
    """Give every row `repeats` and `repeat`, in place of its `sound`.

    `repeats` is the id of the first pair with the same sound (`repeat` is then "sound"), else of the first with the same
    sentence ("sentence"); both are None for a pair that repeats none. What was seen lies in a temporary database on disk,
    so memory does not grow with the rows.

    Args:
        rows: kept pairs in the order of the run, `sound` their fingerprints.
        contents: the hash of each recording's content, by its id: copies of a file say the same in the same places.
    """
    with sqlite3.connect("") as seen:
        seen.executescript(_TABLE)
        for row in rows:
            sound = row.pop("sound", "")
            text = _hash(" ".join(row["text"].split()))
            content = contents.get(row["recording"], "")
            yield {**row, **_repeated(seen, row, text, content, sound)}
    seen.close()


def _repeated(seen: sqlite3.Connection, row: Row, text: int, content: str, sound: str) -> Row:
    """What a row repeats; unless it is a sound that was heard before, it is remembered."""
    first = seen.execute(_ANY, (text,)).fetchone()
    if first is not None:
        length = row["duration"]
        window = (text, length - fingerprint.DURATIONS, length + fingerprint.DURATIONS, content, COMPARED)
        for pair, other, start, stop, heard in seen.execute(_NEAR, window):
            alike = content == other and content and _overlap(row, start, stop)
            if alike or fingerprint.same(sound, heard):
                return {"repeats": pair, "repeat": SOUND}
    values = (text, row["duration"], row["id"], content, row["start"], row["end"], sound)
    seen.execute("INSERT INTO heard VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    return {"repeats": first and first[0], "repeat": SENTENCE if first else None}


def _overlap(row: Row, start: float, stop: float) -> bool:
    """Whether a row lies where another does in its recording: over half of the shorter one."""
    shared = min(row["end"], stop) - max(row["start"], start)
    return shared > 0.5 * min(row["duration"], stop - start)


def _hash(text: str) -> int:
    """64 bits of a text, as SQLite's signed integers."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
