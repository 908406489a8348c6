"""Steps: what is done is skipped, what depends on a change is not, and nothing is ever half-done."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mining import jobs, ledger, results, steps, store
from mining.config import Config, FilterConfig, MatchConfig, SegmentConfig, SplitConfig, TranscribeConfig
from mining.corpus.catalogue import Entry
from mining.errors import EnvironmentProblem, InputError, UsageError
from mining.jobs import Job

ALL = list(steps.STAGES)


@pytest.fixture
def out(run: Path, tmp_path: Path) -> Path:
    """A copy of the finished run."""
    return shutil.copytree(run, tmp_path / "out")


def contents(out: Path, *without: str) -> dict[str, bytes]:
    names = {str(path.relative_to(out)): path for path in sorted(out.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in names.items() if path.name not in without}


def entry(audio: Path, document: Path) -> Entry:
    """What `shruti align` makes of two paths."""
    return Entry(id=audio.stem, audio=str(audio), document=str(document))


def worked(job: Job) -> list[str]:
    """Run all stages, and name those that had to work."""
    return [name for name, stage in steps.STAGES.items() if stage(job)]


def test_everything_is_done_once(out: Path, bulletin, config: Config) -> None:
    assert worked(jobs.start(entry(bulletin.audio, bulletin.document), out, config)) == []


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda c: replace(c, filter=FilterConfig(target_precision=0.5)), ["filter", "cut"]),
        (lambda c: replace(c, match=MatchConfig(max_seconds=15.0)), ["match", "filter", "cut"]),
        (lambda c: replace(c, split=SplitConfig(min_words=2)), ["split", "match", "filter", "cut"]),
        (lambda c: replace(c, segment=SegmentConfig(padding=0.06)), ["segment", "transcribe", "match", "filter", "cut"]),
        (lambda c: replace(c, ocr=replace(c.ocr, workers=7)), []),
        (lambda c: replace(c, transcribe=replace(c.transcribe, device="cpu")), []),
    ],
)
def test_a_change_recomputes_what_depends_on_it(change: Callable, again: list[str], out: Path, bulletin, config: Config) -> None:
    assert worked(jobs.start(entry(bulletin.audio, bulletin.document), out, change(config))) == again


def test_a_model_trained_further_is_another_model(bulletin, config: Config, out: Path, tmp_path: Path) -> None:
    from mining.documents.languages import language
    from mining.speech.ctc_model import resolve

    copy = shutil.copytree(resolve(config.transcribe.model, language("hi")), tmp_path / "model")
    mined = entry(bulletin.audio, bulletin.document)
    same = jobs.start(mined, out, replace(config, transcribe=TranscribeConfig(model=str(copy))))
    assert worked(same) == []
    (copy / "trained.json").write_text("{}")
    other = jobs.start(mined, out, replace(config, transcribe=TranscribeConfig(model=str(copy))))
    assert other.keys["segment"] == same.keys["segment"]
    assert {name for name in ALL if other.keys[name] != same.keys[name]} == {"transcribe", "match", "filter", "cut"}


def test_another_document_keeps_what_was_heard(out: Path, bulletin, unrelated: Path, config: Config) -> None:
    job = jobs.start(entry(bulletin.audio, unrelated), out, config)
    assert not job.path("pairs.jsonl").exists(), "the former document's pairs are not this one's"
    assert worked(job) == ["ocr", "split", "match", "filter", "cut"]


def test_a_missing_file_is_made_again(out: Path, bulletin, config: Config, run: Path) -> None:
    job = jobs.start(entry(bulletin.audio, bulletin.document), out, config)
    job.path("coverage.json").unlink()
    assert worked(job) == ["filter"]
    assert contents(out) == contents(run)


def test_emissions_may_be_gone(out: Path, bulletin, config: Config) -> None:
    job = jobs.start(entry(bulletin.audio, bulletin.document), out, config)
    before = job.path("candidates.jsonl").read_bytes()
    job.path("emissions.npz").unlink()
    assert worked(job) == []
    job.path("candidates.jsonl").unlink()
    assert worked(job) == ["match"], "it hears again by itself"
    assert job.path("candidates.jsonl").read_bytes() == before


def test_mining_throws_emissions_away(bulletin, config: Config, out: Path) -> None:
    job = steps.align_recording(entry(bulletin.audio, bulletin.document), out, config, keep_emissions=False)
    assert not job.path("emissions.npz").exists()
    assert job.path("pairs.jsonl").exists()


class Killed(BaseException):
    """What no stage catches, like a power cut."""


def test_killed_again_and_again_it_ends_with_the_same_bytes(
    bulletin, config: Config, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt dies when it finishes its first file, the second at its second, until one comes through."""
    out, left = tmp_path / "out", 0
    replace_file = Path.replace

    def dying(self: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed
        return replace_file(self, target)

    monkeypatch.setattr(Path, "replace", dying)
    deaths = 0
    while True:
        left = deaths + 1
        try:
            steps.align(bulletin.audio, bulletin.document, out, config)
            break
        except Killed:
            deaths += 1
    assert deaths > 10
    assert contents(out) == contents(run)


def test_what_a_killed_process_left_is_swept(out: Path, bulletin, config: Config, run: Path) -> None:
    job = jobs.start(entry(bulletin.audio, bulletin.document), out, config)
    for folder in (out, job.recording.folder):
        (folder / ".shruti-a1b2c3d4.jsonl").write_text('{"id": "half')
    (out / ".gitignore").write_text("*.npz")
    steps.align(bulletin.audio, bulletin.document, out, config)
    assert contents(out, ".gitignore") == contents(run)
    assert (out / ".gitignore").exists(), "files of others are left alone"


def test_a_change_cut_short_does_not_pass_for_done(out: Path, bulletin, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """New files under an old key: were the old mark left, going back to the old config would take the new files for its own."""
    looser = replace(config, split=SplitConfig(min_words=20))
    job = jobs.start(entry(bulletin.audio, bulletin.document), out, looser)
    before = job.path("sentences.jsonl").read_bytes()
    mark = store.Recording.mark_done

    def die_when_done(self: store.Recording, stage: str, key: str) -> None:
        if key:
            raise Killed
        mark(self, stage, key)

    monkeypatch.setattr(store.Recording, "mark_done", die_when_done)
    monkeypatch.setattr(steps, "InputError", Killed)  # 20 words leave no sentence, which ends the stage as well
    with pytest.raises(Killed):
        steps.split(job)
    monkeypatch.undo()
    back = jobs.start(entry(bulletin.audio, bulletin.document), out, config)
    assert worked(back)[0] == "split"
    assert back.path("sentences.jsonl").read_bytes() == before


def test_stages_want_their_inputs(bulletin, config: Config, tmp_path: Path) -> None:
    job = jobs.start(entry(bulletin.audio, bulletin.document), tmp_path / "out", config)
    with pytest.raises(UsageError, match="shruti ocr"):
        steps.split(job)


def test_reopening_a_run(out: Path) -> None:
    (job,) = jobs.reopen(out)
    assert worked(job) == []
    (changed,) = jobs.reopen(out, job.recording.id, lambda config: replace(config, filter=FilterConfig(min_confidence=0.99)))
    assert worked(changed) == ["filter", "cut"]
    assert [again.config for again in jobs.reopen(out)] == [changed.config], "the change is remembered"
    with pytest.raises(UsageError, match=job.recording.id):
        jobs.reopen(out, "another")
    with pytest.raises(InputError, match="holds no recordings"):
        jobs.reopen(out / "nowhere")


def test_progress_is_told_by_stage(out: Path, bulletin, config: Config) -> None:
    told: list[tuple[str, int, int]] = []
    steps.align_recording(entry(bulletin.audio, bulletin.document), out, config, lambda *progress, **_: told.append(progress))
    assert told == [(stage, 1, 1) for stage in ALL]


def test_the_document_tells_its_language_where_it_can(bulletin, tmp_path: Path) -> None:
    tamil = tmp_path / "tamil.txt"
    tamil.write_text("இன்று காலை முதல் மழை பெய்து வருகிறது.", encoding="utf8")
    with pytest.raises(UsageError, match="--lang"):
        jobs.start(entry(bulletin.audio, bulletin.document), tmp_path / "out", Config())
    assert not (tmp_path / "out").exists()
    assert jobs.start(entry(bulletin.audio, tamil), tmp_path / "out", Config()).language.code == "ta"


def test_what_cannot_be_written_is_told_before_any_work(bulletin, config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "out", Path("/proc/shruti")):
        with pytest.raises(EnvironmentProblem, match="cannot be written"):
            jobs.start(entry(bulletin.audio, bulletin.document), out, config)


def test_failures_are_sorted(tmp_path: Path) -> None:
    errors = {"b": InputError("b.mp3: empty.", "Copy it."), "a": ValueError("a bug"), "c": EnvironmentProblem("no Tesseract.")}
    rows = [results.failure_row(f"{name}.mp3", "d.pdf", error) for name, error in errors.items()]
    assert not results.gather(tmp_path, rows)
    failures = store.read_rows(tmp_path / "failures.jsonl")
    assert [(row["audio"], row["reason"]) for row in failures] == [
        ("a.mp3", "bug"),
        ("b.mp3", "unusable_input"),
        ("c.mp3", "environment"),
    ]
    assert failures[1]["message"] == "b.mp3: empty. Copy it."


def test_manifests_and_report_are_made_again_only_for_what_changed(out: Path, bulletin, config: Config) -> None:
    def made() -> set[str]:
        """What `align` now makes anew, by the time at which it was written."""
        before = {name: (out / name).stat().st_mtime_ns if (out / name).exists() else 0 for name in everything}
        steps.align(bulletin.audio, bulletin.document, out, config)
        return {name for name in everything if (out / name).stat().st_mtime_ns != before[name]}

    everything = {"report.html", "manifests/fairseq/train.tsv", "manifests/huggingface/README.md"}
    assert made() == set()
    (out / "report.html").unlink()
    assert made() == everything
    ledger.fail(out, entry(Path("b.mp3"), Path("d.pdf")), ValueError("no"), "")
    assert made() == everything, "the report names failures"
    config = replace(config, export=replace(config.export, test=0.2))
    assert made() == everything
    assert made() == set()


def test_a_very_long_name_is_cut_at_a_character(out: Path, bulletin, config: Config, tmp_path: Path) -> None:
    audio = Path(shutil.copy(bulletin.audio, tmp_path / f"{'स' * 80}.flac"))
    job = jobs.start(entry(audio, bulletin.document), out, config)
    assert job.recording.id == f"{'स' * 33}-{store.key('स' * 80, store.content_hash(audio))[:8]}"
    store.write_text(tmp_path / f"{'स' * 80}.txt", "written, though its name leaves no room for another")


def test_a_document_that_cannot_be_opened_is_told_before_any_work(bulletin, config: Config, tmp_path: Path) -> None:
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.4 and no more")
    with pytest.raises(InputError, match="truncated"):
        jobs.start(entry(bulletin.audio, tmp_path / "cut.pdf"), tmp_path / "out", config)
    assert not (tmp_path / "out" / "recordings").exists()


def test_clips_are_cut_once_and_shared_by_all_formats(out: Path) -> None:
    (recording,) = store.recordings(out)
    names = {path.name for path in recording.path("clips").iterdir()}
    assert names == {"clips.jsonl", *(f"{pair['id']}.flac" for pair in store.read_rows(out / "pairs.jsonl"))}
    (job,) = jobs.reopen(out)
    shutil.rmtree(job.path("clips"))
    assert worked(job) == ["cut"]
    steps.export(out, "fairseq", None, job.config)
    steps.export(out, "huggingface", None, job.config)
    for clip in job.path("clips").glob("*.flac"):
        assert clip.stat().st_nlink == 3


def test_fewer_pairs_need_no_recording_and_more_do(run: Path, bulletin, config: Config, tmp_path: Path) -> None:
    audio = Path(shutil.copy(bulletin.audio, tmp_path / "talk.flac"))
    out = tmp_path / "out"
    steps.align(audio, bulletin.document, out, config)
    rows = store.read_rows(out / "pairs.jsonl")
    surest = max(row["confidence"] for row in rows)
    audio.unlink()
    worked_on, errors = steps.again("filter", out, None, lambda c: replace(c, filter=FilterConfig(min_confidence=surest)))
    assert list(worked_on.values()) == [True] and not errors
    few = store.read_rows(out / "pairs.jsonl")
    assert 0 < len(few) <= len(rows)
    assert len(list((out / "manifests" / "fairseq").rglob("*.flac"))) == len(few)
    (job,) = jobs.reopen(out)
    assert len(list(job.path("clips").glob("*.flac"))) == len(few)
    if len(few) < len(rows):
        before = contents(out / "manifests")
        with pytest.raises(InputError, match=r"talk\.flac"):
            steps.again("filter", out, None, lambda c: replace(c, filter=FilterConfig(min_confidence=0.0)))
        assert contents(out / "manifests") == before, "what is shown stays what it was"


def test_a_recording_with_another_document_is_named_as_such(bulletin, unrelated: Path, config: Config, tmp_path: Path) -> None:
    out = tmp_path / "out"
    steps.align(bulletin.audio, unrelated, out, config)
    assert store.read_rows(out / "pairs.jsonl") == []
    (failure,) = store.read_rows(out / "failures.jsonl")
    assert failure["reason"] == "nothing_mined"
    assert str(unrelated) in failure["message"] and "Is it the right document?" in failure["message"]
    steps.align(bulletin.audio, bulletin.document, out, config)
    assert store.read_rows(out / "failures.jsonl") == []


def test_a_copy_that_was_encoded_anew_repeats_sounds(run: Path, bulletin, config: Config, tmp_path: Path) -> None:
    """The same bulletin, aired again as an MP3 of 32 kbit/s: heard, cut and matched by itself."""
    import subprocess

    out = shutil.copytree(run, tmp_path / "out")
    copy = tmp_path / "zz-again.mp3"
    encode = ["ffmpeg", "-v", "error", "-i", str(bulletin.audio), "-af", "volume=-6dB", "-b:a", "32k", str(copy)]
    subprocess.run(encode, check=True)
    steps.align(copy, bulletin.document, out, config)
    rows = store.read_rows(out / "pairs.jsonl")
    first = {row["text"]: row["id"] for row in rows if not row["recording"].startswith("zz-again")}
    again = [row for row in rows if row["recording"].startswith("zz-again") and row["text"] in first]
    assert len(again) >= 3
    assert [(row["repeat"], row["repeats"]) for row in again] == [("sound", first[row["text"]]) for row in again]
