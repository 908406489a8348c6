"""What is to be done for one recording: its files, its config, and the key of every stage.

A key is a hash of a stage's config and of the keys that it builds on, down to the contents of recording, document and
model. So a stage is to be done again exactly when something that it depends on has changed.
"""

from __future__ import annotations

import contextlib
import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining import fetch, ledger, results, store
from mining.config import Config, CorrectConfig
from mining.corpus.catalogue import Entry
from mining.errors import InputError, ShrutiError, UsageError

if TYPE_CHECKING:
    from mining.documents.languages import Language

VERSION = 5
"""Raised when a stage comes to compute something else from the same input and config: it ends all old keys."""


@dataclass(frozen=True)
class Job:
    """One recording, its document, and how they are to be treated.

    `keys` holds the key of every stage: what `Recording.is_done` is asked. Relative locations count from `root`.
    """

    recording: store.Recording
    entry: Entry
    config: Config
    language: Language
    model: str
    keys: dict[str, str]
    root: Path = Path()

    @property
    def out(self) -> Path:
        """The folder of the run."""
        return self.recording.folder.parent.parent

    @property
    def audio(self) -> Path:
        """The recording on this machine; one that lies on a server is fetched, unless it is here already."""
        return _here(self.entry, self.entry.audio, self.out, self.root)

    @property
    def document(self) -> Path:
        """The document on this machine, as `audio`."""
        return _here(self.entry, self.entry.document, self.out, self.root)

    def path(self, name: str) -> Path:
        """The path of one of the recording's files."""
        return self.recording.path(name)

    def read(self, name: str, kind: type[store.Record]) -> list[store.Record]:
        """The records of one of the recording's files."""
        return store.read_records(self.path(name), kind)


def drop_fetched(entry: Entry, out: Path) -> None:
    """Remove the copies of what lies on servers: an archive's would fill a disk."""
    if fetch.is_remote(entry.audio) or fetch.is_remote(entry.document):
        shutil.rmtree(_fetched(entry, out), ignore_errors=True)
        with contextlib.suppress(OSError):  # others are in it
            (out / "fetched").rmdir()


def _fetched(entry: Entry, out: Path) -> Path:
    """Where a run keeps copies of what lies on servers; each recording by itself, for one script may belong to several."""
    return out / "fetched" / store.key(entry.id, entry.audio, entry.document)


def _here(entry: Entry, location: str, out: Path, root: Path) -> Path:
    """One of an entry's two locations as a path on this machine, its checksum verified where the catalogue has one."""
    sha256 = entry.audio_sha256 if location == entry.audio else entry.document_sha256
    if not fetch.is_remote(location):
        location = str(root / fetch.local_path(location))
    return fetch.fetch(location, _fetched(entry, out), sha256=sha256)


# --- what is to be done ---------------------------------------------------------------------------------------------


def start(entry: Entry, out: Path, config: Config, root: Path = Path()) -> Job:
    """Make the folder of a recording in the run `out`, and note what is to be done in recording.json.

    Raises:
        UsageError: the language is unknown, or cannot be told from the document.
        InputError: recording or document cannot be read.
        EnvironmentProblem: `out` cannot be written, or a server cannot be reached.
    """
    from mining.documents.ocr import check

    paper = _here(entry, entry.document, out, root)
    language = _language(paper, entry.language or config.language)
    model = config.transcribe.model or language.model
    fingerprint(model, language.code)  # an unknown model is told before anything is written
    results.check_writable(out)
    note = _noted(entry, out, root, language.code)
    recording = store.Recording(out / "recordings" / note.recording)
    if (store.read_json(recording.path("recording.json")) or {}).get("document_hash") != note.hashes[1]:
        check(paper)  # before the recording has a folder
    with store.locked(recording.folder):
        about = store.read_json(recording.path("recording.json")) or {}
        before, now = about.get("document_hash"), note.hashes[1]
        other = before not in (None, now) or about.get("language", language.code) != language.code
        about |= _about(entry, note, replace(config, language=entry.language or config.language), model)
        results.sweep(recording.folder)
        if other:
            _forget(recording)
        store.write_json(recording.path("recording.json"), about)
    ledger.write(out, entry, note, root)
    return _job(recording, about, entry, root)


