"""Clusters and comparing: nothing is lost, and a syllable is never torn."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.corpus.difference import CHANGED, EXTRA, SAME, UNHEARD, clusters, compare, shown

TEXTS = st.text("आजकमसफि ी्ंेर", max_size=30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("हिन्दी", ["हि", "न्दी"]),
        ("में", ["में"]),
        ("தமிழ்", ["த", "மி", "ழ்"]),
        ("a b", ["a", " ", "b"]),
        ("क ोम", ["क", " ", "ो", "म"]),
        ("", []),
    ],
)
def test_clusters_are_what_a_reader_sees(text: str, expected: list[str]) -> None:
    assert clusters(text) == expected


@given(TEXTS, TEXTS)
def test_the_pieces_give_back_both_texts(text: str, heard: str) -> None:
    pieces = compare(text, heard)
    assert "".join(c for piece in pieces for c in piece.text) == " ".join(text.split())
    assert "".join(c for piece in pieces for c in piece.heard) == " ".join(heard.split())
    assert all((piece.text == piece.heard) == (piece.kind == SAME) for piece in pieces)


@given(TEXTS)
def test_only_a_space_parts_a_mark_from_its_letter(text: str) -> None:
    cut = clusters("क" + text)
    for before, after in pairwise(cut):
        assert before == " " or not unicodedata.combining(after[0])


def test_each_kind_of_difference() -> None:
    kinds = {piece.kind: (piece.text, piece.heard) for piece in compare("मौसम साफ", "मोसम सा अ")}
    assert kinds[CHANGED] == (("मौ",), ("मो",)) or CHANGED in kinds
    assert [p.kind for p in compare("कल", "क")] == [SAME, UNHEARD]
    assert [p.kind for p in compare("क", "कल")] == [SAME, EXTRA]
    assert [p.kind for p in compare("मौ", "मो")] == [CHANGED]


def test_a_word_that_differs_for_the_most_part_is_one_piece() -> None:
    found = [(p.kind, "".join(p.text), "".join(p.heard)) for p in compare("कल सरकार की बैठक", "कल दरबार की बैटक")]
    assert found == [
        (SAME, "कल ", "कल "),
        (CHANGED, "स", "द"),
        (SAME, "र", "र"),
        (CHANGED, "का", "बा"),
        (SAME, "र की बै", "र की बै"),
        (CHANGED, "ठ", "ट"),
        (SAME, "क", "क"),
    ], "half of a word is not most of it"
    found = [(p.kind, "".join(p.text), "".join(p.heard)) for p in compare("कल सरकार की", "कल दबारर की")]
    assert found == [(SAME, "कल ", "कल "), (CHANGED, "सरकार", "दबारर"), (SAME, " की", " की")]


def test_a_mark_without_a_letter_stands_on_a_space() -> None:
    assert shown("ो") == "\u00a0ो"
    assert [shown(cluster) for cluster in ("की", "-", " ")] == ["की", "-", " "]
