"""Alignments as people read them: what is written above what was heard, and where they differ.

demo-1a2b3c4d-p0004   1:03.20 - 1:05.92 (2.7 s)   page 1   confidence 0.993   hybrid
1:03.20   text   आ ज |  मौ स म  सा फ़
          heard  आ ज |  मो स -  सा फ़
                         S   D
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

from mining import store
from mining.corpus.difference import CHANGED, EXTRA, SAME, UNHEARD, compare, shown, stamps
from mining.corpus.rows import Row, clock, read_pairs
from mining.errors import UsageError
from mining.records import Transcript

WIDTH = 100  # terminal columns
GAP = "-"
LEGEND = "S: heard otherwise   D: written, not heard   I: heard, not written"
_MARKS = {SAME: " ", CHANGED: "S", UNHEARD: "D", EXTRA: "I"}


@dataclass(frozen=True, slots=True)
class Column:
    """One cluster of the text above one of what was heard; `time` in samples where it is known."""

    text: str
    heard: str
    mark: str
    time: int | None

    @property
    def width(self) -> int:
        """Terminal cells that the wider of both takes, at least one."""
        return max(1, cell_len(self.text), cell_len(self.heard))


def show(out: Path, pair_id: str | None = None) -> str:
    """The alignment of one kept pair of a run, or of all, as text at most `WIDTH` columns wide.

    Raises:
        InputError: the folder holds no run.
        UsageError: no kept pair has this id.
    """
    rows = read_pairs(out)
    if pair_id is not None:
        chosen = [row for row in rows if row["id"] == pair_id]
        if not chosen:
            near = difflib.get_close_matches(pair_id, [row["id"] for row in rows], n=3, cutoff=0.0)
            raise UsageError(f"No kept pair has the id {pair_id!r}.", f"Near it: {', '.join(near) or 'none, nothing was mined'}.")
        rows = chosen
    if not rows:
        return "No pair is kept.\n"
    blocks = []
    for recording, group in itertools.groupby(rows, key=lambda row: row["recording"]):
        letters = _letters(out / "recordings" / recording)
        blocks += [_block(row, _heard_times(row, letters)) for row in group]
    return "\n\n".join([*blocks, LEGEND]) + "\n"


def columns(text: str, heard: str, times: Sequence[int] | None = None) -> list[Column]:
    """Align two texts cluster by cluster.

    Args:
        text: what is written.
        heard: what the model heard.
        times: a sample for every code point of `heard` that is not a space, or None.
    """
    when = stamps(heard, times)
    cells: list[Column] = []
    for piece in compare(text, heard):
        length = max(len(piece.text), len(piece.heard))
        for i in range(length):
            above = piece.text[i] if i < len(piece.text) else GAP
            below, time = (piece.heard[i], next(when)) if i < len(piece.heard) else (GAP, None)
            cells.append(Column(shown(above), shown(below), _MARKS[piece.kind], time))
    return cells


def _block(row: Row, times: Sequence[int] | None) -> str:
    place = f"{clock(row['start'])} - {clock(row['end'])} ({row['duration']:.1f} s)"
    head = [row["id"], place, f"page {row['page']}", f"confidence {row['confidence']:.3f}", row["strategy"]]
    lines = ["   ".join(head)]
    for part in _wrap(columns(row["text"], row.get("heard", ""), times), WIDTH - 18):
        time = next((cell.time for cell in part if cell.time is not None), None)
        stamp = "" if time is None else clock(store.seconds(time))
        lines.append(f"{stamp:>10}  text  {_line(part, 'text')}")
        lines.append(f"{'':>10}  heard {_line(part, 'heard')}")
        lines.append(f"{'':>10}        {_line(part, 'mark')}")
    if mended := [one for one in row.get("corrections", ()) if one["applied"]]:
        told = (f"{one['old']} > {one['new']} ({one['probability']:.2f})" for one in mended)
        lines.append(f"{'mended':>10}  {', '.join(told)}")
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _line(part: Sequence[Column], side: str) -> str:
    cells = ((getattr(cell, side), cell.width) for cell in part)
    return "".join(value + " " * (width - cell_len(value)) for value, width in cells)


def _wrap(cells: Sequence[Column], width: int) -> Iterator[list[Column]]:
    """Cut columns into lines of at most `width` cells, at spaces of the text where there are any."""
    line: list[Column] = []
    for cell in cells:
        line.append(cell)
        if sum(c.width for c in line) > width:
            space = max((i for i, c in enumerate(line) if c.text == " "), default=len(line) - 2)
            yield line[: space + 1]
            line = line[space + 1 :]
    if line:
        yield line


def _letters(folder: Path) -> list[tuple[str, int]]:
    """What the model heard in a whole recording: every code point but spaces, with its sample."""
    return [
        (letter, time)
        for transcript in store.read_records(folder / "transcript.jsonl", Transcript)
        for letter, time in zip(transcript.text, transcript.times, strict=True)
        if not letter.isspace()
    ]


def _heard_times(row: Row, letters: Sequence[tuple[str, int]]) -> list[int] | None:
    """A sample for every code point that a pair heard, or None where the transcript tells another text."""
    start, end = store.samples(row["start"]), store.samples(row["end"])
    inside = [(letter, time) for letter, time in letters if start <= time < end]
    agrees = "".join(letter for letter, _ in inside) == "".join(row.get("heard", "").split())
    return [time for _, time in inside] if agrees else None