def _noted(entry: Entry, out: Path, root: Path, language: str) -> ledger.Note:
    """The hashes of an entry's files, read again only where they look otherwise than when they were last read."""
    before, seen = ledger.read(out, entry, root), ledger.signatures(entry, root)
    if before is not None and not _expected(entry, before.hashes):
        before = None  # then they are fetched, or read, and held against their checksums
    hashes = []
    for at, location in enumerate((entry.audio, entry.document)):
        known = before is not None and before.seen[at] == seen[at] and before.hashes[at]
        hashes.append(known or store.content_hash(_here(entry, location, out, root)))
    name = store.recording_id(entry.id, hashes[0])
    return ledger.Note(seen, (hashes[0], hashes[1]), language, name)


def _about(entry: Entry, note: ledger.Note, config: Config, model: str) -> dict[str, Any]:
    """What recording.json holds of an entry, before anything is done for it."""
    return {
        "id": note.recording,
        "audio": entry.audio,
        "document": entry.document,
        "language": note.language,
        "model": model,
        "strategy": config.match.strategy,
        "audio_hash": note.hashes[0],
        "document_hash": note.hashes[1],
        "about": dict(entry.about),
        "config": config.as_dict(),
    }


def settings_key(entry: Entry, config: Config) -> str:
    """The key of all that may decide whether a recording can be used, besides its files."""
    ocr, hearing = replace(config.ocr, workers=0), replace(config.transcribe, device="")
    said = (entry.language, entry.audio_sha256, entry.document_sha256)
    return store.key(VERSION, said, replace(config, ocr=ocr, transcribe=hearing))


def state(entry: Entry, out: Path, config: Config, root: Path = Path()) -> str:
    """How far a run is with an entry: "done", "failed" (and trying again would be in vain), or "left".

    Looks at the files' sizes and times, and at two small files of the run: nothing is opened that could be large.
    """
    note = ledger.read(out, entry, root)
    if note is None or note.seen != ledger.signatures(entry, root):
        return "left"
    if note.failure:
        return "failed" if note.lasting and note.settings == settings_key(entry, config) else "left"
    if () in note.seen or not note.recording or not _expected(entry, note.hashes):
        return "left"
    from mining.documents.languages import language

    config = replace(config, language=entry.language or config.language)
    if config.language not in ("", note.language):
        return "left"
    recording = store.Recording(out / "recordings" / note.recording)
    try:
        model = config.transcribe.model or language(note.language).model
        wanted = _keys(_about(entry, note, config, model), config)
        done = store.read_json(recording.path("done.json")) or {}
    except ShrutiError:  # no model for its language, a damaged file: the recording itself will tell, and stop no other
        return "left"
    there = all(recording.path(name).exists() for name in ("recording.json", "pairs.jsonl"))
    return "done" if there and wanted.items() <= done.items() else "left"


def _expected(entry: Entry, hashes: tuple[str, str]) -> bool:
    """Whether files have the hashes that the catalogue says, where it says any."""
    wanted = (entry.audio_sha256, entry.document_sha256)
    return all(want in ("", found) for want, found in zip(wanted, hashes, strict=True))


def _forget(recording: store.Recording) -> None:
    """Another document or language has come in: what the former one gave is not to be shown beside it, whatever happens next."""
    for name in ("coverage.json", "pairs.jsonl", "rejected.jsonl"):
        recording.path(name).unlink(missing_ok=True)


