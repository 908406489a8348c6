"""Which document belongs to which recording: files paired by their names, with all that finds no partner told."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from mining.corpus.catalogue.entry import Entry
from mining.corpus.catalogue.locations import id_of_path
from mining.corpus.catalogue.pattern import Pattern
from mining.errors import UsageError
from mining.names import safe_name

AUDIO: tuple[str, ...] = (
    ".wav",
    ".flac",
    ".aiff",
    ".aif",
    ".mp3",
    ".m4a",
    ".aac",
    ".ogg",
    ".oga",
    ".opus",
    ".wma",
    ".amr",
    ".3gp",
)
AUDIO += (".mp4", ".mkv", ".webm", ".mov", ".avi", ".mpg", ".mpeg", ".ts", ".wmv")
DOCUMENTS = (".pdf", ".txt", ".text")
"""The suffixes of recordings (films too: their sound is read) and documents; of one in several formats the first is taken."""

REASONS = {
    "audio_alone": "recordings without a document",
    "document_alone": "documents without a recording",
    "unmatched": "files whose names do not fit the pattern",
    "doubtful": "files that are several for one place",
    "other_format": "files of which another format was taken",
    "unreadable": "names or pages that cannot be read",
}
"""Why a file is in no row."""


@dataclass(frozen=True)
class File:
    """A recording or a document. Patterns and ids see `path`; without a pattern, files of the same `key` belong together."""

    location: str
    path: str
    key: str

    @property
    def stem(self) -> str:
        """The path without its suffix."""
        return self.path.removesuffix(self.suffix)

    @property
    def suffix(self) -> str:
        """As the path has it, in whatever case."""
        return PurePosixPath(self.path).suffix


@dataclass
class Found:
    """What a catalogue is to be made of: entries sorted by id, and what is in none of them, by its reason."""

    entries: list[Entry] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def finish(self) -> Found:
        """Sort all of it, and make ids that come twice different."""
        count = Counter(entry.id for entry in self.entries)
        entries = [replace(entry, id=_own(entry)) if count[entry.id] > 1 else entry for entry in self.entries]
        self.entries = sorted(entries, key=lambda entry: entry.id)
        self.left = {reason: sorted(self.left[reason]) for reason in REASONS if self.left.get(reason)}
        return self


def _own(entry: Entry) -> str:
    return safe_name(f"{entry.id}-{hashlib.sha256(entry.audio.encode()).hexdigest()[:8]}")


@dataclass(frozen=True)
class Rules:
    """How files are paired, and what is told of all of them.

    Attributes:
        audio, document: patterns, or None both, to pair files of the same key.
        language: of all, "" to leave it open.
        about: columns that are the same for all; they go before what names or feeds say.
    """

    audio: Pattern | None = None
    document: Pattern | None = None
    language: str = ""
    about: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, pattern: str, audio: str, document: str, language: str, about: Mapping[str, str]) -> Rules:
        """Rules of patterns as texts, each of which may be "".

        Raises:
            UsageError: a pattern is none, is alone, or shares no field with the other.
        """
        first, second = audio or pattern, document or pattern
        if bool(first) != bool(second):
            raise UsageError("One pattern is given, and the other is not.", "Give both, or --pattern for both.")
        rules = cls(Pattern(first) if first else None, Pattern(second) if second else None, language, about)
        if rules.audio and rules.document and not rules.audio.names & rules.document.names:
            raise UsageError(f"{first!r} and {second!r} share no field.", "Name what pairs the files the same in both.")
        return rules

    def entry(self, id: str, audio: str, document: str, about: Mapping[str, str]) -> Entry:
        """An entry with the columns that all have."""
        columns = {**about, **self.about}
        language = self.language or columns.get("language", "")
        rest = {name: columns[name] for name in sorted(columns) if columns[name] and name not in ("id", "language")}
        return Entry(safe_name(columns.get("id", "") or id), audio, document, language, about=rest, named=True)


Fields = tuple[tuple[str, str], ...]


def kind_of(path: str) -> str:
    """ "audio", "document" or "", by a path's suffix."""
    suffix = PurePosixPath(path).suffix.lower()
    return "audio" if suffix in AUDIO else "document" if suffix in DOCUMENTS else ""


def pair(files: Iterable[File], rules: Rules) -> Found:
    """Recordings with their documents. Recordings may share one: a script that several stations have read."""
    found, ordered = Found(), sorted(files, key=lambda file: file.path)
    audios = _one_each(_grouped([file for file in ordered if kind_of(file.path) == "audio"], rules.audio, found), found)
    documents = _one_each(_grouped([file for file in ordered if kind_of(file.path) == "document"], rules.document, found), found)
    shared = rules.audio.names & rules.document.names if rules.audio and rules.document else frozenset({""})
    by_key: dict[Fields, list[Fields]] = defaultdict(list)
    for fields in documents:
        by_key[_only(fields, shared)].append(fields)
    used = set()
    for fields, audio in audios.items():
        candidates = by_key.get(_only(fields, shared), [])
        if len(candidates) != 1:
            found.left["audio_alone"].append(audio.path)
            continue
        used.add(candidates[0])
        about = {name: value for name, value in (*candidates[0], *fields) if name}
        found.entries.append(rules.entry(id_of_path(audio.path), audio.location, documents[candidates[0]].location, about))
    for candidates in by_key.values():
        for fields in candidates:
            if fields not in used:
                found.left["document_alone" if len(candidates) == 1 else "doubtful"].append(documents[fields].path)
    return found.finish()


def _only(fields: Fields, names: frozenset[str]) -> Fields:
    return tuple(item for item in fields if item[0] in names)


def _grouped(files: Sequence[File], pattern: Pattern | None, found: Found) -> dict[Fields, list[File]]:
    """Files by what their names say."""
    groups: dict[Fields, list[File]] = defaultdict(list)
    for file in files:
        fields = pattern.fields(file.stem) if pattern else {"": file.key}
        if fields is None:
            found.left["unmatched"].append(file.path)
        else:
            groups[tuple(sorted(fields.items()))].append(file)
    return groups


def _one_each(groups: Mapping[Fields, list[File]], found: Found) -> dict[Fields, File]:
    chosen = {}
    for fields, files in groups.items():
        one = choose(files, found)
        if one:
            chosen[fields] = one
    return chosen


def choose(files: Sequence[File], found: Found) -> File | None:
    """The one file of a group; of one in several formats the best, and of different files none, since any might be wrong."""
    if len({file.stem for file in files}) > 1:
        found.left["doubtful"] += [file.path for file in files]
        return None
    order = (*AUDIO, *DOCUMENTS)
    best, *others = sorted(files, key=lambda file: (order.index(file.suffix.lower()), file.path))
    found.left["other_format"] += [file.path for file in others]
    return best
