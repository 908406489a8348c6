"""What repeats what: within a recording and across, in the order of the run, in memory that does not grow."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from mining.pairs import repeats
from mining.pairs.repeats import marked

CONTENTS = {"a": "hash-1", "b": "hash-2", "copy-of-a": "hash-1"}


def print_of(seed: int) -> str:
    """A fingerprint of a sound of its own."""
    return base64.b64encode(np.random.default_rng(seed).bytes(3 * 60)).decode()


def row(id: str, text: str, recording: str = "a", sound: str = "", start: float = 1.0, end: float = 3.0) -> dict[str, Any]:
    times = {"start": start, "end": end, "duration": end - start}
    return {"id": id, "recording": recording, "text": text, "sound": sound, **times}


def told(*rows: dict[str, Any]) -> list[tuple[str | None, str | None]]:
    return [(one["repeats"], one["repeat"]) for one in marked(rows, CONTENTS)]


def test_a_sentence_read_again_names_the_first() -> None:
    rows = [
        row("1", "आज कल", sound=print_of(1)),
        row("2", "कल", sound=print_of(2)),
        row("3", "आज  कल", sound=print_of(3), start=7, end=9),
    ]
    assert told(*rows, row("4", "आज कल", "b", print_of(4))) == [
        (None, None), (None, None), ("1", "sentence"), ("1", "sentence"),
    ]  # fmt: skip


def test_a_sound_heard_again_names_the_first_of_that_sound() -> None:
    rows = [row("1", "आज", sound=print_of(1)), row("2", "आज", "b", print_of(2)), row("3", "आज", "b", print_of(2), 8, 10)]
    assert told(*rows, row("4", "आज", "b", print_of(1), 20, 22)) == [
        (None, None), ("1", "sentence"), ("2", "sound"), ("1", "sound"),
    ]  # fmt: skip


def test_one_sound_lasts_as_long() -> None:
    assert told(row("1", "आज", sound=print_of(1)), row("2", "आज", "b", print_of(1), 1.0, 3.5))[1] == ("1", "sentence")


def test_a_copy_of_the_file_needs_no_fingerprint() -> None:
    rows = [row("1", "आज", start=1, end=3), row("2", "आज", start=5, end=7)]
    copies = [row("3", "आज", "copy-of-a", start=1.1, end=3.6), row("4", "आज", "copy-of-a", start=5, end=7)]
    assert told(*rows, *copies) == [(None, None), ("1", "sentence"), ("1", "sound"), ("2", "sound")]


def test_no_fingerprint_is_no_sound() -> None:
    assert told(row("1", "आज"), row("2", "आज", "b")) == [(None, None), ("1", "sentence")]


def test_fingerprints_do_not_become_public() -> None:
    assert "sound" not in next(iter(marked([row("1", "आज", sound=print_of(1))], CONTENTS)))


def test_a_sentence_said_daily_is_compared_with_some(monkeypatch) -> None:
    monkeypatch.setattr(repeats, "COMPARED", 3)
    rows = [row(str(n), "आज", "b", print_of(n), 10 * n, 10 * n + 2) for n in range(6)]
    assert told(*rows, row("x", "आज", "a", print_of(2)), row("y", "आज", "a", print_of(5)))[-2:] == [
        ("2", "sound"), ("0", "sentence"),
    ]  # fmt: skip
