import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.types import Alignment, TokenSpans
from tests import naive


@st.composite
def spans_and_groups(draw):
    """Tokens in order, some left out; groups ascend, and some tokens are in none."""
    count = draw(st.integers(0, 12))
    at, group, spans, groups = 0, 0, [], []
    for _ in range(count):
        at += draw(st.integers(0, 3))
        length = draw(st.integers(1, 4))
        spans.append((at, at + length, draw(st.floats(0, 1, width=32))) if draw(st.booleans()) else (-1, -1, 0.0))
        at += length
        group += draw(st.integers(0, 2))
        groups.append(group if draw(st.integers(0, 3)) else -1)
    return spans, groups


@naive.examples(200)
@given(spans_and_groups())
def test_joined_spans_run_from_the_first_token_to_the_last(drawn):
    spans, groups = drawn
    start, end, score = (np.array([span[part] for span in spans]) for part in range(3))
    own = TokenSpans(start.astype(np.int32), end.astype(np.int32), score.astype(np.float32), -3.5)
    joined = own.joined(np.array(groups, int))
    assert len(joined.start) == len(joined.end) == len(joined.score) == max(groups, default=-1) + 1
    assert (joined.start.dtype, joined.end.dtype, joined.score.dtype) == (np.int32, np.int32, np.float32)
    assert joined.path_score == -3.5
    for number in range(len(joined.start)):
        said = [span for span, group in zip(spans, groups, strict=True) if group == number and span[0] >= 0]
        assert joined.start[number] == (said[0][0] if said else -1)
        assert joined.end[number] == (said[-1][1] if said else -1)
        frames = sum(b - a for a, b, _ in said)
        mean = sum((b - a) * value for a, b, value in said) / frames if frames else 0.0
        assert joined.score[number] == pytest.approx(mean, abs=1e-6)


def test_matched_columns_have_no_gap():
    found = Alignment(np.array([0, 1, -1, 2]), np.array([0, -1, 1, 2]), 1.0)
    assert [side.tolist() for side in found.matched()] == [[0, 2], [0, 2]]
    assert found.method == "exact"


def test_results_cannot_be_changed_by_accident():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Alignment(np.array([0]), np.array([0]), 1.0).score = 2.0
