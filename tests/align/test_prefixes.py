import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from align import ctc, pseudo_forced
from tests import naive
from tests.align.spoken import said, texts


def test_of_two_ends_that_are_as_good_the_earlier_is_taken():
    (sentence,) = texts(1)
    log_probs, starts = said(sentence, sentence)
    assert pseudo_forced._last_of_each(ctc.with_wildcard(log_probs, 0), [sentence], 0)[0].tolist() == starts[:1]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 50), st.integers(3, 6), st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_the_last_utterance_lies_where_aligning_each_shorter_text_puts_it(seed, frames, vocabulary, lengths):
    rng = np.random.default_rng(seed)
    probs = ctc.with_wildcard(naive.log_softmax(rng.normal(0, 3, (frames, vocabulary))), 0)
    parts = [rng.integers(-1, vocabulary, length).astype(np.int32) for length in lengths]
    firsts, lasts = pseudo_forced._last_of_each(probs, parts, 0)
    for count in range(1, len(parts) + 1):
        start, end = ctc.best_stretch(probs, np.concatenate(parts[:count]), 0)
        if end == 0:
            assert lasts[count - 1] == -1
            continue
        path, _ = ctc.best_path(probs[start:end], np.concatenate(parts[:count]), 0)
        own = start + np.flatnonzero(path >= sum(lengths[: count - 1]))
        assert (firsts[count - 1], lasts[count - 1]) == (own[0], own[-1])
