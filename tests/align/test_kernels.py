"""Kernels on their own against slow twins, where no wrapper is asked; all of the room without the compiler."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align import emissions, kernels
from align.encoding import costs
from align.kernels import affine, anchors, chaining, spotting, viterbi
from tests import naive

CODES = st.lists(st.integers(0, 3), max_size=10)
COSTS = st.tuples(st.integers(-2, 4), st.integers(-5, 3), st.integers(-4, 0), st.integers(-3, 0))


def pair_of(given_):
    return lambda a, b: given_[0] if a == b else given_[1]


def swept(ref, hyp, given_, dtype, every=256):
    """(what `affine.sweep` is given, kept and tops, vertical of the last column, horizontal of the last row)."""
    own = costs(*given_)
    assert own.scale in (1, 2)
    columns = len(hyp)
    extend, opened = own.gap_extend, own.gap_open + own.gap_extend
    horizontal = np.full(columns, extend, dtype)
    horizontal[-1:] = opened
    up = np.full(columns, opened, dtype)
    kept = np.empty((1, (affine.STRIP + columns) // every + 1, 4, affine.STRIP), dtype)
    tops, last = np.empty((1, 2, columns), dtype), np.empty(len(ref), dtype)
    sequences = np.array(ref, dtype), np.ones(len(ref), dtype), np.array(hyp[::-1], dtype)
    borders = dtype(opened), dtype(extend)
    affine.sweep(*sequences, own.array(dtype), *borders, horizontal, up, every, kept, tops, last)
    return (*sequences, own.array(dtype), every, kept, tops), last, horizontal[::-1], own


@naive.examples(150)
@given(CODES.filter(len), CODES.filter(len), COSTS, st.sampled_from([np.int8, np.int32]))
def test_a_sweep_ends_in_the_differences_of_the_last_row_and_column(ref, hyp, given_, dtype):
    _, last, bottom, own = swept(ref, hyp, given_, dtype)

    def score(i, j):
        return own.scale * naive.affine_score(ref[:i], hyp[:j], *given_)

    n, m = len(ref), len(hyp)
    assert last.tolist() == [score(i + 1, m) - score(i, m) for i in range(n)]
    assert bottom.tolist() == [score(n, j + 1) - score(n, j) for j in range(m)]


@naive.examples(150)
@given(CODES.filter(len), CODES.filter(len), COSTS, st.sampled_from([1, 2, 3, 8, 256]), st.integers(0, 3))
def test_walking_back_gives_the_path_however_few_diagonals_are_kept(ref, hyp, given_, every, offset):
    own, *_ = swept(ref, hyp, given_, np.int8, every)
    out = np.full((2, len(ref) + len(hyp) + 2), 99, np.int32)
    row, column, _, count = affine.walk_back(*own, len(ref) - 1, len(hyp) - 1, affine.DIAGONAL, *out, 2, offset)
    columns = [(i - offset if i >= 0 else -1, j) for i, j in out[:, 2:count].T[::-1].tolist()]
    border = [(i, -1) for i in range(row + 1)] + [(-1, j) for j in range(column + 1)]
    assert border + columns == naive.affine(ref, hyp, pair_of(given_), *given_[2:])[1]
    assert np.all(out[:, :2] == 99) and np.all(out[:, count:] == 99)


def stretches(ref, hyp, length):
    slots = 1 << max(4, (2 * len(ref)).bit_length())
    table, first, often = np.zeros(slots, np.uint64), np.empty(slots, np.int32), np.zeros(slots, np.uint8)
    anchors.count_stretches(np.array(ref, np.int32), length, table, first, often)
    seen, at, found = np.zeros(slots, np.uint8), np.empty(len(hyp), np.int32), np.empty((2, len(hyp)), np.int32)
    own = np.array(ref, np.int32), np.array(hyp, np.int32), length, table, first, often
    count = anchors.shared_once(*own, seen, at, *found)
    return table, first, often, found[:, :count]


@pytest.mark.filterwarnings("ignore:overflow")
@naive.examples(200)
@given(CODES, CODES, st.integers(1, 4))
def test_stretches_are_counted_and_those_that_each_has_once_are_found(ref, hyp, length):
    table, first, often, found = stretches(ref, hyp, length)
    own = [tuple(ref[i : i + length]) for i in range(len(ref) - length + 1)]
    assert sorted(zip(first[table > 0].tolist(), often[table > 0].tolist(), strict=True)) == sorted(
        (own.index(stretch), min(2, own.count(stretch))) for stretch in set(own)
    )
    assert list(zip(*found.tolist(), strict=True)) == naive.shared_once(ref, hyp, length)


@naive.compiled
def test_of_many_stretches_none_is_missed():
    rng = np.random.default_rng(0)
    ref = rng.integers(0, 40, 3000)
    hyp = np.concatenate([ref[1000:2000], rng.integers(0, 40, 500), ref[:1000]])
    found = stretches(ref, hyp, 5)[3]
    assert list(zip(*found.tolist(), strict=True)) == naive.shared_once(ref.tolist(), hyp.tolist(), 5)


@naive.examples(200)
@given(st.lists(st.integers(0, 12), max_size=11))
def test_the_longest_rising_chain_is_the_longest(values):
    tails, before = np.empty(len(values), np.int32), np.empty(len(values), np.int32)
    at, chain = anchors.longest_rising(np.array(values, np.int32), tails, before), []
    while at >= 0:
        chain.append(int(at))
        at = before[at]
    assert len(chain) == naive.longest_rising(values)
    assert all(a > b and values[a] > values[b] for a, b in itertools.pairwise(chain))


@naive.examples(200)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=12),
    st.tuples(st.integers(1, 6), st.integers(0, 4), st.integers(1, 9), st.integers(1, 20)),
)
def test_runs_of_seeds_are_trusted(steps, dials):
    seeds = list(zip(*(itertools.accumulate(step[side] for step in steps) for side in (0, 1)), strict=True))
    before = np.arange(-1, len(seeds) - 1, dtype=np.int32)
    ref, hyp = (np.array([seed[side] for seed in seeds], np.int32) for side in (0, 1))
    found = np.empty((2, 200), np.int32)
    count = anchors.trusted(ref, hyp, len(seeds) - 1, before, *dials, *found)
    pairs = list(zip(*found[:, 200 - count :].tolist(), strict=True))
    assert pairs == naive.trusted(seeds, *dials)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(pairs))


@naive.examples(200)
@given(st.lists(st.tuples(CODES, CODES), max_size=4), COSTS, st.sampled_from([1, 1 << 27]))
def test_gaps_between_anchors_are_filled_with_the_best_paths(gaps, given_, factor):
    given_ = tuple(factor * cost for cost in given_)
    ref, hyp, at, wanted = [], [], [], []
    for own, other in gaps:  # a gap, then an anchor, which is a symbol of its own
        path = naive.affine(own, other, pair_of(given_), *given_[2:])[1]
        wanted += [(i + len(ref) if i >= 0 else -1, j + len(hyp) if j >= 0 else -1) for i, j in path]
        ref, hyp = ref + own, hyp + other
        at.append((len(ref), len(hyp)))
        wanted.append(at[-1])
        ref, hyp = [*ref, 100 + len(at)], [*hyp, 100 + len(at)]
    match, mismatch, gap_open, gap_extend = given_
    array = np.array([match, mismatch, mismatch, gap_open + gap_extend, gap_extend], np.int64)
    out = np.full((2, len(ref) + len(hyp) + 1), 99, np.int32)
    sequences = np.array(ref, np.int32), np.array(hyp, np.int32), np.ones(len(ref), np.int32)
    places = [np.array([place[side] for place in at], np.int32) for side in (0, 1)]
    passed, row, column, count = anchors.fill(*sequences, array, *places, 0, 0, *out, 1)
    assert (passed, row, column) == (len(at), len(ref), len(hyp))
    assert list(map(tuple, out[:, 1:count].T.tolist())) == wanted


@naive.compiled
def test_a_gap_that_is_large_is_left_to_vectors():
    side = int(anchors.CELLS**0.5)
    for length, passed in ((side, 2), (side + 1, 1)):
        symbols = np.zeros(length + 2, np.int32)
        at = np.array([0, length + 1], np.int32)
        out = np.empty((2, 2 * length + 4), np.int32)
        own = np.array([2, 0, -2, -4, -1], np.int32)
        assert anchors.fill(symbols, symbols, np.ones_like(symbols), own, at, at, 0, 0, *out, 0)[0] == passed


@naive.examples(200)
@given(CODES, CODES, COSTS, st.tuples(*[st.booleans()] * 4), st.randoms(use_true_random=False))
def test_the_score_of_any_path(ref, hyp, given_, ends, random):
    left = [0] * len(ref) + [1] * len(hyp)
    random.shuffle(left)
    columns, i, j = [], 0, 0
    while i < len(ref) or j < len(hyp):
        move = random.choice([kind for kind in (0, 1, 2) if (kind == 2 or i < len(ref)) and (kind == 1 or j < len(hyp))])
        columns.append((i if move != 2 else -1, j if move != 1 else -1))
        i, j = i + (move != 2), j + (move != 1)
    match, mismatch, gap_open, gap_extend = given_
    array = np.array([match, mismatch, mismatch, gap_open + gap_extend, gap_extend], np.int32)
    sides = [np.array([column[side] for column in columns], np.int32) for side in (0, 1)]
    own = np.array(ref, np.int32), np.array(hyp, np.int32), np.ones(len(ref), np.int32)
    found = naive.rescore(naive.as_alignment(columns), ref, hyp, pair_of(given_), gap_open, gap_extend, ends)
    assert anchors.path_score(*own, array, *sides, np.array(ends)) == found


def forward(log_probs, tokens, blank=0, other=None, every=32, bounds=(), window=None):
    """(scores of all tokens after all frames, all that `walk_back` is given)."""
    states, repeats = emissions.prepare(np.array(tokens, int), log_probs.shape[1])
    extended = np.append(states, np.int32(blank)), np.append(repeats, np.float32(0))
    cost, opened = other or (0.0, float(kernels.NEVER))
    given_ = (log_probs, *extended, blank, False, np.float32(cost), np.float32(opened), np.array(bounds, np.int64))
    width = window or len(tokens) + 1
    kept = np.empty((-(-len(log_probs) // every), 3, width), np.float32)
    bases, ends = np.empty(len(kept), np.int64), np.empty(3, np.float32)
    viterbi.forward(*given_, width, np.zeros(len(log_probs) + 1, np.float32), kernels.NEVER, every, kept, bases, ends)
    return ends, (*given_, every, kept, bases)


OTHER = st.sampled_from([None, (0.5, -4.0)])


@naive.examples(100)
@given(naive.seeds, OTHER)
def test_forward_ends_in_the_scores_of_the_best_paths_by_what_they_end_in(seed, other):
    rng = np.random.default_rng(seed)
    frames, tokens = int(rng.integers(1, 9)), rng.integers(1, 4, int(rng.integers(0, 4))).tolist()
    log_probs = np.float32(rng.integers(-16, 1, (frames, 4)) / 2)
    ends, _ = forward(log_probs, tokens, other=other)
    best = naive.three_states(log_probs, tokens, 0, other)
    assert ends.max() == best if best > -np.inf else ends.max() < kernels.NEVER / 10
    if other is None:
        assert ends[viterbi.OTHER] <= kernels.NEVER
        ending = [path for path in naive.ctc_paths(frames, tokens, 0) if path[-1] != 0]
        label = max((sum(log_probs[t, s] for t, s in enumerate(path)) for path in ending), default=-np.inf)
        assert ends[viterbi.LABEL] == label if ending else ends[viterbi.LABEL] < kernels.NEVER / 10


@naive.examples(30)
@given(naive.seeds, OTHER, st.booleans())
def test_walking_back_goes_through_what_was_kept(seed, other, optional):
    rng = np.random.default_rng(seed)
    frames, tokens = int(rng.integers(60, 140)), rng.integers(1, 4, 12).tolist()
    log_probs = np.float32(rng.integers(-16, 1, (frames, 4)) / 2)
    bounds = (0, 3, 6, 12) if optional else ()
    paths = []
    for every in (32, 64, 160):
        ends, kept = forward(log_probs, tokens, other=other, every=every, bounds=bounds)
        path = np.full(frames, 99, np.int32)
        kind = int(np.argmax(ends))
        assert viterbi.walk_back(*kept, kind, len(tokens), path) == (viterbi.BLANK, 0)
        paths.append(path.tolist())
        moved = [token for token, _ in itertools.groupby(path.tolist()) if token >= 0]
        columns = [-1 if token == -2 else 0 if token < 0 else tokens[token] for token in path]
        gains = [max(log_probs[t, 0], log_probs[t, 1:].max() - 0.5) if c < 0 else log_probs[t, c] for t, c in enumerate(columns)]
        opened = sum(kind == -2 for kind, _ in itertools.groupby(path.tolist())) * (other[1] if other else 0)
        assert sum(map(float, gains)) + opened == ends.max()
        assert moved == sorted(moved) if optional else moved == list(range(len(tokens)))
    assert paths[0] == paths[1] == paths[2]


def test_a_window_follows_the_best_label_and_says_where_it_begins():
    tokens = [1, 2, 3] * 40
    log_probs = naive.planted(tokens, 3, 360, 0, vocabulary=4)
    ends, (*_, every, kept, bases) = forward(log_probs, tokens, window=30)
    assert every == 32 and kept.shape == (12, 3, 30)
    assert bases.tolist() == sorted(bases.tolist()) and bases[-1] == 121 - 30
    assert np.all(np.abs(bases[1:-2] - (np.arange(1, 10) * 32 / 3 - 15)) < 3 + 15 * (bases[1:-2] == 0))
    assert ends.max() == pytest.approx(forward(log_probs, tokens)[0].max(), abs=1e-3)


def test_what_cannot_be_is_far_below_what_can():
    """NEVER is added to in every frame, and stays."""
    log_probs = np.full((3000, 3), float(viterbi.FLOOR), np.float32)
    assert kernels.NEVER + np.float32(viterbi.FLOOR) == kernels.NEVER
    ends, _ = forward(log_probs, [1, 2])
    assert ends.max() == 3000 * viterbi.FLOOR > kernels.NEVER / 10
    ends, _ = forward(log_probs[:40], [1] * 25)
    assert np.all(ends < kernels.NEVER / 10) and np.all(np.isfinite(ends))


def test_hearing_bounds_what_is_impossible_and_takes_the_best_that_is_not_blank():
    for blank, best in ((0, -1.0), (2, -0.5)):
        row = np.empty(5, np.float32)
        viterbi.hear(np.array([-0.5, -np.inf, -0.1 if blank == 2 else -1.0, -2.0], np.float32), blank, row)
        assert row.tolist() == pytest.approx([-0.5, -1e4, -0.1 if blank == 2 else -1.0, -2.0, best])


def test_spotting_starts_anew_wherever_that_is_better():
    log_probs = np.full((6, 4), -5.0, np.float32)
    log_probs[:, 0] = -1.0
    log_probs[[1, 4], 2] = 0.0
    score, start = np.empty(6, np.float32), np.empty(6, np.int32)
    spotting.ends_of_one(log_probs, np.array([2], np.int32), np.zeros(1, np.float32), 0, score, start)
    assert score.tolist() == [-5, 0, -5, -5, 0, -5]
    assert start[[1, 4]].tolist() == [1, 4]
    ends = np.empty((1, 6), np.int32)
    own = np.array([2], np.int32), np.array([spotting.BARRED]), np.array([0, 1])
    spotting.spot_ends(log_probs, *own, 0, np.float32(100), ends)
    assert (ends[0] >> spotting.BITS).tolist() == [-500, 0, -500, -500, 0, -500]
    assert (ends[0, [1, 4]] & (spotting.LONGEST - 1)).tolist() == [1, 4]


def places_one_by_one(score, start, most):
    """(first, last) of the best that shares no frame with a better one, time and again."""
    found = []
    for end in sorted(range(len(score)), key=lambda t: (-score[t], t)):
        if score[end] > kernels.NEVER / 10 and len(found) < most and all(end < a or start[end] > b for a, b in found):
            found.append((int(start[end]), end))
    return found


@naive.examples(100)
@given(naive.seeds, st.integers(1, 20))
def test_the_best_places_are_those_that_one_by_one_would_give(seed, most):
    rng = np.random.default_rng(seed)
    frames = int(rng.integers(1, 400))
    score = np.float32(rng.integers(-30, 0, frames))
    score[rng.random(frames) < 0.2] = kernels.NEVER
    start = np.maximum(0, np.arange(frames) - rng.integers(0, rng.choice([3, 50, 300]), frames)).astype(np.int32)
    wanted = places_one_by_one(score, start, most)
    firsts, lasts = np.empty(most, np.int32), np.empty(most, np.int32)
    count = spotting.best_places(score, start, most, firsts, lasts)
    assert list(zip(firsts[:count].tolist(), lasts[:count].tolist(), strict=True)) == wanted


@naive.examples(100)
@given(naive.seeds)
def test_scores_between_starts_and_ends_are_those_of_the_best_paths(seed):
    rng = np.random.default_rng(seed)
    frames, tokens = 7, rng.integers(1, 4, int(rng.integers(1, 4)))
    log_probs = np.float32(rng.integers(-16, 1, (frames, 4)) / 2)
    states, repeats = emissions.prepare(tokens, 4)
    starts = np.flatnonzero(rng.random(frames) < 0.5) if seed % 3 else np.arange(frames)
    ends = np.flatnonzero(rng.random(frames) < 0.5) + 1 if seed % 2 else np.arange(1, frames + 1)
    if not len(starts) or not len(ends):
        return
    scores = np.full((len(starts), len(ends)), 99, np.float32)
    spotting.between(log_probs, states, repeats, 0, starts, ends, scores)
    for (i, start), (j, end) in itertools.product(enumerate(starts), enumerate(ends)):
        best = naive.ctc_score(log_probs[start:end], tokens.tolist(), 0) if start < end else -np.inf
        assert scores[i, j] == best if best > -np.inf else scores[i, j] < kernels.NEVER / 10


def test_no_place_is_chained_to_what_it_overlaps_or_precedes_in_the_text():
    start, end, order = np.array([0, 5, 10]), np.array([6, 10, 20]), np.array([0, 1, 0])
    best, before = np.empty(3), np.empty(3, np.int64)
    chaining.chain(start, end, order, np.array([3.0, 2.0, 4.0]), 0.5, 0.5, 9, best, before)
    assert best.tolist() == [3.0, 2.0, 4.0]
    assert before.tolist() == [-1, -1, -1]
    chaining.chain(start + [0, 1, 0], end, np.array([0, 1, 2]), np.array([3.0, 2.0, 4.0]), 0.5, 0.5, 9, best, before)
    assert best.tolist() == [3.0, 4.5, 8.0]
    assert before.tolist() == [-1, 0, 1]


def test_a_link_to_the_very_next_sentence_soon_after_is_cheaper():
    start, end = np.array([0, 10, 30]), np.array([5, 20, 40])
    best, before = np.empty(3), np.empty(3, np.int64)
    chaining.chain(start, end, np.array([0, 1, 2]), np.ones(3), 0.9, 0.1, 5, best, before)
    assert best == pytest.approx([1, 1.9, 2.0])  # the third follows ten frames later: too late to be soon
    chaining.chain(start, end, np.array([0, 2, 3]), np.ones(3), 0.9, 0.1, 10, best, before)
    assert best == pytest.approx([1, 1.1, 2.0])


@naive.examples(100)
@given(naive.seeds)
def test_the_chain_is_the_heaviest_of_all_subsets(seed):
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 30, 7)
    end, order, gain = start + rng.integers(1, 9, 7), rng.integers(0, 5, 7), rng.integers(0, 9, 7) / 2
    by_end = np.argsort(end, kind="stable")
    start, end, order, gain = start[by_end], end[by_end], order[by_end], gain[by_end]
    best, before = np.empty(7), np.empty(7, np.int64)
    chaining.chain(start, end, order, gain, 1.5, 0.5, 3, best, before)
    places = list(zip(start.tolist(), end.tolist(), order.tolist(), strict=True))
    assert best.max() == naive.heaviest_chain(places, gain.tolist(), 1.5, 0.5, 3)


@pytest.mark.slow
def test_all_of_this_room_holds_without_the_compiler():
    """Whoever cannot compile gets the same results, only slower; and the tests see each line of the kernels as Python."""
    names = ["encoding", "pairwise", "exact", "anchoring", "classes", "types", "ctc", "ctc_input", "spotting", "kernels"]
    quick = ["-q", "-m", "not slow", "-p", "no:cacheprovider", "-W", "ignore:overflow encountered:RuntimeWarning"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *quick, *(str(Path(__file__).with_name(f"test_{name}.py")) for name in names)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
