import re

import pytest

from mining.documents.languages import LANGUAGES, guess, language
from mining.errors import UsageError

GREETINGS = {
    "bn": "সংবাদ পড়ছি",
    "as": "বাতৰি পঢ়িছোঁ",
    "gu": "સમાચાર વાંચું છું",
    "kn": "ಸುದ್ದಿ ಓದುತ್ತೇನೆ",
    "ml": "വാർത്തകൾ വായിക്കുന്നു",
    "or": "ସମ୍ବାଦ ପଢ଼ୁଛି",
    "pa": "ਖ਼ਬਰਾਂ ਪੜ੍ਹਦਾ ਹਾਂ",
    "ta": "செய்திகள் வாசிப்பது",
    "te": "వార్తలు చదువుతున్నది",
    "ur": "خبریں پڑھتا ہوں",
    "en": "Here is the news",
}


def test_the_table_holds_the_languages_of_shrutilipi_and_english():
    assert set(LANGUAGES) == {*GREETINGS, "hi", "mr", "sa"}
    assert language("hi").tesseract == "hin"
    assert language("hi").model == "bundled"


def test_an_unknown_language_is_refused_with_the_list_of_what_there_is():
    with pytest.raises(UsageError, match=re.escape("'xx'")) as caught:
        language("xx")
    assert all(code in str(caught.value) for code in LANGUAGES)


@pytest.mark.parametrize("code", sorted(GREETINGS))
def test_a_script_of_one_language_decides(code):
    assert guess(GREETINGS[code]) == language(code)
    assert language(code).share(GREETINGS[code]) == 1.0


def test_devanagari_does_not_decide_and_no_text_does_not_either():
    assert guess("यह समाचार है") is None
    assert guess("12 / 34") is None


def test_stops_and_figures_are_no_letters():
    hindi = language("hi")
    assert all(map(hindi.holds, "क्षेत्रऽॐ"))
    assert not any(map(hindi.holds, "।॥०९1a "))
    assert hindi.share("आकाशवाणी AIR") == pytest.approx(8 / 11)
