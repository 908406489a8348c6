"""What is to be done for one recording: its files, its config, and the key of every stage.

A key is a hash of a stage's config and of the keys that it builds on, down to the contents of recording, document and
model. So a stage is to be done again exactly when something that it depends on has changed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining import results, store
from mining.config import Config
from mining.errors import InputError, UsageError

if TYPE_CHECKING:
    from mining.documents.languages import Language

VERSION = 3
"""Raised when a stage comes to compute something else from the same input and config: it ends all old keys."""


@dataclass(frozen=True)
class Job:
    """One recording, its document, and how they are to be treated.

    `keys` holds the key of every stage: what `Recording.is_done` is asked.
    """

    recording: store.Recording
    audio: Path
    document: Path
    config: Config
    language: Language
    model: str
    keys: dict[str, str]

    def path(self, name: str) -> Path:
        """The path of one of the recording's files."""
        return self.recording.path(name)

    def read(self, name: str, kind: type[store.Record]) -> list[store.Record]:
        """The records of one of the recording's files."""
        return store.read_records(self.path(name), kind)


# --- what is to be done ---------------------------------------------------------------------------------------------


def start(audio: Path, document: Path, out: Path, config: Config) -> Job:
    """Make the folder of a recording in the run `out`, and note what is to be done in recording.json.

    Raises:
        UsageError: the language is unknown, or cannot be told from the document.
        InputError: recording or document cannot be read.
        EnvironmentProblem: `out` cannot be written.
    """
    from mining.documents.ocr import check

    language = _language(document, config)
    model = config.transcribe.model or language.model
    _fingerprint(model, language.code)  # an unknown model is told before anything is written
    results.check_writable(out)
    digest = store.content_hash(audio)
    recording = store.Recording(out / "recordings" / store.recording_id(audio, digest))
    about = store.read_json(recording.path("recording.json")) or {}
    before, now = about.get("document_hash"), store.content_hash(document)
    other = before not in (None, now) or about.get("language", language.code) != language.code
    if now != before:
        check(document)
    about |= {
        "id": recording.id,
        "audio": str(audio),
        "document": str(document),
        "language": language.code,
        "model": model,
        "strategy": config.match.strategy,
        "audio_hash": digest,
        "document_hash": now,
        "config": config.as_dict(),
    }
    results.sweep(recording.folder)
    if other:
        _forget(recording)
    store.write_json(recording.path("recording.json"), about)
    return _job(recording, about)


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
        made.append((_job(recording, about), about))  # an unknown model is told before anything is written
    for job, about in made:
        store.write_json(job.path("recording.json"), about)
    return [job for job, _ in made]


def _job(recording: store.Recording, about: dict[str, Any]) -> Job:
    from mining.documents.languages import language

    config = Config.from_dict(about["config"])
    return Job(
        recording=recording,
        audio=Path(about["audio"]),
        document=Path(about["document"]),
        config=config,
        language=language(about["language"]),
        model=about["model"],
        keys=_keys(about, config),
    )


def _keys(about: dict[str, Any], config: Config) -> dict[str, str]:
    """The key of every stage. How many work side by side, and on what, changes no result and so no key."""
    from mining.pairs import calibrator

    language = about["language"]
    ocr = store.key(VERSION, "ocr", about["document_hash"], language, replace(config.ocr, workers=0))
    split = store.key("split", ocr, config.split)
    segment = store.key(VERSION, "segment", about["audio_hash"], config.segment)
    hearing = replace(config.transcribe, device="", model="")
    transcribe = store.key("transcribe", segment, hearing, _fingerprint(about["model"], language))
    match = store.key("match", split, transcribe, config.match, store.content_hash(calibrator.PATH))
    return {
        "segment": segment,
        "transcribe": transcribe,
        "ocr": ocr,
        "split": split,
        "match": match,
        "filter": store.key("filter", match, config.filter, about["audio"], about["document"]),  # pairs name both paths
    }


@functools.lru_cache(maxsize=8)
def _fingerprint(model: str, language_code: str) -> str:
    """A model's folder by its contents, so that one trained further is another model; a hub id by its name."""
    from mining.documents.languages import language
    from mining.speech.ctc_model import resolve

    place = resolve(model, language(language_code))
    if not Path(place).is_dir():
        return place
    files = sorted(path for path in Path(place).iterdir() if path.suffix in (".json", ".safetensors"))
    return store.key([store.content_hash(path) for path in files])


def _language(document: Path, config: Config) -> Language:
    from mining.documents.detect import detect
    from mining.documents.languages import LANGUAGES, language

    if config.language:
        return language(config.language)
    found = detect(document)
    if found is None:
        known = ", ".join(f"{row.code} ({row.name})" for row in LANGUAGES.values())
        raise UsageError(f"{document}: its script does not tell its language.", f"Name it with --lang: {known}.")
    return found
