import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align import chaining, matching, settling
from align.emissions import relative
from align.kernels import chaining as kernels
from align.room import Settings, Timeline, room_of
from align.types import Occurrence
from tests import naive

SETTINGS = Settings()
WIDE = Settings(rate=(0.0, 1e9), overlap=0.0, alone=1e9, link=3.0, next_link=1.0, near=0.1)
"""Nothing is unspeakable, places are what they are, and none stands outside of the chain."""


def evenly(frames, onsets=(), offsets=()):
    """Frames of 20 ms in a row, with runs of speech."""
    seconds = np.arange(frames + 1) * 0.02
    return Timeline(seconds[:-1], seconds[1:], np.array(onsets, np.int64), np.array(offsets, np.int64))


PLACES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 12), st.integers(0, 4), st.integers(0, 40)), min_size=1, max_size=8
)


def chained(places, link, next_link, near):
    """Weight of the heaviest chain by the kernel, and the chain itself."""
    rows = sorted([(a, a + n, sentence, gain) for a, n, sentence, gain in places], key=lambda row: row[1])
    start, end, order, gain = (np.array(column) for column in zip(*rows, strict=True))
    best, before = np.empty(len(rows)), np.empty(len(rows), np.int64)
    kernels.chain(start, end, order, gain.astype(float), float(link), float(next_link), near, best, before)
    path, at = [], int(best.argmax())
    while at >= 0:
        path.append(rows[at])
        at = int(before[at])
    return best.max(), path[::-1], rows


@settings(deadline=None, max_examples=200)
@given(PLACES, st.integers(0, 10), st.integers(0, 10), st.integers(0, 8))
def test_the_chain_is_the_heaviest_of_all_and_is_what_it_says(places, link, next_link, near):
    weight, path, rows = chained(places, link, next_link, near)
    assert weight == naive.heaviest_chain([row[:3] for row in rows], [row[3] for row in rows], link, next_link, near)
    assert weight == naive.heaviest_chain([row[:3] for row in path], [row[3] for row in path], link, next_link, near)
    assert all(a[1] <= b[0] and a[2] < b[2] for a, b in zip(path, path[1:], strict=False))


@settings(deadline=None, max_examples=100)
@given(PLACES)
def test_choosing_finds_a_chain_as_heavy_as_the_heaviest(places):
    found = [[Occurrence(s, a, a + n, -1.0, float(gain)) for a, n, s, gain in places if s == sentence] for sentence in range(5)]
    chosen = chaining.choose(found, [4] * 5, evenly(50), WIDE)
    costs = WIDE.link, WIDE.next_link, 5  # 0.1 seconds are five frames
    best = naive.heaviest_chain([(a, a + n, s) for a, n, s, _ in places], [2 * gain for *_, gain in places], *costs)
    own = [(place.start, place.end, place.sentence) for place, _ in chosen]
    weight = naive.heaviest_chain(own, [2 * place.margin for place, _ in chosen], *costs)  # margin x sqrt(4 tokens)
    assert weight == pytest.approx(best)
    assert all(in_chain for _, in_chain in chosen)


def place(sentence, start, end, margin):
    return Occurrence(sentence, start, end, -0.5, margin)


def choose(*places, tokens=36, settings=SETTINGS):
    """Choose among places of sentences of 36 tokens (a margin counts six times)."""
    own = [[one for one in places if one.sentence == sentence] for sentence in range(1 + max(one.sentence for one in places))]
    return chaining.choose(own, [tokens] * len(own), evenly(2000), settings)


def test_nothing_to_choose_from():
    assert chaining.choose([[], []], [5, 5], evenly(10), SETTINGS) == []


def test_a_sentence_stands_where_the_order_says_so_even_if_elsewhere_it_is_a_little_stronger():
    right = [place(0, 0, 150, 2.0), place(1, 200, 350, 1.0), place(2, 400, 550, 2.0)]
    assert [one for one, _ in choose(*right, place(1, 700, 850, 1.1))] == right


def test_a_strong_place_out_of_order_stands_alone_and_a_weak_one_does_not():
    chain = [place(0, 0, 150, 2.0), place(1, 200, 350, 2.0)]
    strong, weak = place(0, 400, 550, SETTINGS.alone / 6 + 0.1), place(0, 600, 750, SETTINGS.alone / 6 - 0.1)
    assert choose(*chain, strong, weak) == [(chain[0], True), (chain[1], True), (strong, False)]


