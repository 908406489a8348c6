import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.documents.languages import LANGUAGES, SCRIPTS, language
from mining.documents.text import normalise
from mining.records import WILDCARD

HINDI = language("hi")
PIECES = ["डॉ. ", "62%", "₹5 करोड़ ", "10-15", "।", " ", "\u200d", "क़", "क\u093c", "ो", "PM", "□", "44वीं", "१९८४", "|", "ন্\u200d"]
DEVANAGARI = [chr(code) for first, end in SCRIPTS["Deva"] for code in range(first, end)]


def raw_texts():
    characters = st.one_of(st.characters(), st.characters(min_codepoint=0x900, max_codepoint=0x97F), st.sampled_from(PIECES))
    return st.lists(characters, max_size=30).map("".join)


@given(raw_texts(), st.sampled_from(sorted(LANGUAGES)))
def test_text_is_words_of_the_language_and_the_map_never_falls(raw, code):
    own = language(code)
    text, offsets = normalise(raw, own)
    assert len(text) == len(offsets)
    assert all(0 <= offset < len(raw) for offset in offsets)
    assert list(offsets) == sorted(offsets)
    assert text == " ".join(text.split())
    assert all(own.holds(c) or c in f" {WILDCARD}" for c in text)
    assert all(word == WILDCARD or WILDCARD not in word for word in text.split())
    assert f"{WILDCARD} {WILDCARD}" not in text


@given(st.text(alphabet=st.sampled_from([*DEVANAGARI, *"\u200c\u200d "])))
def test_a_second_time_changes_nothing(raw):
    text, _ = normalise(raw, HINDI)
    assert normalise(text, HINDI)[0] == text == unicodedata.normalize("NFC", text)


def test_letters_map_to_themselves_and_a_number_spreads_over_its_figures():
    raw = "  कुल 62%, हाँ।"
    text, offsets = normalise(raw, HINDI)
    assert text == "कुल बासठ प्रतिशत हाँ"
    for i, offset in enumerate(offsets):
        if text[i] == raw[offset]:
            continue
        assert raw[offset] in "62% ,"
    assert offsets[text.index("ब")] == raw.index("6")
    assert raw[offsets[text.index("शत")]] in "2%"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("ई-मेल (पत्र) “क्या?”", "ई मेल पत्र क्या"),
        ("पी.एम. मोदी", "पी एम मोदी"),
        ("शुल्क PM Kisan योजना", f"शुल्क {WILDCARD} योजना"),
        ("क्रमशः □2 बिलियन", f"क्रमशः {WILDCARD} दो बिलियन"),
        ("जम्मू & कश्मीर", f"जम्मू {WILDCARD} कश्मीर"),
        ("सड़क", "सड\u093cक"),
        ("श्री\u200dराम", "श्रीराम"),
        ("है | था", "है था"),
        ("", ""),
        ("— 1 —"[:1], ""),
    ],
)
def test_hindi(raw, said):
    assert normalise(raw, HINDI)[0] == said


def test_joiners_that_make_letters_become_those_letters():
    assert normalise("അവന്\u200d", language("ml"))[0] == "അവൻ"
    assert normalise("হঠাত্\u200d", language("bn"))[0] == "হঠাৎ"
    assert normalise("தமிழ் 5", language("ta"))[0] == "தமிழ் ஐந்து"
