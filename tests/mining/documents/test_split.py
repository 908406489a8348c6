import pytest

from mining.config import SplitConfig
from mining.documents.languages import language
from mining.documents.split import split
from mining.records import REASONS, Line, Page

HINDI = language("hi")
CONFIG = SplitConfig()


def page(*lines, number=1):
    """A page of lines; a line is its text, or (text, changes). Each stands below the last, full width."""
    made = []
    for index, line in enumerate(lines):
        text, changes = line if isinstance(line, tuple) else (line, {})
        top = 0.1 + 0.03 * index
        made.append(Line(text, **{"box": (0.1, top, 0.9, top + 0.02), "block": 1, **changes}))
    return Page(number, "ocr", "", tuple(made))


def sentences(*pages, code="hi", config=CONFIG):
    return split(pages, language(code), config)


def raw(found):
    return [s.raw_text for s in found if s.aside is None]


FIRST, SECOND = "राज्य में बारिश जारी है", "किसानों को राहत मिली है"


@pytest.mark.parametrize("stop", ["।", "॥", "|", " |", "l", "I", "1", "!", "?", "।”", "।”।", " ।", "||"])
def test_a_danda_and_what_ocr_makes_of_it_end_a_sentence(stop):
    found = sentences(page(f"{FIRST}{stop} {SECOND}।"))
    assert [s.text for s in found] == [FIRST, SECOND]
    assert found[0].raw_text == FIRST + stop
    assert found[1].raw_text == SECOND + "।"


@pytest.mark.parametrize("text", ["राज्य में 11 लोग घायल हुए", "कोविड॥9 की दवा मिली है", "सेक्टर 1 में पानी नहीं आया", "क्र.सं. एक में लिखा है"])
def test_what_only_looks_like_a_stop_ends_nothing(text):
    assert raw(sentences(page(f"{text}। {SECOND}।"))) == [f"{text}।", f"{SECOND}।"]


def test_a_sentence_runs_over_lines_columns_and_pages_and_knows_its_places():
    first = page("पहला वाक्य पूरा हुआ।", "राज्य में आज", number=1)
    second = page(("आकाशवाणी समाचार", {"role": "header", "block": 0}), "बारिश जारी है।", number=2)
    found = sentences(first, second)
    assert raw(found) == ["पहला वाक्य पूरा हुआ।", "राज्य में आज बारिश जारी है।"]
    crossing = next(s for s in found if s.raw_text.startswith("राज्य"))
    assert crossing.page == 1
    assert crossing.places == ((1, 1), (2, 1))
    columns = page("राज्य में आज सुबह से", ("तेज बारिश जारी है।", {"box": (0.55, 0.05, 0.9, 0.07), "block": 2}))
    assert raw(sentences(columns)) == ["राज्य में आज सुबह से तेज बारिश जारी है।"]


def test_a_paragraph_that_ends_without_a_stop_ends_its_sentence():
    assert raw(sentences(page(FIRST, (SECOND, {"block": 2})))) == [FIRST, SECOND]
    short = page("पहला वाक्य पूरी चौड़ाई में चला", ("आज", {"box": (0.1, 0.13, 0.2, 0.15)}), number=1)
    assert raw(sentences(short, page(SECOND, number=2))) == ["पहला वाक्य पूरी चौड़ाई में चला आज", SECOND]


def test_everything_that_is_no_sentence_is_set_aside_with_its_reason_and_in_place():
    found = sentences(
        page(
            ("रि९ठ(ुं०73| ४९५४५", {"role": "header", "confidence": 10.0}),
            ("प्रादेशिक समाचार", {"role": "title", "block": 2}),
            (f"{FIRST}।", {"block": 3}),
            ("धन्यवाद।", {"block": 4}),
            ("(0॥66 08४9९ 0909 070", {"block": 5, "confidence": 12.0}),
            ("Ministry of Information केंद्र", {"block": 6}),
            ("- 1 -", {"role": "page_number", "block": 7}),
        )
    )
    assert [s.aside for s in found] == ["furniture", "heading", None, "heading", "ocr_garbage", "ocr_garbage", "furniture"]
    assert [s.id for s in found] == [f"s{n:04d}" for n in range(1, 8)]
    assert all(s.aside is None or s.aside in REASONS for s in found)


def test_an_unsure_line_of_good_letters_stays():
    found = sentences(page(FIRST, ("और जारी रहेगी।", {"confidence": 40.0})))
    assert raw(found) == [f"{FIRST} और जारी रहेगी।"]


def test_full_stops_end_sentences_where_the_document_has_no_dandas_but_not_behind_abbreviations():
    pointed = sentences(page(f"डॉ. राम ने कहा. {FIRST}. कि.मी. 3.5 है यह."))
    assert raw(pointed) == ["डॉ. राम ने कहा.", f"{FIRST}.", "कि.मी. 3.5 है यह."]
    assert raw(sentences(page("डॉ. राम ने कहा। यह 3.5 कि.मी. दूर है।"))) == ["डॉ. राम ने कहा।", "यह 3.5 कि.मी. दूर है।"]
    marathi = sentences(page("प्रा. जोशी यांनी सांगितले. पाऊस सुरू आहे. दर 3.5 टक्के आहे."), code="mr")
    assert raw(marathi) == ["प्रा. जोशी यांनी सांगितले.", "पाऊस सुरू आहे.", "दर 3.5 टक्के आहे."]
    assert raw(sentences(page("Dr. Rao said so. It is 3.5 km away."), code="en")) == ["Dr. Rao said so.", "It is 3.5 km away."]


def test_a_document_that_lacks_stops_is_cut_at_its_verbs_but_one_that_has_them_is_not():
    said = "श्री राम ने कहा कि बारिश जारी है वे कल जिले का दौरा भी करेंगे"
    whole = [f"{FIRST} और {SECOND}।" for _ in range(12)]
    assert raw(sentences(page(" ".join([*whole, said]) + "।")))[-1] == f"{said}।"
    clauses = ["बिजली पानी और सड़क के काम के लिए जिले को नई राशि मिली है", "कल सुबह सभी जिलों में मौसम साफ रहेगा"]
    bare = " ".join([f"{FIRST} {' '.join(clauses)} {SECOND}।"] * 12)
    cut = raw(sentences(page(bare)))
    assert cut[:4] == [FIRST, *clauses, f"{SECOND}।"]
    assert len(cut) == 48


def test_two_verbs_before_one_stop_are_one_sentence_while_it_is_of_usual_length():
    spoken = " ".join([f"{FIRST} हमको सब कुछ पता है।"] * 12)
    assert set(raw(sentences(page(spoken)))) == {f"{FIRST} हमको सब कुछ पता है।"}


def test_what_no_reader_says_in_one_breath_is_cut_at_a_comma():
    clause = "राज्य के सभी जिलों में आज सुबह से तेज बारिश जारी रही"
    text = ", ".join([clause] * 4) + "।"
    found = sentences(page(text), config=SplitConfig(max_characters=120))
    assert [s.text for s in found] == [f"{clause} {clause}"] * 2
    assert " ".join(s.raw_text for s in found) == text
    assert raw(sentences(page(f"{clause} {clause}।"), config=SplitConfig(max_characters=20))) == [f"{clause} {clause}।"]


def test_offsets_lead_back_to_the_raw_text():
    (found,) = sentences(page("कुल 62% मत पड़े।"))
    assert found.text == "कुल बासठ प्रतिशत मत पड़े"
    assert found.raw_text[found.offsets[found.text.index("मत")]] == "म"
