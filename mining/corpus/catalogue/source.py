"""What a catalogue can be made of, told apart: a folder, a feed, or a page of links."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from mining import fetch
from mining.corpus.catalogue.feed import from_feed, is_feed
from mining.corpus.catalogue.pairing import Found, Rules
from mining.corpus.catalogue.tree import beside, from_tree
from mining.corpus.catalogue.web import PAGE_BYTES, from_web
from mining.errors import InputError, UsageError

_PAGE = re.compile(r"\.(xml|rss|atom|html?|xhtml)$", re.IGNORECASE)


def find(source: str, out: Path, rules: Rules, depth: int) -> Found:
    """Pair what a source holds.

    Args:
        source: a folder; a feed or an HTML page, as a file or by its URL.
        out: the catalogue to be written; local locations become relative to its folder.
        depth: levels of sub-folders that are followed from a page.

    Raises:
        ShrutiError: the source cannot be read.
        UsageError: there are patterns for a feed, whose items pair by themselves.
    """
    remote = fetch.is_remote(source)
    if os.path.isdir(fetch.local_path(source)) or (remote and not fetch.is_web(source) and not _PAGE.search(source)):
        return from_tree(source if remote else fetch.local_path(source), out, rules)
    data, url = fetch.read(source, PAGE_BYTES)
    if not remote:
        url = Path(os.path.realpath(fetch.local_path(source))).as_uri()

    def place(link: str) -> str:
        if urlsplit(link).scheme != "file":
            return link
        return beside(os.path.relpath(fetch.local_path(link), os.path.realpath(out.parent)))

    if is_feed(data):
        if rules.audio:
            raise UsageError("A feed's items pair its files, and no pattern does.", "Leave the patterns out.")
        return from_feed(data, url, rules, place)
    if b"<" not in data:
        raise InputError(f"{fetch.shown(source)}: is no folder, no feed and no page.", "Give one of these.")
    return from_web(data, url, depth, rules, place)
