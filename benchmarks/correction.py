"""What correction of OCR's errors does to kept text: on clean pages, and on pages degraded until OCR errs in 3 to 10%.

    python -m benchmarks.correction --utterances air-hindi --texts wikipedia-hi.txt [--lexicon FILE] [--model hi]

The folder and the text are those of benchmarks/bulletins.py. Two recordings are composed of the stations that neither model
nor weights have heard; each is heard once, and its page is drawn, degraded and read once a row. Before and after are character
error rates of all kept pairs against what is spoken in them (letters, marks and figures); a correction is right if it takes
errors away, and wrong if it adds any; others change one wrong reading for another.

    python -m benchmarks.correction --utterances air-hindi --fit [-o mining/data/correction.json]

fits the weights on the five other stations instead: each heard as it is and with noise 13 dB below the voice, since the
bundled model knows them too well. Figures are of folds by station.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table

from benchmarks.bulletins import HEARD, HELD_OUT, PLAIN
from benchmarks.calibrate import noisy
from mining import store
from mining.compose import PageQuality, Recipe, compose
from mining.compose.document import write_document
from mining.config import CorrectConfig, FilterConfig, MatchConfig, OcrConfig, SegmentConfig, SplitConfig, TranscribeConfig
from mining.documents.languages import language
from mining.documents.ocr import read_pages
from mining.documents.split import split
from mining.models.evaluate import MIN_COVERED, letters, tally
from mining.pairs import correct, lexicon
from mining.pairs.filter import filter_pairs
from mining.pairs.match import match
from mining.records import SAMPLE_RATE, Page, Pair, Segment, Sentence
from mining.speech.audio import open_audio
from mining.speech.emissions import Emissions
from mining.speech.segment import segment
from mining.speech.transcribe import load_model, transcribe

HINDI = language("hi")
CLEAN = PageQuality()
WORN = PageQuality(dpi=70, blur=0.8, noise=14, jpeg=35)
COARSE = PageQuality(dpi=65, blur=0.8, noise=14, jpeg=35)
POOR = PageQuality(dpi=60, blur=0.6, noise=14, jpeg=35)
BLURRED = PageQuality(dpi=100, blur=1.8, noise=20, jpeg=30)
VAGUE = PageQuality(dpi=150, blur=2.45, noise=18, jpeg=35)

MEASURED = (
    ("clean", CLEAN, "Sans"),
    ("clean, serifs", CLEAN, "Serif"),
    ("70 dpi", WORN, "Sans"),
    ("65 dpi", COARSE, "Sans"),
    ("blurred, serifs", BLURRED, "Serif"),
    ("65 dpi, serifs", COARSE, "Serif"),
    ("60 dpi", POOR, "Sans"),
)
FITTED = (CLEAN, WORN, BLURRED, POOR, VAGUE, COARSE)
NOISES = (99.0, 13.0)  # decibels below the voice; 99: none
SHARES = dict(unprinted=0.1, unspoken=0.1)
RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Recording:
    """A composed recording and what is heard of it, for each noise."""

    recipe: Recipe
    gold: dict
    segments: list[Segment]
    heard: tuple[Emissions, ...]
    duration: int


def record(recipe: Recipe, stations: Sequence[str], given: argparse.Namespace, noises: Sequence[float]) -> Recording:
    """Compose and hear the recording of a recipe."""
    with tempfile.TemporaryDirectory() as folder:
        texts = None if given.fit else given.texts
        only = {"station": stations}
        made = compose(given.utterances, Path(folder), recipe, audio_format="wav", only=only, unspoken_texts=texts, shorter=True)
        gold = json.loads(made.gold.read_text(encoding="utf8"))
        with open_audio(made.audio) as mapped:
            audio = np.array(mapped)
    segments, model = segment(audio, SegmentConfig()), load_model(given.model, "cpu", HINDI)
    heard = [transcribe(model, noisy(audio, noise), segments, TranscribeConfig()) for noise in noises]
    return Recording(recipe, gold, segments, tuple(heard), len(audio))


def document(recording: Recording, quality: PageQuality, font: str) -> tuple[list[Page], list[Sentence], float]:
    """The pages and sentences that are read off a page of this quality, and OCR's character error rate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        write_document(path, recording.gold["printed"], replace(recording.recipe, quality=quality, font=font))
        pages = read_pages(path, HINDI, OcrConfig())
    sentences = split(pages, HINDI, SplitConfig())
    printed = letters(" ".join(recording.gold["printed"]))
    read = letters(" ".join(sentence.raw_text for sentence in sentences if sentence.aside is None))
    return pages, sentences, Levenshtein.distance(read, printed) / len(printed)


# --- measuring ------------------------------------------------------------------------------------------------------


def said(pair: Pair, gold: dict) -> str:
    """What is spoken in a pair, as `mining.models.evaluate` finds it."""
    inside = []
    for one in gold["spoken"]:
        shared = min(pair.end / SAMPLE_RATE, one["end"]) - max(pair.start / SAMPLE_RATE, one["start"])
        if shared >= MIN_COVERED * (one["end"] - one["start"]):
            inside.append(one["text"])
    return letters(" ".join(inside))


