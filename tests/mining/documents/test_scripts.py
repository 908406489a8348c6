"""One sentence in many scripts is one sentence in Devanagari."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.documents.scripts import BLOCKS, as_written_by, in_script, main_script, script_of, to_devanagari

NAMES = {
    "Beng": "BENGALI", "Guru": "GURMUKHI", "Gujr": "GUJARATI", "Orya": "ORIYA", "Taml": "TAMIL", "Telu": "TELUGU",
    "Knda": "KANNADA", "Mlym": "MALAYALAM", "Deva": "DEVANAGARI",
}  # fmt: skip


def test_blocks_are_where_unicode_has_them() -> None:
    assert {script: unicodedata.name(chr(first + 0x15)) for script, first in BLOCKS.items()} == {
        script: f"{name} LETTER KA" for script, name in NAMES.items()
    }


LETTERS = {
    "क": 0x15, "ङ": 0x19, "ट": 0x1F, "ण": 0x23, "त": 0x24, "न": 0x28, "प": 0x2A, "म": 0x2E, "य": 0x2F, "र": 0x30,
    "ल": 0x32, "स": 0x38, "ह": 0x39, "अ": 0x05, "आ": 0x06, "इ": 0x07, "ई": 0x08, "उ": 0x09, "ए": 0x0F, "ऐ": 0x10, "ओ": 0x13,
    "औ": 0x14, "ा": 0x3E, "ि": 0x3F, "ी": 0x40, "ु": 0x41, "ू": 0x42, "े": 0x47, "ै": 0x48, "ो": 0x4B, "ौ": 0x4C,
}  # fmt: skip
"""What all nine scripts write, by its place in the block."""


@pytest.mark.parametrize("script", sorted(NAMES))
def test_letters_that_all_scripts_have_stand_in_the_same_places(script: str) -> None:
    for devanagari, offset in LETTERS.items():
        letter = chr(BLOCKS[script] + offset)
        assert unicodedata.category(letter)[0] in "LM", (script, devanagari)
        assert to_devanagari(letter) == devanagari


@pytest.mark.parametrize(
    ("text", "devanagari"),
    [
        ("বাংলা খবর", "बांला खबर"),
        ("ગુજરાતી સમાચાર", "गुजराती समाचार"),
        ("ଓଡ଼ିଆ", "ओड़िआ"),
        ("தமிழ்", "तमिळ्"),
        ("తెలుగు", "तेलुगु"),
        ("ಕನ್ನಡ", "कन्नड"),
        ("മലയാളം", "मलयाळं"),
        ("അവൻ പറഞ്ഞു", "अवन् परञ्ञु"),
        ("ਪੰਜਾਬੀ ਖ਼ਬਰ", "पंजाबी ख़बर"),
        ("ਪੱਤਰ ੲਿੳ", "पतर इिउ"),
        ("१२ ૧૨ ੧੨", "१२ १२ १२"),
    ],
)
def test_words(text: str, devanagari: str) -> None:
    assert to_devanagari(unicodedata.normalize("NFC", text)) == unicodedata.normalize("NFC", devanagari)


@given(st.text())
def test_nothing_of_another_script_is_left_and_once_is_enough(text: str) -> None:
    once = to_devanagari(text)
    assert not any(0x0980 <= ord(character) < 0x0D80 for character in once)
    assert to_devanagari(once) == once


@given(st.text(st.characters(max_codepoint=0x08FF) | st.sampled_from("हिन्दी है।")))
def test_what_is_devanagari_or_of_no_such_script_stays(text: str) -> None:
    assert to_devanagari(text) == text


def test_letters_that_stand_elsewhere_in_their_block_are_known():
    assert to_devanagari("ৎৰৱୱൗੵ") == "त्रववौ्य"


@pytest.mark.parametrize("script", sorted(BLOCKS))
def test_what_devanagari_and_another_script_share_comes_back(script: str) -> None:
    shared = [c for c in map(chr, range(0x0905, 0x094E)) if in_script(c, script) and unicodedata.category(c) != "Cn"]
    plain = [c for c in shared if c not in "ऎऒॆॊऴऱ" and to_devanagari(c) == c]
    assert len(plain) > 40
    assert to_devanagari(in_script("".join(plain), script)) == "".join(plain)


def test_what_is_of_no_brahmic_script_stays_and_dandas_are_shared() -> None:
    assert in_script("राम। ok 12", "Knda") == "ರಾಮ। ok 12"
    assert [script_of(c) for c in "कക।x"] == ["Deva", "Mlym", None, None]


def test_the_main_script_is_that_of_most_letters() -> None:
    assert main_script(["राम", "राമ"]) == "Deva"
    assert main_script(["hello क"]) is None
    assert main_script([]) is None


def test_a_text_is_moved_only_where_the_tokens_have_none_of_its_letters() -> None:
    assert as_written_by(["क", "ा"], "കാ") == "का"
    assert as_written_by(["क", "क", "ക"], "കാ") == "കാ"
    assert as_written_by(["a", "b"], "കാ") == "കാ"
    assert as_written_by(["क"], "ab") == "ab"
