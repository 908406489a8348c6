"""What confidence is made of says what it is called."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align import ctc
from align.types import Occurrence
from mining.pairs import evidence
from mining.pairs.tokens import Tokenizer
from tests.mining.pairs import planted

S = planted.SENTENCES


def rows(heard, told: planted.Bulletin, texts: list[str], places: list[tuple[int, int, int]]) -> list[dict[str, float]]:
    """Features of texts at places (sentence, first frame, last frame)."""
    tokens = [Tokenizer(told.emissions).columns(text)[0] for text in texts]
    seen = heard(told)
    return evidence.features(seen, seen.room(tokens), texts, [Occurrence(*place, -0.1, 2.0, 3000) for place in places])


@pytest.fixture(scope="module")
def clean() -> planted.Bulletin:
    return planted.bulletin(S[:3], pause=0.5)


@pytest.fixture(scope="module")
def places(clean: planted.Bulletin, heard) -> list[tuple[int, int, int]]:
    timeline = heard(clean).timeline
    return [(i, int(a), int(b)) for i, (a, b) in enumerate(zip(timeline.onsets, timeline.offsets, strict=True))]


def test_a_right_place_looks_perfect(clean: planted.Bulletin, places, heard) -> None:
    for row in rows(heard, clean, list(S[:3]), places):
        assert all(set(row) >= set(directions) for directions in evidence.TEXT.values())
        assert all(set(evidence.edge(row, end)) == set(evidence.EDGE) for end in evidence.ENDS)
        assert row["cer"] == row["cer_first"] == row["cer_last"] == 0
        assert max(abs(row[name]) for name in ("frame_score", "worst", "first", "last")) < 0.05
        assert row["left_before"] == row["left_after"] == 0
        assert row["support"] == 2.0


def test_margin_strength_and_length(clean: planted.Bulletin, places, heard) -> None:
    row = rows(heard, clean, list(S[:3]), places)[0]
    assert row["margin"] == 2.0
    assert row["strength"] == pytest.approx(2.0 * len(S[0]) ** 0.5)
    assert row["length"] == pytest.approx(np.log(len(S[0])))


def test_pauses_are_capped(clean: planted.Bulletin, places, heard) -> None:
    told = rows(heard, clean, list(S[:3]), places)
    assert told[1]["pause_before"] == told[1]["pause_after"] == pytest.approx(0.5)
    assert told[2]["pause_after"] == 0.8


def test_another_text_is_worse_in_every_way(clean: planted.Bulletin, places, heard) -> None:
    right, wrong = (rows(heard, clean, list(texts), places)[1] for texts in (S[:3], (S[0], S[4], S[2])))
    for name in ("frame_score", "worst", "first", "last"):
        assert wrong[name] < right[name] - 1
    for name in ("cer", "cer_first", "cer_last"):
        assert wrong[name] > right[name] + 0.3


@pytest.mark.parametrize(("cut", "edge", "other"), [((120, 0), "first", "last"), ((0, 120), "last", "first")])
def test_an_end_that_is_cut_off_shows_at_that_end(cut: tuple[int, int], edge: str, other: str, clean, places, heard) -> None:
    index, start, end = places[1]
    row = rows(heard, clean, list(S[:3]), [places[0], (index, start + cut[0], end - cut[1]), places[2]])[1]
    assert row[edge] < row[other] - 1
    assert row[f"cer_{edge}"] > row[f"cer_{other}"]
    assert row["left_before" if edge == "first" else "left_after"] > 1.5


@pytest.mark.parametrize(("longer", "end", "other"), [((100, 0), "start", "end"), ((0, 100), "end", "start")])
def test_an_end_that_runs_into_its_neighbour_shows_at_that_end(longer, end: str, other: str, clean, places, heard) -> None:
    index, first, last = places[1]
    row = rows(heard, clean, list(S[:3]), [(index, first - longer[0], last + longer[1])])[0]
    swallowed, right = evidence.edge(row, end), evidence.edge(row, other)
    assert swallowed["pause"] == 0.0 < right["pause"]
    assert swallowed["fit"] < right["fit"]
    assert swallowed["pace"] > right["pace"] + 0.3
    assert swallowed["margin"] == right["margin"] == row["margin"]


def test_a_few_places_are_not_the_measure_of_their_own_tempo(clean: planted.Bulletin, places, heard) -> None:
    (row,) = rows(heard, clean, list(S[:3]), [places[1]])
    _, start, end = places[1]
    seconds = (end - start) * 0.02
    assert row["tempo"] == pytest.approx(abs(np.log(seconds / len(S[1])) - evidence.USUAL_TEMPO), abs=0.02)


def test_neighbours_that_are_neighbours_in_the_text_count(clean: planted.Bulletin, places, heard) -> None:
    assert [row["in_order"] for row in rows(heard, clean, list(S[:3]), places)] == [1, 2, 1]
    apart = [places[0], (2, *places[1][1:]), (1, *places[2][1:])]
    assert [row["in_order"] for row in rows(heard, clean, list(S[:3]), apart)] == [0, 0, 0]


def test_speech_that_is_nobodys_is_counted_up_to_two_seconds(clean: planted.Bulletin, places, heard) -> None:
    (row,) = rows(heard, clean, list(S[:3]), [places[1]])
    assert row["left_before"] == row["left_after"] == 2.0


def test_nothing_placed_is_no_rows(clean: planted.Bulletin, heard) -> None:
    assert rows(heard, clean, list(S), []) == []


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 7), st.integers(0, 500), st.integers(1, 250))
def test_features_are_finite_wherever_a_sentence_is_put(clean, heard, sentence: int, first: int, length: int) -> None:
    last = min(first + length, len(clean.emissions.log_probs))
    (row,) = rows(heard, clean, list(S), [(sentence, min(first, last - 1), last)])
    assert np.isfinite(list(row.values())).all()
    assert 0 <= row["cer"] <= 1.5 and 0 <= row["pause_before"] <= 0.8 and 0 <= row["left_after"] <= 2


def test_the_parts_of_a_path() -> None:
    path = np.array([-1, 0, -1, 1, 1, 2, -1])
    assert evidence.path_until(path, 1) == slice(0, 3)
    assert evidence.path_until(path, 9) == slice(0, 7)
    assert evidence.path_until(path[1:], 0) == slice(0, 1)
    assert evidence.path_from(path, 2) == slice(5, 7)
    assert evidence.path_from(path, -4) == slice(1, 7)
    assert evidence.path_from(path, 9) == slice(0, 7)


def test_the_worst_stretch_is_found_where_it_is(clean: planted.Bulletin, places, heard) -> None:
    seen = heard(clean)
    index, start, end = places[1]
    seen.probs = seen.probs.copy()
    seen.probs[start + 60 : start + 90] = -3.0
    tokens = [Tokenizer(clean.emissions).columns(text)[0] for text in S[:3]]
    (row,) = evidence.features(seen, seen.room(tokens), S[:3], [Occurrence(index, start, end, -0.1, 2.0)])
    assert row["worst"] == pytest.approx(-3.0, abs=0.01)
    assert row["first"] > -0.1 and row["last"] > -0.1


def test_paths_are_those_of_forced_alignment(clean: planted.Bulletin, places, heard) -> None:
    seen = heard(clean)
    _, start, end = places[0]
    tokens = Tokenizer(clean.emissions).columns(S[0])[0]
    path, score = ctc.best_path(seen.probs[start:end], tokens, seen.blank)
    spans = ctc.forced_align(clean.emissions.log_probs[start:end].astype(np.float32), tokens)
    assert [int(np.flatnonzero(path == k)[0]) for k in range(len(tokens))] == spans.start.tolist()
    assert score.max() <= 0
