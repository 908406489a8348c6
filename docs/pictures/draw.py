"""The pictures of the method, from the run of the bundled sample: `python docs/pictures/draw.py RUN`, RUN made by `shruti demo`.

What is measured in them is the run's own: the page, the sound, the places and the ends.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from card import Card

import align
from mining.pairs.tokens import Tokenizer
from mining.sample import sample
from mining.speech.audio import decode
from mining.speech.emissions import Emissions

HERE = Path(__file__).parent
RATE = 16_000
SHOWN = "इस मौके पर वरिष्ठ प्रशासनिक अधिकारी"
"""How the sentence begins that is shown with its page and its sound."""


class Run:
    """What the pictures need of a run."""

    def __init__(self, folder: Path) -> None:
        (place,) = (folder / "recordings").iterdir()
        self.pages, self.sentences, self.segments, self.pairs, self.candidates = (
            [json.loads(line) for line in (place / f"{name}.jsonl").read_text(encoding="utf8").splitlines()]
            for name in ("pages", "sentences", "segments", "pairs", "candidates")
        )
        self.emissions = Emissions.load(place / "emissions.npz")
        self.log_probs = self.emissions.log_probs.astype(np.float32)
        self.samples = decode(sample().audio)

    def words(self, pair: dict[str, Any]) -> list[tuple[str, float, float]]:
        """The words of a pair with their seconds: start and end of each one's tokens on the best CTC path."""
        tokens, _ = Tokenizer(self.emissions).columns(pair["text"])
        first, last = np.searchsorted(self.emissions.starts, (pair["start"] * RATE, pair["end"] * RATE))
        spans = align.forced_align(self.log_probs[first:last], tokens, blank=self.emissions.blank)
        spans = spans.joined(align.words(tokens, self.emissions.delimiter))
        starts, ends = self.emissions.starts[first:last], self.emissions.ends[first:last]
        times = [(starts[a] / RATE, ends[b - 1] / RATE) for a, b in zip(spans.start, spans.end, strict=True)]
        return [(word, a, b) for word, (a, b) in zip(pair["text"].split(), times, strict=True)]

    def levels(self, start: float, end: float, bars: int) -> list[float]:
        """The sound between two times as so many levels from 0 to 1, quieter ones lifted."""
        sound = np.abs(self.samples[int(start * RATE) : int(end * RATE)].astype(np.float32))
        parts = np.array([part.max() for part in np.array_split(sound, bars)])
        return [float(max(level, 0.02)) for level in (parts / max(parts.max(), 1)) ** 0.6]


def pair(run: Run) -> Card:
    """One pair: the sentence on its page, its place in the sound, and what is written of it."""
    chosen = next(one for one in run.pairs if one["text"].startswith(SHOWN))
    sentence = next(one for one in run.sentences if one["id"] == chosen["sentence"])
    card = Card(860, 0, "A sentence on a scanned page, its place in the recording, and the pair that is written")
    top = _page(card, run, sentence)
    start, end = chosen["start"] - 1.4, chosen["end"] + 1.4

    def x(time: float) -> float:
        return 30 + 800 * (time - start) / (end - start)

    card.text(30, top + 32, "The recording", "soft", 14)
    card.rect(x(chosen["start"]), top + 46, x(chosen["end"]) - x(chosen["start"]), 122, "tint mined-line", radius=6)
    card.wave(30, top + 92, 800, 74, run.levels(start, end, 230), "soft")
    for number, (word, a, b) in enumerate(run.words(chosen)):
        low = top + 145 + 17 * (number % 2)
        card.line([(x(a), top + 130), (x(b), top + 130)], "mined", 3)
        card.text((x(a) + x(b)) / 2, low, word, "ink", 14, "middle")
    card.text(x(chosen["start"]), top + 186, f"{chosen['start']:.2f} s", "mined", 13, "middle")
    card.text(x(chosen["end"]), top + 186, f"{chosen['end']:.2f} s", "mined", 13, "middle")
    _row(card, chosen, top + 208)
    card.height = round(top + 336)
    return card