def effects(pair: Pair, gold: dict) -> list[int]:
    """Of each correction that was applied, by how many characters it brought the text nearer to what is spoken."""
    spoken, text, found = said(pair, gold), pair.text, []
    for one in reversed(pair.corrections):  # from the end, so that what stands before keeps its place
        if one.applied:
            before = text[: one.start] + one.old + text[one.end :]
            found.append(Levenshtein.distance(letters(before), spoken) - Levenshtein.distance(letters(text), spoken))
            text = before
    return found


def measure(recording: Recording, quality: PageQuality, font: str, words: lexicon.Lexicon) -> np.ndarray:
    """[OCR error rate, kept pairs, their characters, errors before, after, proposed, applied, right, wrong, seconds]."""
    pages, sentences, ocr = document(recording, quality, font)
    own = (sentences, recording.segments)
    pairs = match("r", *own, recording.heard[0], HINDI, MatchConfig())
    began = time.perf_counter()
    mended = correct.correct(pairs, sentences, pages, recording.heard[0], HINDI, words, CorrectConfig())
    took = time.perf_counter() - began
    counts = []
    for candidates in (pairs, mended):
        kept, _, _ = filter_pairs("r", candidates, *own, recording.duration, FilterConfig())
        rows = [{"start": one.start / SAMPLE_RATE, "end": one.end / SAMPLE_RATE, "text": one.text} for one in kept]
        counts.append(tally(rows, recording.gold))
    done = [gain for pair in kept for gain in effects(pair, recording.gold)]
    proposed = sum(len(pair.corrections) for pair in kept)
    right, wrong = sum(gain > 0 for gain in done), sum(gain < 0 for gain in done)
    first, last = counts
    return np.array([ocr, len(kept), first.characters, first.errors, last.errors, proposed, len(done), right, wrong, took])


def show(given: argparse.Namespace) -> None:
    """Measure every row on both recordings, and print the table."""
    recordings = [record(replace(PLAIN, seed=seed, minutes=5.7, **SHARES), HELD_OUT, given, NOISES[:1]) for seed in (700, 701)]
    words = lexicon.load(given.lexicon, HINDI)
    titles = ("pages", "OCR CER", "pairs", "before", "after", "errors gone", "proposed", "applied", "right", "wrong", "seconds")
    table = Table(*titles)
    for name, quality, font in MEASURED:
        found = [measure(recording, quality, font, words) for recording in recordings]
        ocr = np.mean([one[0] for one in found])
        _, pairs, characters, before, after, proposed, applied, right, wrong, took = np.sum(found, axis=0)
        rates = [f"{ocr:.3f}", f"{pairs:.0f}", f"{before / characters:.4f}", f"{after / characters:.4f}"]
        gone = f"{(before - after) / max(1, before):.0%}"
        table.add_row(name, *rates, gone, *(f"{count:.0f}" for count in (proposed, applied, right, wrong)), f"{took:.1f}")
    Console(width=120).print(table)


# --- fitting --------------------------------------------------------------------------------------------------------

Found = list[tuple[list[correct.Choice], list[np.ndarray], list[Sentence]]]
"""Choices of a document heard once, by how much each reading brings the text nearer to what is spoken, and its sentences."""


