"""The page in a real browser: a person listens, judges by keys, reloads, drags an end; markup stays text; no request leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mining import store
from mining.corpus.review.pairs import judgeable
from mining.corpus.review.queue import Queue
from tests.browser import Browser, wait
from tests.mining.corpus.review.conftest import EVIL, Serving

PAIR = "document.body.dataset.pair || ''"
MOST_ROWS = 60  # of the list, in the document: those in sight on a high screen, and some more


def _begin(browser: Browser, address: str, person: str = "Asha") -> str:
    """Open the page and wait for the first pair; its id."""
    browser.open(f"{address}?person={person}")
    wait(lambda: browser.evaluate(PAIR))
    return browser.evaluate(PAIR)


def _after(browser: Browser, act: Callable[[], Any]) -> str:
    """Do something after which another pair comes; its id."""
    time.sleep(0.25)  # what is pressed at once is taken for a second press of the key before
    before = browser.evaluate(PAIR)
    act()
    wait(lambda: browser.evaluate(PAIR) not in ("", before))
    return browser.evaluate(PAIR)


def _saved(browser: Browser) -> None:
    wait(lambda: browser.evaluate("saved.textContent") == "Saved")


def _log(out: Path, person: str = "Asha") -> list[dict[str, Any]]:
    return store.read_rows(out / "review" / f"{person}.jsonl")


def _clean(browser: Browser, address: str) -> None:
    assert browser.complaints() == []
    assert browser.requests(address) == []


def test_it_asks_who_judges_and_remembers(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    browser.open(address)
    wait(lambda: browser.evaluate("document.getElementById('person').open"))
    for name in ("a/b", "Asha"):
        browser.evaluate(f"document.getElementById('name').value = '{name}'")
        browser.press("Enter")
        if name == "a/b":
            wait(lambda: "cannot be a person" in browser.evaluate("document.querySelector('.wrong-name').textContent"))
    wait(lambda: browser.evaluate(PAIR))
    browser.open(address)
    wait(lambda: browser.evaluate(PAIR))
    assert browser.evaluate("document.getElementById('open-person').textContent") == "Asha"


def test_the_sound_advances_to_the_end_and_stops(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    pair = _begin(browser, address)
    row = next(row for row in store.read_rows(documented / "pairs.jsonl") if row["id"] == pair)
    heard = browser.evaluate(
        """new Promise((done) => {
          const [audio, places] = [document.getElementById("player"), []];
          const look = () => {
            if (audio.paused && places.length) return done([...places, audio.currentTime, audio.duration]);
            if (!audio.paused) places.push(audio.currentTime);
            requestAnimationFrame(look);
          };
          audio.pause();
          audio.currentTime = 0;
          audio.play().then(look);
        })"""
    )
    *places, last, duration = heard
    assert duration == pytest.approx(row["end"] - row["start"], abs=0.001)
    assert last == pytest.approx(duration, abs=0.01)
    assert places == sorted(places)
    assert len(set(places)) > 5
    assert browser.evaluate("document.getElementById('head').hidden")
    _clean(browser, address)


def test_space_plays_and_pauses_and_slower_keeps_the_end(documented: Path, browser: Browser, serving: Serving) -> None:
    _begin(browser, serving(documented))
    browser.evaluate("player.pause()")
    browser.press(" ")
    wait(lambda: browser.evaluate("!player.paused && player.currentTime > 0.1 && !document.getElementById('head').hidden"))
    browser.press(" ")
    wait(lambda: browser.evaluate("player.paused"))
    browser.press("d")
    assert browser.evaluate("[player.playbackRate, player.preservesPitch]") == [0.75, True]
    browser.press("l")
    assert browser.evaluate("player.loop")


def test_keys_judge_and_a_reload_shows_what_was_said(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    first = _begin(browser, address)
    second = _after(browser, lambda: browser.press("Enter"))
    third = _after(browser, lambda: browser.press("t"))
    fourth = _after(browser, lambda: browser.press("s"))
    _saved(browser)
    wait(lambda: len(_log(documented)) == 3)
    assert [(row["pair"], row["verdict"]) for row in _log(documented)] == [(first, "right"), (second, "text"), (third, "skip")]
    assert all(row["how"] == "stratified" and row["person"] == "Asha" and row["at"] for row in _log(documented))
    browser.open(f"{address}?person=Asha")
    wait(lambda: browser.evaluate(PAIR))
    assert browser.evaluate(PAIR) == fourth  # the queue goes on where it was
    assert browser.evaluate("document.getElementById('figures').textContent").startswith("judged 2 of 8")
    browser.press("p")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row').length"))
    assert browser.evaluate(f"document.querySelector('.row[data-id=\"{second}\"] .verdict').textContent") == "wrong text"
    _after(browser, lambda: browser.click(f'.row[data-id="{second}"]'))
    assert "you said: wrong text" in browser.evaluate("document.getElementById('facts').textContent")
    _clean(browser, address)


def test_ten_right_pairs_take_ten_keys(large: Path, browser: Browser, serving: Serving) -> None:
    _begin(browser, serving(large))
    judged = [_after(browser, lambda: browser.press("j")) for _ in range(10)]
    assert len(set(judged)) == 10
    wait(lambda: len(_log(large)) == 10)
    assert {row["verdict"] for row in _log(large)} == {"right"}


def test_undo_goes_back_to_the_pair(documented: Path, browser: Browser, serving: Serving) -> None:
    first = _begin(browser, serving(documented))
    second = _after(browser, lambda: browser.press("Enter"))
    _saved(browser)
    assert _after(browser, lambda: browser.press("u")) == first
    assert [row["verdict"] for row in _log(documented)] == ["right", "undone"]
    assert browser.evaluate("document.querySelectorAll('.said').length") == 0
    assert _after(browser, lambda: browser.press("t")) == second  # which was not lost
    wait(lambda: len(_log(documented)) == 3)
    assert _log(documented)[-1]["verdict"] == "text"


def test_an_end_is_dragged_and_goes_with_the_verdict(documented: Path, browser: Browser, serving: Serving) -> None:
    pair = _begin(browser, serving(documented))
    row = next(row for row in store.read_rows(documented / "pairs.jsonl") if row["id"] == pair)
    left, top, width, height = browser.evaluate("(b => [b.x, b.y, b.width, b.height])(canvas.getBoundingClientRect())")
    shown = browser.evaluate(f"fetch('/api/pair/{pair}').then(r => r.json()).then(p => [p.sound.start, p.sound.end])")
    x = left + (row["end"] - shown[0]) / (shown[1] - shown[0]) * width
    browser.drag((x, top + height / 2), (x + 30, top + height / 2))
    by = 30 / width * (shown[1] - shown[0])
    assert browser.evaluate("document.getElementById('moved').textContent").startswith("end +")
    browser.press("[")  # moves the start, by a key
    browser.press("[")
    browser.press("]")
    _after(browser, lambda: browser.press("e"))
    wait(lambda: _log(documented))
    (written,) = _log(documented)
    assert written["verdict"] == "ends"
    assert written["new_end"] == pytest.approx(row["end"] + by, abs=0.02)
    assert written["new_start"] == pytest.approx(row["start"] - 0.05, abs=0.001)


def test_a_key_of_another_script_is_the_key_in_its_place(documented: Path, browser: Browser, serving: Serving) -> None:
    _begin(browser, serving(documented))
    event = "new KeyboardEvent('keydown', { key: 'ू', code: 'KeyT', bubbles: true })"
    _after(browser, lambda: browser.evaluate(f"document.body.dispatchEvent({event})"))
    wait(lambda: _log(documented))
    assert _log(documented)[0]["verdict"] == "text"


def test_a_key_that_is_held_down_judges_one_pair(documented: Path, browser: Browser, serving: Serving) -> None:
    _begin(browser, serving(documented))
    time.sleep(0.25)
    for repeated in (False, True, True):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", text="\r", autoRepeat=repeated)
        time.sleep(0.3)
    _saved(browser)
    assert len(_log(documented)) == 1


def test_a_key_pressed_twice_judges_one_pair(documented: Path, browser: Browser, serving: Serving) -> None:
    first = _begin(browser, serving(documented))
    time.sleep(0.25)
    key = "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', code: 'Enter', bubbles: true }))"
    browser.evaluate(f"{key}; new Promise(requestAnimationFrame).then(() => {key})")
    _saved(browser)
    assert [row["pair"] for row in _log(documented)] == [first]


def test_neighbours_and_the_list_are_chosen(documented: Path, browser: Browser, serving: Serving) -> None:
    rows = store.read_rows(documented / "pairs.jsonl")
    first = _begin(browser, serving(documented))
    browser.press("p")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row').length"))
    browser.evaluate(f"search.value = '{rows[6]['text'][:8]}'; search.dispatchEvent(new Event('input'))")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row:not([hidden])').length") == 2)  # one in each recording
    _after(browser, lambda: browser.click(f'.row[data-id="{rows[6]["id"]}"]'))
    assert browser.evaluate(PAIR) == rows[6]["id"]
    assert _after(browser, lambda: browser.press("ArrowRight")) == rows[7]["id"]
    assert _after(browser, lambda: browser.press("ArrowLeft")) == rows[6]["id"]
    assert _after(browser, lambda: browser.press("Enter")) == first  # the queue goes on
    wait(lambda: _log(documented))
    assert _log(documented)[0]["how"] == "chosen"


def test_two_people_at_once_get_different_pairs(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    other = browser.another()
    pairs: dict[str, set[str]] = {"Asha": set(), "Bina": set()}
    _begin(browser, address, "Asha"), _begin(other, address, "Bina")
    for key in ("Enter", "t"):
        for tab, person in ((browser, "Asha"), (other, "Bina")):
            pairs[person].add(tab.evaluate(PAIR))
            _after(tab, lambda tab=tab, key=key: tab.press(key))
    _saved(browser), _saved(other)
    assert {person: {row["pair"] for row in _log(documented, person)} for person in pairs} == pairs
    assert not pairs["Asha"] & pairs["Bina"]
    assert [len(_log(documented, person)) for person in pairs] == [2, 2]


def test_what_the_server_did_not_get_is_kept_and_sent_again(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    first = _begin(browser, address)
    wait(lambda: browser.evaluate("document.querySelector('.sheet img, .lines') !== null"))
    time.sleep(0.5)  # the next pairs are fetched ahead
    browser.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    _after(browser, lambda: browser.press("Enter"))
    wait(lambda: "1 verdict is kept here and sent again" in browser.evaluate("saved.textContent"))
    assert not (documented / "review").exists()
    browser.call("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    _saved(browser)
    assert [(row["pair"], row["verdict"]) for row in _log(documented)] == [(first, "right")]


def test_a_verdict_outlives_its_page_while_the_server_is_away(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    first = _begin(browser, address)
    browser.evaluate("window.realFetch = fetch; window.fetch = (u, a) => a ? Promise.reject(new Error('away')) : realFetch(u)")
    _after(browser, lambda: browser.press("Enter"))
    wait(lambda: "kept here" in browser.evaluate("saved.textContent"))
    browser.open(f"{address}?person=Asha")
    wait(lambda: (documented / "review").exists() and _log(documented))
    assert _log(documented)[0]["pair"] == first


def test_markup_is_shown_as_text_and_never_run(evil: Path, browser: Browser, serving: Serving) -> None:
    address = serving(evil)
    _begin(browser, address)
    browser.press("p")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row').length"))
    assert browser.evaluate("document.querySelector('.row .words-of').textContent") == EVIL
    browser.press("Escape")
    for _ in range(3):
        assert browser.evaluate("document.getElementById('text').textContent") == EVIL
        assert EVIL in browser.evaluate("document.getElementById('facts').textContent")
        assert EVIL in browser.evaluate("document.getElementById('place').textContent")
        assert EVIL in browser.evaluate("document.getElementById('mended').textContent")
        _after(browser, lambda: browser.press("Enter"))
    assert browser.evaluate("document.title") == "Shruti: listen and judge"
    assert browser.evaluate("document.querySelectorAll('main script, dialog script, main img[onerror], dialog img').length") == 0
    _clean(browser, address)


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
    _clean(browser, address)


def test_a_pair_without_sound_can_still_be_read(documented: Path, browser: Browser, serving: Serving) -> None:
    row = store.read_rows(documented / "pairs.jsonl")[0]
    Path(row["audio"]).unlink(), Path(row["document"]).unlink()
    (store.Recording(documented / "recordings" / row["recording"]).path("clips") / f"{row['id']}.flac").unlink()
    address = serving(documented)
    browser.open(f"{address}?person=Asha#{row['id']}")
    wait(lambda: browser.evaluate(PAIR) == row["id"])
    assert "No clip of this pair was kept" in browser.evaluate("document.getElementById('sound-note').textContent")
    assert "is not there any more" in browser.evaluate("document.querySelector('.place .note').textContent")
    _after(browser, lambda: browser.press("s"))
    _clean(browser, address)


def test_ten_thousand_pairs_are_few_rows(large: Path, browser: Browser, serving: Serving) -> None:
    address = serving(large)
    _begin(browser, address)
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
    assert _after(browser, lambda: browser.press("Enter")).endswith("p09999")
    _clean(browser, address)


def test_the_order_is_the_queues(large: Path, browser: Browser, serving: Serving) -> None:
    wanted = Queue(judgeable(large)).order[:4]
    first = _begin(browser, serving(large))
    assert [first, *(_after(browser, lambda: browser.press("Enter")) for _ in range(3))] == wanted


def test_at_the_end_it_says_so(documented: Path, browser: Browser, serving: Serving) -> None:
    _begin(browser, serving(documented))
    for _ in range(7):
        _after(browser, lambda: browser.press("Enter"))
    time.sleep(0.25)
    browser.press("Enter")
    wait(lambda: "Nothing is left" in browser.evaluate("document.getElementById('message').textContent"))
    wait(lambda: len(_log(documented)) == 8)
    browser.press("u")  # and one can go back from there
    wait(lambda: browser.evaluate(PAIR))


def test_what_others_hold_can_be_looked_for_again(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    other = browser.another()
    _begin(other, address, "Bina")
    wait(
        lambda: other.evaluate("performance.getEntriesByType('resource').filter((e) => e.name.includes('/api/next')).length") == 3
    )
    _begin(browser, address)
    for _ in range(4):
        _after(browser, lambda: browser.press("Enter"))
    time.sleep(0.25)
    browser.press("Enter")
    wait(lambda: "before others just now" in browser.evaluate("document.getElementById('message').textContent"))
    other.call("Page.close")
    assert not browser.evaluate("document.getElementById('again').hidden")
    store.write_rows(documented / "review" / "Bina.jsonl", [])
    browser.click("#again")  # they are still held: a window may come back
    wait(lambda: "before others just now" in browser.evaluate("document.getElementById('message').textContent"))


@pytest.mark.parametrize("width", [390, 320])
def test_it_fits_a_phone(documented: Path, browser: Browser, serving: Serving, width: int) -> None:
    browser.phone(width)
    address = serving(documented)
    _begin(browser, address)
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    for dialog, key in (("list", "p"), ("help", "?")):
        browser.press(key)
        wait(lambda dialog=dialog: browser.evaluate(f"document.getElementById('{dialog}').open"))
        assert browser.evaluate(f"document.getElementById('{dialog}').getBoundingClientRect().right") <= width
        browser.press("Escape")
    small = "[...document.querySelectorAll('.judge button')].filter((b) => b.offsetHeight < 44 || b.offsetWidth < 44).length"
    assert browser.evaluate(small) == 0
    _after(browser, lambda: browser.evaluate("document.getElementById('right').click()"))
    _clean(browser, address)


def test_urdu_runs_from_right_to_left_and_its_words_by_time(urdu: Path, browser: Browser, serving: Serving) -> None:
    address = serving(urdu)
    _begin(browser, address)
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
    _clean(browser, address)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_system_is_until_told(
    documented: Path, browser: Browser, serving: Serving, scheme: str
) -> None:
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    _begin(browser, serving(documented))
    ground = "getComputedStyle(document.documentElement).backgroundColor.match(/[0-9.]+/g).map(Number)"
    light = f"(([r, g, b]) => r + g + b > 380)({ground})"
    assert browser.evaluate(light) == (scheme == "light")
    browser.evaluate("document.getElementById('theme').click()")
    assert browser.evaluate(light) == (scheme == "dark")