def test_a_strong_place_out_of_order_takes_the_room_of_a_weak_link():
    chain = [place(0, 0, 150, 4.0), place(1, 200, 350, 4.0)]
    strong, weak = place(0, 400, 550, 4.0), place(2, 450, 600, 0.7)
    assert [one for one, _ in choose(*chain, strong, weak)] == [*chain, strong]
    strong_enough = place(2, 450, 600, 3.0)
    assert [one for one, _ in choose(*chain, strong, strong_enough)] == [*chain, strong_enough]


def test_of_two_strong_places_that_overlap_the_stronger_stands():
    first, second = place(1, 300, 450, 8.0), place(0, 350, 500, 6.0)
    assert [one for one, _ in choose(first, second)] == [first]


@pytest.mark.parametrize("frames", [40, 600])
def test_what_nobody_can_speak_so_fast_or_so_slowly_is_no_place(frames):
    assert choose(place(0, 0, frames, 5.0)) == []


def test_worth_grows_with_length_and_is_never_negative():
    assert chaining.worth(place(0, 0, 10, 2.0), 25) == 10.0
    assert chaining.worth(place(0, 0, 10, -2.0), 25) == 0.0


def test_duration_leaves_out_nothing_between_frames():
    timeline = Timeline(np.array([0.0, 0.02, 5.0]), np.array([0.02, 0.04, 5.02]), np.zeros(0, int), np.zeros(0, int))
    assert timeline.duration(0, 2) == 0.04
    assert timeline.duration(1, 3) == pytest.approx(5.0)


def reading(lengths, pauses, seed=0):
    """Sentences of random tokens that are said one after another: (emissions, tokens, spans, timeline)."""
    rng = np.random.default_rng(seed)
    sentences = [rng.integers(1, 30, length).astype(np.int32) for length in lengths]
    logits = rng.normal(0, 1, (sum(4 * n for n in lengths) + sum(pauses) + 6 * len(lengths), 30))
    at, spans = 0, []
    for tokens, pause in zip(sentences, pauses, strict=True):
        start = at
        logits[at : at + 3, 0] += 12
        for number, token in enumerate(tokens):
            logits[at + 3 + 4 * number : at + 7 + 4 * number, 0] += 12
            logits[at + 3 + 4 * number, [0, token]] += (-12, 12)
        at += 6 + 4 * len(tokens)
        logits[at - 3 : at + pause, 0] += 12
        spans.append((start, at))
        at += pause
    onsets, offsets = zip(*spans, strict=True)
    return relative(naive.log_softmax(logits)), sentences, spans, evenly(len(logits), onsets, offsets)


def settle(probs, sentences, placed, timeline, settings=SETTINGS):
    return settling.settle(room_of(probs[:, :-1], sentences, timeline, settings), placed)


def settled(probs, sentences, spans, timeline, shift=(0, 0), settings=SETTINGS):
    placed = [place(i, max(0, a + shift[0]), min(len(probs), b + shift[1]), 5.0) for i, (a, b) in enumerate(spans)]
    return [(one.start, one.end) for one in settle(probs, sentences, placed, timeline, settings)]


@pytest.mark.parametrize("shift", [(0, 0), (4, -4), (-15, 0), (3, 12)])
def test_ends_settle_in_the_pauses_around_a_sentence(shift):
    probs, sentences, spans, timeline = reading([40, 30, 35], [20, 20, 20])
    assert settled(probs, sentences, spans, timeline, shift) == spans


def test_neighbours_that_overlap_agree_on_the_pause_between_them():
    probs, sentences, spans, timeline = reading([40, 40], [10, 10])
    vague = [(spans[0][0], spans[1][0] + 12), (spans[0][1] - 12, spans[1][1])]
    assert settled(probs, sentences, vague, timeline) == spans


def test_without_a_pause_ends_stay_where_the_path_has_them():
    probs, sentences, spans, _ = reading([40, 40], [0, 0])
    whole = evenly(len(probs), [0], [len(probs)])
    (first, second) = settled(probs, sentences, spans, whole)
    assert (first[0], second[1]) == (0, len(probs))
    assert abs(first[1] - spans[0][1]) <= 3 and abs(second[0] - spans[1][0]) <= 3


