"""What verdicts teach the confidence: what they say, no more where they are few, and never something that breaks."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from align.confidence import Calibrator
from mining import results, store
from mining.config import Config, FilterConfig
from mining.corpus.review import judged, refit, verdicts
from mining.corpus.review.pairs import briefly, judgeable
from mining.corpus.review.queue import Queue
from mining.corpus.review.refit import calibrate, platt
from mining.corpus.review.verdicts import Verdict
from mining.errors import InputError, UsageError
from mining.pairs import calibrator, evidence
from mining.pairs.calibrator import Confidence
from mining.pairs.filter import filter_pairs
from mining.records import Pair
from tests.mining.pairs.test_calibrator import GOOD

SHIPPED = calibrator.load("hybrid")


@dataclass(frozen=True)
class Made:
    """A run, and of each of its pairs whether the text and both ends are right."""

    out: Path
    truth: dict[str, tuple[bool, bool, bool]]

    def verdict(self, row: dict[str, Any], person: str = "a", how: str = "stratified", drag: bool = True) -> Verdict:
        """What somebody says who hears everything."""
        text, start, end = self.truth[row["id"]]
        said = "text" if not text else "right" if start and end else "ends"
        moved = {} if said != "ends" or not drag else {"new_start": row["start"] - (not start), "new_end": row["end"] + (not end)}
        shown = {name: row[name] for name in ("recording", "text", "start", "end", "confidence")}
        return Verdict(pair=row["id"], person=person, verdict=said, how=how, at="2026-01-01T00:00:00Z", **shown, **moved)

    def judge(self, number: int, drag: bool = True, person: str = "a") -> None:
        """Verdicts on the first pairs of the fair order."""
        rows = {row["id"]: row for row in judgeable(self.out, rejected=True)}
        for id in Queue(list(rows.values())).order[:number]:
            verdicts.add(self.out, self.verdict(rows[id], person, drag=drag))


def odds(one: Calibrator, values: dict[str, float]) -> float:
    p = min(one.probability(values), 1 - 1e-12)
    return float(np.log(p / (1 - p)))


def make(
    out: Path, text: tuple[float, float] = (1, 0), edge: tuple[float, float] = (1, 0), each: int = 60, target: float = 0.95
) -> Made:
    """A run of six recordings whose truth has other log-odds than the calibrator thinks: (slope, shift) of them."""
    rng = np.random.default_rng(0)
    truth: dict[str, tuple[bool, bool, bool]] = {}
    kept_rows, rejected_rows = [], []
    for number in range(6):
        recording = store.Recording(out / "recordings" / f"r{number}")
        about = {"audio": f"r{number}.wav", "document": "d.pdf", "language": "hi", "config": Config().as_dict()}
        pairs = []
        for i in range(each):
            changed = {
                "margin": float(rng.uniform(0.2, 4)),
                "dip": float(rng.uniform(-1.6, 0)),
                "in_order": float(rng.integers(0, 3)),
                **{f"sure_{end}": float(rng.uniform(5, 30)) for end in evidence.ENDS},
                **{name: float(rng.exponential(0.4)) for name in ("left_before", "left_after")},
            }
            row = {name: round(value, 4) for name, value in (GOOD | changed).items()}
            places = [odds(SHIPPED.text, row), *(odds(SHIPPED.edge, evidence.edge(row, end)) for end in evidence.ENDS)]
            shifts = (text, edge, edge)
            right = [rng.random() < 1 / (1 + np.exp(-(a * o + b))) for (a, b), o in zip(shifts, places, strict=True)]
            first = (10 * i + 1) * 16_000
            name = f"r{number}-p{i:05d}"
            truth[name] = (bool(right[0]), bool(right[1]), bool(right[2]))
            sure = round(SHIPPED.probability(row), 4)
            pairs.append(
                Pair(
                    name, recording.id, f"s{i:04d}", ("g1",), first, first + 80_000, f"t {i}", "", 1, sure, "hybrid", features=row
                )
            )
        kept, rejected, _ = filter_pairs(recording.id, pairs, [], [], 0, FilterConfig(target_precision=target))
        store.write_records(recording.path("candidates.jsonl"), pairs)
        store.write_json(recording.path("recording.json"), about)
        kept_rows += [results.pair_row(pair, about) for pair in kept]
        rejected_rows += [results.rejection_row(one) for one in rejected]
    store.write_rows(out / "pairs.jsonl", kept_rows)
    store.write_rows(out / "rejected.jsonl", rejected_rows)
    return Made(out, truth)


@pytest.fixture
def overconfident(tmp_path: Path) -> Made:
    """Texts and ends are wrong more often than thought, the surest most of all."""
    return make(tmp_path / "out", text=(0.6, -0.5), edge=(0.6, -0.3))


def loss(one: Confidence, made: Made) -> float:
    """Mean log loss of a calibrator on every candidate of a run, whatever was judged."""
    pairs = [pair for recording in store.recordings(made.out) for pair in refit._candidates(recording)]
    sure = np.clip([one.probability(pair.features) for pair in pairs], 1e-6, 1 - 1e-6)
    right = np.array([all(made.truth[pair.id]) for pair in pairs])
    return float(-np.log(np.where(right, sure, 1 - sure)).mean())


def test_a_fit_finds_slope_and_shift() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(2, 2, 20_000)
    slope, shift = platt(x, (rng.random(len(x)) < 1 / (1 + np.exp(-(0.7 * x - 0.5)))).astype(float), np.ones(len(x)))
    assert slope == pytest.approx(0.7, abs=0.05) and shift == pytest.approx(-0.5, abs=0.1)


def test_a_fit_is_where_the_loss_is_least() -> None:
    """Against every point of a grid around it."""
    rng = np.random.default_rng(1)
    x, weight = rng.normal(3, 3, 60), rng.random(60)
    right = (rng.random(60) < 0.8).astype(float)

    def lost(slope: float, shift: float) -> float:
        at = slope * x + shift
        held = ((slope - 1) / refit.STRETCH) ** 2 / 2 + (shift / refit.SHIFT) ** 2 / 2
        return float((weight * (np.logaddexp(0, at) - right * at)).sum() + held)

    slope, shift = platt(x, right, weight)
    best = lost(slope, shift)
    assert all(lost(slope + a, shift + b) >= best for a in np.linspace(-0.2, 0.2, 21) for b in np.linspace(-0.5, 0.5, 21))


@pytest.mark.parametrize("right", [0.0, 1.0])
@pytest.mark.parametrize("number", [0, 1, 5])
def test_a_few_one_sided_verdicts_hardly_move_it(number: int, right: float) -> None:
    slope, shift = platt(np.full(number, 4.0), np.full(number, right), np.ones(number))
    if right or not number:
        assert abs(slope - 1) < 0.05 and abs(shift) < 0.1, "they say what was thought"
    assert refit.LEAST_SLOPE <= slope <= 1.05 and abs(shift) < 3


def test_far_out_odds_break_nothing() -> None:
    x = np.array([34.0, 34.0, -34.0, 30.0])
    slope, shift = platt(x, np.array([0.0, 1.0, 1.0, 0.0]), np.ones(4))
    assert refit.LEAST_SLOPE <= slope < 1 and np.isfinite(shift)


def test_a_fold_is_the_slope_and_shift_of_the_odds() -> None:
    folded = refit._folded(SHIPPED.text, 0.7, -0.4)
    assert odds(folded, GOOD) == pytest.approx(0.7 * odds(SHIPPED.text, GOOD) - 0.4, abs=1e-3)


def test_verdicts_bring_the_confidence_nearer_to_the_truth(overconfident: Made) -> None:
    before = loss(SHIPPED, overconfident)
    overconfident.judge(200)
    figures = calibrate(overconfident.out)
    fitted = calibrator.read(refit.path(overconfident.out))
    best = loss(Confidence(refit._folded(SHIPPED.text, 0.6, -0.5), refit._folded(SHIPPED.edge, 0.6, -0.3)), overconfident)
    after = loss(fitted["hybrid"], overconfident)
    assert after < before and after - best < 0.4 * (before - best)
    assert figures["calibration"]["new"]["log_loss"] < figures["calibration"]["old"]["log_loss"]
    assert all(fitted[name] == calibrator.load(name) for name in ("iterative-ctc", "needleman-wunsch")), "nobody judged those"


def test_a_right_calibrator_stays_near(tmp_path: Path) -> None:
    made = make(tmp_path / "out")
    made.judge(200)
    calibrate(made.out)
    after = loss(calibrator.read(refit.path(made.out))["hybrid"], made)
    assert after < loss(SHIPPED, made) + 0.01


def test_ends_that_nobody_dragged_teach_too(overconfident: Made) -> None:
    before = loss(SHIPPED, overconfident)
    overconfident.judge(200, drag=False)
    fits = calibrate(overconfident.out)["fits"]["hybrid"]
    assert loss(calibrator.read(refit.path(overconfident.out))["hybrid"], overconfident) < before
    assert fits["edge"][0] < 0.95


def test_two_judges_of_a_pair_weigh_as_one(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two")
    for made, people in ((one, "a"), (two, "ab")):
        for person in people:
            made.judge(80, person=person)
    assert calibrate(one.out)["fits"] == calibrate(two.out)["fits"]


def test_it_is_written_whole_and_the_same_again(overconfident: Made) -> None:
    overconfident.judge(60)
    first = calibrate(overconfident.out)
    path = refit.path(overconfident.out)
    before = path.read_bytes()
    assert calibrate(overconfident.out) == first
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == ["a.jsonl", "calibrator.json"]
    json.dumps(first, allow_nan=False)


def test_the_table_tells_what_would_be_kept(overconfident: Made) -> None:
    overconfident.judge(250)
    figures = calibrate(overconfident.out)
    fitted = calibrator.read(refit.path(overconfident.out))["hybrid"]
    for row in figures["targets"]:
        kept = []
        for recording in store.recordings(overconfident.out):
            new = [replace(pair, confidence=round(fitted.probability(pair.features), 4)) for pair in refit._candidates(recording)]
            kept += filter_pairs("", new, [], [], 0, replace(Config().filter, target_precision=row["target"]))[0]
        assert row["new"]["pairs"] == len(kept)
        assert row["new"]["hours"] == pytest.approx(sum(pair.end - pair.start for pair in kept) / 16_000 / 3600, abs=1e-4)
        found = row["new"]["precision"]
        if kept and found:
            truth = sum(all(overconfident.truth[pair.id]) for pair in kept) / len(kept)
            assert found["low"] - 0.02 <= truth <= found["high"] + 0.02
    assert any(row["new"]["precision"] for row in figures["targets"])
    at = next(row for row in figures["targets"] if row["target"] == 0.95)
    assert at["old"]["pairs"] == figures["of"], "as the run is"
    assert at["new"]["pairs"] < at["old"]["pairs"], "it is no longer so sure"


def test_what_verdicts_do_not_reach_is_not_told(tmp_path: Path) -> None:
    """Kept pairs were judged; a lower target would keep others as well, of which nothing is known."""
    made = make(tmp_path / "out", target=0.99)
    rows = judgeable(made.out)
    for id in Queue(rows).order[:50]:
        verdicts.add(made.out, made.verdict(next(row for row in rows if row["id"] == id)))
    figures = {row["target"]: row["old"] for row in calibrate(made.out)["targets"]}
    assert figures[0.99]["precision"]
    assert figures[0.9]["pairs"] > 1.06 * figures[0.99]["pairs"] and figures[0.9]["precision"] is None


@pytest.mark.parametrize("kind", ["right", "text", "ends"])
def test_one_sided_verdicts_break_nothing(kind: str, tmp_path: Path) -> None:
    made = make(tmp_path / "out", each=10)
    for row in judgeable(made.out)[:8]:
        verdicts.add(made.out, replace(made.verdict(row, drag=False), verdict=kind, new_start=None, new_end=None))
    figures = calibrate(made.out)
    fitted = calibrator.read(refit.path(made.out))["hybrid"]
    assert 0 < fitted.probability(GOOD) < 1
    assert json.dumps(figures, allow_nan=False)
    if kind == "right":
        assert fitted.probability(GOOD) == pytest.approx(SHIPPED.probability(GOOD), abs=0.01)
    else:
        assert fitted.probability(GOOD) < SHIPPED.probability(GOOD)


def test_one_verdict_and_an_even_one(tmp_path: Path) -> None:
    made = make(tmp_path / "out", each=10)
    row = judgeable(made.out)[0]
    for person, kind in (("a", "right"), ("b", "text")):
        verdicts.add(made.out, replace(made.verdict(row, person), verdict=kind))
    figures = calibrate(made.out)
    assert figures["calibration"] == {
        "pairs": 0, "old": {"calibration_error": None, "log_loss": None}, "new": {"calibration_error": None, "log_loss": None}
    }  # fmt: skip


def test_pairs_that_were_picked_teach_but_do_not_tell(overconfident: Made) -> None:
    for row in judgeable(overconfident.out)[:40]:
        verdicts.add(overconfident.out, overconfident.verdict(row, how="active"))
    figures = calibrate(overconfident.out)
    assert figures["precision"] is None and all(row["new"]["precision"] is None for row in figures["targets"])
    assert figures["fits"]["hybrid"]["text"] != [1.0, 0.0]


def test_nobody_has_judged_it(tmp_path: Path) -> None:
    made = make(tmp_path / "out", each=10)
    row = judgeable(made.out)[0]
    for verdict in (None, replace(made.verdict(row), verdict="skip"), replace(made.verdict(row), text="as it was before")):
        if verdict:
            verdicts.add(made.out, verdict)
        with pytest.raises(UsageError, match="nobody has judged") as told:
            calibrate(made.out)
        assert "shruti review" in told.value.advice
    assert not refit.path(made.out).exists()


def test_candidates_that_are_gone_are_told(overconfident: Made) -> None:
    overconfident.judge(10)
    for recording in store.recordings(overconfident.out):
        recording.path("candidates.jsonl").unlink()
    with pytest.raises(InputError, match="has no features"):
        calibrate(overconfident.out)


def test_the_confidence_that_a_run_is_filtered_by_is_the_old_one(overconfident: Made) -> None:
    overconfident.judge(150)
    first = calibrate(overconfident.out)
    path = refit.path(overconfident.out)
    for recording in store.recordings(overconfident.out):
        about = store.read_json(recording.path("recording.json"))
        config = replace(Config(), filter=FilterConfig(calibrator=calibrator.content(path)))
        store.write_json(recording.path("recording.json"), about | {"config": config.as_dict()})
    again = calibrate(overconfident.out)
    assert [row["old"] for row in again["targets"]] == [row["new"] for row in first["targets"]]
    assert again["fits"] == first["fits"], "learnt anew from all verdicts, and not twice from the same"
    assert judged.summary(overconfident.out)["judged"] == first["judged"]


def test_learning_again_and_again_needs_no_earlier_file(overconfident: Made) -> None:
    """Calibrate, keep by it, judge, calibrate over it, judge, calibrate: "old" is what the run was kept by all the while."""
    overconfident.judge(60)
    first = calibrate(overconfident.out)
    _keep_by(overconfident.out, refit.path(overconfident.out))
    for number in (100, 140):
        overconfident.judge(number)
        again = _elsewhere(overconfident.out)
        assert [row["old"]["pairs"] for row in again["targets"]] == [row["new"]["pairs"] for row in first["targets"]]
    now = {row["id"]: row["confidence"] for row in briefly(overconfident.out)}
    right = judged.rightness(judged.current(briefly(overconfident.out), verdicts.read(overconfident.out)))
    lost = np.mean([-np.log(now[id] if value else 1 - now[id]) for id, value in right.items()])
    assert again["calibration"]["old"]["log_loss"] == pytest.approx(lost, abs=1e-3)


def _elsewhere(out: Path) -> dict[str, Any]:
    """Calibrate in another process, which remembers nothing of this one."""
    code = "import json, pathlib, sys; from mining.corpus.review.refit import calibrate as c; "
    code += "print(json.dumps(c(pathlib.Path(sys.argv[1]))))"
    return json.loads(subprocess.run([sys.executable, "-c", code, str(out)], check=True, capture_output=True).stdout)


def _keep_by(out: Path, path: Path) -> None:
    """What `shruti filter --calibrator` does to the runs of these tests."""
    kept_rows, rejected_rows = [], []
    for recording in store.recordings(out):
        about = store.read_json(recording.path("recording.json"))
        setting = FilterConfig(calibrator=calibrator.content(path))
        scored = calibrator.rescored(refit._candidates(recording), setting)
        kept, rejected, _ = filter_pairs(recording.id, scored, [], [], 0, setting)
        store.write_json(recording.path("recording.json"), about | {"config": replace(Config(), filter=setting).as_dict()})
        kept_rows += [results.pair_row(pair, about) for pair in kept]
        rejected_rows += [results.rejection_row(one) for one in rejected]
    store.write_rows(out / "pairs.jsonl", kept_rows)
    store.write_rows(out / "rejected.jsonl", rejected_rows)


def test_a_filter_scores_by_the_calibrator_that_it_is_given(overconfident: Made) -> None:
    overconfident.judge(100)
    calibrate(overconfident.out)
    pairs = refit._candidates(store.recordings(overconfident.out)[0])
    plain = Config().filter
    assert calibrator.rescored(pairs, plain) is pairs
    path = refit.path(overconfident.out)
    chosen, fitted = replace(plain, calibrator=calibrator.content(path)), calibrator.read(path)["hybrid"]
    wanted = [round(fitted.probability(one.features), 4) for one in pairs]
    assert [one.confidence for one in calibrator.rescored(pairs, chosen)] == wanted
    with pytest.raises(InputError, match="needs 'sure_start'"):
        calibrator.rescored([replace(pairs[0], features={})], chosen)
    store.write_json(overconfident.out / "other.json", {"iterative-ctc": store.read_json(calibrator.PATH)["iterative-ctc"]})
    with pytest.raises(InputError, match="needs 'hybrid'"):
        calibrator.rescored(pairs, replace(plain, calibrator=calibrator.content(overconfident.out / "other.json")))
    path.unlink()
    assert [one.confidence for one in calibrator.rescored(pairs, chosen)] == wanted, "a run needs no file besides itself"
    with pytest.raises(InputError, match="there is no such calibrator"):
        calibrator.content(path)
    with pytest.raises(InputError, match="is no calibrator"):
        calibrator.rescored(pairs, replace(chosen, calibrator={}))


def test_a_key_is_of_what_a_calibrator_holds_and_not_of_where_it_lies(tmp_path: Path) -> None:
    plain = FilterConfig()
    one, two, other = (tmp_path / f"{name}.json" for name in ("one", "two", "other"))
    stored = store.read_json(calibrator.PATH)
    store.write_json(one, stored)
    store.write_json(two, stored)
    stored["hybrid"]["text"]["bias"] += 1
    store.write_json(other, stored)
    keys = [store.key(replace(plain, calibrator=calibrator.content(path))) for path in (one, two, other)] + [store.key(plain)]
    assert keys[0] == keys[1] and len(set(keys)) == 3
    config = replace(Config(), filter=replace(plain, calibrator=calibrator.content(one)))
    assert Config.from_dict(json.loads(json.dumps(config.as_dict()))) == config


@pytest.mark.parametrize("change", [
    lambda stored: stored.clear(),
    lambda stored: stored.update(unknown=stored["hybrid"]),
    lambda stored: stored["hybrid"].pop("edge"),
    lambda stored: stored["hybrid"]["text"]["weight"].pop(),
    lambda stored: stored["hybrid"]["text"].update(bias="much"),
    lambda stored: stored["hybrid"]["text"].update(bias=float("nan")),
    lambda stored: stored["hybrid"]["text"].update(more=1),
    lambda stored: stored["hybrid"]["text"]["features"].__setitem__(0, "mood"),
    lambda stored: stored["hybrid"]["edge"]["scale"].__setitem__(0, 0.0),
    lambda stored: stored["hybrid"]["edge"]["scale"].__setitem__(0, 1e-320),
    lambda stored: stored["hybrid"]["edge"]["weight"].__setitem__(0, -1e308),
    lambda stored: stored["hybrid"]["text"].update(bias=10**400),
    lambda stored: stored["hybrid"].update(text=5, edge=5),
    lambda stored: stored["hybrid"].update(text=None),
    lambda stored: stored["hybrid"]["text"].update(features=[["margin"]]),
])  # fmt: skip
def test_what_is_no_calibrator_is_told(change: Any, tmp_path: Path) -> None:
    stored = store.read_json(calibrator.PATH)
    change(stored)
    store.write_json(tmp_path / "calibrator.json", stored)
    with pytest.raises(InputError, match="is no calibrator"):
        calibrator.read(tmp_path / "calibrator.json")


@pytest.mark.parametrize("content", [b"", b"[]", b"[1]", b"\xff\xfe", b"7", b"{}", b'{"hybrid": null}', b"[" * 100_000])
def test_any_other_file_is_no_calibrator(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(InputError, match="is no calibrator"):
        calibrator.read(tmp_path / "x.json")
