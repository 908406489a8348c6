import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from align import ctc
from align.kernels import viterbi
from tests import naive

PROBS = arrays(np.float32, st.tuples(st.integers(1, 6), st.just(4)), elements=st.floats(-4, 4, width=32)).map(naive.log_softmax)
TOKENS = st.lists(st.integers(1, 3), min_size=1, max_size=3)
OTHER = st.sampled_from([None, *((cost, -ctc.FOREIGN_OPENED * cost) for cost in (0.0, 0.25, 1.0))])
"""Cost of a frame of other speech, and of a beginning."""


@st.composite
def tasks(draw, most_frames=9, most_tokens=4, wild=True):
    """(log-probabilities in halves, so that sums are exact, tokens, blank); ties are many, some symbols impossible."""
    frames, vocabulary = draw(st.integers(0, most_frames)), draw(st.integers(2, 4))
    values = st.sampled_from([-0.5, -1.0, -1.5, -2.0, -3.0, -7.5, 1.0] + [-np.inf] * draw(st.booleans()))
    log_probs = draw(arrays(np.float32, (frames, vocabulary), elements=values))
    blank = draw(st.integers(0, vocabulary - 1))
    symbols = [column for column in range(-1 if wild else 0, vocabulary) if column != blank]
    return log_probs, draw(st.lists(st.sampled_from(symbols), max_size=most_tokens)), blank


def bounded(log_probs):
    return np.maximum(log_probs.astype(float), float(viterbi.FLOOR))


def path_of(spans, frames):
    """Token of each frame, -1 for none."""
    path = np.full(frames, -1)
    for token, (start, end) in enumerate(zip(spans.start, spans.end, strict=True)):
        path[max(0, start) : max(0, end)] = token
    return path


def assert_spans_are_whole(spans, log_probs, tokens, blank):
    """Half-open, in order, no overlap; the score is the mean posterior, after log_softmax where that is still to be taken."""
    mass = np.exp(bounded(log_probs)).sum(axis=1)
    sums = np.log(np.where(mass > 0, mass, 1.0))  # what is impossible throughout is no more likely for that
    log_probs = bounded(log_probs) - (sums[:, None] if np.any(np.abs(sums) >= ctc.NORMAL) else 0.0)
    said = spans.start >= 0
    assert np.array_equal(spans.start < spans.end, said) and np.array_equal(spans.end >= 0, said)
    assert np.all(spans.end[said][:-1] <= spans.start[said][1:])
    assert (spans.start.dtype, spans.end.dtype, spans.score.dtype) == (np.int32, np.int32, np.float32)
    for token, start, end, score in zip(tokens, spans.start, spans.end, spans.score, strict=True):
        heard = np.delete(log_probs, blank, axis=1).max(axis=1) if token < 0 else log_probs[:, token]
        mean = np.exp(np.minimum(heard[start:end], 0)).mean() if start >= 0 else 0.0
        assert score == pytest.approx(mean, abs=1e-5)


def align_as(task, **more):
    log_probs, tokens, blank = task
    spans = ctc.forced_align(log_probs, np.array(tokens, int), blank=blank, **more)
    assert_spans_are_whole(spans, log_probs, tokens, blank)
    return spans


@naive.examples(200)
@given(PROBS, TOKENS)
def test_forced_alignment_is_the_best_of_all_paths(log_probs, tokens):
    best = naive.ctc_score(log_probs, tokens, 0)
    if best == -np.inf:
        with pytest.raises(ValueError, match="too few"):
            ctc.forced_align(log_probs, np.array(tokens))
        return
    spans = align_as((log_probs, tokens, 0))
    assert spans.path_score == pytest.approx(best, abs=1e-4)
    assert np.all(spans.start >= 0)


@naive.examples(100)
@given(tasks(5, 3))
def test_wildcards_and_any_blank_in_the_best_of_all_paths(task):
    log_probs, tokens, blank = task
    heard = ctc.with_wildcard(log_probs, blank)
    columns = [log_probs.shape[1] if token < 0 else token for token in tokens]
    best = naive.ctc_score(heard.astype(float), columns, blank)
    if best == -np.inf:
        with pytest.raises(ValueError, match="too few"):
            align_as(task)
    else:
        assert align_as(task).path_score == best


