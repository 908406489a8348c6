"""`shruti review --calibrate` and what follows: verdicts from the truth, a confidence learnt, pairs kept by it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mining import store
from mining.corpus.review import verdicts
from mining.corpus.review.pairs import judgeable
from mining.corpus.review.verdicts import Verdict
from mining.models.evaluate import evaluate_pairs

FILES = ("pairs.jsonl", "rejected.jsonl")


def judge(out: Path, gold: dict, person: str = "Asha", spoil: int = 0) -> int:
    """Every pair judged by the truth, but the first ones, which are said to have the wrong text; returns how many are right."""
    right = 0
    for number, row in enumerate(judgeable(out, rejected=True)):
        true = evaluate_pairs([row], gold)["correct"] == 1 and number >= spoil
        shown = {name: row[name] for name in ("recording", "text", "start", "end", "confidence")}
        said = {"verdict": "right" if true else "text", "how": "stratified", "at": "2026-01-01T00:00:00Z"}
        verdicts.add(out, Verdict(pair=row["id"], person=person, **shown, **said))
        right += true
    return right


@pytest.fixture
def out(run: Path, tmp_path: Path) -> Path:
    """A copy of the finished run."""
    return shutil.copytree(run, tmp_path / "out")


def test_from_verdicts_to_pairs(out: Path, bulletin, shruti) -> None:
    before = {name: (out / name).read_bytes() for name in FILES}
    right = judge(out, store.read_json(bulletin.gold), spoil=3)
    result = shruti("review", out, "--calibrate", "--json")
    assert result.exit_code == 0
    figures = json.loads(result.stdout)
    assert figures["precision"]["estimate"] == pytest.approx(right / figures["of"], abs=1e-4)
    assert figures["precision"]["low"] == figures["precision"]["high"], "all were judged"
    path = Path(figures["calibrator"])
    assert path == out / "review" / "calibrator.json"
    assert {name: (out / name).read_bytes() for name in FILES} == before, "nothing is kept otherwise until one asks for it"

    filtered = shruti("filter", out, "--calibrator", path, "--min-confidence", "0.5", "--json")
    assert filtered.exit_code == 0 and all(json.loads(filtered.stdout)["worked"].values())
    now = {row["id"]: row["confidence"] for row in store.read_rows(out / "pairs.jsonl")}
    old = {row["id"]: row["confidence"] for row in map(json.loads, before["pairs.jsonl"].decode().splitlines())}
    assert now and all(now[id] < old[id] for id in now.keys() & old.keys()), "three texts were said to be wrong"
    assert evaluate_pairs(store.read_rows(out / "pairs.jsonl"), store.read_json(bulletin.gold))["precision"] >= 0.9

    assert "was done already" in shruti("filter", out).stdout, "it is remembered"
    stored = store.read_json(path)
    stored["hybrid"]["text"]["bias"] -= 0.5
    store.write_json(path, stored)
    assert "was done already" in shruti("filter", out).stdout, "the file is not asked again"
    assert "filter done" in shruti("filter", out, "--calibrator", path).stdout, "unless it is given"
    back = shruti("filter", out, "--calibrator", "none", "--target-precision", "0.95")
    assert back.exit_code == 0
    assert {name: (out / name).read_bytes() for name in FILES} == before


def test_a_run_that_was_moved_is_filtered_by_its_own_calibrator(out: Path, bulletin, shruti) -> None:
    judge(out, store.read_json(bulletin.gold), spoil=3)
    path = Path(json.loads(shruti("review", out, "--calibrate", "--json").stdout)["calibrator"])
    assert shruti("filter", out, "--calibrator", path, "--min-confidence", "0.5").exit_code == 0
    kept = (out / "pairs.jsonl").read_bytes()
    moved = out.rename(out.with_name("elsewhere"))
    assert "was done already" in shruti("filter", moved).stdout
    higher = sorted(row["confidence"] for row in judgeable(moved))[-2]
    assert shruti("filter", moved, "--min-confidence", higher).exit_code == 0
    assert (moved / "pairs.jsonl").read_bytes() != kept
    assert shruti("filter", moved, "--min-confidence", "0.5").exit_code == 0
    assert (moved / "pairs.jsonl").read_bytes() == kept
    assert shruti("review", moved, "--calibrate").exit_code == 0


def test_a_lower_threshold_is_not_told_before_it_is_judged(out: Path, bulletin, shruti) -> None:
    """All that were kept at a high threshold are right; what a low one lets in nobody has judged."""
    middle = sorted(row["confidence"] for row in judgeable(out))[len(judgeable(out)) // 2]
    assert shruti("filter", out, "--min-confidence", middle).exit_code == 0
    gold = store.read_json(bulletin.gold)
    for row in judgeable(out):
        shown = {name: row[name] for name in ("recording", "text", "start", "end", "confidence")}
        verdicts.add(out, Verdict(pair=row["id"], person="a", verdict="right", how="stratified", at="2026-01-01", **shown))
    high = json.loads(shruti("review", out, "--json").stdout)
    assert high["judged"] and high["precision"] == {"estimate": 1.0, "low": 1.0, "high": 1.0}
    assert shruti("filter", out, "--min-confidence", "0").exit_code == 0
    found = json.loads(shruti("review", out, "--json").stdout)
    assert found["of"] > found["judged"] == high["judged"]
    assert found["precision"] is None and 0 < found["unreached"] <= found["of"]
    assert "not judged: too few verdicts" in " ".join(shruti("review", out, "--calibrate").stdout.split())
    judge(out, gold)
    assert json.loads(shruti("review", out, "--json").stdout)["precision"]


def test_people_read_it_as_a_table(out: Path, bulletin, shruti) -> None:
    for person in ("Asha", "रवि"):
        judge(out, store.read_json(bulletin.gold), person)
    result = shruti("review", out, "--calibrate")
    assert result.exit_code == 0
    for words in ("precision of what is kept", "रवि", "too few to rely on", "95% interval", "calibration error"):
        assert words in result.stdout
    assert f"shruti filter {out} --calibrator {out / 'review' / 'calibrator.json'}" in result.stdout


def test_align_takes_a_calibrator(out: Path, bulletin, model: str, shruti) -> None:
    judge(out, store.read_json(bulletin.gold), spoil=3)
    assert shruti("review", out, "--calibrate").exit_code == 0
    common = ("align", bulletin.audio, bulletin.document, "-o", out, "--lang", "hi", "--model", model, "--min-confidence", "0.1")
    assert shruti(*common, "--calibrator", out / "review" / "calibrator.json").exit_code == 0
    learnt = (out / "pairs.jsonl").read_bytes()
    assert shruti("filter", out).exit_code == 0 and (out / "pairs.jsonl").read_bytes() == learnt
    assert shruti(*common).exit_code == 0
    assert (out / "pairs.jsonl").read_bytes() != learnt


def test_what_people_said_without_a_page(out: Path, bulletin, shruti) -> None:
    assert json.loads(shruti("review", out, "--json").stdout)["judged"] == 0
    judge(out, store.read_json(bulletin.gold))
    found = json.loads(shruti("review", out, "--json").stdout)
    assert found["judged"] == found["of"] == len(store.read_rows(out / "pairs.jsonl"))


def test_nothing_was_judged_yet(out: Path, shruti) -> None:
    result = shruti("review", out, "--calibrate")
    assert result.exit_code == 2
    assert "nobody has judged" in result.stderr and f"shruti review {out}" in result.stderr


@pytest.mark.parametrize("arguments", [("review", "OUT", "--calibrate"), ("review", "OUT", "--json")])
def test_no_run_is_no_input(arguments: tuple[str, ...], tmp_path: Path, shruti) -> None:
    result = shruti(*(tmp_path if one == "OUT" else one for one in arguments))
    assert result.exit_code == 3
    assert "not the folder of a run" in result.stderr


def test_a_file_that_is_no_calibrator(out: Path, shruti) -> None:
    before = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    for path in (out / "pairs.jsonl", out / "nothing.json"):
        result = shruti("filter", out, "--calibrator", path)
        assert result.exit_code == 3
        assert "calibrator" in result.stderr and "shruti review OUT --calibrate" in result.stderr
    assert {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()} == before
