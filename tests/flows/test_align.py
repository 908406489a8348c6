"""shruti align and the verbs that read its run, through the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mining import store


def files(out: Path) -> dict[str, str]:
    """Every file of a run and the hash of its bytes."""
    return {str(path.relative_to(out)): store.content_hash(path) for path in sorted(out.rglob("*")) if path.is_file()}


def test_what_a_run_leaves(run: Path) -> None:
    assert {path.name for path in run.iterdir()} == {
        "recordings", "pairs.jsonl", "rejected.jsonl", "failures.jsonl", "manifests", "report.html", "done.json", "ledger",
    }  # fmt: skip
    pairs = store.read_rows(run / "pairs.jsonl")
    assert pairs == sorted(pairs, key=lambda pair: pair["start"])
    assert set(pairs[0]) >= {
        "id", "recording", "audio", "start", "end", "duration", "segments", "text", "raw_text", "language", "confidence",
        "document", "page", "strategy",
    }  # fmt: skip
    assert store.read_rows(run / "failures.jsonl") == []
    assert not [name for name in files(run) if Path(name).name.startswith(".")]


def test_most_of_clean_speech_is_mined_and_right(run: Path, bulletin, shruti) -> None:
    result = shruti("evaluate", "pairs", run, bulletin.gold, "--json")
    figures = json.loads(result.stdout)
    assert figures["precision"] >= 0.9
    assert figures["yield"] >= 0.6


def test_coverage_adds_up(run: Path) -> None:
    recording = store.recordings(run)[0]
    coverage = store.read_json(recording.path("coverage.json"))
    spans = coverage["audio"]
    assert spans[0][0] == 0.0
    assert spans[-1][1] == coverage["duration"]
    assert all(left[1] == right[0] for left, right in zip(spans, spans[1:], strict=False))
    assert sum(coverage["sentences"].values()) == len(store.read_rows(recording.path("sentences.jsonl")))


def test_running_again_changes_no_byte(run: Path, bulletin, model: str, tmp_path: Path, shruti) -> None:
    out = shutil.copytree(run, tmp_path / "again")
    before = files(out)
    assert shruti("align", bulletin.audio, bulletin.document, "-o", out, "--lang", "hi", "--model", model).exit_code == 0
    assert files(out) == before


def test_a_second_recording_is_added(run: Path, bulletin, model: str, unrelated: Path, tmp_path: Path, shruti) -> None:
    out = shutil.copytree(run, tmp_path / "two")
    other = shutil.copy(bulletin.audio, tmp_path / "other.flac")
    result = shruti("align", other, bulletin.document, "-o", out, "--lang", "hi", "--model", model, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    rows = store.read_rows(out / "pairs.jsonl")
    assert told["recording"].startswith("other-")
    assert told["pairs"] == sum(row["recording"] == told["recording"] for row in rows)
    assert told["files"]["pairs"] == str(out / "pairs.jsonl")
    assert len(rows) == 2 * len(store.read_rows(run / "pairs.jsonl"))
    assert [row["recording"] for row in rows] == sorted(row["recording"] for row in rows)


def test_one_stage_again(run: Path, tmp_path: Path, shruti) -> None:
    out = shutil.copytree(run, tmp_path / "stage")
    assert "was done already" in shruti("match", out).stdout
    result = shruti("match", out, "--strategy", "needleman-wunsch")
    assert "match done" in result.stdout
    assert "shruti filter" in result.stderr
    assert shruti("filter", out).exit_code == 0
    rows = [*store.read_rows(out / "pairs.jsonl"), *store.read_rows(store.recordings(out)[0].path("candidates.jsonl"))]
    assert {row["strategy"] for row in rows} == {"needleman-wunsch"}


def test_a_stage_asks_for_the_one_before_it(run: Path, tmp_path: Path, shruti) -> None:
    out = shutil.copytree(run, tmp_path / "order")
    assert shruti("split", out, "--min-words", "4").exit_code == 0
    result = shruti("filter", out)
    assert result.exit_code == 2
    assert "shruti match" in result.stderr


def test_filter_chooses_again(run: Path, tmp_path: Path, shruti) -> None:
    out = shutil.copytree(run, tmp_path / "filter")
    surest = max(pair["confidence"] for pair in store.read_rows(run / "pairs.jsonl"))
    chosen = shruti("filter", out, "--min-confidence", surest)
    strict = store.read_rows(out / "pairs.jsonl")
    assert chosen.exit_code == 0
    assert strict and all(pair["confidence"] == surest for pair in strict)
    assert f"{len(strict)} pairs are kept" in chosen.stdout
    assert shruti("filter", out, "--target-precision", "0.95").exit_code == 0
    assert (out / "pairs.jsonl").read_bytes() == (run / "pairs.jsonl").read_bytes()


def test_choosing_nothing_leaves_what_is_not_ours(run: Path, tmp_path: Path, shruti, monkeypatch) -> None:
    out = shutil.copytree(run, tmp_path / "nothing")
    (out / "manifests" / "mine").mkdir()
    (out / "manifests" / "mine" / "precious.txt").write_text("precious")
    monkeypatch.setattr("mining.pairs.filter.threshold", lambda confidence, target: 1.1)
    assert shruti("filter", out, "--target-precision", "1.0").exit_code == 4
    assert (out / "pairs.jsonl").read_bytes() == b""
    assert [path.name for path in (out / "manifests").iterdir()] == ["mine"]
    assert (out / "manifests" / "mine" / "precious.txt").read_text() == "precious"
    assert (out / "report.html").is_file()


def test_one_bad_recording_does_not_keep_the_others_from_a_stage(run: Path, tmp_path: Path, shruti, unrelated: Path) -> None:
    out = shutil.copytree(run, tmp_path / "mixed")
    (tmp_path / "bad.mp3").write_bytes(b"no sound at all")
    assert shruti("align", tmp_path / "bad.mp3", unrelated, "-o", out, "--lang", "hi").exit_code == 3
    before = store.read_rows(run / "pairs.jsonl")
    surest = max(pair["confidence"] for pair in before)
    chosen = shruti("filter", out, "--min-confidence", surest, "--json")
    assert chosen.exit_code == 5
    assert "bad" in chosen.stderr
    assert json.loads(chosen.stdout)["pairs"] == len(store.read_rows(out / "pairs.jsonl")) > 0
    assert all(pair["confidence"] == surest for pair in store.read_rows(out / "pairs.jsonl"))


@pytest.mark.parametrize("flags", [["transcribe", "--model", "nope"], ["ocr", "--layer", "foo"], ["ocr", "--dpi", "0"],
                                   ["segment", "--threshold", "7"], ["split", "--min-words", "-1"]])  # fmt: skip
def test_a_wrong_flag_of_a_stage_is_told_and_not_kept(run: Path, tmp_path: Path, shruti, flags: list[str]) -> None:
    out = shutil.copytree(run, tmp_path / "kept")
    verb, *rest = flags
    assert shruti(verb, out, *rest).exit_code == 2
    assert files(out) == files(run)


def test_a_gold_that_is_none_is_told(run: Path, tmp_path: Path, shruti) -> None:
    (tmp_path / "no.json").write_text("{}")
    for pairs, gold in ((run, tmp_path / "no.json"), (run, run / "report.html"), (run / "report.html", tmp_path / "no.json")):
        result = shruti("evaluate", "pairs", pairs, gold)
        assert result.exit_code == 3
        assert "shruti" in result.stderr


def test_show_stats_report_export(run: Path, tmp_path: Path, shruti) -> None:
    out = shutil.copytree(run, tmp_path / "read")
    first = store.read_rows(out / "pairs.jsonl")[0]
    assert first["id"] in shruti("show", out, "--pair", first["id"]).stdout
    assert json.loads(shruti("stats", out, "--json").stdout)["pairs"] == len(store.read_rows(out / "pairs.jsonl"))
    assert "What was mined" in shruti("stats", out).stdout
    assert Path(shruti("report", out).stdout.strip()).read_bytes() == (run / "report.html").read_bytes()
    folder = Path(shruti("export", out, "--format", "fairseq", "-o", tmp_path / "set").stdout.strip())
    assert (folder / "train.tsv").is_file()


def test_unknown_things_are_told_with_what_there_is(run: Path, shruti) -> None:
    for arguments, code, listed in [
        (("export", run, "--format", "mp3"), 2, "fairseq"),
        (("show", run, "--pair", "nothing"), 2, "bulletin-"),
        (("match", run, "--recording", "nothing"), 2, "bulletin-"),
        (("stats", run / "nowhere"), 3, "shruti align"),
    ]:
        result = shruti(*arguments)
        assert result.exit_code == code, arguments
        assert listed in result.stderr, arguments