@naive.examples(400)
@given(tasks(), OTHER)
def test_the_path_is_the_one_that_the_tie_rule_tells(task, other):
    log_probs, tokens, blank = task
    score, path = naive.ctc_path(bounded(log_probs), tokens, blank, other)
    if path is None:
        with pytest.raises(ValueError, match="too few"):
            align_as(task, other_speech=other and other[0])
        return
    assert score == naive.three_states(bounded(log_probs), tokens, blank, other)
    spans = align_as(task, other_speech=None if other is None else other[0])
    assert spans.path_score == score
    assert path_of(spans, len(log_probs)).tolist() == [max(-1, token) for token in path]


@st.composite
def sentences(draw):
    task = draw(tasks(7, 5))
    lengths, left = [], len(task[1])
    while left:
        lengths.append(draw(st.integers(1, left)))
        left -= lengths[-1]
    return task, lengths


@naive.examples(300)
@given(sentences(), OTHER)
def test_sentences_that_may_be_left_out_are_where_that_is_better(drawn, other):
    (log_probs, tokens, blank), lengths = drawn
    spans = align_as(drawn[0], optional=lengths, other_speech=None if other is None else other[0])
    assert spans.path_score == naive.optional_score(bounded(log_probs), tokens, lengths, blank, other)
    for sentence in np.split(spans.start >= 0, np.cumsum(lengths)[:-1]):
        assert sentence.all() or not sentence.any()


@naive.examples(200)
@given(tasks(12, 6), OTHER, st.integers(1, 9), st.booleans())
def test_a_window_is_never_better_and_as_good_when_it_is_wide(task, other, width, optional):
    tokens = task[1]
    more = dict(other_speech=None if other is None else other[0], optional=[1] * len(tokens) if optional else None)
    try:
        whole = align_as(task, **more)
    except ValueError:
        return
    narrow = align_as(task, window=width, **more)
    assert narrow.path_score <= whole.path_score
    if width > len(tokens):
        assert narrow.path_score == whole.path_score
        assert narrow.start.tolist() == whole.start.tolist()


@naive.examples(150)
@given(naive.seeds)
def test_what_may_be_pruned_is_and_the_path_is_the_same(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 60))
    frames = count * 2 + int(rng.integers(0, 100))
    tokens = rng.integers(1, 6, count)
    log_probs, _ = recording(rng, tokens, frames, vocabulary=6, clear=float(rng.choice([0, 3, 8, 30])))
    log_probs = np.repeat(log_probs, rng.integers(1, 6), axis=0)
    wrong = rng.random(count) < rng.choice([0, 0.3])
    tokens = np.where(wrong, rng.choice([-1, 1, 2, 3, 4, 5], count), tokens)
    other = None if rng.random() < 0.5 else 0.5
    whole = ctc.forced_align(log_probs, tokens, other_speech=other)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ctc, "MANY", 1)
        patch.setattr(ctc, "NARROW", int(rng.integers(1, 9)))
        pruned = ctc.forced_align(log_probs, tokens, other_speech=other)
    assert pruned.path_score == pytest.approx(whole.path_score, abs=1e-3)
    assert pruned.start.tolist() == whole.start.tolist() and pruned.end.tolist() == whole.end.tolist()