def _page(card: Card, run: Run, sentence: dict[str, Any]) -> float:
    """Draw the part of the page on which a sentence stands, with a mark on it; returns where that ends."""
    number, index = sentence["places"][0]
    lines = run.pages[number - 1]["lines"]
    above, line, below = boxes = [lines[n]["box"] for n in (index - 1, index, index + 1)]
    whole = pypdfium2.PdfDocument(sample().document)[number - 1].render(scale=2.2, grayscale=True).to_pil()
    left, right = min(box[0] for box in boxes) - 0.02, max(box[2] for box in boxes) + 0.02
    upper, lower = above[1] - 0.006, below[3] + 0.006
    crop = whole.crop(tuple(int(f * size) for f, size in zip((left, upper, right, lower), whole.size * 2, strict=True)))
    stored = io.BytesIO()
    crop.save(stored, "JPEG", quality=60)
    height = 800 * crop.height / crop.width
    card.text(30, 34, f"The script, a scan: page {number}", "soft", 14)
    card.image(30, 46, 800, height, "data:image/jpeg;base64," + base64.b64encode(stored.getvalue()).decode())
    text = lines[index]["text"]
    begin = (text.index(sentence["raw_text"][:8]) + 0.5) / len(text)  # letters differ in width
    a, b = (line[0] + (line[2] - line[0]) * share for share in (begin, begin + len(sentence["raw_text"]) / len(text)))
    scale = 800 / (right - left)
    tall = height / (lower - upper)
    card.rect(
        30 + (a - left) * scale,
        46 + (line[1] - upper) * tall - 3,
        (b - a) * scale,
        (line[3] - line[1]) * tall + 6,
        "mined",
        3,
        0.25,
    )
    return 46 + height


def _row(card: Card, pair: dict[str, Any], top: float) -> None:
    """What pairs.jsonl says of the pair."""
    card.text(30, top + 8, "The pair", "soft", 14)
    card.rect(30, top + 20, 800, 84, "box frame-line", radius=6)
    for number, (name, value) in enumerate(
        [("text", pair["text"]), ("heard", pair["heard"]), ("confidence", f"{pair['confidence']}")],
    ):
        card.text(46, top + 43 + 24 * number, name, "soft", 14)
        card.text(150, top + 43 + 24 * number, value, "mined" if name == "confidence" else "ink", 15, bold=name == "confidence")


def pipeline() -> Card:
    """From files to fates."""
    card = Card(860, 392, "PDF and recording become sentences and emissions, these become pairs, and everything has a fate")
    card.box(24, 40, 120, 64, ["Script", "PDF or text"], "box")
    card.box(24, 176, 120, 64, ["Recording", "of any format"], "box")
    for y, name, what, result, told in (
        (40, "ocr, split", "layer or Tesseract", "Sentences", "with page and place"),
        (176, "segment, transcribe", "voice, then a CTC model", "Emissions", "log-probabilities"),
    ):
        card.box(180, y, 192, 64, [name, what], "box")
        card.box(408, y, 164, 64, [result, told], "box")
        card.arrow([(144, y + 32), (178, y + 32)])
        card.arrow([(372, y + 32), (406, y + 32)])
    card.box(628, 108, 208, 64, ["match", "find, chain, settle"], "box")
    card.arrow([(572, 72), (600, 72), (600, 128), (626, 128)])
    card.arrow([(572, 208), (600, 208), (600, 152), (626, 152)])
    card.box(628, 212, 208, 44, ["filter"], "box")
    card.arrow([(732, 172), (732, 210)])
    card.box(452, 304, 188, 64, ["Kept pairs", "training sets, report"], "tint")
    card.box(664, 304, 172, 64, ["Everything else", "each with a reason"], "warm")
    card.arrow([(700, 256), (700, 280), (546, 280), (546, 302)], "mined")
    card.arrow([(764, 256), (764, 302)], "other")
    card.box(180, 304, 192, 64, ["finetune", "a model that hears more"], "box")
    card.arrow([(452, 336), (374, 336)], "mined")
    card.arrow([(276, 304), (276, 242)], "mined")
    return card


