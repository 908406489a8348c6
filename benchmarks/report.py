"""How long the report of a large run takes to be made and to be opened.

    taskset -c 0 python -m benchmarks.report                     # 100 recordings of 100 pairs: 15 hours of sound
    taskset -c 0 python -m benchmarks.report --recordings 1000 --pairs 10

A run is made as a real one looks: recordings/<id>/ with recording.json, coverage.json and clips, which are FLAC of hissing tones
as long as speech would be. Texts are sentences of the bundled sample, shuffled word by word, and what was heard is the same with
every third letter wrong. It is kept in the folder that `--folder` names, or made in a temporary one.

Building is timed from the files to report.html. Opening is timed in Chromium, cold, from the navigation to DOMContentLoaded, to
the end of loading, and to the first moment at which the page answers a click (two frames after loading); then opening one
recording, and a search through all texts. Best of `--repeats`. Where others want the core as well, the seconds that it spent on
building, and on the page's main thread until it answered, say more than the clock.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.archive import run
from mining import store
from mining.corpus import clips
from mining.corpus.report import write_report
from mining.records import SAMPLE_RATE
from mining.sample import sample
from mining.speech.audio import write_flac
from tests.browser import CHROMIUM, Browser, chromium, wait

STATIONS = ("Bhopal", "Lucknow", "Patna", "Jaipur", "Raipur", "Shimla")
SPEAKERS = 40
SOUNDS = 50  # different clips; each is linked for many pairs, as clips of a training set are


def main() -> None:
    """Make a run, its report, and open it."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__, formatter_class=form)
    parser.add_argument("--recordings", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=100, help="of each recording")
    parser.add_argument("--folder", type=Path, help="where the run is made, or lies since the last time")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, help="file that the figures are written to")
    given = parser.parse_args()
    busy = run.load()
    with tempfile.TemporaryDirectory(prefix="shruti-report-") as temporary:
        out = given.folder or Path(temporary) / "out"
        if not (out / "pairs.jsonl").exists():
            make(out, given.recordings, given.pairs)
        figures = measure(out, given.repeats, Path(temporary))
    table = Table("what", "figure")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.2f}" if isinstance(value, float) else f"{value:,}")
    Console(width=100).print(table)
    print(f"before it began, {busy:.1f} processes wanted a core of this machine")
    if given.json:
        store.write_json(given.json, {"benchmark": "report", "load": busy, **figures})


def make(out: Path, recordings: int, pairs: int) -> None:
    """Write the files of a run that its report is made from."""
    rng = random.Random(0)
    words = [word for spoken in sample().gold["spoken"] for word in spoken["text"].split()]
    sounds = list(_sounds(out / "sounds"))
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for number in range(recordings):
        name = f"bulletin-{number:04d}-{number:08x}"
        own = _recording(store.Recording(out / "recordings" / name), pairs, words, sounds, rng)
        kept += own[0]
        rejected += own[1]
    store.write_rows(out / "rejected.jsonl", rejected)
    store.write_rows(out / "failures.jsonl", [])
    store.write_rows(out / "pairs.jsonl", kept)


