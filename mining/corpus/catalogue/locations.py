"""Where the files of a catalogue lie, seen from where the catalogue lies, and the ids that recordings get from that."""

from __future__ import annotations

import os.path
import posixpath
import re
from urllib.parse import quote, unquote

from mining.fetch import is_remote, is_web, local_path, protocol
from mining.names import safe_name

_SUFFIX = re.compile(r"(?=\.[^.]*[A-Za-z])\.[A-Za-z0-9]{1,5}$")  # .mp3 is one; the .31 of a date is none


def joined(catalogue: str, location: str) -> str:
    """A location as a catalogue gives it, made one by itself: what is relative is so to the catalogue's folder or URL.

    A relative location is a path, not a piece of a URL: on the web its odd characters get percent-encoded here.

    >>> joined("archive/list.csv", "2024/a.mp3"), joined("https://x.org/radio/list.csv?v=1", "50% off.mp3")
    ('archive/2024/a.mp3', 'https://x.org/radio/50%25%20off.mp3')
    """
    if is_remote(location):
        return location
    path = local_path(location)
    if os.path.isabs(path):
        return path
    if not is_remote(catalogue):
        # Not by pathlib, which keeps every name that it has seen in a table of the interpreter.
        names = [name for name in path.split("/") if name not in ("", ".")]
        return os.path.join(os.path.dirname(local_path(catalogue)), *names)
    own, chain, others = (catalogue, "", "") if is_web(catalogue) else catalogue.partition("::")
    protocol, _, below = own.partition("://")
    if is_web(catalogue):
        below, path = re.split("[?#]", below)[0], quote(path)
    parts = below.split("/")[:-1]
    for part in path.split("/"):
        if part == "..":
            parts = parts[:1] + parts[1:-1]
        elif part != ".":
            parts.append(part)
    return f"{protocol}://{'/'.join(parts)}{chain}{others}"


def default_id(catalogue: str, location: str) -> str:
    """The id of a recording that has none: its path as the catalogue gives it, without suffix, with "-" for "/".

    It depends on this location alone, so it stays when rows are added.

    >>> default_id("list.csv", "2024/patna-0830.mp3"), default_id("list.csv", "https://x.org/radio/a%20b.mp3?v=1")
    ('2024-patna-0830', 'radio-a b')
    """
    return id_of_path(_path_below(catalogue, location))


def id_of_path(path: str) -> str:
    """An id made of a path.

    >>> id_of_path("2024/patna.2024.01.31")
    '2024-patna.2024.01.31'
    """
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return safe_name(_SUFFIX.sub("", "-".join(parts)))


def path_of_url(url: str) -> str:
    """The path of a URL below its host or bucket, as people read it.

    >>> path_of_url("https://x.org/radio/a%20b.mp3?v=1"), path_of_url("zip://2024/a.mp3::s3://x/2024.zip")
    ('radio/a b.mp3', '2024/a.mp3')
    """
    if is_web(url) or protocol(url) == "file":
        return unquote(re.split("[?#]", url.partition("://")[2])[0].partition("/")[2])
    own, chain, _ = url.partition("::")
    body = own.partition("://")[2]
    return body if chain else body.partition("/")[2]


def path_below(url: str, start: str) -> str:
    """The path of a URL as people read it: relative to a folder's URL, where it lies below that, else to its host.

    >>> path_below("https://x.org/radio/2024/a.mp3", "https://x.org/radio/"), path_below("https://y.org/a.mp3", "https://x.org/")
    ('2024/a.mp3', 'a.mp3')
    """
    path = path_of_url(url)
    return path.removeprefix(path_of_url(start)) if url.startswith(start) else path


def _path_below(catalogue: str, location: str) -> str:
    if is_remote(location):
        return path_of_url(location)
    path = posixpath.normpath(local_path(location))
    if os.path.isabs(path) and not is_remote(catalogue):
        folder = os.path.abspath(os.path.dirname(local_path(catalogue)))
        return os.path.relpath(path, folder) if path.startswith(folder.rstrip("/") + "/") else path
    return path
