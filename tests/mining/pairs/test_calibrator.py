"""The calibrator that is shipped fits the features that are measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.confidence import Calibrator, calibrate
from mining.config import STRATEGIES
from mining.pairs import calibrator, evidence

FITTED = Calibrator(("margin", "cer"), (1.5, 0.2), (0.7, 0.1), (0.3, -1.25), 2.0)


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    calibrator.save({"hybrid": FITTED}, tmp_path / "calibrator.json")
    assert calibrator.load("hybrid", tmp_path / "calibrator.json") == FITTED
    assert (tmp_path / "calibrator.json").read_text(encoding="utf8").endswith("}\n")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_shipped_one_knows_its_features_and_is_whole(strategy: str) -> None:
    shipped = calibrator.load(strategy)
    assert set(shipped.features) <= set(evidence.DIRECTIONS)
    assert len(shipped.features) == len(shipped.mean) == len(shipped.scale) == len(shipped.weight) > 0
    assert min(shipped.scale) > 0
    assert all(evidence.DIRECTIONS[name] * w >= 0 for name, w in zip(shipped.features, shipped.weight, strict=True))


@given(st.fixed_dictionaries({name: st.floats(-1e6, 1e6) for name in evidence.DIRECTIONS}))
def test_the_shipped_one_gives_a_probability_whatever_is_measured(row: dict[str, float]) -> None:
    assert all(0.0 <= calibrator.load(strategy).probability(row) <= 1.0 for strategy in STRATEGIES)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_strong_place_is_surer_than_a_weak_one(strategy: str) -> None:
    good = dict.fromkeys(evidence.DIRECTIONS, 0.0) | {
        "margin": 3.0, "strength": 20.0, "frame_score": -0.2, "worst": -0.6, "first": -0.2, "last": -0.2, "cer": 0.1,
        "cer_first": 0.1, "cer_last": 0.1, "tempo": 0.05, "pause_before": 0.5, "pause_after": 0.5, "length": 4.0,
        "sure_start": 30.0, "sure_end": 30.0, "in_order": 2.0, "support": 2.0,
    }  # fmt: skip
    bad = good | {
        "margin": 0.2, "strength": 1.0, "frame_score": -2.5, "worst": -4.0, "first": -3.0, "last": -3.0, "cer": 0.9,
        "cer_first": 1.0, "cer_last": 1.0, "tempo": 0.6, "pause_before": 0.0, "pause_after": 0.0,
        "sure_start": 1.0, "sure_end": 1.0, "in_order": 0.0, "support": 0.3,
    }  # fmt: skip
    shipped = calibrator.load(strategy)
    assert shipped.probability(good) > shipped.probability(bad) + 0.3


def test_a_feature_that_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="cer"):
        FITTED.probability({"margin": 1.0})


def test_a_fit_can_be_saved(tmp_path: Path) -> None:
    fitted = calibrate([{"a": float(x)} for x in range(9)], [x > 4 for x in range(9)], {"a": 1})
    calibrator.save({"hybrid": fitted}, tmp_path / "new" / "fit.json")
    assert calibrator.load("hybrid", tmp_path / "new" / "fit.json") == fitted
