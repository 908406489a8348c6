import pytest

from mining.documents.languages import language
from mining.documents.layer import agreement, judge

HINDI = language("hi")
NEWS = "प्रधानमंत्री ने कहा कि राज्य के विभिन्न जिलों में वर्षा जारी है। "


@pytest.mark.parametrize(
    ("text", "fonts", "why"),
    [
        ("", [], "no text layer"),
        ("12 क", [], "1 letters only"),
        ("´ÖÆüÖ¸üÖÂ™Òü ¸üÖ•Ö³ÖÖÂÖÖ †×¬Ö×®ÖμÖ´Ö", ["DVBWTTSurekhNormal"], "legacy font DVBWTTSurekhNormal"),
        ("g#=# C# uZ# Zi l* K2u6#=gA!2u1 X2ug2K", ["Helvetica"], "0% of the text layer's letters are Hindi"),
        (NEWS + "(cid:12)(cid:7)", ["Mangal"], "2 characters of the text layer have no Unicode"),
        (NEWS + "\x00\ufffd", ["Mangal"], "2 characters"),
        ("शासि णििणय याांच्या कामकाजात िेबाबत मराठी", ["Sakal"], "impossible sequences"),
    ],
)
def test_a_broken_layer_is_not_trusted_and_says_why(text, fonts, why):
    verdict = judge(text, fonts, HINDI)
    assert verdict.trust == "no"
    assert why in verdict.why


def test_a_sound_layer_is_trusted():
    assert judge(NEWS * 5, ["NotoSansDevanagari"], HINDI).trust == "yes"


@pytest.mark.parametrize(
    "text",
    [
        NEWS * 3 + "This paragraph is in English and so long that it makes a third of it all, more or less so.",
        NEWS.replace("\u094d", "") * 5,
        NEWS * 20 + "िक करोो",
    ],
)
def test_what_might_be_either_is_a_doubt(text):
    assert judge(text, ["Mangal"], HINDI).trust == "doubt"


@pytest.mark.parametrize(
    ("code", "text"), [("ta", "செய்திகள் வாசிப்பது கொண்டு"), ("bn", "খবর পড়ছি আমি কোথায়"), ("kn", "ಸುದ್ದಿ ಓದುತ್ತೇನೆ ಕೋಲಾರ")]
)
def test_other_scripts_are_judged_by_the_same_rules(code, text):
    assert judge(text * 4, ["Noto"], language(code)).trust == "yes"


def test_agreement_counts_letters_alone():
    assert agreement(NEWS, NEWS.replace(" ", "").replace("।", "|"), HINDI) == 1.0
    assert agreement(NEWS, "कुछ और ही लिखा है यहाँ पर", HINDI) < 0.6
