"""The mel scale, by its definition: 1,000 mel at 1,000 Hz, and back again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.models.mel import to_hertz, to_mel


def test_a_thousand_hertz_is_a_thousand_mel() -> None:
    assert to_mel(1000.0) == pytest.approx(1000.0, rel=1e-3)
    assert to_mel(0.0) == to_hertz(0.0) == 0.0


@given(st.floats(0, 8000), st.floats(0, 8000))
def test_there_and_back_and_in_order(one: float, other: float) -> None:
    assert to_hertz(to_mel(one)) == pytest.approx(one, abs=1e-6)
    assert (one < other) <= (to_mel(one) <= to_mel(other))
