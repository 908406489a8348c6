"""What the report's tests share: its HTML taken apart, and recordings as the page is made from them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mining import store
from mining.corpus.report import write_report
from mining.corpus.report.facts import Part, measured
from mining.corpus.rows import Source


class Page(HTMLParser):
    """Tags with their attributes, the stack balanced, and the JSON that rows are drawn from."""

    VOID = ("meta", "link", "br", "line", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & {*self.open}:
            self.text.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a name."""
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def shown(self) -> str:
        """All text outside scripts, white space made single spaces."""
        return " ".join(" ".join(self.text).split())

    @property
    def recordings(self) -> list[dict[str, Any]]:
        """What each recording is drawn from."""
        return [
            json.loads(text) for text in re.findall(r'<script type="application/json" id="data-\d+">(.*?)</script>', self.html)
        ]

    @property
    def listings(self) -> list[list[dict[str, Any]]]:
        """What each list of pairs to be heard first is drawn from."""
        return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', self.html)]

    @property
    def sounds(self) -> dict[str, str]:
        """Base64 of every sound inside, by its name."""
        return dict(re.findall(r'<script type="text/plain" id="(sound-\w+)">([^<]*)</script>', self.html))


@pytest.fixture
def read_page() -> Callable[[Path], Page]:
    """`read_page(out)` writes the report of a run and takes it apart."""

    def read(out: Path) -> Page:
        page = Page(write_report(out).read_text(encoding="utf8"))
        assert page.open == []
        return page

    return read


@pytest.fixture
def failures_only(tmp_path: Path) -> Path:
    """A run of which nothing went through."""
    out = tmp_path / "failed"
    for name in ("pairs.jsonl", "rejected.jsonl"):
        store.write_rows(out / name, [])
    row = {"audio": "broken.mp3", "document": "a.pdf", "reason": "unusable_input", "message": "broken.mp3: <b>not audio</b>"}
    store.write_rows(out / "failures.jsonl", [row])
    return out


def part(
    id: str = "r", mined: float = 60.0, confidences: tuple[float, ...] = (0.9,), dropped: tuple[float, ...] = (), **told: Any
) -> Part:
    """A recording of 100 seconds, `mined` of them in pairs of these confidences, and what the catalogue has `told`."""
    source = Source(
        id, f"{id}.mp3", f"{id}.pdf", told.pop("language", "hi"), 100.0, (), {"mined": mined, "no_speech": 100 - mined}, {}
    )
    pairs = [
        {"id": f"{id}-p{number:05d}", "recording": id, "text": "कल बारिश", "heard": "कल", "duration": 2.0, "confidence": sure}
        for number, sure in enumerate(confidences)
    ]
    rejected = [{"confidence": sure, "reason": "low_confidence"} for sure in dropped]
    rejected += [{"confidence": 0.999, "reason": "too_long"}, {"confidence": None, "reason": "not_spoken"}]
    return Part(source, told, 0.8, [measured(row) for row in pairs], rejected)
