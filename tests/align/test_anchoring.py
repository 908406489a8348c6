"""Long texts between anchors: as good as exact where seeding is dense, and exact where it is thin."""

import numpy as np
import pytest
from hypothesis import given

from align import anchoring, encoding, needleman_wunsch, pairwise
from align.types import Alignment
from tests import naive


def pair(a, b):
    return 2 if a == b else -2


def worded(rng, count, words=400):
    """Text of `count` letters in words of a vocabulary, the frequent ones more often, as in a language."""
    vocabulary = [rng.integers(1, 27, rng.integers(2, 9)) for _ in range(words)]
    chosen = np.minimum(rng.zipf(1.3, count // 3 + 1) - 1, words - 1)
    return np.concatenate([np.append(vocabulary[word], 0) for word in chosen])[:count]


def planted(rng, count, unrelated=0.0, error=0.1):
    """(ref, hyp, (ref index, hyp index) of what was heard right); a share of unrelated text stands at both ends of both."""
    said = worded(rng, count)
    kept = np.flatnonzero(rng.random(count) > error / 3)
    wrong = rng.random(len(kept)) < error / 3
    heard = np.where(wrong, rng.integers(1, 27, len(kept)), said[kept])
    added = np.flatnonzero(rng.random(len(kept)) < error / 3)
    hyp = np.insert(heard, added, rng.integers(1, 27, len(added)))
    at = np.arange(len(kept)) + np.searchsorted(added, np.arange(len(kept)), side="right")
    before = [worded(np.random.default_rng(seed), int(count * unrelated)) for seed in (11, 12, 13, 14)]
    right = ~wrong
    truth = kept[right] + len(before[0]), at[right] + len(before[1])
    return np.concatenate([before[0], said, before[2]]), np.concatenate([before[1], hyp, before[3]]), truth


def found_of(result: Alignment, truth) -> tuple[float, float]:
    """(recall of the planted pairs, precision over pairs of symbols that were planted)."""
    pairs, planted_pairs = (set(zip(*map(np.ndarray.tolist, own), strict=True)) for own in (result.matched(), truth))
    rows, columns = set(truth[0].tolist()), set(truth[1].tolist())
    touching = {(i, j) for i, j in pairs if i in rows or j in columns}
    return len(pairs & planted_pairs) / len(planted_pairs), len(touching & planted_pairs) / max(1, len(touching))


@naive.compiled
@pytest.mark.parametrize("unrelated", [0.0, 0.4])
@pytest.mark.parametrize("error", [0.02, 0.1, 0.2])
def test_planted_pairs_are_found_as_well_as_exactly(unrelated, error):
    ref, hyp, truth = planted(np.random.default_rng(1), 12_000, unrelated, error)
    for ends in (False, True):
        exact, anchored = (needleman_wunsch(ref, hyp, free_ends=ends, method=method) for method in ("exact", "anchored"))
        assert (exact.method, anchored.method) == ("exact", "anchored")
        assert exact.score >= anchored.score >= 0.97 * exact.score
        recall, precision = found_of(anchored, truth)
        wanted = found_of(exact, truth)
        assert recall >= wanted[0] - 0.002 and precision >= wanted[1] - 0.002
        assert recall > 0.9


@naive.compiled
def test_auto_is_anchored_for_long_texts():
    ref, hyp, truth = planted(np.random.default_rng(2), 24_000)
    assert len(ref) * len(hyp) > pairwise.SMALL
    result = needleman_wunsch(ref, hyp)
    assert result.method == "anchored"
    assert min(found_of(result, truth)) > 0.97


@naive.examples(60)
@given(naive.seeds)
def test_the_columns_are_all_there_and_have_the_score(seed):
    rng = np.random.default_rng(seed)
    ref, hyp, _ = planted(rng, int(rng.integers(60, 300)), float(rng.choice([0, 0.3])), float(rng.choice([0.05, 0.2])))
    if rng.random() < 0.5:  # a gap that is too large for the small kernel
        hyp = np.concatenate([hyp[:30], rng.integers(0, 27, 150), hyp[30:]])
    ends = tuple(map(bool, rng.integers(0, 2, 4)))
    scale = float(rng.choice([1, 0.5, 1.000001]))
    costs = dict(match=2 * scale, mismatch=-2 * scale, gap_open=-3 * scale, gap_extend=-scale)
    result = needleman_wunsch(ref, hyp, free_ends=ends, method="anchored", **costs)
    assert result.ref[result.ref >= 0].tolist() == list(range(len(ref)))
    assert result.hyp[result.hyp >= 0].tolist() == list(range(len(hyp)))
    assert result.ref.dtype == result.hyp.dtype == np.int32
    assert result.score == pytest.approx(scale * naive.rescore(result, ref, hyp, pair, -3, -1, ends))
    assert result.score <= needleman_wunsch(ref, hyp, free_ends=ends, method="exact", **costs).score + 1e-6


def test_classes_count_between_anchors():
    rng = np.random.default_rng(3)
    text = rng.integers(1, 20, 400)
    heard = text.copy()
    heard[::25] = (heard[::25] - 1) // 2 * 2 + 1  # the first of each class of two
    groups = [(symbol, symbol + 1) for symbol in range(1, 20, 2)]
    with_classes, without = (needleman_wunsch(text, heard, method="anchored", classes=own) for own in (groups, None))
    changed = int((text != heard).sum())
    assert with_classes.method == without.method == "anchored"
    assert with_classes.score == 2 * (len(text) - changed)
    assert without.score == 2 * (len(text) - changed) - 2 * changed


@naive.compiled
def test_fine_costs_do_not_overflow_in_small_gaps():
    """A cost of millionths makes scores of a hundred symbols larger than 32 bits hold."""
    rng = np.random.default_rng(4)
    text = rng.integers(0, 27, 400)
    ref = np.concatenate([text[:200], rng.integers(0, 27, 4000), text[200:]])
    hyp = np.concatenate([text[:200], rng.integers(0, 27, 3), text[200:]])
    scale = 1000.000001
    found = needleman_wunsch(ref, hyp, match=2 * scale, mismatch=-2 * scale, gap_open=-3.5, gap_extend=-0.5, method="anchored")
    assert found.method == "anchored"
    assert found.score >= 2 * scale * 400 - 4 - 0.5 * 4003 - 3.5


@pytest.mark.parametrize(
    ("ref", "hyp"), [("", ""), ("abc", ""), ("abcabc" * 30, "cbacba" * 30), ("abcdefgh", "abcdefgh"), ("a" * 500, "a" * 400)]
)
def test_where_seeds_are_thin_it_is_exact(ref, hyp):
    result = needleman_wunsch(ref, hyp, method="anchored")
    assert result.method == "exact"
    exact = needleman_wunsch(ref, hyp, method="exact")
    assert result.score == exact.score and result.hyp.tolist() == exact.hyp.tolist()


def test_anchors_that_leave_too_much_between_them_are_too_thin():
    rng = np.random.default_rng(5)
    common = rng.integers(0, 30, 40)
    ref = np.concatenate([rng.integers(0, 30, 300), common, rng.integers(0, 30, 300)])
    hyp = np.concatenate([rng.integers(0, 30, 300), common, rng.integers(0, 30, 300)])
    assert len(anchoring._anchors(*encoding.codes(ref, hyp)[:2])[0]) >= 40
    assert needleman_wunsch(ref, hyp, method="anchored").method == "exact"


def test_a_lone_shared_word_is_no_anchor():
    """A stretch of ten letters may be in both by chance, far off the right place."""
    rng = np.random.default_rng(6)
    text, word = rng.integers(0, 30, 300), np.arange(100, 110)
    ref = np.concatenate([word, text])
    hyp = np.concatenate([text, word])
    at_ref, at_hyp = anchoring._anchors(*encoding.codes(ref, hyp)[:2])
    assert len(at_ref) == 300 and set((at_ref - at_hyp).tolist()) == {10}


@naive.compiled
def test_seeds_are_longer_in_long_texts_and_of_few_symbols(monkeypatch):
    lengths = []
    original = anchoring._seeds
    monkeypatch.setattr(anchoring, "_seeds", lambda ref, hyp, length: lengths.append(length) or original(ref, hyp, length))
    text = np.random.default_rng(7).integers(0, 30, 300_000).astype(np.int32)
    for own in (text[:3000], text, text[:20_000] % 4):
        at_ref, at_hyp = anchoring._anchors(own, own)
        assert np.array_equal(at_ref, at_hyp) and len(at_ref) > 0.99 * len(own)
    assert lengths == [6, 7, 13]  # log(n n / 8) / log(symbols), 6 at least
