import itertools
import unicodedata

import pytest

from align import brahmic, needleman_wunsch

BLOCKS = {
    "Deva": "DEVANAGARI", "Beng": "BENGALI", "Guru": "GURMUKHI", "Gujr": "GUJARATI", "Orya": "ORIYA",
    "Taml": "TAMIL", "Telu": "TELUGU", "Knda": "KANNADA", "Mlym": "MALAYALAM",
}  # fmt: skip


@pytest.mark.parametrize("script", BLOCKS)
def test_groups_are_of_the_script_and_no_symbol_is_in_two(script):
    symbols = "".join(brahmic(script))
    assert len(set(symbols)) == len(symbols)
    known = [unicodedata.name(symbol) for symbol in symbols if unicodedata.name(symbol, "")]
    assert len(known) > 35
    assert {name.split()[0] for name in known} == {BLOCKS[script]}


@pytest.mark.parametrize("script", BLOCKS)
def test_a_letter_with_a_dot_below_is_with_the_letter_that_unicode_takes_it_apart_to(script):
    for group in brahmic(script):
        for symbol in group:
            letter, *marks = [chr(int(part, 16)) for part in unicodedata.decomposition(symbol).split()] or [symbol]
            if len(marks) == 1 and unicodedata.name(marks[0]).endswith("NUKTA"):
                assert letter in group, unicodedata.name(symbol)


@pytest.mark.parametrize("script", BLOCKS)
def test_signs_are_together_as_their_letters_are(script):
    named = [(unicodedata.name(symbol, ""), group) for group in brahmic(script) for symbol in group]
    letters = {name.split("LETTER ")[1]: group for name, group in named if "LETTER" in name}
    signs = {name.split("VOWEL SIGN ")[1]: group for name, group in named if "VOWEL SIGN" in name}
    both = sorted(set(letters) & set(signs))
    assert len(both) > 5
    for one, other in itertools.combinations(both, 2):
        if signs[one] == signs[other]:
            assert letters[one] == letters[other], (one, other)


def test_similar_letters_match_half_way():
    classes = brahmic("Deva")
    assert needleman_wunsch("किताब", "कीतब", classes=classes).score == 2 + 0 + 2 - 4 + 2
    assert needleman_wunsch("किताब", "कीतब").score == 2 - 2 + 2 - 4 + 2
    assert needleman_wunsch("शेष", "सेस", classes=classes).score == 0 + 2 + 0


@pytest.mark.parametrize("script", ["Latn", "", "deva", "Sinh"])
def test_other_scripts_are_refused(script):
    with pytest.raises(ValueError, match="one of Beng, Deva, Gujr, Guru, Knda, Mlym, Orya, Taml, Telu"):
        brahmic(script)