@pytest.mark.parametrize("pause", [0, 30])
def test_a_sentence_of_a_single_token_settles(pause):
    probs, sentences, spans, timeline = reading([30, 1, 30], [pause] * 3)
    assert settled(probs, sentences, spans, timeline)[::2] == spans[::2]


def test_of_two_sentences_in_one_place_the_stronger_is_left():
    probs, sentences, spans, timeline = reading([40], [10])
    twins = [place(0, *spans[0], 5.0), place(1, *spans[0], 3.0)]
    (left,) = settle(probs, sentences * 2, twins, timeline, SETTINGS)
    assert left.sentence == 0
    (left,) = settle(probs, sentences * 2, [place(1, *spans[0], 3.0), place(0, *spans[0], 5.0)], timeline, SETTINGS)
    assert left.sentence == 0


def test_nothing_to_settle():
    assert settle(np.zeros((5, 4), np.float32), [], [], evenly(5), SETTINGS) == []


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(3, 25), st.integers(0, 40)), min_size=1, max_size=5),
    st.tuples(st.integers(-20, 20), st.integers(-20, 20)),
    st.integers(0, 3),
)
def test_settled_places_keep_order_and_do_not_overlap(parts, shift, seed):
    lengths, pauses = zip(*parts, strict=True)
    probs, sentences, spans, timeline = reading(lengths, pauses, seed)
    placed = [
        place(i, max(0, a + min(shift[0], 4)), min(len(probs), b + max(shift[1], -4)), 1.0 + i) for i, (a, b) in enumerate(spans)
    ]
    found = settle(probs, sentences, placed, timeline, SETTINGS)
    assert all(0 <= one.start < one.end <= len(probs) for one in found)
    assert all(a.end <= b.start and a.sentence < b.sentence for a, b in zip(found, found[1:], strict=False))
    assert all((one.score, one.margin) == (-0.5, 1.0 + one.sentence) for one in found)


def test_sentences_are_found_chained_and_settled_in_one_go():
    probs, sentences, spans, timeline = reading([40, 30, 1, 35], [20, 20, 20, 20])
    told = []
    found = matching.match_sentences(probs[:, :-1], sentences, timeline, progress=lambda done, of: told.append((done, of)))
    assert [(one.sentence, one.start, one.end) for one in found if one.sentence != 2] == [
        (number, *span) for number, span in enumerate(spans) if number != 2
    ]
    assert told[-1] == (4, 4)


def test_a_sentence_that_was_badly_heard_is_found_between_its_neighbours():
    probs, sentences, spans, timeline = reading([40, 24, 40], [20, 20, 20])
    start, end = spans[1]
    probs = probs.copy()
    probs[start:end] = relative(
        naive.log_softmax(np.random.default_rng(5).normal(0, 2, (end - start, 30)) + 0.5 * probs[start:end, :-1])
    )
    found = matching.match_sentences(probs[:, :-1], sentences, timeline)
    assert [(one.sentence, one.start, one.end) for one in found] == [(number, *span) for number, span in enumerate(spans)]


def test_what_the_chain_left_is_looked_for_in_its_gap(monkeypatch):
    probs, sentences, spans, timeline = reading([40, 24, 40], [20, 20, 20])
    found_all = matching.find
    monkeypatch.setattr(matching, "find", lambda *args: [own[i == 1 :] for i, own in enumerate(found_all(*args))])
    found = matching.match_sentences(probs[:, :-1], sentences, timeline)
    assert [(one.sentence, one.start, one.end) for one in found] == [(number, *span) for number, span in enumerate(spans)]
    monkeypatch.setattr(matching, "find", lambda *args: [[] for _ in sentences])
    assert matching.match_sentences(probs[:, :-1], sentences, timeline) == []


def test_without_a_timeline_ends_stay_where_the_path_has_them():
    probs, sentences, spans, _ = reading([40, 24, 40], [20, 20, 20])
    found = matching.match_sentences(probs[:, :-1], (sentence for sentence in sentences))
    assert [one.sentence for one in found] == [0, 1, 2]
    assert all(0 <= one.start - start <= 4 and 0 <= end - one.end <= 6 for one, (start, end) in zip(found, spans, strict=True))


