"""The report in a real browser: it opens without a complaint, plays, is sorted and searched, and asks for nothing elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mining import store
from mining.corpus import report
from mining.corpus.report import sound
from tests.browser import CHROMIUM, WITHOUT, Browser, wait

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)


def _hear(browser: Browser, selector: str) -> list[float]:
    """Click and note where the player is at every frame, until it stops by itself."""
    return browser.evaluate(
        f"""new Promise((done) => {{
          const places = [];
          const look = () => {{
            if (!player.paused) places.push(player.currentTime);
            else if (places.length) return done([...places, player.currentTime]);
            requestAnimationFrame(look);
          }};
          document.querySelector({json.dumps(selector)}).dispatchEvent(new MouseEvent("click", {{ bubbles: true }}));
          look();
        }})"""
    )


def _texts(browser: Browser, selector: str) -> list[str]:
    return browser.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.textContent)")


def _told(run: Path, number: int, **about: str) -> None:
    path = store.recordings(run)[number].path("recording.json")
    store.write_json(path, {**store.read_json(path), "about": about})


def test_a_pair_plays_from_its_start_to_its_end(run: Path, browser: Browser) -> None:
    browser.open(report.write_report(run))
    places = _hear(browser, ".recording .pairs .row:nth-child(2) .play")
    assert abs(places[0] - 3.5) < 0.05
    assert 0 <= places[-1] - 5.25 < 0.5  # a frame late at most, on a busy machine a few
    assert browser.evaluate("document.querySelectorAll('.on').length") == 0
    assert browser.complaints() == []
    assert browser.requests() == []


def test_a_long_run_plays_clips_beside_the_page(run: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "MAX_EMBEDDED", 10.0)
    browser.open(report.write_report(run))
    for selector in (".recording:last-of-type rect.mined:nth-of-type(4)", ".recording .pairs .row:nth-child(2) .play"):
        places = _hear(browser, selector)
        assert places[0] < 0.05
        assert 1.7 <= places[-1] < 2.25  # the clip of 3.5 to 5.25
    assert browser.evaluate("document.querySelectorAll('rect.no_speech[data-sound]').length") == 0
    assert browser.complaints() == []


def test_the_page_of_a_long_run_alone_plays_what_is_to_be_heard_first(
    run: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sound, "MAX_EMBEDDED", 10.0)
    alone = tmp_path / "alone" / "report.html"
    alone.parent.mkdir()
    alone.write_bytes(report.write_report(run).read_bytes())
    browser.open(alone)
    assert browser.evaluate("document.querySelector('.listing .play').dataset.sound") == "sound-clips"
    place = browser.evaluate("(({ from, to }) => [from, to])(document.querySelector('.listing .play').dataset)")
    places = _hear(browser, ".listing .play")
    assert abs(places[0] - float(place[0])) < 0.05
    assert 0 <= places[-1] - float(place[1]) < 0.5
    assert browser.complaints() == []
    browser.click(".recording .pairs .play")  # its clip did not come along
    wait(lambda: browser.evaluate("document.querySelectorAll('.play.gone').length") == 1)
    assert "keep this page beside" in browser.evaluate("document.querySelector('.play.gone').title")


def test_texts_with_markup_are_shown_as_text(run: Path, browser: Browser) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    evil = "</script><script>document.title = 'broken'</script><img src=x onerror=\"document.title = 'broken'\">"
    rows[0] |= {"text": evil, "heard": evil, "raw_text": f"1 {evil}"}
    store.write_rows(run / "pairs.jsonl", rows)
    _told(run, 0, station=evil)
    browser.open(report.write_report(run))
    browser.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    wait(lambda: "<script>document.title = 'broken'</script>" in _texts(browser, ".reason .text"))
    assert _texts(browser, ".recording .pairs .row:first-child .text")[0] == evil
    assert _texts(browser, ".recording .pairs .row:first-child .raw")[0] == f"1 {evil}"
    assert browser.evaluate("document.title") == "Shruti: what was mined"
    assert browser.evaluate("document.images.length") == 0
    assert browser.complaints() == []


def test_differences_are_marked_as_everywhere_else(run: Path, browser: Browser) -> None:
    browser.open(report.write_report(run))
    row = ".recording:first-of-type .pairs .row:nth-child(3)"
    assert _texts(browser, f"{row} .text") == ["नमस्ते दिल्ली से समाचार"]
    assert _texts(browser, f"{row} .heard") == ["नमस्ते दिली से समा चार"]
    assert _texts(browser, f"{row} .text mark.c") == ["ल्ली"]
    assert _texts(browser, f"{row} .heard mark.e") == [" "]


def test_rows_are_drawn_when_a_recording_is_opened(run: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "OPEN", 0)
    browser.open(report.write_report(run))
    assert browser.evaluate("document.querySelectorAll('.recording .row, .lane').length") == 0
    browser.click(".recording:last-of-type summary")
    wait(lambda: browser.evaluate("document.querySelectorAll('.recording:last-of-type .pairs .row').length") == 4)
    assert browser.evaluate("document.querySelectorAll('.recording:first-of-type .row').length") == 0
    assert browser.evaluate("document.querySelectorAll('.recording:last-of-type rect').length") == 11
    reasons = ["no_speech 5", "untranscribed 1", "not_spoken 2", "heading 1", "low_confidence 1"]
    shown = _texts(browser, ".recording:last-of-type .reason > summary")
    assert [text.startswith(reason) for text, reason in zip(shown, reasons, strict=True)] == [True] * 5
    browser.click(".recording:last-of-type .reason:first-of-type summary")
    wait(lambda: browser.evaluate("document.querySelectorAll('.reason[open] .row .play').length") == 5)


def test_a_long_list_is_drawn_as_it_is_scrolled(run: Path, browser: Browser) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    many = [{**rows[0], "id": f"{rows[0]['recording']}-p1{number:04d}"} for number in range(300)]
    store.write_rows(run / "pairs.jsonl", [*many, *rows[4:]])
    browser.open(report.write_report(run))
    count = "document.querySelectorAll('.recording:first-of-type > .pairs .row').length"
    assert 0 < browser.evaluate(count) < 300

    def at_the_end() -> bool:
        browser.evaluate("document.querySelector('.recording:first-of-type > .pairs').lastElementChild.scrollIntoView()")
        return browser.evaluate(count) == 300

    wait(at_the_end)
    assert _texts(browser, ".recording:first-of-type > h3")[0] == "300 pairs kept"


def test_texts_are_searched_and_found_in_their_recording(run: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "OPEN", 0)
    browser.open(report.write_report(run))
    browser.click("#search")
    browser.call("Input.insertText", text="दिल्ली")
    wait(lambda: _texts(browser, "#found [role=status]") == ["2 sentences found"])
    assert _texts(browser, "#found .text") == ["नमस्ते दिल्ली से समाचार"] * 2
    assert browser.evaluate("document.getElementById('all').hidden")
    browser.click("#found .row:nth-child(2) .whole")
    wait(lambda: browser.evaluate("!document.getElementById('all').hidden"))
    assert browser.evaluate("[...document.querySelectorAll('.recording')].map((one) => one.open)") == [False, True]
    assert browser.evaluate("document.querySelector('.row.shown').dataset.start") == "7"
    browser.evaluate("search.value = 'नहीं पढ़ा'; find()")  # what was not mined is found as well
    assert _texts(browser, "#found [role=status]") == ["4 sentences found"]


def test_tables_are_sorted_by_a_click(run: Path, browser: Browser) -> None:
    _told(run, 0, station="Patna")
    _told(run, 1, station="Bhopal")
    coverage = store.recordings(run)[0].path("coverage.json")
    told = store.read_json(coverage)
    store.write_json(coverage, {**told, "duration": 24.0, "audio": [*told["audio"], [12.0, 24.0, "no_speech"]]})
    browser.open(report.write_report(run))
    first = ".sortable tbody td:first-child"
    assert _texts(browser, first) == ["Patna", "Bhopal"]  # the longer first
    for column, wanted in (
        (1, ["Bhopal", "Patna"]),
        (1, ["Patna", "Bhopal"]),
        (5, ["Bhopal", "Patna"]),
        (5, ["Patna", "Bhopal"]),
    ):
        browser.click(f".sortable th:nth-child({column}) button")
        assert _texts(browser, first) == wanted
    assert browser.evaluate("document.querySelector('.sortable th:nth-child(5)').ariaSort") == "ascending"
    assert browser.complaints() == []


def test_recordings_are_ordered(run: Path, browser: Browser) -> None:
    coverage = store.recordings(run)[1].path("coverage.json")
    told = store.read_json(coverage)
    store.write_json(coverage, {**told, "duration": 24.0, "audio": [*told["audio"], [12.0, 24.0, "no_speech"]]})
    browser.open(report.write_report(run))
    order = "[...document.querySelectorAll('.recording')].map((one) => one.dataset.number)"
    for wanted, numbers in (("name", ["0", "1"]), ("share", ["1", "0"]), ("name", ["0", "1"]), ("seconds", ["1", "0"])):
        browser.evaluate(f"order.value = '{wanted}'; order.dispatchEvent(new Event('change'))")
        assert browser.evaluate(order) == numbers


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_a_phone(run: Path, browser: Browser, dark: bool) -> None:
    long = "बहुतलंबाशब्द" * 30
    rows = store.read_rows(run / "pairs.jsonl")
    rows[0] |= {"text": long, "heard": long[:-3], "raw_text": f"7{long}"}
    store.write_rows(run / "pairs.jsonl", rows)
    _told(run, 0, station=long)
    browser.phone(360, 740)
    scheme = "dark" if dark else "light"
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(report.write_report(run))
    browser.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    wait(lambda: browser.evaluate("document.querySelectorAll('.reason .row').length") > 8)
    assert browser.evaluate("document.documentElement.scrollWidth") == 360
    assert browser.evaluate("getComputedStyle(document.querySelector('.flow.narrow')).display") == "block"
    ink = browser.evaluate("getComputedStyle(document.body).color.match(/\\d+/g).map(Number)")
    assert (sum(ink) > 380) == dark


def test_a_run_of_failures_opens_without_complaint(failures_only: Path, browser: Browser) -> None:
    browser.open(report.write_report(failures_only))
    assert "Nothing was mined" in browser.evaluate("document.body.innerText")
    assert browser.complaints() == []
