"""How fast the page of `shruti review` is: from its address to the first pair, from a key to the next one, scrolling the list.

    python -m benchmarks.review [OUT] [--judge 20]

OUT is a run; without one, a run of 10,000 pairs is made: eleven hours of sound, pairs of four seconds. Verdicts go to a copy of
its small files. Needs chromium.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import uvicorn

from mining import store
from mining.corpus.review import app
from mining.records import SAMPLE_RATE, Transcript
from tests.browser import CHROMIUM, WITHOUT, Browser, chromium, wait

PAIRS, HOURS = 10_000, 11
TEXT = "उन्होंने कहा कि पूरे राज्य में आज सुबह से हल्की बारिश हो रही है"
PAIR = "document.body.dataset.pair || ''"
WATCH = """
addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
  if (document.body.dataset.pair) (window.shownAt ??= []).push(performance.now());
}).observe(document.body, { attributes: true, attributeFilter: ["data-pair"] }));
addEventListener("keydown", () => (window.keyAt ??= []).push(performance.now()), true);
addEventListener("playing", () => (window.soundAt ??= []).push(performance.now()), true);
"""
SCROLL = """new Promise((done) => {
  const [box, frames] = [document.getElementById("rows"), []];
  const begin = performance.now();
  let last = begin;
  const step = (now) => {
    frames.push(now - last);
    last = now;
    box.scrollTop += 400;
    if (now - begin < 4000) requestAnimationFrame(step);
    else done(frames.slice(2));
  };
  requestAnimationFrame(step);
})"""


def fabricate(out: Path) -> None:
    """A run of `PAIRS` pairs in `HOURS` recordings, which are one and the same hour of noise."""
    sound = out.parent / "hour.flac"
    noise = np.random.default_rng(0).normal(0, 2000, 3600 * SAMPLE_RATE)
    soundfile.write(sound, noise.astype(np.int16), SAMPLE_RATE, subtype="PCM_16")
    rows: list[dict[str, Any]] = []
    each = -(-PAIRS // HOURS)
    for hour in range(HOURS):
        recording = store.Recording(out / "recordings" / f"hour-{hour:02d}-1a2b3c4d")
        mine = [_row(recording.id, sound, number, hour) for number in range(min(each, PAIRS - len(rows)))]
        rows += mine
        store.write_json(recording.path("recording.json"), {"id": recording.id, "duration": 3600.0, "samples": len(noise)})
        heard = [_heard(row) for row in mine]
        store.write_records(recording.path("transcript.jsonl"), heard)
    store.write_rows(out / "pairs.jsonl", rows)


def _row(recording: str, sound: Path, number: int, hour: int) -> dict[str, Any]:
    start = 3.9 * number
    known = {"id": f"{recording}-p{number:05d}", "recording": recording, "audio": str(sound), "start": start, "end": start + 3.5}
    told = {"text": f"{TEXT} {number}", "raw_text": f"{TEXT} {number}।", "heard": TEXT, "language": "hi"}
    sure = 0.5 + ((number * 7919 + hour * 104_729) % 5000) / 10_000
    rest = {"confidence": sure, "document": "script.pdf", "page": 1, "sentence": f"s{number:04d}", "corrections": [], "about": {}}
    return {**known, **told, **rest, "duration": 3.5, "segments": [], "strategy": "hybrid", "repeats": None, "repeat": None}


def _heard(row: dict[str, Any]) -> Transcript:
    first, last = store.samples(row["start"]), store.samples(row["end"])
    times = tuple(int(t) for t in np.linspace(first, last, len(TEXT), endpoint=False))
    return Transcript(row["id"], first, last, TEXT, times)


def measure(browser: Browser, address: str, judge: int) -> dict[str, float]:
    """Open the page, judge some pairs as right, and scroll through the list; milliseconds."""
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    found: dict[str, float] = {}
    for name in ("first pair, first visit", "first pair, again"):
        browser.open(f"{address}?person=Bench")
        wait(lambda: browser.evaluate(PAIR))
        found[name] = browser.evaluate("shownAt[0]")
    time.sleep(1)
    waits, sounds = [], []
    for _ in range(judge):
        before = browser.evaluate(PAIR)
        browser.press("Enter")
        wait(lambda before=before: browser.evaluate(PAIR) not in ("", before))
        wait(lambda: browser.evaluate("soundAt?.at(-1) > keyAt.at(-1)"))
        waits.append(browser.evaluate("shownAt.find((t) => t > keyAt.at(-1)) - keyAt.at(-1)"))
        sounds.append(browser.evaluate("soundAt.find((t) => t > keyAt.at(-1)) - keyAt.at(-1)"))
        time.sleep(1)  # nobody judges faster
    found["key to next pair, median"] = statistics.median(waits)
    found["key to next pair, worst"] = max(waits)
    found["key to its sound, median"] = statistics.median(sounds)
    found["key to its sound, worst"] = max(sounds)
    browser.press("p")
    wait(lambda: browser.evaluate("document.querySelectorAll('.row').length"))
    found["list, from key to rows"] = browser.evaluate("document.querySelector('.row') && performance.now() - keyAt.at(-1)")
    frames = sorted(browser.evaluate(SCROLL))
    found["rows in the document"] = browser.evaluate("document.querySelectorAll('.row').length")
    found["frames scrolled"] = len(frames)
    found["frame, median"] = statistics.median(frames)
    found["frame, 95th percentile"] = frames[int(0.95 * len(frames))]
    found["frame, worst"] = frames[-1]
    return found


def main() -> None:
    """Print one figure a line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", nargs="?", type=Path)
    parser.add_argument("--judge", type=int, default=20, help="pairs that are judged")
    ask = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit(WITHOUT)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        if ask.out:
            shutil.copytree(ask.out, out, ignore=shutil.ignore_patterns("review", "manifests", "emissions.npz"))
        else:
            fabricate(out)
        begin = time.perf_counter()
        application = app.application(out)
        print(f"{'server, until it answers':30} {1000 * (time.perf_counter() - begin):9.0f} ms")
        listening = app.listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off"))
        threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
        with chromium(Path(folder) / "chromium") as browser:
            figures = measure(browser, f"http://127.0.0.1:{listening.getsockname()[1]}/", ask.judge)
        for name, value in figures.items():
            print(f"{name:30} {value:9.0f}{'' if name.endswith(('document', 'scrolled')) else ' ms'}")
        server.should_exit = True


if __name__ == "__main__":
    main()
