"""Strips of rows and parts of strips, which only long inputs have, against one part; and what memory they need."""

import numpy as np
import pytest

from align import exact, needleman_wunsch
from align.kernels import affine
from tests import naive

STRIP = affine.STRIP


def noisy(rng, count, symbols, most=None):
    """Two texts of about `count` symbols, of which three quarters agree; the second is cut to `most`."""
    ref = rng.integers(0, symbols, count)
    hyp = ref[rng.random(count) > 0.12]
    wrong = rng.random(len(hyp)) < 0.12
    hyp[wrong] = rng.integers(0, symbols, wrong.sum())
    return ref, hyp[:most]


def pair(a, b):
    return 2 if a == b else -2


def in_parts(monkeypatch, kept, ref, hyp, **more):
    monkeypatch.setattr(exact, "_KEPT_BYTES", kept)
    return needleman_wunsch(ref, hyp, method="exact", **more)


@naive.compiled
@pytest.mark.parametrize("ends", [(False,) * 4, (True,) * 4, (True, False, False, True), (False, True, True, False)])
@pytest.mark.parametrize(
    ("rows", "most"),
    [(STRIP - 1, 500), (STRIP, 500), (STRIP + 1, 500), (2 * STRIP + 700, None), (9 * STRIP + 1, 60), (70 * STRIP, 9)],
)
def test_parts_and_strips_join_without_a_seam(monkeypatch, rows, most, ends):
    ref, hyp = noisy(np.random.default_rng(rows), rows, 4, most)
    whole = in_parts(monkeypatch, 1 << 30, ref, hyp, free_ends=ends)
    assert exact._plan(len(ref), len(hyp), 1)[0] >= rows
    for kept in (1, 3 << 20):
        parts = in_parts(monkeypatch, kept, ref, hyp, free_ends=ends)
        assert exact._plan(len(ref), len(hyp), 1)[0] < rows or rows <= STRIP or kept > 1
        assert parts.score == whole.score == naive.rescore(parts, ref, hyp, pair, -3, -1, ends)
        np.testing.assert_array_equal(parts.ref, whole.ref)
        np.testing.assert_array_equal(parts.hyp, whole.hyp)


@naive.compiled
def test_parts_join_where_a_gap_runs_through_them(monkeypatch):
    rng = np.random.default_rng(7)
    text = rng.integers(0, 30, 600)
    ref = np.concatenate([text[:300], rng.integers(30, 60, 3 * STRIP), text[300:]])
    for first, second in ((ref, text), (text, ref)):
        whole = in_parts(monkeypatch, 1 << 30, first, second)
        parts = in_parts(monkeypatch, 1, first, second)
        np.testing.assert_array_equal(parts.ref, whole.ref)
        assert parts.score == whole.score >= 600 * 2 - 3 - 3 * STRIP
        assert len(parts.matched()[0]) == 600


@naive.compiled
def test_long_inputs_have_the_score_of_the_textbook():
    rng = np.random.default_rng(8)
    ref, hyp = noisy(rng, STRIP + 200, 4, 60)
    found = needleman_wunsch(ref, hyp, method="exact", free_ends=(True, False, False, True))
    assert found.score == naive.affine_score(ref, hyp, 2, -2, -3, -1, (True, False, False, True))


@naive.compiled
def test_parts_hold_for_wider_integers_and_classes(monkeypatch):
    ref, hyp = noisy(np.random.default_rng(9), 2 * STRIP + 5, 300, 700)
    more = dict(classes=[range(k, k + 5) for k in range(0, 300, 10)], free_ends=(False, True, False, True))
    whole, parts = in_parts(monkeypatch, 1 << 30, ref, hyp, **more), in_parts(monkeypatch, 1, ref, hyp, **more)
    np.testing.assert_array_equal(parts.ref, whole.ref)
    np.testing.assert_array_equal(parts.hyp, whole.hyp)


def test_blocks_of_the_traceback_join_without_a_seam():
    """More than 256 diagonals are not all kept."""
    rng = np.random.default_rng(0)
    ref = rng.integers(0, 4, 300)
    hyp = np.delete(ref, rng.choice(300, 60, replace=False))
    ends = (True, False, False, True)
    found = needleman_wunsch(ref, hyp, free_ends=ends)
    score, path = naive.affine(ref, hyp, pair, -3, -1, ends)
    assert found.score == score
    assert list(zip(found.ref.tolist(), found.hyp.tolist(), strict=True)) == path


@pytest.mark.parametrize(("n", "m", "most"), [(50_000, 50_000, 40e6), (300_000, 300_000, 100e6), (1_000_000, 1_000_000, 300e6)])
def test_memory_grows_with_the_length_and_not_with_the_product(monkeypatch, n, m, most):
    part, every = exact._plan(n, m, 1)
    strips = part // STRIP
    kept = strips * 4 * STRIP * ((STRIP + m) // every + 1)
    borders = 2 * m * (n // part + 2)
    assert kept + borders + 12 * (n + m) <= most
    monkeypatch.setattr(exact, "MAX_BYTES", most)
    exact._plan(n, m, 1)


def test_what_needs_too_much_is_refused_with_the_numbers():
    with pytest.raises(MemoryError, match=r"30000000 x 30000000 symbols need \d+\.\d GB, more than 2\.0 GB"):
        exact._plan(30_000_000, 30_000_000, 1)
