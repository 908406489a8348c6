"""From files to files: one function a verb, over the folder of one recording.

Each stage takes a `Job`, reads its inputs from the recording's folder, calls the pure function of its room, writes whole
files, and notes its key; for the same key it does nothing. `align_recording` is all of them in a row, `finish` makes what
a run shows to the world, and `align` is both.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mining import jobs, ledger, loaded, results, store
from mining.config import Config
from mining.corpus.catalogue import Entry
from mining.errors import InputError, ShrutiError, Unreachable, UsageError
from mining.jobs import Job
from mining.records import Page, Pair, Segment, Sentence
from mining.telling import Progress, silent

if TYPE_CHECKING:
    from mining.speech.emissions import Emissions

FORMATS = ("fairseq", "huggingface")
"""The manifests that every run ends with."""

Tick = Callable[[int, int], None]
Work = Callable[[Job, Tick], None]
Stage = Callable[..., bool]
"""Takes a Job, and perhaps a Progress; returns whether it had to work."""


NEEDS = {
    "segment": (),
    "transcribe": ("segment",),
    "ocr": (),
    "split": ("ocr",),
    "match": ("split", "transcribe"),
    "filter": ("match",),
    "cut": ("filter",),
}
"""Each stage, and those whose files it reads."""

WITH = {"filter": "cut"}
"""Stages that have no verb of their own: they are done again together with another."""


def followers(stage: str) -> list[str]:
    """The stages with a verb of their own that depend on a stage, in the order in which they are run.

    >>> followers("split")
    ['match', 'filter']
    """
    found: list[str] = []
    for later, needed in NEEDS.items():
        if later not in WITH.values() and any(one in (stage, *found) for one in needed):
            found.append(later)
    return found


def _stage(writes: Sequence[str], sound: bool = False) -> Callable[[Work], Stage]:
    """Make a stage of a function that computes and writes: skip what is done, note what gets done.

    The stage returns whether it had to work. Its old mark goes before it begins: were it killed half-way, files of the
    new config would otherwise lie under the key of the old one.

    Args:
        writes: the files that are there when it is done.
        sound: whether it works on sound: then it tells how many seconds of the recording are done.
    """

    def decorate(work: Work) -> Stage:
        name = work.__name__

        @functools.wraps(work)
        def stage(job: Job, progress: Progress = silent) -> bool:
            lasts = functools.cache(functools.partial(_duration, job) if sound else float)
            done = job.recording.is_done(name, job.keys[name]) and all(job.path(file).exists() for file in writes)
            if not done:
                for former in NEEDS[name]:
                    if not job.recording.is_done(former, job.keys[former]):
                        raise UsageError(
                            f"{job.recording.id}: {name} needs {former}, which is not done for these settings.",
                            f"Run `shruti {former}` on it first.",
                        )
                progress(name, 0, 1)
                job.recording.mark_done(name, "")
                work(job, lambda now, total: progress(name, now, total + 1, audio=lasts() * now / max(1, total)))
                job.recording.mark_done(name, job.keys[name])
            progress(name, 1, 1, audio=0.0 if done else lasts())
            return not done

        return stage

    return decorate


def _duration(job: Job) -> float:
    """Seconds of the recording; known from the moment when its speech is looked for."""
    return float(store.read_json(job.path("recording.json")).get("duration", 0.0))


@_stage(writes=("segments.jsonl",), sound=True)
def segment(job: Job, progress: Tick) -> None:
    """Recording -> segments.jsonl, and its duration into recording.json."""
    from mining.speech.audio import open_audio
    from mining.speech.segment import segment as find_speech

    with open_audio(job.audio) as samples:
        about, duration = store.read_json(job.path("recording.json")), len(samples)
        store.write_json(job.path("recording.json"), {**about, "duration": store.seconds(duration), "samples": duration})
        segments = find_speech(samples, job.config.segment, progress=progress)
    store.write_records(job.path("segments.jsonl"), segments)


@_stage(writes=("transcript.jsonl",), sound=True)
def transcribe(job: Job, progress: Tick) -> None:
    """Segments -> transcript.jsonl and emissions.npz. The latter may be gone once `match` has used it."""
    _hear(job, progress)


def _hear(job: Job, progress: Tick) -> Emissions:
    from mining.speech import emissions as spoken
    from mining.speech.audio import open_audio
    from mining.speech.transcribe import transcribe as hear

    segments = job.read("segments.jsonl", Segment)
    model = loaded.model(job.model, job.config.transcribe.device, job.language.code)
    with open_audio(job.audio) as samples:
        emissions = hear(model, samples, segments, job.config.transcribe, progress=progress)
    emissions.save(job.path("emissions.npz"))
    store.write_records(job.path("transcript.jsonl"), spoken.greedy(emissions, segments))
    return emissions


@_stage(writes=("pages.jsonl",))
def ocr(job: Job, progress: Tick) -> None:
    """Document -> pages.jsonl."""
    from mining.documents.ocr import read_pages

    store.write_records(job.path("pages.jsonl"), read_pages(job.document, job.language, job.config.ocr, progress=progress))


@_stage(writes=("sentences.jsonl",))
def split(job: Job, progress: Tick) -> None:
    """Pages -> sentences.jsonl.

    Raises:
        InputError: the document holds no sentence of the language.
    """
    from mining.documents.split import split as cut

    sentences = cut(job.read("pages.jsonl", Page), job.language, job.config.split)
    if all(sentence.aside for sentence in sentences):
        raise InputError(
            f"{job.entry.document}: no sentence of {job.language.name} was found in it.",
            "Check that it is the right document, and the language given with --lang.",
        )
    store.write_records(job.path("sentences.jsonl"), sentences)


@_stage(writes=("candidates.jsonl",), sound=True)
def match(job: Job, progress: Tick) -> None:
    """Sentences, segments and emissions -> candidates.jsonl, words mended; hears again where emissions.npz is gone."""
    from mining.pairs.correct import correct
    from mining.pairs.lexicon import load
    from mining.pairs.match import heard_in
    from mining.pairs.match import match as find
    from mining.speech.audio import open_audio
    from mining.speech.emissions import Emissions

    path = job.path("emissions.npz")
    there = path.exists()  # else it hears again, and that is half of the work
    emissions = Emissions.load(path) if there else _hear(job, lambda done, total: progress(done, 2 * total))
    sentences = job.read("sentences.jsonl", Sentence)
    candidates = find(
        job.recording.id,
        sentences,
        job.read("segments.jsonl", Segment),
        emissions,
        job.language,
        job.config.match,
        progress=progress if there else lambda done, total: progress(total + done, 2 * total),
    )
    mending, pages = job.config.correct, job.read("pages.jsonl", Page)
    if mending.on and any(page.method == "ocr" for page in pages):
        lexicon = load(Path(mending.lexicon) if mending.lexicon else None, job.language)
        candidates = correct(candidates, sentences, pages, emissions, job.language, lexicon, mending)
    if candidates:
        with open_audio(job.audio) as samples:
            candidates = heard_in(samples, candidates)
    store.write_records(job.path("candidates.jsonl"), candidates)


@_stage(writes=("pairs.jsonl", "rejected.jsonl", "coverage.json"))
def filter(job: Job, progress: Tick) -> None:
    """Candidates -> pairs.jsonl, rejected.jsonl (nearly as the public ones, in seconds) and coverage.json."""
    from mining.pairs.calibrator import rescored
    from mining.pairs.filter import filter_pairs

    about = store.read_json(job.path("recording.json"))
    kept, rejected, coverage = filter_pairs(
        job.recording.id,
        rescored(job.read("candidates.jsonl", Pair), job.config.filter),
        job.read("sentences.jsonl", Sentence),
        job.read("segments.jsonl", Segment),
        about["samples"],
        job.config.filter,
    )
    store.write_rows(job.path("pairs.jsonl"), (results.recording_row(pair, about) for pair in kept))
    store.write_rows(job.path("rejected.jsonl"), (results.rejection_row(rejection) for rejection in rejected))
    store.write_json(job.path("coverage.json"), coverage)


@_stage(writes=("clips/clips.jsonl",), sound=True)
def cut(job: Job, progress: Tick) -> None:
    """Kept pairs -> clips/, from which every training set takes them. The recording is opened only for what is new."""
    from mining.corpus import clips

    clips.cut(job.path("clips"), results.stream(job.path("pairs.jsonl")), lambda: job.audio, progress)


STAGES: dict[str, Stage] = {
    "segment": segment,
    "transcribe": transcribe,
    "ocr": ocr,
    "split": split,
    "match": match,
    "filter": filter,
    "cut": cut,
}
"""In the order in which `align_recording` runs them: what fails soonest first, and Tesseract, the slowest, late."""


def align_recording(
    entry: Entry,
    out: Path,
    config: Config,
    progress: Progress = silent,
    *,
    keep_emissions: bool = True,
    keep_fetched: bool = True,
    root: Path = Path(),
) -> Job:
    """Every stage for one recording; what is done already is skipped. OUT's own files are left to `finish`.

    The recording's folder is held meanwhile: of two processes at the same recording the second waits, and finds it done.
    Emissions that are not to be kept go before the last stage is marked as done, so that what passes for done is what an
    uninterrupted run leaves.

    Raises:
        ShrutiError: see the stages.
    """
    try:
        job = jobs.start(entry, out, config, root)
        with store.locked(job.recording.folder):
            for name, stage in STAGES.items():
                if name == "ocr":
                    loaded.begin_kernels()
                stage(job, progress)
                if name == "match" and not keep_emissions:
                    job.path("emissions.npz").unlink(missing_ok=True)
    finally:
        if not keep_fetched:
            jobs.drop_fetched(entry, out)
    return job


@dataclass(frozen=True, slots=True)
class Yield:
    """What came of a recording: its id, the seconds that it lasts, and those of them that were kept."""

    recording: str
    seconds: float
    kept: float


def outcome(job: Job) -> Yield:
    """What `align_recording` has made of a recording."""
    coverage = store.read_json(job.path("coverage.json"))
    return Yield(job.recording.id, coverage["duration"], coverage["seconds"].get("mined", 0.0))


def align(audio: Path, document: Path, out: Path, config: Config, progress: Progress = silent) -> Job:
    """One recording through everything, to manifests and a report.

    Raises:
        ShrutiError: see the stages; an unusable input is also noted in OUT/failures.jsonl.
    """
    from mining.corpus.export.folder import check

    for format in FORMATS:
        check(out / "manifests" / format)
    entry = Entry(id=audio.stem, audio=str(audio), document=str(document))
    try:
        job = align_recording(entry, out, config, progress)
    except InputError as error:
        ledger.fail(out, entry, error, jobs.settings_key(entry, config))
        finish(out, config)
        raise
    finish(out, config, progress)
    return job


def again(
    stage: str, out: Path, only: str | None, change: Callable[[Config], Config], progress: Progress = silent
) -> tuple[dict[str, bool], list[ShrutiError]]:
    """One stage over the recordings of a run, or over the one whose id is `only`, with their configs changed by `change`.

    Returns:
        Which recordings needed it, and the errors of those that it could not be done for, such as one whose document
        cannot be read. The others are done all the same.

    Raises:
        ShrutiError: it could be done for none.
    """
    worked: dict[str, bool] = {}
    errors: list[ShrutiError] = []
    todo, audio = jobs.reopen(out, only, change), 0.0
    for number, job in enumerate(todo):
        if len(todo) > 1:
            progress("recordings", number, len(todo), audio=audio, failed=len(errors))
        try:
            with store.locked(job.recording.folder):
                did = [STAGES[name](job, progress) for name in (stage, WITH.get(stage)) if name]
            worked[job.recording.id] = any(did)
            audio += _duration(job) if any(did) else 0.0
        except (InputError, UsageError, Unreachable) as error:
            errors.append(error)
        finally:
            jobs.drop_fetched(job.entry, out)
    if not worked:
        raise errors[0]
    if len(todo) > 1:
        progress("recordings", len(todo), len(todo), audio=audio, failed=len(errors))
    if stage == "filter":
        finish(out, job.config, progress)
    return worked, errors


def finish(out: Path, config: Config, progress: Progress = silent) -> None:
    """Rebuild what a run shows: pairs, rejected and failures.jsonl, and where they have changed, manifests and report.html."""
    with store.locked(out):
        _finish(out, config, progress)


def _finish(out: Path, config: Config, progress: Progress) -> None:
    kept = results.gather(out, ledger.failures(out))
    done, mark = out / "done.json", {"shown": results.key(out, config.export)}
    wanted = [out / "report.html", *(out / "manifests" / format / "export.json" for format in FORMATS if kept)]
    if store.read_json(done) != mark or not all(path.is_file() for path in wanted):
        done.unlink(missing_ok=True)
        _show(out, config, kept, progress)
        store.write_json(done, mark)
    for stage in ("export", "report"):
        progress(stage, 1, 1)


def _show(out: Path, config: Config, kept: bool, progress: Progress) -> None:
    from mining.corpus.export.folder import discard

    try:
        for number, format in enumerate(FORMATS):
            progress("export", number, len(FORMATS))
            if kept:
                export(out, format, None, config)
            else:  # no training set, then; one of earlier pairs must not pass for it
                discard(out / "manifests" / format)
        progress("export", 1, 1)
    finally:  # whatever becomes of the manifests, the page tells of the pairs that there are
        progress("report", 0, 1)
        report(out)


def export(out: Path, format: str, directory: Path | None, config: Config, progress: Progress = silent) -> Path:
    """Kept pairs -> a manifest with its clips, by default in OUT/manifests/<format>; returns its folder."""
    from mining.corpus.export import export as write

    return write(out, format, directory, config.export, progress)


def report(out: Path) -> Path:
    """What came out of what -> OUT/report.html."""
    from mining.corpus.report import write_report

    return write_report(out)
