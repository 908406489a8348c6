"""The calibrator that is shipped fits the features that are measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.confidence import Calibrator, calibrate
from mining.config import STRATEGIES
from mining.pairs import calibrator, evidence
from mining.pairs.calibrator import Confidence

FITTED = Confidence(
    text=Calibrator(("margin", "in_order"), (1.5, 1.0), (0.7, 0.5), (1.3, 0.2), 2.0),
    edge=Calibrator(("left",), (0.5,), (1.0,), (-1.0,), 3.0),
)
GOOD = {
    "margin": 3.0, "strength": 20.0, "frame_score": -0.2, "worst": -0.6, "dip": -0.4, "first": -0.2, "last": -0.2, "cer": 0.1,
    "cer_first": 0.1, "cer_last": 0.1, "tempo": 0.05, "pause_before": 0.5, "pause_after": 0.5, "length": 4.0,
    "sure_start": 30.0, "sure_end": 30.0, "in_order": 2.0, "support": 2.0, "minutes": 1.5, "left_before": 0.0, "left_after": 0.0,
    "pace_first": 0.05, "pace_last": 0.05,
}  # fmt: skip
WEAK_TEXT = {"margin": 0.2, "dip": -2.5, "strength": 1.0, "cer": 0.9, "tempo": 0.6, "in_order": 0.0, "support": 0.3}
WEAK_START = {"pause_before": 0.0, "sure_start": 0.2, "left_before": 2.0, "first": -3.0, "pace_first": 1.0}
WEAK_END = {"pause_after": 0.0, "sure_end": 0.2, "left_after": 2.0, "last": -3.0, "pace_last": 1.0}


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    calibrator.save({"hybrid": FITTED}, tmp_path / "calibrator.json")
    assert calibrator.load("hybrid", tmp_path / "calibrator.json") == FITTED
    assert (tmp_path / "calibrator.json").read_text(encoding="utf8").endswith("}\n")


def test_text_and_both_ends_must_be_right() -> None:
    text = FITTED.text.probability(GOOD)
    assert FITTED.probability(GOOD) == pytest.approx(text * FITTED.edge.probability({"left": 0.0}) ** 2)
    before, after = (FITTED.probability(GOOD | {left: 2.0}) for left in ("left_before", "left_after"))
    assert before == after < FITTED.probability(GOOD)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_shipped_one_knows_its_features_and_is_whole(strategy: str) -> None:
    shipped = calibrator.load(strategy)
    for one, directions in ((shipped.text, evidence.TEXT[strategy]), (shipped.edge, evidence.EDGE)):
        assert set(one.features) <= set(directions)
        assert len(one.features) == len(one.mean) == len(one.scale) == len(one.weight) > 0
        assert min(one.scale) > 0
        assert all(directions[name] * weight >= 0 for name, weight in zip(one.features, one.weight, strict=True))


@given(st.fixed_dictionaries({name: st.floats(-1e6, 1e6) for name in GOOD}))
def test_the_shipped_one_gives_a_probability_whatever_is_measured(row: dict[str, float]) -> None:
    assert all(0.0 <= calibrator.load(strategy).probability(row) <= 1.0 for strategy in STRATEGIES)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_strong_place_is_surer_than_a_weak_one(strategy: str) -> None:
    shipped = calibrator.load(strategy)
    assert shipped.probability(GOOD) > shipped.probability(GOOD | WEAK_TEXT) + 0.3
    for weak in (WEAK_START, WEAK_END):  # a strong sentence may be cut at the wrong place
        assert shipped.probability(GOOD) > shipped.probability(GOOD | weak) + 0.1


def test_a_feature_that_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="pause_before"):
        FITTED.probability({name: value for name, value in GOOD.items() if name != "pause_before"})


def test_a_fit_can_be_saved(tmp_path: Path) -> None:
    fitted = calibrate([{"a": float(x)} for x in range(9)], [x > 4 for x in range(9)], {"a": 1})
    calibrator.save({"hybrid": Confidence(fitted, fitted)}, tmp_path / "new" / "fit.json")
    assert calibrator.load("hybrid", tmp_path / "new" / "fit.json").text == fitted