GOOD = evenly(40, [0, 20], [18, 40])
NAN = np.full(40, np.nan)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (evenly(39), "40 frames"),
        (Timeline(NAN, GOOD.end, GOOD.onsets, GOOD.offsets), "finite seconds that rise"),
        (Timeline(GOOD.end, GOOD.start, GOOD.onsets, GOOD.offsets), "finite seconds that rise"),
        (Timeline(GOOD.start[::-1], GOOD.end[::-1], GOOD.onsets, GOOD.offsets), "finite seconds that rise"),
        (evenly(40, [0, 50], [18, 60]), "within frames 0..40"),
        (evenly(40, [-3], [18]), "within frames 0..40"),
        (evenly(40, [0, 20], [18]), "as many of each"),
        (Timeline(GOOD.start, GOOD.end, np.array([0.5]), np.array([3.5])), "integer frames"),
    ],
)
@pytest.mark.parametrize("strategy", matching.STRATEGIES)
def test_a_timeline_that_does_not_fit_is_refused(bad, says, strategy):
    with pytest.raises(ValueError, match=says):
        matching.match_sentences(np.zeros((40, 5), np.float32), [np.array([1, 2])], bad, strategy=strategy)


def test_a_timeline_of_lists_is_one():
    probs, sentences, spans, timeline = reading([40, 24, 40], [20, 20, 20])
    lists = Timeline(*(getattr(timeline, name).tolist() for name in ("start", "end", "onsets", "offsets")))
    assert [(one.start, one.end) for one in matching.match_sentences(probs[:, :-1], sentences, lists)] == spans


@pytest.mark.parametrize("sentences", [[], [np.zeros(0, np.int32)], [np.full(900, 3, np.int32)]])
def test_no_text_and_text_that_does_not_fit_have_no_place(sentences):
    probs, _, _, timeline = reading([40], [20])
    assert matching.match_sentences(probs[:, :-1], sentences, timeline) == []


def test_an_end_that_could_as_well_lie_elsewhere_is_doubtful_and_one_that_cannot_is_not():
    tokens = np.array([1, 2, 3, 1, 2, 3])
    said = np.zeros(100, np.int64)
    said[10:70:10] = tokens
    probs = relative(np.log(np.where(np.arange(4) == said[:, None], 0.97, 0.01)))
    timeline = evenly(100, onsets=[10, 80], offsets=[61, 90])
    room = room_of(probs[:, :-1], [tokens], timeline, SETTINGS)
    sure = settling.doubts(room, Occurrence(0, 10, 61, -0.1, 2.0), 0.17)
    moved = settling.doubts(room, Occurrence(0, 10, 90, -0.1, 2.0), 0.17)
    assert sure[1] > 0 > moved[1]
    assert settling.doubts(room, Occurrence(0, 10, 12, -0.1, 2.0), 0.17)[0] == -settling.CERTAIN


@pytest.mark.parametrize("times", [1, 2, 4, 5, 6])
@pytest.mark.parametrize("paused", [True, False])
def test_a_refrain_is_found_each_time_that_it_is_read(times, paused):
    rng, lengths = np.random.default_rng(4), [40, 24, 40, 30, 26, 33, 38, 29, 35, 31, 27, 36]
    order = [number for n in range(len(lengths)) for number in ([n, 1] if 0 < n <= times and n != 1 else [n])][
        : len(lengths) + times
    ]
    read = [lengths[number] for number in order]
    probs, _, spans, timeline = reading(read, [20] * len(read))
    sentences = [rng.integers(1, 30, length).astype(np.int32) for length in lengths]
    logits = np.full((len(probs), 30), -6.0)
    logits[:, 0] = 6
    for number, (start, _) in zip(order, spans, strict=True):
        frames = start + 3 + 4 * np.arange(lengths[number])
        logits[frames, 0], logits[frames, sentences[number]] = -6, 6
    log_probs = naive.log_softmax(logits + rng.normal(0, 1, logits.shape))
    found = matching.match_sentences(log_probs, sentences, timeline if paused else None)
    assert [one.sentence for one in found].count(1) == order.count(1)
    assert [one.sentence for one in found] == order
