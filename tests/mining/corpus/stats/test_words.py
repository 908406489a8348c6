"""Words, sentences, letters never seen, beside sets of strings that count the same."""

from __future__ import annotations

import tracemalloc
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.corpus.stats.hashes import Hashes
from mining.corpus.stats.letters import inventory, unseen
from mining.corpus.stats.vocabulary import Vocabulary
from mining.documents.languages import LANGUAGES, SCRIPTS

WORDS = ["मौसम", "साफ", "है", "बारिश", "கோவில்", "മഴ", "بارش", "آج"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, st.sampled_from(["hi", "ta"])), max_size=30))
def test_counts_are_those_of_sets_of_strings(rows: list[tuple[str, str]]) -> None:
    vocabulary = Vocabulary()
    for text, language in rows:
        vocabulary.add(text, language)
    figures = vocabulary.figures()
    words = [word for text, _ in rows for word in text.split()]
    assert (figures["words"], figures["distinct_words"]) == (len(words), len(set(words)))
    assert figures["once"] == sum(words.count(word) == 1 for word in set(words))
    assert figures["type_token"] == (round(len(set(words)) / len(words), 4) if words else None)
    assert (figures["sentences"], figures["distinct_sentences"]) == (len(rows), len({text for text, _ in rows}))
    assert figures["characters"] == len(set("".join(words)))
    for code, told in figures["languages"].items():
        assert told["words"] == sum(len(text.split()) for text, language in rows if language == code)


@settings(deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 9)), st.lists(st.integers(0, 9)))
def test_hashes_are_a_set(values: list[int], others: list[int]) -> None:
    hashes = Hashes()
    for value in values:
        hashes.add(value)
    known = sorted(set(values))
    assert hashes.values().tolist() == known
    places = [known.index(other) if other in known else -1 for other in others]
    assert hashes.places(np.array(others, np.int64)).tolist() == places
    assert Hashes(np.array(values, np.int64)).values().tolist() == sorted(set(values))


def test_a_distinct_sentence_takes_few_bytes() -> None:
    vocabulary = Vocabulary()
    texts = [f"{a} {b} {c}" for a in range(60) for b in range(60) for c in range(60)]
    for text in texts[:70_000]:
        vocabulary.add(text, "hi")
    assert vocabulary.distinct_sentences == 70_000
    tracemalloc.start()
    for text in texts[70_000:]:
        vocabulary.add(text, "hi")
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert vocabulary.distinct_sentences == len(texts)
    assert grown < 20 * len(texts)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_language_has_letters_of_its_script(code: str) -> None:
    letters = inventory(code)
    language = LANGUAGES[code]
    assert len(letters) == len(set(letters)) and 25 < len(letters) < 80
    for letter in letters:
        assert unicodedata.normalize("NFC", letter) == letter
        assert all(unicodedata.category(c)[0] in "LM" and language.holds(c) for c in letter)
        assert len(letter) == 1 or (len(letter) == 2 and unicodedata.combining(letter[1]) == 7), "else a letter with a nukta"


@pytest.mark.parametrize(
    ("code", "written", "not_written"),
    [
        ("hi", "कँं्ऑड़", "ऎऒळऱॲऌऽॐ"),
        ("mr", "ळऱॲॅ", "ऎऌ"),
        ("sa", "ॠऽऌ", "ऑॉळ"),
        ("bn", "রৎয়", "ৰৱৠ"),
        ("as", "ৰৱ", "র"),
        ("ta", "ழனஃ்", "ௐஶ"),
        ("ml", "ൺൽഴൗ", "ൌഌഩ"),
        ("te", "ళ", "ఱఁౠ"),
        ("ur", "ںےھئٹ", "ةيهك"),
    ],
)
def test_inventories_hold_what_is_written_today(code: str, written: str, not_written: str) -> None:
    letters = set(inventory(code))
    assert set(unicodedata.normalize("NFC", written)) <= set("".join(letters))
    assert not letters & set(not_written)


def test_letters_never_seen() -> None:
    assert "ڑ" in unseen("ur", ["آج", "بارش"]) and "ش" not in unseen("ur", ["آج", "بارش"])
    assert "ழ" not in unseen("ta", ["தமிழ்"]) and "ற" in unseen("ta", ["தமிழ்"])
    assert "ൺ" in unseen("ml", ["മഴ"]) and "ഴ" not in unseen("ml", ["മഴ"])
    hindi = unseen("hi", [unicodedata.normalize("NFC", "पढ़ा")])
    assert unicodedata.normalize("NFC", "ढ़") not in hindi and "ढ" not in hindi and unicodedata.normalize("NFC", "ड़") in hindi
    assert unseen("hi", inventory("hi")) == []
    assert unseen("en", ["The QUICK brown fox"]) == list("adgjlmpsvyz")


def test_a_language_without_an_inventory_says_so() -> None:
    vocabulary = Vocabulary()
    vocabulary.add("ek do", "xx")
    assert vocabulary.figures()["languages"]["xx"] == {"words": 2, "distinct_words": 2, "letters": None, "never_seen": None}


def test_scripts_of_all_inventories_are_known() -> None:
    assert {LANGUAGES[code].script for code in LANGUAGES} <= set(SCRIPTS)
