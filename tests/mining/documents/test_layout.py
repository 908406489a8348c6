import numpy as np
import pytest

from mining.documents.languages import language
from mining.documents.layout import GRID, Row, assign_roles, ink, paint, paragraphs, regions, without_dust
from mining.documents.plain import plain_rows

HINDI = language("hi")
STEP, HEIGHT = 0.026, 0.018


def column(left, right, top, count):
    return [(left, top + i * STEP, right, top + i * STEP + HEIGHT) for i in range(count)]


def row(text, top, left=0.1, right=0.88, **changes):
    return Row(text, (left, top, right, top + HEIGHT), HEIGHT, **changes)


def body(count=8, top=0.15):
    return [row(f"राज्य में आज सुबह से बारिश जारी है {i}", top + i * STEP) for i in range(count)]


def centres(boxes):
    return [(round((b[0] + b[2]) / 2, 1), round((b[1] + b[3]) / 2, 1)) for b in boxes]


def test_one_column_is_one_region_trimmed_to_its_print():
    (box,) = regions(paint(column(0.1, 0.9, 0.2, 20)))
    assert box == pytest.approx((0.1, 0.2, 0.9, 0.71), abs=0.03)


def test_two_columns_are_read_one_after_the_other_below_a_title_over_both():
    boxes = [(0.1, 0.05, 0.9, 0.07), *column(0.1, 0.47, 0.15, 25), *column(0.53, 0.9, 0.15, 25)]
    assert centres(regions(paint(boxes))) == [(0.5, 0.1), (0.3, 0.5), (0.7, 0.5)]


def test_words_with_gaps_are_no_columns():
    generator = np.random.default_rng(1)
    boxes = []
    for i in range(25):
        left = 0.1
        while left < 0.85:
            width = generator.uniform(0.03, 0.12)
            boxes.append((left, 0.15 + i * STEP, left + width, 0.15 + i * STEP + HEIGHT))
            left += width + 0.012
    assert len(regions(paint(boxes))) == 1


def test_blank_paper_has_no_region_and_dust_is_no_print():
    assert regions(np.zeros(GRID, dtype=bool)) == []
    grid = np.zeros(GRID, dtype=bool)
    grid[50, 50:70] = True
    grid[100, 100] = grid[200, 7:9] = True
    assert np.array_equal(np.argwhere(without_dust(grid)), [(50, x) for x in range(50, 70)])


@pytest.mark.parametrize("shape", [(3300, 2550), (209, 1459), (421, 298)])
def test_ink_finds_print_at_any_size(shape):
    image = np.full(shape, 230, dtype=np.uint8)
    image[shape[0] // 2 : shape[0] // 2 + shape[0] // 20, shape[1] // 4 : shape[1] // 2] = 30
    y, x = np.nonzero(ink(image))
    assert y.min() / GRID[0] == pytest.approx(0.5, abs=0.01)
    assert x.min() / GRID[1] == pytest.approx(0.25, abs=0.01)


def test_a_gap_an_indent_and_an_early_end_begin_a_paragraph():
    rows = body(12)
    gap = [*rows[:3], *[row(r.text, r.box[1] + 0.02) for r in rows[3:]]]
    assert [r.block for r in paragraphs(gap, HINDI)] == [0] * 3 + [1] * 9
    indented = [*rows[:5], row(rows[5].text, rows[5].box[1], left=0.15), *rows[6:]]
    assert [r.block for r in paragraphs(indented, HINDI)] == [0] * 5 + [1] * 7
    early = [*rows[:3], row("बारिश जारी", rows[3].box[1], right=0.3), *rows[4:]]
    assert [r.block for r in paragraphs(early, HINDI)] == [0] * 4 + [1] * 8


def test_early_ends_are_distrusted_where_lines_are_broken_by_hand():
    ragged = [row(r.text, r.box[1], right=0.88 if i % 2 else 0.5) for i, r in enumerate(body(12))]
    assert {r.block for r in paragraphs(ragged, HINDI)} == {0}


def roles(*pages):
    return [[r.role for r in rows] for rows in assign_roles([paragraphs(rows, HINDI) for rows in pages], HINDI)]


def test_a_header_that_ocr_reads_differently_on_each_page_is_found_by_place_and_likeness():
    one = [row("रि९ठ(ुं०73| ४९५४५ ७॥( 809॥९€४॥॥ ४०. व80", 0.035, right=0.55), *body(), row("- 1 -", 0.95, 0.48, 0.52)]
    two = [row("रि९ठां०43| ४९५७४5 ७७४ 80७॥९४॥ ५०. 80", 0.035, right=0.54), *body(), row("पृष्ठ 2", 0.95, 0.48, 0.52)]
    assert roles(one, two) == [["header", *["body"] * 8, "page_number"]] * 2


def test_on_a_single_page_only_what_ocr_could_not_read_is_a_header():
    junk = [row("रि९ठ(ुं०73| ४९५४५", 0.035, right=0.4, confidence=20.0), *body()]
    assert roles(junk) == [["header", *["body"] * 8]]
    first_line_at_the_top = body(top=0.05)
    assert roles(first_line_at_the_top) == [["body"] * 8]


def test_body_lines_at_the_same_place_of_two_pages_are_no_headers():
    one = [row("प्रधानमंत्री ने कहा कि किसानों की आय दोगुनी होगी", 0.05), *body(6, 0.08)]
    two = [row("मौसम विभाग ने पश्चिमी जिलों में ओले गिरने की चेतावनी", 0.05), *body(6, 0.08)]
    assert roles(one, two)[0][0] == roles(one, two)[1][0] == "body"


@pytest.mark.parametrize(
    "title",
    [
        row("प्रादेशिक समाचार", 0.08, right=0.3),
        row("आज दिन भर की सारी बड़ी ख़बरें और मौसम", 0.08, left=0.3, right=0.68),
        Row("आज दिन भर की सारी बड़ी खबरें", (0.1, 0.07, 0.7, 0.1), 0.03),
    ],
)
def test_a_title_is_short_and_apart_and_few_or_centred_or_large(title):
    assert roles([title, *body()]) == [["title", *["body"] * 8]]


def test_a_short_sentence_with_its_stop_is_no_title_nor_is_the_rest_of_one_on_the_next_page():
    assert roles([row("वे आज आए।", 0.08, right=0.3), *body()])[0][0] == "body"
    assert roles(body(), [row("बरती जाए", 0.08, right=0.3), *body()])[1][0] == "body"


WRAPPED = """प्रादेशिक समाचार
राज्य के सभी जिलों में आज सुबह से तेज बारिश जारी रही।
किसानों को इससे बहुत राहत मिली है और खेती का काम शुरू

- 1 -

Air News
हो गया है।

Air News
"""


def test_plain_text_has_titles_and_furniture_too_and_they_do_not_part_a_paragraph():
    (rows,) = plain_rows([WRAPPED], HINDI)
    assert [r.role for r in rows] == ["title", "body", "body", "page_number", "header", "body", "header"]
    assert len({r.block for r in rows if r.role == "body"}) == 1


def test_plain_text_without_stops_has_a_sentence_a_line():
    (rows,) = plain_rows(["राज्य में बारिश जारी है\nकिसानों को राहत मिली है\nकल मौसम साफ रहेगा\n"], HINDI)
    assert [r.block for r in rows] == [0, 1, 2]
