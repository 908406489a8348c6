"""Splits: whole recordings, stable while a run grows, every split filled."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.config import ExportConfig
from mining.corpus.export.splits import assign


def rows(count: int) -> list[dict[str, str]]:
    return [{"recording": f"r{number:04d}"} for number in range(count)]


@given(st.integers(3, 60), st.floats(0.01, 0.45), st.floats(0.01, 0.45))
def test_every_split_has_a_recording(count: int, valid: float, test: float) -> None:
    assert set(assign(rows(count), ExportConfig(valid, test))) == {"train", "valid", "test"}


@given(st.integers(1, 40), st.floats(0.01, 0.45), st.floats(0.01, 0.45))
def test_blocks_leave_something_to_train_on(count: int, valid: float, test: float) -> None:
    names = assign([{"recording": "one"}] * count, ExportConfig(valid, test))
    assert names == sorted(names, key=["train", "valid", "test"].index)
    assert names[0] == "train"


def test_a_growing_run_moves_no_recording() -> None:
    config = ExportConfig(0.1, 0.1)
    few, many = assign(rows(200), config), assign(rows(400), config)
    assert many[:200] == few


def test_shares_come_out_about_right() -> None:
    counts = Counter(assign(rows(2000), ExportConfig(0.05, 0.10)))
    assert counts["valid"] / 2000 == pytest.approx(0.05, abs=0.02)
    assert counts["test"] / 2000 == pytest.approx(0.10, abs=0.02)


def test_shares_of_zero_are_no_split() -> None:
    assert set(assign(rows(10), ExportConfig(0.0, 0.0))) == {"train"}
    assert set(assign(rows(2), ExportConfig(0.0, 0.0))) == {"train"}
