"""Where an utterance comes from: which samples of which recording, which characters of which document, by their contents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

from mining import fetch, results, store
from mining.corpus.rows import Row

FIELDS = ("source", "audio_hash", "start_sample", "end_sample", "document_hash", "start_character", "end_character")
"""What is told besides the public row. The hashes are SHA-256; samples count at 16 kHz; characters count through all lines of
pages.jsonl, in their order, with one between two lines. Intervals are half-open; what the run does not know is None."""

Span = tuple[int, int]


class Origins:
    """The origins of the utterances of a run. What is read of a recording is kept until another is asked for."""

    def __init__(self, out: Path) -> None:
        """`out` is the folder of the run."""
        self._out, self._recording = out, ""
        self._facts: dict[str, Any] = {}
        self._spans: dict[str, Span] = {}

    def of(self, row: Row) -> dict[str, Any]:
        """The values of `FIELDS` of a public row."""
        if row["recording"] != self._recording:
            recording = store.Recording(self._out / "recordings" / row["recording"])
            self._facts = store.read_json(recording.path("recording.json")) or {}
            self._spans = _spans(recording)
            self._recording = row["recording"]
        start, end = self._spans.get(row["id"], (None, None))
        return {
            "source": told(row["audio"]),
            "audio_hash": self._facts.get("audio_hash"),
            "start_sample": store.samples(row["start"]),
            "end_sample": store.samples(row["end"]),
            "document_hash": self._facts.get("document_hash"),
            "start_character": start,
            "end_character": end,
        }


def told(location: str) -> str:
    """A location as others may be told it: of an absolute path the name alone, for the folders are those of one machine.

    >>> told("bulletins/0830.mp3"), told("/home/asha/0830.mp3"), told("https://air.example/0830.mp3")
    ('bulletins/0830.mp3', '0830.mp3', 'https://air.example/0830.mp3')
    """
    if fetch.is_remote(location):
        return fetch.shown(location)
    path = PurePath(fetch.local_path(location))
    return path.name if path.is_absolute() else str(path)


def _spans(recording: store.Recording) -> dict[str, Span]:
    """The characters [start, end) in the document of every pair of a recording that they can be told of, by its id.

    A sentence is found in the lines that it touches, after the sentence before it.
    """
    starts, lines = _lines(recording)
    if not lines:
        return {}
    wanted = _raw_texts(recording)
    spans: dict[str, Span] = {}
    reached: dict[tuple[int, int], int] = {}  # by the first line of sentences: how far the last of them went
    for sentence in results.stream(recording.path("sentences.jsonl")):
        places = [(page, line) for page, line in sentence["places"]]
        if places and all(place in lines for place in places):
            text = " ".join(lines[place] for place in places)
            first = text.find(sentence["raw_text"], reached.get(places[0], 0))
            if first >= 0:
                reached[places[0]] = last = first + len(sentence["raw_text"])
                at = list(itertools.chain.from_iterable(range(starts[p], starts[p] + len(lines[p]) + 1) for p in places))
                for id, start, end in _within(text, first, last, wanted.get(sentence["id"], [])):
                    spans[id] = at[start], at[end - 1] + 1
    return spans


def _within(text: str, first: int, last: int, pairs: list[tuple[str, str]]) -> Iterator[tuple[str, int, int]]:
    """Each pair of a sentence with the stretch of `text` that it is: parts follow each other, readings begin again."""
    reached = first
    for id, raw in pairs:
        start = text.find(raw, reached, last)
        if start < 0:
            start = text.find(raw, first, last)
        if raw and start >= 0:
            reached = start + len(raw)
            yield id, start, reached


def _lines(recording: store.Recording) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], str]]:
    """Of every line of the document by (page, index on it): the character that it begins at, and its text."""
    starts: dict[tuple[int, int], int] = {}
    lines: dict[tuple[int, int], str] = {}
    reached = 0
    for page in results.stream(recording.path("pages.jsonl")):
        for index, line in enumerate(page["lines"]):
            starts[page["number"], index], lines[page["number"], index] = reached, line["text"]
            reached += len(line["text"]) + 1
    return starts, lines


def _raw_texts(recording: store.Recording) -> dict[str, list[tuple[str, str]]]:
    """The (id, raw text) of the pairs of every sentence, by its id, in the order in which they are read."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in sorted(results.stream(recording.path("pairs.jsonl")), key=lambda row: row["start"]):
        found.setdefault(row["sentence"], []).append((row["id"], row["raw_text"]))
    return found
