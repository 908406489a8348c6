"""A catalogue of a tree of folders, on this machine or on any that fsspec reads."""

from __future__ import annotations

import os
from pathlib import Path

from mining.corpus.catalogue.pairing import File, Found, Rules, kind_of, pair
from mining.errors import InputError
from mining.fetch import files_below, is_remote


def from_tree(folder: str, out: Path, rules: Rules) -> Found:
    """Pair the recordings and documents below a folder; hidden files and folders are left out.

    Args:
        folder: a local path, or a URL.
        out: the catalogue to be written; local locations become relative to its folder.

    Raises:
        ShrutiError: the folder cannot be read.
    """
    if is_remote(folder):
        start, paths = folder.rstrip("/") + "/", files_below(folder)
    else:
        start, paths = os.path.relpath(os.path.realpath(folder), os.path.realpath(out.parent)), _files(Path(folder))
    files, unreadable = [], []
    for path in paths:
        if not kind_of(path) or any(part.startswith(".") for part in path.split("/")):
            continue
        if not _is_text(path):
            unreadable.append(path.encode(errors="surrogateescape").decode(errors="replace"))
            continue
        location = start + path if is_remote(folder) else beside(os.path.join(start, path))
        files.append(File(location, path, os.path.splitext(path)[0]))
    found = pair(files, rules)
    if unreadable:
        found.left["unreadable"] = sorted(unreadable)
    return found


def beside(path: str) -> str:
    """A relative path as a catalogue may hold it: readers trim what begins with a space."""
    path = os.path.normpath(path)
    return f"./{path}" if path[0].isspace() else path


def _files(folder: Path) -> list[str]:
    """All files below a folder, as paths relative to it, sorted."""

    def fail(error: OSError) -> None:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror}).", "Check its permissions.") from error

    found = []
    for place, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [os.path.relpath(os.path.join(place, name), folder) for name in names]
    return sorted(found)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
