"""A catalogue of a web index: a page of links, such as web servers make of a folder, and pages of its sub-folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from os.path import splitext
from pathlib import PurePosixPath

from mining import fetch
from mining.corpus.catalogue.links import links
from mining.corpus.catalogue.locations import path_below
from mining.corpus.catalogue.pairing import File, Found, Rules, kind_of, pair
from mining.errors import InputError, Unreachable

PAGE_BYTES = 64 << 20
"""Of a page or a feed."""
MOST_PAGES = 20_000
"""Of one index: what is more is rather a loop than an archive."""


def from_web(html: bytes, url: str, depth: int, rules: Rules, place: Callable[[str], str]) -> Found:
    """Pair the recordings and documents that a page links to. Without a pattern, those of the same stem on the same page.

    Args:
        html: the page, already read.
        url: where it was found; paths are told relative to its folder, where they lie below it.
        depth: how many levels of sub-folders are followed: links that end in a slash, below the page's own folder.
        place: makes a URL the location that the catalogue is to hold.

    Raises:
        InputError: there are over `MOST_PAGES` pages.
    """
    start = url.rpartition("/")[0] + "/"
    files: dict[str, File] = {}
    seen, level, unread = {start, url}, [(url, html)], []
    for step in range(depth + 1):
        below: set[str] = set()
        for page, text in level:
            for link in links(text.decode(errors="replace"), page):
                path = path_below(link, start)
                if kind_of(path):
                    files.setdefault(link, File(link, path, f"{page}\n{PurePosixPath(splitext(path)[0]).name}"))
                elif link.endswith("/") and "?" not in link and link.startswith(start):
                    below.add(link)
        if step == depth:
            break
        level = []
        for link in sorted(below - seen):
            try:
                level.append((link, fetch.read(link, PAGE_BYTES)[0]))
            except (InputError, Unreachable) as error:
                unread.append(str(error))
        seen |= below
        if len(seen) > MOST_PAGES:
            raise InputError(f"{url}: has over {MOST_PAGES} pages below it.", "Give a smaller --depth, or a folder below it.")
    found = pair((replace(file, location=place(link)) for link, file in files.items()), rules)
    if unread:
        found.left["unreadable"] = sorted(unread)
    return found
