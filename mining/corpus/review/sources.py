"""Where the recordings and documents of a run lie by now, if they are still there."""

from __future__ import annotations

from pathlib import Path

from mining import fetch


def local(location: str, out: Path) -> Path:
    """Where a file of a run lies on this machine, if it does: itself, or the copy of a remote one. Nothing is fetched."""
    return fetch.copy_of(location, out / "fetched") if fetch.is_remote(location) else Path(fetch.local_path(location))


def gone(what: str, location: str, out: Path) -> str:
    """One sentence on a file that is not there; "" if it is. `what` it was: recording or document."""
    place = local(location, out)
    if place.is_file():
        return ""
    here = "" if place.is_absolute() else f", as seen from {Path.cwd()}"
    lost = "lies on a server, and the copy has gone" if fetch.is_remote(location) else f"is not there any more{here}"
    return f"The {what} {fetch.shown(location)} {lost}."
