"""A catalogue of a feed (RSS, Atom, a podcast): each item's recording with the script that the same item names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from io import BytesIO
from os.path import splitext
from typing import Any
from urllib.parse import urljoin, urlsplit

from mining.corpus.catalogue.links import links
from mining.corpus.catalogue.locations import id_of_path, path_below
from mining.corpus.catalogue.pairing import File, Found, Rules, choose, kind_of
from mining.corpus.catalogue.pattern import language_code
from mining.errors import InputError
from mining.fetch import is_remote

_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF)[\s>]")
_DOCUMENT_TYPES = ("application/pdf", "text/plain")


def is_feed(data: bytes) -> bool:
    """Whether some bytes begin as feeds do."""
    return bool(_ROOT.search(data[:4096]))


def from_feed(data: bytes, url: str, rules: Rules, place: Callable[[str], str]) -> Found:
    """Pair the recordings of a feed with documents of their items. An item with several of either is in doubt, and told.

    Args:
        url: of the feed, or of its file.
        place: makes a URL the location that the catalogue is to hold.

    Raises:
        InputError: it is no feed.
    """
    import feedparser

    base = {"content-location": url} if is_remote(url) else {}  # file:// loses a slash in feedparser
    feed = feedparser.parse(BytesIO(data), response_headers=base, sanitize_html=False)
    if not feed.version:
        raise InputError(f"{url}: is no feed ({feed.get('bozo_exception', 'no RSS and no Atom')}).", "Check the location.")
    found, taken = Found(), set[str]()
    for item in feed.entries:
        sides = _files(item, url)
        audio = choose(sides["audio"], found) if sides["audio"] else None
        document = choose(sides["document"], found) if sides["document"] else None
        if audio and audio.location in taken:  # another item has it: with another script, perhaps
            found.left["doubtful"].append(audio.location)
        elif audio and document:
            taken.add(audio.location)
            about = _about(feed.feed, item)
            found.entries.append(rules.entry(id_of_path(audio.path), place(audio.location), place(document.location), about))
        elif audio:
            found.left["audio_alone"].append(audio.location)
        elif document:
            found.left["document_alone"].append(document.location)
    return found.finish()


def _files(item: Any, url: str) -> dict[str, list[File]]:
    """The recordings and documents that an item names."""
    typed = [(link.get("href", ""), link.get("type", "")) for link in item.get("links", ())]
    typed += [(media.get("url", ""), media.get("type", "")) for media in item.get("media_content", ())]
    script = item.get("podcast_transcript", {})
    typed.append((script.get("url", ""), script.get("type", "")))
    texts = [item.get("summary", ""), *(content.get("value", "") for content in item.get("content", ()))]
    typed += [(link, "") for text in texts for link in links(text, url)]
    sides: dict[str, dict[str, File]] = defaultdict(dict)
    for link, kind in typed:
        try:
            target = urljoin(url, link.strip()) if link.strip() else ""
        except ValueError:  # no URL at all, such as http://[half
            continue
        path = path_below(target, url.rpartition("/")[0] + "/")
        side = _side(path, kind.lower())
        if side and urlsplit(target).scheme:
            sides[side][target] = File(target, path if kind_of(path) else path + _suffix(side, kind), splitext(path)[0])
    return {side: list(sides[side].values()) for side in ("audio", "document")}


def _side(path: str, kind: str) -> str:
    """Whether a link is to a recording, a document or neither: by its suffix, else by its type."""
    if kind_of(path):
        return kind_of(path)
    if kind.startswith(("audio/", "video/")):
        return "audio"
    return "document" if kind.partition(";")[0].strip() in _DOCUMENT_TYPES else ""


def _suffix(side: str, kind: str) -> str:
    return ".mp3" if side == "audio" else ".txt" if kind.startswith("text/") else ".pdf"


def _about(feed: Any, item: Any) -> dict[str, str]:
    """What a feed tells of an item, as columns."""
    author = item.get("author", "")
    station = feed.get("title", "")
    return {
        "title": _line(item.get("title", "")),
        "date": _date(item),
        "station": _line(station),
        "author": _line(author) if author != station else "",
        "licence": _line(next((of[name] for of in (item, feed) for name in ("license", "rights") if of.get(name)), "")),
        "language": language_code(item.get("language", "") or feed.get("language", "")),
    }


def _line(text: str) -> str:
    """A text as one line, without HTML."""
    return " ".join(re.sub("<[^>]+>", " ", text).split())


def _date(item: Any) -> str:
    """The day of an item, where it was published rather than in Greenwich; "" if it tells none."""
    told = item.get("published", "") or item.get("updated", "")
    if re.match(r"\d{4}-\d\d-\d\d", told):
        return told[:10]
    try:
        return parsedate_to_datetime(told).date().isoformat()
    except (TypeError, ValueError):
        parsed = item.get("published_parsed") or item.get("updated_parsed")
        return f"{parsed.tm_year:04}-{parsed.tm_mon:02}-{parsed.tm_mday:02}" if parsed else ""
