"""Which pairs of a run repeat an earlier one: the same sentence read again, or the very same sound."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from mining.errors import EnvironmentProblem
from mining.pairs import fingerprint

Row = dict[str, Any]

SENTENCE, SOUND = "sentence", "sound"
"""What a pair may repeat of an earlier one: its words alone, or the sound too."""

COMPARED = 50
"""Most earlier sounds of one sentence and about one length that are kept to compare with: a station's name is said daily."""

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32768;
CREATE TABLE said (text INTEGER PRIMARY KEY, pair TEXT) WITHOUT ROWID;
CREATE TABLE heard (text INTEGER, seconds REAL, pair TEXT, sound TEXT);
CREATE INDEX by_length ON heard (text, seconds);
CREATE TABLE copied (content TEXT, text INTEGER, start REAL, stop REAL, pair TEXT);
CREATE INDEX by_content ON copied (content, text);
"""
_SAID = "SELECT pair FROM said WHERE text = ?"
_NEAR = "SELECT pair, sound FROM heard WHERE text = ? AND seconds BETWEEN ? AND ? ORDER BY rowid LIMIT ?"
_COPIES = "SELECT pair, start, stop FROM copied WHERE content = ? AND text = ? ORDER BY rowid"


def marked(rows: Iterable[Row], contents: dict[str, str]) -> Iterator[Row]:
    """Give every row `repeats` and `repeat`, in place of its `sound`.

    `repeats` is the id of the first pair with the same sound (`repeat` is then "sound"), else of the first with the same
    sentence ("sentence"); both are None for a pair that repeats none. What was seen lies in a temporary database on disk,
    so memory does not grow with the rows; of a sentence that is said every day no more than `COMPARED` sounds are kept for
    each length, so time does not grow with its square.

    Args:
        rows: kept pairs in the order of the run, `sound` their fingerprints.
        contents: the hash of each recording's content, by its id: copies of a file say the same in the same places.
    """
    copies = {content for content, count in Counter(contents.values()).items() if content and count > 1}
    seen = sqlite3.connect("")
    try:
        seen.executescript(_TABLES)
        for row in rows:
            sound = row.pop("sound", "")
            content = contents.get(row["recording"], "")
            text = _hash(" ".join(row["text"].split()))
            yield {**row, **_repeated(seen, row, text, content if content in copies else "", sound)}
    except sqlite3.OperationalError as error:
        raise EnvironmentProblem(
            f"The temporary database of repeats cannot be written ({error}).", "Make room in TMPDIR."
        ) from error
    finally:
        seen.close()


def _repeated(seen: sqlite3.Connection, row: Row, text: int, content: str, sound: str) -> Row:
    """What a row repeats; unless it is a sound that was heard before, it is remembered."""
    first = seen.execute(_SAID, (text,)).fetchone()
    if first is None:
        seen.execute("INSERT INTO said VALUES (?, ?)", (text, row["id"]))
    length = row["duration"]
    window = (text, length - fingerprint.DURATIONS, length + fingerprint.DURATIONS, COMPARED)
    near = seen.execute(_NEAR, window).fetchall() if first else []
    copy = _copied(seen, row, text, content) if first and content else None
    heard = copy or next((pair for pair, other in near if fingerprint.same(sound, other)), None)
    if heard:
        return {"repeats": heard, "repeat": SOUND}
    if len(near) < COMPARED:
        seen.execute("INSERT INTO heard VALUES (?, ?, ?, ?)", (text, length, row["id"], sound))
    if content:
        seen.execute("INSERT INTO copied VALUES (?, ?, ?, ?, ?)", (content, text, row["start"], row["end"], row["id"]))
    return {"repeats": first and first[0], "repeat": SENTENCE if first else None}


def _copied(seen: sqlite3.Connection, row: Row, text: int, content: str) -> str | None:
    """The pair that lies in the same place of a copy of the row's recording, if there is one."""
    found = seen.execute(_COPIES, (content, text))
    return next((pair for pair, start, stop in found if _overlap(row, start, stop)), None)


def _overlap(row: Row, start: float, stop: float) -> bool:
    """Whether a row lies where another does in its recording: over half of the shorter one."""
    shared = min(row["end"], stop) - max(row["start"], start)
    return shared > 0.5 * min(row["duration"], stop - start)


def _hash(text: str) -> int:
    """64 bits of a text, as SQLite's signed integers."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
