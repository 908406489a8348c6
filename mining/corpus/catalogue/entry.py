"""One recording of a catalogue, made of a row of texts, and what may be wrong with such a row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mining.corpus.catalogue.locations import default_id, joined
from mining.documents.languages import LANGUAGES
from mining.names import safe_name

REQUIRED = ("audio", "document")
KNOWN = ("id", *REQUIRED, "language", "audio_sha256", "document_sha256")
"""The columns that mean something to Shruti; all others are carried along."""

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording of an archive.

    Attributes:
        id: names the recording; fit for a folder's name, unique in a checked catalogue.
        audio, document: locations, that is local paths, or URLs of anything that fsspec reads.
        language: a code; "" where the run's, or the document's script, is to decide.
        audio_sha256, document_sha256: in hex, lower case; "" where they are not known.
        about: all other columns that hold something, such as station, date or licence, sorted by name.
        named: whether the catalogue gave the id; else it was made of the audio's location.
    """

    id: str
    audio: str
    document: str
    language: str = ""
    audio_sha256: str = ""
    document_sha256: str = ""
    about: Mapping[str, str] = field(default_factory=dict, hash=False)
    named: bool = False


def id_of(catalogue: str, row: Mapping[str, str]) -> str:
    """The id of a row: its own, made fit for a folder's name, else one made of where its audio lies."""
    given = row.get("id", "")
    return safe_name(given) if given else default_id(catalogue, row.get("audio", ""))


def entry_of(catalogue: str, row: Mapping[str, str]) -> Entry:
    """The entry of a row without faults, whose texts are trimmed."""
    return Entry(
        id=id_of(catalogue, row),
        audio=joined(catalogue, row["audio"]),
        document=joined(catalogue, row["document"]),
        language=row.get("language", ""),
        audio_sha256=row.get("audio_sha256", "").lower(),
        document_sha256=row.get("document_sha256", "").lower(),
        about={name: row[name] for name in sorted(row) if name and row[name] and name not in KNOWN},
        named=bool(row.get("id")),
    )


def faults_of(row: Mapping[str, str]) -> list[str]:
    """What is wrong with one row by itself."""
    faults = [f"no {name}" for name in REQUIRED if not row.get(name)]
    faults += [f"{name} holds a zero byte" for name in REQUIRED if "\0" in row.get(name, "")]
    language = row.get("language", "")
    if language and language not in LANGUAGES:
        faults.append(f"unknown language {language!r}")
    for name in ("audio_sha256", "document_sha256"):
        if row.get(name) and not _SHA256.fullmatch(row[name]):
            faults.append(f"{name} {row[name]!r} is not 64 hex digits")
    return faults
