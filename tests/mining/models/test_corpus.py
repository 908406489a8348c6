"""What a cold start says: which sentences of a text, in which voice."""

from __future__ import annotations

import unicodedata

import pytest

from mining.documents.languages import language
from mining.errors import UsageError
from mining.models import corpus
from mining.models.corpus import Reading, sentences

HINDI = language("hi").holds


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("राज्य में आज, हल्की बारिश!", ["राज्य में आज हल्की बारिश"]),
        ("  राज्य   में—आज बारिश।", ["राज्य में आज बारिश"]),
        ("राज्य में 12 लोग घायल हुए", []),
        ("राज्य में १२ लोग घायल हुए", []),
        ("राज्य में BJP की जीत हुई", []),
        ("राज्य में BJP की जीत हुई, सब लोग खुश हुए।", ["सब लोग खुश हुए"]),
        ("राज्य में বাংলা की जीत", []),
        ("राम\u200cजी आए और गए", ["रामजी आए और गए"]),
        ("बहुत छोटा", []),
        ("बहुतलंबाशब्द औरदूसराशब्द", []),
    ],
)
def test_only_what_is_read_as_it_is_written_is_spoken(line: str, kept: list[str]) -> None:
    assert sentences([line], HINDI) == kept


def test_lines_are_taken_once_in_their_order_and_composed() -> None:
    lines = ["ख़बर सुबह की पहली है", "दूसरी ख़बर यह रही आज", unicodedata.normalize("NFD", "ख़बर सुबह की पहली है")]
    assert sentences(lines, HINDI) == [unicodedata.normalize("NFC", line) for line in lines[:2]]


def test_a_long_sentence_is_cut_between_words_into_parts_of_about_one_length() -> None:
    words = [f"शब्द{chr(0x0915 + n % 20)}{chr(0x0915 + n // 20)}" for n in range(60)]
    parts = sentences([" ".join(words)], HINDI)
    assert " ".join(parts).split() == words
    assert all(len(part) <= corpus.MOST for part in parts) and min(map(len, parts)) > 0.6 * max(map(len, parts))


def test_capitals_become_small_letters() -> None:
    assert sentences(["Habari za Asubuhi Rafiki"], language("en").holds) == ["habari za asubuhi rafiki"]


def test_a_language_without_a_voice_borrows_that_of_a_neighbour_who_reads_its_own_script() -> None:
    sanskrit = Reading.of("sa", ["संस्कृतम् भारतस्य भाषा अस्ति"])
    assert (sanskrit.voice, sanskrit.script) == ("kn", "Knda")
    assert sanskrit.texts == ("संस्कृतम् भारतस्य भाषा अस्ति",)
    assert sanskrit.read("संस्कृतम्") == "ಸಂಸ್ಕೃತಮ್"


def test_any_voice_of_espeak_is_a_language_in_the_script_of_most_of_its_text() -> None:
    amharic = Reading.of("am", ["ሰላም ለሁላችሁም ይሁን ወዳጆች", "hello to all of you", "ዛሬ ጥሩ ቀን ነው ለሁሉም"])
    assert (amharic.voice, amharic.script, amharic.brahmic) == ("am", "", False)
    assert len(amharic.texts) == 2


def test_accents_stay_with_their_letters() -> None:
    assert Reading.of("yue", ["nei5 hou2"]).texts == ()
    assert Reading.of("vi", ["xin chào tất cả các bạn"]).texts == ("xin chào tất cả các bạn",)


def test_what_espeak_cannot_speak_is_said_with_what_it_can() -> None:
    with pytest.raises(UsageError, match=r"no voice 'tlh'.*hi"):
        Reading.of("tlh", ["nuqneH"])
