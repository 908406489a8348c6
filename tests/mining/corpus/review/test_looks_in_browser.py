"""How the page looks in a real browser: markup stays text, the document is marked, ten thousand pairs, a phone, Urdu."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mining import store
from tests.browser import Browser, wait
from tests.mining.corpus.review.conftest import EVIL, Serving
from tests.mining.corpus.review.judging import PAIR, after, begin, clean

MOST_ROWS = 60  # of the list, in the document: those in sight on a high screen, and some more


def test_markup_is_shown_as_text_and_never_run(evil: Path, browser: Browser, serving: Serving) -> None:
    address = serving(evil)
    begin(browser, address)
    browser.press("p")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row').length"))
    assert browser.evaluate("document.querySelector('.row .words-of').textContent") == EVIL
    browser.press("Escape")
    for _ in range(3):
        assert browser.evaluate("document.getElementById('text').textContent") == EVIL
        assert EVIL in browser.evaluate("document.getElementById('facts').textContent")
        assert EVIL in browser.evaluate("document.getElementById('place').textContent")
        assert EVIL in browser.evaluate("document.getElementById('mended').textContent")
        after(browser, lambda: browser.press("Enter"))
    assert browser.evaluate("document.title") == "Shruti: listen and judge"
    assert browser.evaluate("document.querySelectorAll('main script, dialog script, main img[onerror], dialog img').length") == 0
    clean(browser, address)


def test_the_page_and_the_lines_of_the_document_are_marked(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    rows = store.read_rows(documented / "pairs.jsonl")
    browser.open(f"{address}?person=Asha#{rows[1]['id']}")
    wait(lambda: browser.evaluate(PAIR) == rows[1]["id"])
    wait(lambda: browser.evaluate("document.querySelector('.sheet img')?.naturalWidth > 1000"))
    mark = "(b => [b.x, b.width])(document.querySelector('.sheet i').getBoundingClientRect())"
    paper = "(b => [b.x, b.width])(document.querySelector('.sheet .paper').getBoundingClientRect())"
    (x, width), (left, wide) = browser.evaluate(mark), browser.evaluate(paper)
    assert (x - left) / wide == pytest.approx(0.1, abs=0.01)
    assert width / wide == pytest.approx(0.8, abs=0.02)
    browser.open(f"{address}?person=Bina#{rows[5]['id']}")
    wait(lambda: browser.evaluate(PAIR) == rows[5]["id"])
    assert browser.evaluate("document.querySelector('.lines .in').textContent") == rows[5]["raw_text"]
    clean(browser, address)


def test_a_pair_without_sound_can_still_be_read(documented: Path, browser: Browser, serving: Serving) -> None:
    row = store.read_rows(documented / "pairs.jsonl")[0]
    Path(row["audio"]).unlink(), Path(row["document"]).unlink()
    (store.Recording(documented / "recordings" / row["recording"]).path("clips") / f"{row['id']}.flac").unlink()
    address = serving(documented)
    browser.open(f"{address}?person=Asha#{row['id']}")
    wait(lambda: browser.evaluate(PAIR) == row["id"])
    assert "No clip of this pair was kept" in browser.evaluate("document.getElementById('sound-note').textContent")
    assert "is not there any more" in browser.evaluate("document.querySelector('.place .note').textContent")
    after(browser, lambda: browser.press("s"))
    clean(browser, address)


def test_ten_thousand_pairs_are_few_rows(large: Path, browser: Browser, serving: Serving) -> None:
    address = serving(large)
    begin(browser, address)
    browser.press("p")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row').length"))
    assert browser.evaluate("found.textContent") == "10,000"
    assert browser.evaluate("document.querySelectorAll('.row').length") < MOST_ROWS
    for place in (0, 200_000, 459_000):
        browser.evaluate(f"document.getElementById('rows').scrollTop = {place}")
        first = (
            "[...document.querySelectorAll('.row:not([hidden])')].filter((row) => row.getBoundingClientRect().bottom"
            " > document.getElementById('rows').getBoundingClientRect().top).length"
        )
        wait(lambda script=first: browser.evaluate(script) >= 8)
    assert browser.evaluate("document.querySelectorAll('.row').length") < MOST_ROWS
    browser.evaluate("search.value = '9999'; search.dispatchEvent(new Event('input'))")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row:not([hidden])').length") == 1)
    assert after(browser, lambda: browser.press("Enter")).endswith("p09999")
    clean(browser, address)


@pytest.mark.parametrize("width", [390, 320])
def test_it_fits_a_phone(documented: Path, browser: Browser, serving: Serving, width: int) -> None:
    browser.phone(width)
    address = serving(documented)
    begin(browser, address)
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    for dialog, key in (("list", "p"), ("help", "?")):
        browser.press(key)
        wait(lambda dialog=dialog: browser.evaluate(f"document.getElementById('{dialog}').open"))
        assert browser.evaluate(f"document.getElementById('{dialog}').getBoundingClientRect().right") <= width
        browser.press("Escape")
    small = "[...document.querySelectorAll('.judge button')].filter((b) => b.offsetHeight < 44 || b.offsetWidth < 44).length"
    assert browser.evaluate(small) == 0
    after(browser, lambda: browser.evaluate("document.getElementById('right').click()"))
    clean(browser, address)


def test_urdu_runs_from_right_to_left_and_its_words_by_time(urdu: Path, browser: Browser, serving: Serving) -> None:
    address = serving(urdu)
    begin(browser, address)
    assert browser.evaluate("getComputedStyle(document.getElementById('text')).direction") == "rtl"
    assert "Nastaliq" in browser.evaluate("getComputedStyle(document.getElementById('text')).fontFamily")
    places = browser.evaluate("[...document.querySelectorAll('#words span')].map((w) => w.getBoundingClientRect().x)")
    marks = browser.evaluate("[...document.querySelectorAll('#words i')].map((w) => w.getBoundingClientRect().x)")
    assert len(places) > 5
    assert marks == sorted(marks)
    first, second = browser.evaluate(
        "[...document.querySelectorAll('#text span')].slice(0, 2).map((w) => w.getBoundingClientRect().x)"
    )
    assert first > second
    browser.phone()
    wait(lambda: browser.evaluate("document.documentElement.scrollWidth") == 390)
    clean(browser, address)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_system_is_until_told(
    documented: Path, browser: Browser, serving: Serving, scheme: str
) -> None:
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    begin(browser, serving(documented))
    ground = "getComputedStyle(document.documentElement).backgroundColor.match(/[0-9.]+/g).map(Number)"
    light = f"(([r, g, b]) => r + g + b > 380)({ground})"
    assert browser.evaluate(light) == (scheme == "light")
    browser.evaluate("document.getElementById('theme').click()")
    assert browser.evaluate(light) == (scheme == "dark")


SCRIPTS = {
    "hi": "क्षेत्र में श्रीमती",
    "bn": "ক্ষেত্রে শ্রীমতী",
    "as": "ৰাজ্যৰ ৱাৰ্তা",
    "gu": "ક્ષેત્ર શ્રીમતી",
    "pa": "ਖੇਤਰ ਵਿੱਚ",
    "kn": "ಕ್ಷೇತ್ರ ಶ್ರೀಮತಿ",
    "ml": "ക്ഷേത്രം ശ്രീമതി",
    "or": "କ୍ଷେତ୍ର ଶ୍ରୀମତୀ",
    "ta": "தமிழ் ஸ்ரீ",
    "te": "క్షేత్రం శ్రీమతి",
    "ur": "صوبے میں بارش",
}


def test_every_script_has_its_font(documented: Path, browser: Browser, serving: Serving) -> None:
    if "Noto Nastaliq Urdu" not in subprocess.run(["fc-list"], capture_output=True, text=True, check=True).stdout:
        pytest.skip("needs Noto's fonts: apt-get install fonts-noto-core")
    rows = store.read_rows(documented / "pairs.jsonl")
    many = [
        {**rows[0], "id": f"{rows[0]['recording']}-{language}", "language": language, "text": text, "start": 1.0 + i / 100}
        for i, (language, text) in enumerate(SCRIPTS.items())
    ]
    store.write_rows(documented / "pairs.jsonl", many)
    address = serving(documented)
    for domain in ("DOM", "CSS"):
        browser.call(f"{domain}.enable")
    begin(browser, address)
    for row in many:
        browser.evaluate(f"location.hash = '{row['id']}'")
        wait(lambda row=row: browser.evaluate(PAIR) == row["id"])
        root = browser.call("DOM.getDocument")["root"]["nodeId"]
        node = browser.call("DOM.querySelector", nodeId=root, selector="#text")["nodeId"]
        fonts = browser.call("CSS.getPlatformFontsForNode", nodeId=node)["fonts"]
        assert [font["familyName"] for font in fonts if not font["familyName"].startswith("Noto")] == [], (row["language"], fonts)
        wanted = "Nastaliq" if row["language"] == "ur" else "Noto Sans "
        assert any(wanted in font["familyName"] for font in fonts), (row["language"], fonts)