def recording(rng, tokens, frames, vocabulary=30, clear=8.0, foreign=0.0, spread=2.0):
    """(log-probabilities, frame of each token): `tokens` said at random, and in a share of the frames what is in no text."""
    pieces = max(1, len(tokens) // 40)
    logits = rng.normal(0, spread, (frames, vocabulary))
    strange = int(frames * foreign)
    free = np.sort(rng.choice(frames - strange - len(tokens), len(tokens))) + np.arange(len(tokens))
    cuts = np.sort(rng.choice(len(tokens) + 1, pieces, replace=len(tokens) < pieces))  # where other speech stands
    at = free.copy()
    places = rng.multinomial(strange, np.full(pieces, 1 / pieces))
    for cut, length in zip(cuts, places, strict=True):
        at[cut:] += length
    logits[:, 0] += clear
    logits[at] -= clear * (np.arange(vocabulary) == 0)
    logits[at, tokens] += clear
    for cut, length in zip(cuts, places, strict=True):
        first = at[cut] - length if cut < len(tokens) else frames - length
        others = np.arange(first, first + length, 2)
        logits[others, 0] -= clear
        logits[others, rng.integers(1, vocabulary, len(others))] += clear
    return naive.log_softmax(logits), at


@naive.compiled
@pytest.mark.parametrize("window", [None, 256, 1024])
def test_an_hour_with_a_fifth_of_other_speech_anywhere(window):
    rng = np.random.default_rng(1)
    tokens = rng.integers(1, 30, 4000)
    log_probs, at = recording(rng, tokens, 20_000, foreign=0.2)
    spans = ctc.forced_align(log_probs, tokens, window=window, other_speech=True)
    assert np.mean(np.abs(spans.start - at) <= 10) >= 0.99


@naive.compiled
def test_sentences_that_were_not_read_are_left_out_of_a_long_recording():
    rng = np.random.default_rng(2)
    tokens = rng.integers(1, 30, 2000)
    said = np.repeat(rng.random(50) > 0.2, 40)
    log_probs, at = recording(rng, tokens[said], 9000, foreign=0.1)
    for window in (None, 500):
        spans = ctc.forced_align(log_probs, tokens, other_speech=True, optional=[40] * 50, window=window)
        assert np.array_equal(spans.start >= 0, said)
        assert np.mean(np.abs(spans.start[said] - at) <= 10) >= 0.99


@naive.compiled
@pytest.mark.parametrize(
    ("frames", "count", "other", "size"), [(3000, 2500, None, 0), (3000, 2500, 0.5, 0), (4000, 2600, 0.5, 100)]
)
def test_more_labels_than_fit_a_cache_at_once(frames, count, other, size):
    """Against the same in Python's slices: one frame and one kind of state at a time."""
    rng = np.random.default_rng(3)
    tokens = rng.integers(1, 20, count)
    log_probs, _ = recording(rng, tokens, frames, vocabulary=20, clear=3.0)
    optional = [size] * (count // size) if size else None
    best = by_slices(log_probs.astype(float), tokens, other, range(0, count + 1, size) if size else ())
    for many in (1500, 10_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ctc, "MANY", many)
            spans = ctc.forced_align(log_probs, tokens, other_speech=other, optional=optional)
        assert spans.path_score == pytest.approx(best, abs=1e-3)
        assert spans.path_score <= best + 1e-6 * abs(best)


def by_slices(log_probs, tokens, other, bounds=()):
    label, blank, strange = (np.full(len(tokens) + 1, -np.inf) for _ in range(3))
    blank[0] = 0
    differs = np.append(True, tokens[1:] != tokens[:-1])
    for frame in log_probs:
        for first, last in zip(bounds, bounds[1:], strict=False):
            blank[last] = max(blank[last], blank[first])
        said = np.maximum(label[1:], np.maximum(blank[:-1], strange[:-1]))
        said = np.maximum(said, np.where(differs, label[:-1], -np.inf)) + frame[tokens]
        begun = -np.inf if other is None else np.maximum(blank, label) - ctc.FOREIGN_OPENED * other
        strange, blank = (
            np.maximum(strange, begun) + max(frame[0], frame[1:].max() - (other or 0)),
            np.maximum(blank, np.maximum(label, strange)) + frame[0],
        )
        label = np.append(-np.inf, said)
    for first, last in zip(bounds, bounds[1:], strict=False):
        blank[last] = max(blank[last], blank[first])
    return max(label[-1], blank[-1], strange[-1])


def test_a_wildcard_takes_any_sound_but_silence():
    log_probs = naive.planted([5, 9, 7], 4, 40, 10)[10:22]
    spans = ctc.forced_align(log_probs, np.array([5, -1, 7]))
    assert spans.start.tolist() == [0, 4, 8]


def test_a_path_that_a_narrow_window_lost_is_looked_for_in_a_wider_one():
    tokens = np.random.default_rng(3).integers(1, 30, 60)
    log_probs = naive.planted(tokens, 3, 180, 0)
    misleading = log_probs.copy()
    misleading[:90] = naive.planted(tokens[::-1][:30], 3, 90, 0, seed=4)
    for window in (1, 2, 7):
        assert ctc.forced_align(log_probs, tokens, window=window).start.tolist() == list(range(0, 180, 3))
        spans = ctc.forced_align(misleading, tokens, window=window)
        assert_spans_are_whole(spans, misleading, tokens, 0)
        assert np.all(spans.start >= 0)


@pytest.mark.parametrize("other", [None, 0.5])
@pytest.mark.parametrize("optional", [None, [10] * 6])
def test_few_kept_scores_give_the_same_path_as_many(monkeypatch, other, optional):
    tokens = np.random.default_rng(3).integers(1, 30, 60)
    log_probs = naive.planted(tokens, 3, 300, 60)
    log_probs[:60] = log_probs[240:] = log_probs[61]  # silence
    found = []
    for every in (32, 64, 320):
        monkeypatch.setattr(ctc, "_every", lambda frames, width, every=every: every)
        found.append(ctc.forced_align(log_probs, tokens, other_speech=other, optional=optional))
    assert found[0].start.tolist() == list(range(60, 240, 3))
    for spans in found[1:]:
        assert spans.start.tolist() == found[0].start.tolist() and spans.end.tolist() == found[0].end.tolist()
        assert spans.path_score == found[0].path_score


@pytest.mark.parametrize("count", [0, 1, 2])
def test_other_speech_alone_and_beside_few_tokens(count):
    log_probs = np.full((30, 4), -5.0, np.float32)
    log_probs[:, 3] = 0.0
    tokens = np.array([1, 2][:count], int)
    spans = ctc.forced_align(log_probs, tokens, other_speech=0.1)
    assert spans.path_score == pytest.approx(naive.three_states(log_probs, tokens, 0, (0.1, -0.1 * ctc.FOREIGN_OPENED)), abs=1e-4)
    assert ctc.forced_align(log_probs, tokens, other_speech=False).path_score < spans.path_score


@pytest.mark.parametrize(
    ("said", "out"),
    [([1], [0]), ([0], [1, 2]), ([2], [0, 1]), ([0, 2], [1]), ([], [0, 1, 2]), ([1, 2], [0]), ([0, 1], [2]), ([0, 1, 2], [])],
)
def test_sentences_are_left_out_at_the_beginning_at_the_end_and_in_a_row(said, out):
    sentences_ = [[5, 6, 7, 8], [9, 10, 11], [12, 13, 14, 15, 16]]
    tokens = np.concatenate(sentences_)
    log_probs = naive.planted([token for number in said for token in sentences_[number]], 3, 60, 6)
    log_probs[[0, 1, 2, 3, 4, 5, -1, -2]] = naive.planted([1], 60, 60, 0)[1]  # silence
    log_probs[6 + 3 * sum(len(sentences_[number]) for number in said) :] = log_probs[0]
    spans = ctc.forced_align(log_probs, tokens, optional=[4, 3, 5])
    numbers = np.repeat([0, 1, 2], [4, 3, 5])
    assert np.array_equal(spans.start >= 0, np.isin(numbers, said))
    assert not np.isin(numbers[spans.start >= 0], out).any()
    assert spans.start[spans.start >= 0].tolist() == list(range(6, 6 + 3 * int((spans.start >= 0).sum()), 3))
    assert np.all(spans.score[spans.start < 0] == 0)


def test_words_are_joined_from_their_letters():
    tokens = np.array([3, 4, 1, 5, 1, 1, 6, 7, 8])
    spans = ctc.forced_align(naive.planted(tokens, 3, 40, 5), tokens)
    group = ctc.words(tokens, delimiter=1)
    assert group.tolist() == [0, 0, -1, 1, -1, -1, 2, 2, 2]
    joined = spans.joined(group)
    assert joined.start.tolist() == [5, 14, 23]
    assert joined.end.tolist() == [spans.end[1], spans.end[3], spans.end[8]]
    assert ctc.words(np.array([1, 1]), 1).tolist() == [-1, -1] and ctc.words(np.array([], int), 1).tolist() == []
    assert ctc.words(np.array([1, 2, 1]), 1).tolist() == [-1, 0, -1]


@naive.examples(100)
@given(st.lists(st.integers(0, 3), max_size=12))
def test_words_are_what_split_would_give(tokens):
    group = ctc.words(np.array(tokens, int), delimiter=0)
    parts = [part for part in "".join(map(str, tokens)).split("0") if part]
    assert [[str(t) for t, g in zip(tokens, group, strict=True) if g == n] for n in range(len(parts))] == list(map(list, parts))
    assert group.max(initial=-1) == len(parts) - 1


def test_a_sentence_left_out_leaves_a_frame_of_silence_but_for_the_beginning():
    log_probs = np.full((2, 4), -4.0, np.float32)
    log_probs[0, 1] = log_probs[1, 3] = -1.0
    whole = ctc.forced_align(log_probs, np.array([1, 3]), optional=[1, 1])
    assert whole.path_score == -2
    assert ctc.forced_align(log_probs, np.array([2, 1, 3]), optional=[1, 1, 1]).path_score == -2
    assert ctc.forced_align(log_probs, np.array([1, 2, 3]), optional=[1, 1, 1]).path_score == -5
    assert ctc.forced_align(log_probs, np.array([1, 3, 2]), optional=[1, 1, 1]).path_score == -5


def test_other_speech_costs_between_right_and_wrong_text():
    log_probs = naive.planted(np.random.default_rng(5).integers(1, 30, 50), 2, 100, 0)
    tokens = np.random.default_rng(6).integers(1, 30, 400)
    cost = ctc.foreign_cost(log_probs, tokens)
    said = np.delete(log_probs, 0, axis=1)[::2]
    wrong = np.median(said.max(axis=1) - said.mean(axis=1))
    assert cost == pytest.approx(ctc.FOREIGN_SHARE * wrong, rel=0.15)
    assert ctc.foreign_cost(log_probs[:0], tokens) == ctc.foreign_cost(log_probs, np.array([-1])) == 1.0
    assert 0 <= ctc.foreign_cost(np.full((5, 3), -np.inf), np.array([1]), blank=1) < np.inf


@naive.examples(100)
@given(tasks(8, 3, wild=False))
def test_the_best_path_of_a_stretch_tells_what_each_frame_is_and_how_good(task):
    log_probs, tokens, blank = task
    probs = ctc.relative(log_probs, blank)
    score, path = naive.ctc_path(probs[:, :-1].astype(float), tokens, blank)
    if path is None:
        return
    found, along = ctc.best_path(probs, np.array(tokens, int), blank)
    assert found.tolist() == path
    assert along.tolist() == [probs[t, blank if token < 0 else tokens[token]] for t, token in enumerate(path)]
    assert along.sum() == pytest.approx(score)


@naive.examples(100)
@given(tasks())
def test_relative_emissions_are_held_against_the_best_of_each_frame(task):
    log_probs, _, blank = task
    probs = ctc.relative(log_probs, blank)
    assert probs.shape == (len(log_probs), log_probs.shape[1] + 1) and probs.dtype == np.float32
    spoken = np.delete(bounded(log_probs), blank, axis=1).max(axis=1)
    wanted = np.column_stack([bounded(log_probs), spoken])
    np.testing.assert_allclose(probs, wanted - bounded(log_probs).max(axis=1, keepdims=True))
    np.testing.assert_array_equal(ctc.with_wildcard(log_probs, blank), wanted.astype(np.float32))