def collect(given: argparse.Namespace) -> Iterator[tuple[str, str, Found]]:
    """(station, set of weights, choices) of each station's bulletin; of its degraded pages every second one, by turns."""
    lexicons = {correct.LEXICON: lexicon.load(given.lexicon, HINDI), correct.DOCUMENT: lexicon.Lexicon({})}
    for number, station in enumerate(HEARD):
        recording = record(replace(PLAIN, seed=600 + number, minutes=7.0, **SHARES), (station,), given, NOISES)
        found: dict[str, Found] = {kind: [] for kind in lexicons}
        for at, (quality, font) in enumerate((quality, font) for quality in FITTED for font in ("Sans", "Serif")):
            turn = (at // 2 + recording.recipe.seed + at % 2) % 2
            if (quality != CLEAN and turn) or (quality == VAGUE and font == "Serif"):
                continue
            pages, sentences, ocr = document(recording, quality, font)
            for emissions in recording.heard:
                pairs = match(station, sentences, recording.segments, emissions, HINDI, MatchConfig())
                for kind, words in lexicons.items():
                    made = correct.candidates(pairs, sentences, pages, emissions, HINDI, words)
                    found[kind].append((*gains(pairs, made, recording.gold), sentences))
            print(f"{station}: {quality}, {font}, OCR {ocr:.3f}", flush=True)
        yield from ((station, kind, own) for kind, own in found.items())


def gains(
    pairs: Sequence[Pair], made: Sequence[list[correct.Choice]], gold: dict
) -> tuple[list[correct.Choice], list[np.ndarray]]:
    """All choices in a row, and by how many characters each reading brings its text nearer to what is spoken.

    Nothing of a pair that is not what is spoken there: none of its words can be told right or wrong.
    """
    all_choices, nearer = [], []
    for pair, choices in zip(pairs, made, strict=True):
        spoken = said(pair, gold)
        before = Levenshtein.distance(letters(pair.text), spoken)
        if before > 0.5 * len(spoken):
            continue
        for choice in choices:
            start, end = choice.doubt.start, choice.doubt.end
            texts = [letters(pair.text[:start] + reading + pair.text[end:]) for reading in choice.readings]
            nearer.append(np.array([before - Levenshtein.distance(text, spoken) for text in texts]))
            all_choices.append(choice)
    return all_choices, nearer


def logit(features: Sequence[np.ndarray], wanted: Sequence[int]) -> np.ndarray:
    """The weights of a conditional logit: maximum likelihood with a ridge on scaled features, by Newton's method."""
    rows, starts = np.vstack(features), np.cumsum([0, *map(len, features)])[:-1]
    scale = np.sqrt((rows**2).mean(axis=0)) + 1e-9
    rows, of = rows / scale, np.repeat(np.arange(len(features)), [len(one) for one in features])
    right = rows[starts + np.array(wanted)]

    def value(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = rows @ weights
        best = np.maximum.reduceat(scores, starts)
        odds = np.exp(scores - best[of])
        total = np.add.reduceat(odds, starts)
        return float((right @ weights - best - np.log(total)).sum() - RIDGE / 2 * weights @ weights), odds / total[of]

    weights = np.zeros(rows.shape[1])
    now, likely = value(weights)
    for _ in range(60):
        mean = np.add.reduceat(rows * likely[:, None], starts)
        slope = (right - mean).sum(axis=0) - RIDGE * weights
        curve = (rows * likely[:, None]).T @ rows - mean.T @ mean + RIDGE * np.eye(len(weights))
        step = np.linalg.solve(curve, slope)
        after, more = value(weights + step)
        while after < now and np.abs(step).max() > 1e-9:
            step /= 2
            after, more = value(weights + step)
        weights, gained, now, likely = weights + step, after - now, after, more
        if gained < 1e-6:
            break
    return weights / scale


def fit(found: Found) -> correct.Weights:
    """Weights of features alone, then of features and habits: what is wanted is the reading that is nearest, else OCR's."""
    wanted = [int(gain.argmax()) if gain.max() > 0 else 0 for _, nearer, _ in found for gain in nearer]
    first = logit([choice.features for choices, _, _ in found for choice in choices], wanted)
    features = []
    for choices, _, sentences in found:
        sure = [correct.probabilities(choice.features, first) for choice in choices]
        features += [
            np.hstack([choice.features, more])
            for choice, more in zip(choices, correct.habits(choices, sure, sentences), strict=True)
        ]
    return correct.Weights(first, logit(features, wanted))


def report(name: str, found: Found, weights: correct.Weights) -> None:
    """Tell how weights do on documents that they were not fitted on."""
    judged = []
    for choices, nearer, sentences in found:
        for sure, gain in zip(correct.judge(choices, sentences, weights), nearer, strict=True):
            if best := int(sure.argmax()):
                judged.append((float(sure[best]), int(gain[best])))
    for least in (0.5, 0.7, 0.8, 0.9):
        own = [(sure, gain) for sure, gain in judged if sure >= least]
        mean, right = np.mean([sure for sure, _ in own]), np.mean([gain > 0 for _, gain in own])
        wrong = sum(gain < 0 for _, gain in own)
        print(f"{name}: from {least}: {len(own)}, expected {mean:.3f}, right {right:.3f}, wrong {wrong}", flush=True)


def refit(given: argparse.Namespace) -> None:
    """Fit on all stations, tell how folds by station do, and write the weights."""
    written: dict[str, object] = {"about": "python -m benchmarks.correction --fit: All India Radio, " + ", ".join(HEARD)}
    collected = list(collect(given))
    for kind in (correct.LEXICON, correct.DOCUMENT):
        stations = {station: found for station, of, found in collected if of == kind}
        for name, found in stations.items():
            report(f"{kind}: {name}", found, fit([one for other, own in stations.items() if other != name for one in own]))
        weights = fit([one for found in stations.values() for one in found])
        written[kind] = {
            "first": dict(zip(correct.FEATURES, weights.first.round(4).tolist(), strict=True)),
            "second": dict(zip(correct.FEATURES + correct.HABITS, weights.second.round(4).tolist(), strict=True)),
        }
    store.write_json(given.out, written)
    print(json.dumps(written, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=Path, required=True)
    parser.add_argument("--texts", type=Path, help="sentences for the page alone")
    parser.add_argument("--lexicon", type=Path, help="instead of the shipped one")
    parser.add_argument("--model", default="hi")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("-o", "--out", type=Path, default=correct.PATH)
    given = parser.parse_args()
    refit(given) if given.fit else show(given)


if __name__ == "__main__":
    main()
