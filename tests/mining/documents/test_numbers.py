import itertools

import pytest

from mining.documents.languages import LANGUAGES, language
from mining.documents.numbers import cardinal, spoken
from mining.documents.text import normalise
from mining.records import WILDCARD

HINDI = language("hi")

# The hundred irregular numbers of Hindi, as news scripts spell them.
_HUNDRED = """शून्य एक दो तीन चार पांच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अट्ठारह उन्नीस बीस इक्कीस बाईस तेईस
चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस चालीस इकतालीस बयालीस
तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ
बासठ तिरेसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी अस्सी
इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अठासी नवासी नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे
निन्यानवे"""
HUNDRED = _HUNDRED.split()


def words(raw, code="hi"):
    return normalise(raw, language(code))[0]


def test_the_hundred_irregular_numbers():
    assert [cardinal(n, HINDI) for n in range(100)] == HUNDRED
    assert len(set(HUNDRED)) == 100


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("105", "एक सौ पांच"),
        ("1,50,000", "एक लाख पचास हजार"),
        ("१२३४५६७८", "एक करोड़ तेईस लाख पैंतालीस हजार छह सौ अठहत्तर"),
        ("5000000000", "पांच अरब"),
        ("250000000000", "दो खरब पचास अरब"),
        ("वर्ष 1984 में", "वर्ष उन्नीस सौ चौरासी में"),
        ("1,984 लोग", "एक हजार नौ सौ चौरासी लोग"),
        ("2019 में", "दो हजार उन्नीस में"),
        ("वर्ष 2019-20 में", "वर्ष दो हजार उन्नीस बीस में"),
        ("10-15 दिन", "दस से पंद्रह दिन"),
        ("3.5 लाख", "तीन दशमलव पांच लाख"),
        ("0.05", "शून्य दशमलव शून्य पांच"),
        ("62% मत", "बासठ प्रतिशत मत"),
        ("8.4 %", "आठ दशमलव चार प्रतिशत"),
        ("पांच % मत", "पांच प्रतिशत मत"),
        ("₹5 करोड़ की", "पांच करोड़ रुपये की"),
        ("Rs. 1,500 दिए", "एक हजार पांच सौ रुपये दिए"),
        ("रु. 20 में", "बीस रुपये में"),
        ("500 रु. मिले", "पांच सौ रुपये मिले"),
        ("£2 बिलियन", "दो बिलियन पाउंड"),
        ("44वीं बटालियन", "चौवालीसवीं बटालियन"),
        ("1ली बार", "पहली बार"),
        ("3रा टेस्ट", "तीसरा टेस्ट"),
        ("02/10/2018 को", "दो अक्टूबर दो हजार अट्ठारह को"),
        ("15.8.1947 को", "पंद्रह अगस्त उन्नीस सौ सैंतालीस को"),
        ("सुबह 10:30 बजे", "सुबह साढ़े दस बजे"),
        ("2.30 बजे", "ढाई बजे"),
        ("शाम 5:45 बजे", "शाम पौने छह बजे"),
        ("18:05 बजे", "अट्ठारह बजकर पांच मिनट"),
        ("7:00 बजे", "सात बजे"),
        ("-5 डिग्री", "माइनस पांच डिग्री"),
        ("45°C रहा", "पैंतालीस डिग्री सेल्सियस रहा"),
        ("कोविड-19 के", "कोविड उन्नीस के"),
        ("कोविड19दवा", "कोविड उन्नीस दवा"),
        ("फोन 0172", "फोन शून्य एक सात दो"),
        ("डॉ. राम", "डॉक्टर राम"),
        ("डॉ०राम", "डॉक्टर राम"),
        ("5 कि.मी. दूर", "पांच किलोमीटर दूर"),
        ("20 कि.ग्रा. सोना", "बीस किलोग्राम सोना"),
        ("प्रो. शर्मा", "प्रोफेसर शर्मा"),
        ("क्रमश: दो", "क्रमशः दो"),
    ],
)
def test_hindi_is_written_as_it_is_read(raw, said):
    assert words(raw) == said


@pytest.mark.parametrize("raw", ["मामला 5/2019 में", "शाखा 1.2.3 में", "स्कोर 3:2 रहा", "45/13/2019 को", "5ठा"])
def test_what_has_no_rule_is_a_wildcard_not_a_guess(raw):
    assert WILDCARD in words(raw).split()


def test_words_that_only_look_like_abbreviations_stay():
    assert words("उन्हें सड़क से मीटर तक") == "उन्हें सड़क से मीटर तक"
    assert words("डॉलर और रुचि") == "डॉलर और रुचि"


@pytest.mark.parametrize("code", sorted(set(LANGUAGES) - {"hi"}))
def test_other_languages_have_whole_numbers_in_their_own_script_and_else_wildcards(code):
    other = language(code)
    for number in (0, 7, 44, 99, 100, 2018, 150_000):
        said = words(str(number), code)
        assert said
        assert said != WILDCARD
        assert other.share(said) == 1.0
    assert words("3.5", code) == words("62%", code) == words("10:30", code) == WILDCARD


def test_spans_are_in_order_and_apart():
    raw = "₹5 करोड़, 62% और डॉ. राम 02/10/2018 को 10:30 बजे"
    spans = spoken(raw, HINDI)
    assert [raw[start:end] for start, end, _ in spans] == ["₹5 करोड़", "62%", "डॉ.", "02/10/2018", "10:30 बजे"]
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
