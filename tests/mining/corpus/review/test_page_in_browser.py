"""The page in a real browser: a person listens and judges by keys, reloads, undoes, drags an end; two at once lose nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mining import store
from mining.corpus.review.pairs import judgeable
from mining.corpus.review.queue import Queue
from tests.browser import Browser, wait
from tests.mining.corpus.review.conftest import Serving
from tests.mining.corpus.review.judging import PAIR, after, begin, clean, log, saved


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
    pair = begin(browser, address)
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
    clean(browser, address)


def test_space_plays_and_pauses_and_slower_keeps_the_end(documented: Path, browser: Browser, serving: Serving) -> None:
    begin(browser, serving(documented))
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
    first = begin(browser, address)
    second = after(browser, lambda: browser.press("Enter"))
    third = after(browser, lambda: browser.press("t"))
    fourth = after(browser, lambda: browser.press("s"))
    saved(browser)
    wait(lambda: len(log(documented)) == 3)
    assert [(row["pair"], row["verdict"]) for row in log(documented)] == [(first, "right"), (second, "text"), (third, "skip")]
    assert all(row["how"] == "stratified" and row["person"] == "Asha" and row["at"] for row in log(documented))
    browser.open(f"{address}?person=Asha")
    wait(lambda: browser.evaluate(PAIR))
    assert browser.evaluate(PAIR) == fourth  # the queue goes on where it was
    assert browser.evaluate("document.getElementById('figures').textContent").startswith("judged 2 of 8")
    browser.press("p")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row').length"))
    assert browser.evaluate(f"document.querySelector('.row[data-id=\"{second}\"] .verdict').textContent") == "wrong text"
    after(browser, lambda: browser.click(f'.row[data-id="{second}"]'))
    assert "you said: wrong text" in browser.evaluate("document.getElementById('facts').textContent")
    clean(browser, address)


def test_ten_right_pairs_take_ten_keys(large: Path, browser: Browser, serving: Serving) -> None:
    begin(browser, serving(large))
    judged = [after(browser, lambda: browser.press("j")) for _ in range(10)]
    assert len(set(judged)) == 10
    wait(lambda: len(log(large)) == 10)
    assert {row["verdict"] for row in log(large)} == {"right"}


def test_undo_goes_back_to_the_pair(documented: Path, browser: Browser, serving: Serving) -> None:
    first = begin(browser, serving(documented))
    second = after(browser, lambda: browser.press("Enter"))
    saved(browser)
    assert after(browser, lambda: browser.press("u")) == first
    assert [row["verdict"] for row in log(documented)] == ["right", "undone"]
    assert browser.evaluate("document.querySelectorAll('.said').length") == 0
    assert after(browser, lambda: browser.press("t")) == second  # which was not lost
    wait(lambda: len(log(documented)) == 3)
    assert log(documented)[-1]["verdict"] == "text"


def test_after_an_undo_what_was_said_before_stands(documented: Path, browser: Browser, serving: Serving) -> None:
    first = begin(browser, serving(documented))
    after(browser, lambda: browser.press("Enter"))
    after(browser, lambda: browser.evaluate(f"location.hash = '{first}'"))
    after(browser, lambda: browser.press("t"))
    saved(browser)
    assert after(browser, lambda: browser.press("u")) == first
    assert "you said: right" in browser.evaluate("document.getElementById('facts').textContent")
    assert browser.evaluate("document.querySelector('.said').id") == "right"


def test_a_verdict_that_was_not_sent_is_taken_back(documented: Path, browser: Browser, serving: Serving) -> None:
    first = begin(browser, serving(documented))
    second = after(browser, lambda: browser.press("Enter"))
    saved(browser)
    browser.evaluate("window.realFetch = fetch; window.fetch = (u, a) => a ? Promise.reject(new Error('away')) : realFetch(u)")
    after(browser, lambda: browser.press("s"))
    wait(lambda: "kept here" in browser.evaluate("saved.textContent"))
    after(browser, lambda: browser.evaluate(f"location.hash = '{first}'"))
    after(browser, lambda: browser.press("t"))
    assert after(browser, lambda: browser.press("u")) == first
    assert "you said: right" in browser.evaluate("document.getElementById('facts').textContent")
    browser.evaluate("window.fetch = realFetch; 0")
    wait(lambda: len(log(documented)) == 2)
    assert [(row["pair"], row["verdict"]) for row in log(documented)] == [(first, "right"), (second, "skip")]


def test_an_address_that_is_none_leads_to_the_queue(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    browser.open(f"{address}?person=Asha#%E0%A4%A")
    wait(lambda: browser.evaluate(PAIR))
    assert browser.evaluate(PAIR) == Queue(judgeable(documented)).order[0]
    assert "There is no pair '%E0%A4%A'" in browser.evaluate("saved.textContent")


def test_an_end_is_dragged_and_goes_with_the_verdict(documented: Path, browser: Browser, serving: Serving) -> None:
    pair = begin(browser, serving(documented))
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
    after(browser, lambda: browser.press("e"))
    wait(lambda: log(documented))
    (written,) = log(documented)
    assert written["verdict"] == "ends"
    assert written["new_end"] == pytest.approx(row["end"] + by, abs=0.02)
    assert written["new_start"] == pytest.approx(row["start"] - 0.05, abs=0.001)


def test_a_key_of_another_script_is_the_key_in_its_place(documented: Path, browser: Browser, serving: Serving) -> None:
    begin(browser, serving(documented))
    event = "new KeyboardEvent('keydown', { key: 'ू', code: 'KeyT', bubbles: true })"
    after(browser, lambda: browser.evaluate(f"document.body.dispatchEvent({event})"))
    wait(lambda: log(documented))
    assert log(documented)[0]["verdict"] == "text"


def test_a_key_that_is_held_down_judges_one_pair(documented: Path, browser: Browser, serving: Serving) -> None:
    begin(browser, serving(documented))
    time.sleep(0.25)
    for repeated in (False, True, True):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", text="\r", autoRepeat=repeated)
        time.sleep(0.3)
    saved(browser)
    assert len(log(documented)) == 1


def test_a_key_pressed_twice_judges_one_pair(documented: Path, browser: Browser, serving: Serving) -> None:
    first = begin(browser, serving(documented))
    time.sleep(0.25)
    key = "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', code: 'Enter', bubbles: true }))"
    browser.evaluate(f"{key}; new Promise(requestAnimationFrame).then(() => {key})")
    saved(browser)
    assert [row["pair"] for row in log(documented)] == [first]


def test_neighbours_and_the_list_are_chosen(documented: Path, browser: Browser, serving: Serving) -> None:
    rows = store.read_rows(documented / "pairs.jsonl")
    first = begin(browser, serving(documented))
    browser.press("p")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row').length"))
    browser.evaluate(f"search.value = '{rows[6]['text'][:8]}'; search.dispatchEvent(new Event('input'))")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row:not([hidden])').length") == 2)  # one in each recording
    after(browser, lambda: browser.click(f'.row[data-id="{rows[6]["id"]}"]'))
    assert browser.evaluate(PAIR) == rows[6]["id"]
    assert after(browser, lambda: browser.press("ArrowRight")) == rows[7]["id"]
    assert after(browser, lambda: browser.press("ArrowLeft")) == rows[6]["id"]
    assert after(browser, lambda: browser.press("Enter")) == first  # the queue goes on
    wait(lambda: log(documented))
    assert log(documented)[0]["how"] == "chosen"


def test_two_people_at_once_get_different_pairs(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    other = browser.another()
    pairs: dict[str, set[str]] = {"Asha": set(), "Bina": set()}
    begin(browser, address, "Asha"), begin(other, address, "Bina")
    for key in ("Enter", "t"):
        for tab, person in ((browser, "Asha"), (other, "Bina")):
            pairs[person].add(tab.evaluate(PAIR))
            after(tab, lambda tab=tab, key=key: tab.press(key))
    saved(browser), saved(other)
    assert {person: {row["pair"] for row in log(documented, person)} for person in pairs} == pairs
    assert not pairs["Asha"] & pairs["Bina"]
    assert [len(log(documented, person)) for person in pairs] == [2, 2]


def test_what_the_server_did_not_get_is_kept_and_sent_again(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    first = begin(browser, address)
    wait(lambda: browser.evaluate("document.querySelector('.sheet img, .lines') !== null"))
    time.sleep(0.5)  # the next pairs are fetched ahead
    browser.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    after(browser, lambda: browser.press("Enter"))
    wait(lambda: "1 verdict is kept here and sent again" in browser.evaluate("saved.textContent"))
    assert not (documented / "review").exists()
    browser.call("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    saved(browser)
    assert [(row["pair"], row["verdict"]) for row in log(documented)] == [(first, "right")]


def test_a_verdict_outlives_its_page_while_the_server_is_away(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    first = begin(browser, address)
    browser.evaluate("window.realFetch = fetch; window.fetch = (u, a) => a ? Promise.reject(new Error('away')) : realFetch(u)")
    after(browser, lambda: browser.press("Enter"))
    wait(lambda: "kept here" in browser.evaluate("saved.textContent"))
    browser.open(f"{address}?person=Asha")
    wait(lambda: (documented / "review").exists() and log(documented))
    assert log(documented)[0]["pair"] == first


def test_the_order_is_the_queues(large: Path, browser: Browser, serving: Serving) -> None:
    wanted = Queue(judgeable(large)).order[:4]
    first = begin(browser, serving(large))
    assert [first, *(after(browser, lambda: browser.press("Enter")) for _ in range(3))] == wanted


def test_at_the_end_it_says_so(documented: Path, browser: Browser, serving: Serving) -> None:
    begin(browser, serving(documented))
    for _ in range(7):
        after(browser, lambda: browser.press("Enter"))
    time.sleep(0.25)
    browser.press("Enter")
    wait(lambda: "Nothing is left" in browser.evaluate("document.getElementById('message').textContent"))
    wait(lambda: len(log(documented)) == 8)
    browser.press("u")  # and one can go back from there
    wait(lambda: browser.evaluate(PAIR))


def test_what_others_hold_can_be_looked_for_again(documented: Path, browser: Browser, serving: Serving) -> None:
    address = serving(documented)
    other = browser.another()
    begin(other, address, "Bina")
    wait(
        lambda: other.evaluate("performance.getEntriesByType('resource').filter((e) => e.name.includes('/api/next')).length") == 3
    )
    begin(browser, address)
    for _ in range(4):
        after(browser, lambda: browser.press("Enter"))
    time.sleep(0.25)
    browser.press("Enter")
    wait(lambda: "before others just now" in browser.evaluate("document.getElementById('message').textContent"))
    other.call("Page.close")
    assert not browser.evaluate("document.getElementById('again').hidden")
    store.write_rows(documented / "review" / "Bina.jsonl", [])
    browser.click("#again")  # they are still held: a window may come back
    wait(lambda: "before others just now" in browser.evaluate("document.getElementById('message').textContent"))