def _sounds(folder: Path) -> Iterator[tuple[Path, float]]:
    """Clips of 2 to 9 seconds, each with its length."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(SOUNDS):
        time_ = np.arange(int(SAMPLE_RATE * rng.uniform(2, 9))) / SAMPLE_RATE
        voice = np.sin(2 * np.pi * rng.uniform(90, 250) * time_) * np.clip(np.sin(2 * np.pi * 3.0 * time_), 0, 1)
        samples = (6000 * voice + rng.normal(0, 60 + 10 * number, len(time_))).astype(np.int16)
        path = folder / f"{number}.flac"
        write_flac(path, samples)
        yield path, len(samples) / SAMPLE_RATE


def _recording(
    recording: store.Recording, pairs: int, words: list[str], sounds: list[tuple[Path, float]], rng: random.Random
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    kept, rejected, audio, cut, at = [], [], [], [], 0.0
    day = rng.randrange(700)
    about = {"station": rng.choice(STATIONS), "speaker": f"Speaker {rng.randrange(SPEAKERS)}", "title": recording.id}
    about["date"] = f"{2023 + day // 365}-{day % 365 // 31 + 1:02d}-{day % 28 + 1:02d}"
    facts = {"id": recording.id, "audio": f"/archive/{recording.id}.mp3", "document": f"/archive/{recording.id}.pdf"}
    facts |= {"language": "hi", "about": about}
    for number in range(pairs):
        path, seconds = rng.choice(sounds)
        pause, speech = round(rng.uniform(0.3, 1.5), 3), round(rng.uniform(1.0, 4.0), 3)
        audio += [[at, round(at + pause, 4), "no_speech"], [round(at + pause, 4), round(at + pause + speech, 4), "untranscribed"]]
        start = round(at + pause + speech, 4)
        at = round(start + seconds, 4)
        audio.append([start, at, "mined"])
        row = {**_texts(words, seconds, rng), "id": f"{recording.id}-p{number + 1:05d}", "recording": recording.id}
        row |= {
            "start": start,
            "end": at,
            "duration": round(at - start, 4),
            "confidence": round(1 - 10 ** rng.uniform(-4, -0.7), 4),
        }
        row |= {"language": "hi", "page": 1 + number // 25, "corrections": [], "about": about, "repeats": None, "repeat": None}
        row |= {"audio": facts["audio"], "document": facts["document"], "sentence": f"s{number:04d}", "strategy": "hybrid"}
        kept.append(row)
        name = clips.file_name(row["id"])
        recording.path("clips").mkdir(parents=True, exist_ok=True)
        clips.link(path, recording.path("clips") / name)
        cut.append({"clip": name, "start": store.samples(start), "end": store.samples(at)})
        if number % 4 == 0:
            rejected.append(_rejected(recording.id, number, words, rng))
    store.write_rows(recording.path("clips") / clips.LIST, cut)
    store.write_json(recording.path("recording.json"), {**facts, "duration": at})
    store.write_json(recording.path("coverage.json"), _coverage(audio, at, len(kept), len(rejected)))
    return kept, rejected


def _texts(words: list[str], seconds: float, rng: random.Random) -> dict[str, str]:
    text = " ".join(rng.choices(words, k=max(2, round(seconds * 2.4))))
    heard = "".join(rng.choice("कतनपमरल") if number % 3 == 0 and sign != " " else sign for number, sign in enumerate(text))
    return {"text": text, "raw_text": f"{text}।", "heard": heard}


def _rejected(recording: str, number: int, words: list[str], rng: random.Random) -> dict[str, Any]:
    row = {"id": f"{recording}-s{number:05d}", "kind": "sentence", "recording": recording, "reason": "not_spoken"}
    return row | {"text": " ".join(rng.choices(words, k=12)), "start": None, "end": None, "page": 1, "confidence": None}


def _coverage(audio: list[list[Any]], duration: float, kept: int, rejected: int) -> dict[str, Any]:
    seconds: dict[str, float] = {}
    for start, end, fate in audio:
        seconds[fate] = round(seconds.get(fate, 0.0) + end - start, 4)
    sentences = {"mined": kept, "not_spoken": rejected}
    return {"duration": duration, "threshold": 0.8, "audio": audio, "seconds": seconds, "sentences": sentences}


def measure(out: Path, repeats: int, temporary: Path) -> dict[str, float]:
    """Seconds of building and of opening, the best of some."""
    built, spent, opened = [], [], []
    for number in range(repeats):
        begun, before = time.perf_counter(), time.process_time()
        page = write_report(out)
        built.append(time.perf_counter() - begun)
        spent.append(time.process_time() - before)
        if CHROMIUM:
            with chromium(temporary / f"profile-{number}") as browser:
                opened.append(_opened(browser, page))
    figures: dict[str, float] = {"megabytes of the page": page.stat().st_size / 1e6}
    figures |= {"built, seconds": min(built), "built, seconds of the core": min(spent)}
    for name in opened[0] if opened else ():
        figures[name] = min(one[name] for one in opened)
    return figures


FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"


def _opened(browser: Browser, page: Path) -> dict[str, float]:
    # What runs before the load event is in its time; what the page still does after it holds up the next two frames.
    late = f"addEventListener('load', async () => {{ window.answered = await {FRAMES}; }});"
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=late)
    browser.call("Performance.enable", timeDomain="threadTicks")
    browser.open(page)
    wait(lambda: browser.evaluate("window.answered > 0"))
    told = {metric["name"]: metric["value"] for metric in browser.call("Performance.getMetrics")["metrics"]}
    timing = browser.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    recording = _answer(browser, "cards.at(-1).open = true")
    found = _answer(browser, "search.value = data(0).pairs[0].text.split(' ')[0]; find()")
    wait(lambda: browser.evaluate("document.querySelectorAll('#found .row').length > 0"))
    assert browser.complaints() == []
    return {
        "DOMContentLoaded, seconds": timing["domContentLoadedEventEnd"] / 1000,
        "loaded, seconds": timing["loadEventEnd"] / 1000,
        "answers by, seconds": browser.evaluate("answered") / 1000,
        "its main thread until then, seconds of the core": told["TaskDuration"],
        "opening a recording, seconds": recording,
        "searching all texts, seconds": found,
    }


def _answer(browser: Browser, script: str) -> float:
    """Seconds from the beginning of a script until what it changed is on the screen."""
    timed = f"(async () => {{ const begun = performance.now(); {script}; await {FRAMES}; return performance.now() - begun; }})()"
    return browser.evaluate(timed) / 1000


if __name__ == "__main__":
    main()