def reopen(out: Path, only: str | None = None, change: Callable[[Config], Config] = lambda config: config) -> list[Job]:
    """The jobs of a run that exists, in the order of their ids, each with its config changed by `change`.

    Raises:
        InputError: `out` holds no recordings.
        UsageError: it has not the one that is asked for, or the changed config is wrong.
    """
    found = [recording for recording in store.recordings(out) if recording.path("recording.json").exists()]
    if not found:
        raise InputError(f"{out}: holds no recordings.", "Make a run with `shruti align AUDIO DOCUMENT -o OUT`.")
    chosen = [recording for recording in found if only in (None, recording.id)]
    if not chosen:
        raise UsageError(f"{out} has no recording {only!r}.", f"It has {', '.join(recording.id for recording in found)}.")
    made = []
    for recording in chosen:
        about = store.read_json(recording.path("recording.json"))
        config = change(Config.from_dict(about["config"]))
        model = config.transcribe.model or about["model"]
        about |= {"config": config.as_dict(), "strategy": config.match.strategy, "model": model}
        entry = Entry(id=recording.id, audio=about["audio"], document=about["document"], about=about.get("about", {}))
        made.append((_job(recording, about, entry), about))  # an unknown model is told before anything is written
    for job, about in made:
        with store.locked(job.recording.folder):  # a run at work may have written to it since
            now = store.read_json(job.path("recording.json"))
            changed = {name: about[name] for name in ("config", "strategy", "model")}
            store.write_json(job.path("recording.json"), now | changed)
    return [job for job, _ in made]


def _job(recording: store.Recording, about: dict[str, Any], entry: Entry, root: Path = Path()) -> Job:
    from mining.documents.languages import language

    config = Config.from_dict(about["config"])
    keys = _keys(about, config)
    return Job(recording, entry, config, language(about["language"]), about["model"], keys, root)


def _keys(about: dict[str, Any], config: Config) -> dict[str, str]:
    """The key of every stage. How many work side by side, and on what, changes no result and so no key."""
    from mining.pairs import calibrator

    language = about["language"]
    named = (about["audio"], about["document"], about.get("about") or {})  # what pairs tell of where they come from
    ocr = store.key(VERSION, "ocr", about["document_hash"], language, replace(config.ocr, workers=0))
    split = store.key("split", ocr, config.split)
    segment = store.key(VERSION, "segment", about["audio_hash"], config.segment)
    hearing = replace(config.transcribe, device="", model="")
    transcribe = store.key("transcribe", segment, hearing, fingerprint(about["model"], language))
    match = store.key("match", "with sound", split, transcribe, config.match, _content(calibrator.PATH), _mending(config.correct))
    return {
        "segment": segment,
        "transcribe": transcribe,
        "ocr": ocr,
        "split": split,
        "match": match,
        "filter": store.key("filter", match, config.filter, named),
        "cut": store.key("cut", match, config.filter),
    }


def _mending(config: CorrectConfig) -> object:
    """All that decides how words are mended, besides what is heard and read."""
    from mining.pairs import correct, lexicon, rewriting

    if not config.on:
        return "off"
    words = [*([Path(config.lexicon)] if config.lexicon else []), *sorted(lexicon.FOLDER.glob("*.txt"))]
    known = [_contents(((path, ledger.signature(str(path))),)) if path.exists() else "" for path in words]
    return config.least, known, _content(correct.PATH), _content(rewriting.PATH)


@functools.cache
def _content(path: Path) -> str:
    """The hash of a file that comes with the program."""
    return store.content_hash(path)


def fingerprint(model: str, language_code: str) -> str:
    """A model's folder by its contents, so that one trained further is another model; a hub id by its name."""
    from mining.documents.languages import language
    from mining.speech.ctc_model import resolve

    place = resolve(model, language(language_code))
    if not Path(place).is_dir():
        return place
    files = sorted(path for path in Path(place).iterdir() if path.suffix in (".json", ".safetensors"))
    return _contents(tuple((path, ledger.signature(str(path))) for path in files))


@functools.lru_cache(maxsize=8)
def _contents(files: tuple[tuple[Path, ledger.Signature], ...]) -> str:
    """One hash of files, read again when one of them looks otherwise."""
    return store.key([store.content_hash(path) for path, _ in files])


def _language(document: Path, given: str) -> Language:
    from mining.documents.detect import detect
    from mining.documents.languages import LANGUAGES, language

    if given:
        return language(given)
    found = detect(document)
    if found is None:
        known = ", ".join(f"{row.code} ({row.name})" for row in LANGUAGES.values())
        raise UsageError(f"{document}: its script does not tell its language.", f"Name it with --lang: {known}.")
    return found