def chain(run: Run) -> Card:
    """Likely places of each sentence in the recording, and which of them stand."""
    spoken = [one for one in run.sentences if one["aside"] is None]
    tokens = [Tokenizer(run.emissions).columns(one["text"])[0] for one in spoken]
    found = align.spot(run.log_probs, tokens, blank=run.emissions.blank, most=4)
    card = Card(860, 560, "Each sentence's likely places in the recording; those that are kept run down from left to right")
    whole, left, top, step = len(run.samples) / RATE, 64, 64, 19.2
    centres = (run.emissions.starts + run.emissions.ends) / 2 / RATE

    def x(time: float) -> float:
        return left + 770 * time / whole

    card.text(24, 32, "Sentences of the script, in its order", "soft", 14)
    for row in range(len(spoken)):
        y = top + step * row
        card.text(left - 14, y + 4, str(row + 1), "soft", 12, "end")
        card.line([(left, y), (left + 770, y)], "frame", 0.6)
        for place in found[row]:
            middle = float(centres[(place.start + place.end) // 2])
            card.dot(x(middle), y, 2 + 1.3 * max(place.margin, 0), "faint")
    row_of = {one["id"]: row for row, one in enumerate(spoken)}
    kept = [((one["start"] + one["end"]) / 2, row_of[one["sentence"]]) for one in run.pairs]
    first = {row: time for time, row in reversed(kept)}
    ordered = [(x(time), top + step * row) for time, row in kept if first[row] == time]
    card.line(ordered, "mined", 2)
    for time, row in kept:
        card.dot(x(time), top + step * row, 6, "mined" if first[row] == time else "other")
    bottom = top + step * len(spoken)
    for second in range(0, int(whole) + 1, 30):
        card.text(x(second), bottom + 10, f"{second // 60}:{second % 60:02}", "soft", 12, "middle")
    _legend(card, bottom + 34)
    return card


def _legend(card: Card, y: float) -> None:
    card.dot(70, y, 5, "faint")
    card.text(82, y + 5, "a likely place, larger with its margin", "soft", 14)
    card.dot(372, y, 6, "mined")
    card.text(384, y + 5, "chained: a pair", "soft", 14)
    card.dot(540, y, 6, "other")
    card.text(552, y + 5, "out of order, and so strong that it stands", "soft", 14)


def settle(run: Run) -> Card:
    """The joint of two sentences: what the path says, where voice was found, and where the pairs end."""
    joints = [
        (one, two)
        for one, two in zip(run.pairs, run.pairs[1:], strict=False)
        if 0.1 < two["start"] - one["end"] < 1.0 and one["segments"][-1] == two["segments"][0]
    ]
    before, after = max(joints, key=lambda joint: joint[0]["end"] - run.words(joint[0])[-1][2])
    start, end = before["end"] - 1.5, after["start"] + 1.5
    card = Card(860, 300, "Where two sentences meet: words on the CTC path, runs of voice, and the ends of the pairs")

    def x(time: float) -> float:
        return 130 + 700 * (min(max(time, start), end) - start) / (end - start)

    card.wave(130, 62, 700, 76, run.levels(start, end, 200), "soft")
    card.text(24, 67, "sound", "soft", 14)
    card.text(24, 145, "CTC path", "soft", 14)
    for one, kind in ((before, "mined"), (after, "other")):
        for word, a, b in run.words(one):
            if a >= start and b <= end:
                card.rect(x(a), 126, max(x(b) - x(a), 3), 28, "tint mined-line" if kind == "mined" else "warm other-line", 4)
                card.text((x(a) + x(b)) / 2, 145, word, "ink", 12, "middle")
    card.text(24, 195, "voice", "soft", 14)
    for one in run.segments:
        for a, b in one["speech"]:
            if b / RATE > start and a / RATE < end:
                card.rect(x(a / RATE), 182, x(b / RATE) - x(a / RATE), 16, "faint", 3)
    card.text(24, 241, "pairs", "soft", 14)
    for one, kind in ((before, "mined"), (after, "other")):
        card.rect(x(one["start"]), 224, x(one["end"]) - x(one["start"]), 26, kind, 4)
    for time, at, shift in ((before["end"], "end", -6), (after["start"], "start", 6)):
        card.line([(x(time), 20), (x(time), 258)], "soft", 1, "4 4")
        card.text(x(time) + shift, 278, f"{time:.2f} s", "soft", 13, at)
    return card


def rounds() -> Card:
    """How a model gets better by what it mined."""
    card = Card(860, 300, "Align, choose, fine-tune, align again, until sentences kept apart are heard no better")
    card.box(24, 40, 168, 64, ["seed", "text, spoken by espeak-ng"], "box")
    card.box(24, 196, 168, 64, ["archive", "recordings and scripts"], "box")
    card.box(248, 118, 150, 64, ["align", "all recordings"], "box")
    card.box(452, 40, 180, 64, ["choose", "the best of each recording"], "tint")
    card.box(452, 196, 180, 64, ["kept apart", "one sentence in ten"], "warm")
    card.box(686, 118, 150, 64, ["finetune", "with replay"], "box")
    card.arrow([(192, 72), (220, 72), (220, 138), (246, 138)])
    card.arrow([(192, 228), (220, 228), (220, 162), (246, 162)])
    card.arrow([(398, 138), (425, 138), (425, 72), (450, 72)], "mined")
    card.arrow([(398, 162), (425, 162), (425, 228), (450, 228)], "other")
    card.arrow([(632, 72), (660, 72), (660, 138), (684, 138)], "mined")
    card.arrow([(632, 228), (660, 228), (660, 162), (684, 162)], "other")
    card.arrow([(761, 118), (761, 20), (323, 20), (323, 116)], "mined")
    card.text(542, 152, "again, while it", "soft", 14, "middle")
    card.text(542, 172, "hears those better", "soft", 14, "middle")
    return card


def main() -> None:
    """Write all of them beside this file."""
    run = Run(Path(sys.argv[1]))
    made = {"pair": pair(run), "pipeline": pipeline(), "chain": chain(run), "settle": settle(run), "rounds": rounds()}
    for name, card in made.items():
        card.write(HERE / f"{name}.svg")


if __name__ == "__main__":
    main()
