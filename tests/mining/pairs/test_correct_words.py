"""Lexicons, readings that are near a word, and how OCR comes from one to the other."""

from __future__ import annotations

import math

import pytest

from mining.documents.languages import language
from mining.errors import InputError
from mining.pairs import lexicon
from mining.pairs.lexicon import Lexicon, Prior
from mining.pairs.rewriting import KINDS, UNLIKE, edits, kind, readings, unlikeness

HINDI, ENGLISH = language("hi"), language("en")


class TestLexicon:
    def test_a_list_of_words_with_counts(self, tmp_path) -> None:
        (tmp_path / "words.txt").write_text("वन 7\nजल 2\nवन 1\n", encoding="utf8")
        assert dict(lexicon.load(tmp_path / "words.txt", HINDI).counts) == {"वन": 8, "जल": 2}

    def test_any_text_is_counted(self, tmp_path) -> None:
        (tmp_path / "text.txt").write_text("वन में जल, वन में फल।\nabc 12\n", encoding="utf8")
        assert dict(lexicon.load(tmp_path / "text.txt", HINDI).counts) == {"वन": 2, "में": 2, "जल": 1, "फल": 1}

    @pytest.mark.parametrize("content", ["", "12 3\n* !\n", None])
    def test_what_is_no_lexicon_is_told(self, tmp_path, content) -> None:
        path = tmp_path / "words.txt"
        if content is not None:
            path.write_text(content, encoding="utf8")
        with pytest.raises(InputError, match=r"words\.txt"):
            lexicon.load(path, HINDI)

    def test_a_file_of_another_language_leaves_what_is_shipped(self, tmp_path, caplog) -> None:
        """An archive of several languages, and a word list of one of them."""
        path = tmp_path / "words.txt"
        path.write_text("வனம் 7\n", encoding="utf8")
        languages = ("hi", "ml", "ta", "kn", "gu", "hi", "ml")  # more than are held at once
        found = {code: lexicon.load(path, language(code)).counts for code in languages}
        assert found["hi"] == lexicon.load(None, HINDI).counts != {}
        assert found["ml"] == found["kn"] == found["gu"] == {}
        assert found["ta"] == {"வனம்": 7}
        told = [record.getMessage() for record in caplog.records]
        assert [
            f"{path}: holds no word of {name};" in line
            for name, line in zip(("Hindi", "Malayalam", "Kannada", "Gujarati"), told, strict=True)
        ] == [True] * 4

    def test_hindi_has_one_and_most_have_none(self) -> None:
        assert lexicon.load(None, HINDI).counts["है"] > 1000
        assert lexicon.load(None, language("ta")).counts == {}

    def test_near_words_are_all_within_the_distance(self) -> None:
        words = Lexicon(dict.fromkeys(("कमल", "कमला", "कमाल", "कल", "विमला", "वन"), 1))
        assert words.near("कमल", 1) == ["कमला", "कमाल", "कल"]
        assert words.near("कमल", 2) == ["कमला", "कमाल", "कल"]
        assert words.near("कमल", 3) == ["कमला", "कमाल", "कल", "वन", "विमला"]

    def test_probabilities_of_letters_add_up_but_for_what_is_left_to_the_unseen(self) -> None:
        letters = Lexicon({"aba": 1, "ab": 1, "b": 1}).letters
        for context in ("\n\n", "\na", "ab"):
            assert 0.9 < sum(math.exp(letters._log(context, letter)) for letter in "ab\n") < 1

    def test_words_that_are_printed_or_common_are_expected(self) -> None:
        prior = Prior(Lexicon({"house": 50, "mouse": 5}), {"louse": 3})
        ranked = sorted(("mouse", "louse", "house"), key=prior.log_probability, reverse=True)
        assert ranked == ["house", "louse", "mouse"]
        assert prior.log_probability("mousehouse") > prior.log_probability("qqqqqqqqqq")


class TestReadings:
    def test_a_known_word_has_its_neighbours_alone(self) -> None:
        prior = Prior(Lexicon(dict.fromkeys(("है", "हैं", "हैरान", "की"), 1)), {})
        assert readings("हैं", prior) == ["है"]

    def test_an_unknown_word_may_also_be_another_that_nobody_knows(self) -> None:
        prior = Prior(Lexicon(dict.fromkeys(("नगर", "नगरपालिका", "पालक", "सागर"), 1)), {})
        found = readings("नंगर", prior)
        assert "नगर" in found
        assert "नंगर" not in found
        assert "पागर" not in found  # two edits away, and in no lexicon

    def test_nothing_is_cut_short_by_three_signs(self) -> None:
        prior = Prior(Lexicon(dict.fromkeys(("सम्मेलन", "सम्मेल"), 1)), {})
        assert "सम्मेलन" in readings("सम्मेलनःं", prior)
        assert "सम्मेल" not in readings("सम्मेलनःं", prior)

    def test_latin_needs_no_code_of_its_own(self) -> None:
        prior = Prior(Lexicon(dict.fromkeys(("modern", "minister"), 1)), {})
        assert "modern" in readings("modem", prior)
        assert "minister" in readings("mlnister", prior)

    def test_without_any_word_there_is_nothing_to_try(self) -> None:
        assert readings("नगर", Prior(Lexicon({}), {})) == []


class TestEdits:
    @pytest.mark.parametrize(
        ("read", "printed", "kinds"),
        [
            ("मे", "में", ["mark lost"]),
            ("हैं", "है", ["mark added"]),
            ("मैं", "में", ["mark changed"]),
            ("बन", "वन", ["letter changed"]),
            ("वन", "वचन", ["letter lost"]),
            ("वचन", "वन", ["letter added"]),
            ("व", "वा", ["mark lost"]),
            ("clean", "c1ean", ["letter changed"]),
            ("क", "क", []),
        ],
    )
    def test_kinds(self, read, printed, kinds) -> None:
        assert [KINDS[kind(edit)] for edit in edits(read, printed)] == kinds

    @pytest.mark.parametrize("alike", ["बव", "षब", "थय", "ಎಏ", "Il"])
    def test_twins_are_alike(self, alike) -> None:
        others = [unlikeness((alike[0], other)) for other in ("क", "ಕ", "ক", "W") if other != alike[0]]
        assert unlikeness((alike[0], alike[1])) < min(others)

    def test_order_plays_no_part_and_strangers_are_unlike(self) -> None:
        assert unlikeness(("ब", "व")) == unlikeness(("व", "ब"))
        assert unlikeness(("ब", "W")) == pytest.approx(math.log(0.01 + UNLIKE))
        assert unlikeness(("", "ं")) < unlikeness(("", "ा")) < 0
        assert unlikeness(("", "क")) == 0
