"""The links of an HTML page."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

_TARGETS = {"a": "href", "audio": "src", "source": "src", "embed": "src", "object": "data"}


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a tag leads."""
        target = (dict(attrs).get("href" if tag == "base" else _TARGETS.get(tag, "")) or "").strip()
        if tag == "base" and not self.base:
            self.base = target
        elif target:
            self.found.append(target)


def links(html: str, url: str) -> list[str]:
    """Where the links of a page lead, as whole URLs without fragments, sorted, each once.

    Args:
        url: of the page; its own <base> goes before it.
    """
    page = _Links()
    page.feed(html)
    page.close()
    base = _join(url, page.base)
    return sorted({target for link in page.found if (target := urldefrag(_join(base, link))[0])})


def _join(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:  # such as http://[half
        return base
