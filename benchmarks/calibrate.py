"""Fit the calibrator that is shipped: bulletins with known truth, heard well and badly.

    python benchmarks/calibrate.py FOLDER --foreign TEXT [--model hi] [--noise 16 11 6 3] [-o mining/data/calibrator.json]

FOLDER holds NAME.flac, NAME.pdf and NAME.gold.json (see bulletins.py). Each recording is heard
several times, with noise of so many decibels below the voice (99: none), since a calibrator must hold
for models worse and recordings harder than these; and once more each time with sentences of TEXT,
none of which is read there. Its own figures are of folds by bulletin: no bulletin is judged by
a fit that had it, but sentences recur in several, and the bundled model has heard these stations.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from align.confidence import Calibrator, calibrate
from mining.config import MatchConfig, OcrConfig, SegmentConfig, SplitConfig, TranscribeConfig
from mining.documents.languages import language
from mining.documents.ocr import read_pages
from mining.documents.split import split
from mining.models.evaluate import tally
from mining.pairs import calibrator, evidence
from mining.pairs.match import match
from mining.pairs.strategies import STRATEGIES
from mining.records import Sentence
from mining.speech.audio import open_audio
from mining.speech.segment import segment
from mining.speech.transcribe import load_model, transcribe
from mining.store import seconds

FOREIGN = (60, 25, 8, 3)  # sentences of the foreign text, by turns: a short wrong document must fool nobody either

Example = tuple[str, str, dict[str, float], bool]
"""Strategy, bulletin, features, whether the pair is right."""


def noisy(audio: np.ndarray, decibels: float) -> np.ndarray:
    """int16 audio with white noise so far below its loud parts."""
    if decibels >= 90:
        return audio
    loud = audio[np.abs(audio.astype(np.int32)) > 200].astype(np.float64)
    noise = np.random.default_rng(0).standard_normal(len(audio)) * np.sqrt((loud**2).mean()) * 10 ** (-decibels / 20)
    return np.clip(audio + noise, -32768, 32767).astype(np.int16)


def sentences_of(document: Path) -> list[Sentence]:
    """A document's sentences, with whatever OCR does to them."""
    hindi = language("hi")
    return split(read_pages(document, hindi, OcrConfig()), hindi, SplitConfig())


def _turns(foreign: list[Sentence], number: int) -> list[list[Sentence]]:
    """The foreign documents of one bulletin: other sentences for each, until there are none left."""
    start = number * sum(FOREIGN) % max(1, len(foreign) - sum(FOREIGN))
    bounds = list(itertools.accumulate(FOREIGN, initial=start))
    return [foreign[first:last] for first, last in itertools.pairwise(bounds)]


def examples(stem: Path, foreign: list[list[Sentence]], model: object, noises: list[float]) -> Iterator[Example]:
    """All candidate pairs of one bulletin, heard through each noise, with its own document and with foreign ones."""
    own = sentences_of(stem.with_suffix(".pdf"))
    gold = json.loads(stem.with_suffix(".gold.json").read_text(encoding="utf8"))
    with open_audio(stem.with_suffix(".flac")) as mapped:
        audio = np.array(mapped)
    segments = segment(audio, SegmentConfig())
    for decibels in noises:
        emissions = transcribe(model, noisy(audio, decibels), segments, TranscribeConfig())
        for strategy, sentences in itertools.product(STRATEGIES, (own, *foreign)):
            whole = MatchConfig(strategy=strategy, max_seconds=60)  # what is judged is a place, not the cuts in it
            for pair in match(stem.name, sentences, segments, emissions, language("hi"), whole):
                row = {"start": seconds(pair.start), "end": seconds(pair.end), "text": pair.text}
                yield strategy, stem.name, pair.features, tally([row], gold).correct == 1


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Mean distance of confidence and truth over bins of equal mass (Naeini et al. 2015)."""
    parts = np.array_split(np.argsort(confidence, kind="stable"), bins)
    off = sum(len(part) * abs(confidence[part].mean() - right[part].mean()) for part in parts if len(part))
    return float(off / len(confidence))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--foreign", type=Path, required=True)
    parser.add_argument("--model", default="hi")
    parser.add_argument("--noise", type=float, nargs="+", default=[16, 11, 6, 3])
    parser.add_argument("-o", "--out", type=Path, default=calibrator.PATH)
    parser.add_argument("--save", type=Path, help="also write the examples here, as JSON lines")
    given = parser.parse_args()
    model = load_model(given.model, "cpu", language("hi"))
    found: list[Example] = []
    foreign = [sentence for sentence in sentences_of(given.foreign) if sentence.aside is None]
    for number, gold in enumerate(sorted(given.folder.glob("*.gold.json"))):
        stem = gold.with_suffix("").with_suffix("")
        found += examples(stem, _turns(foreign, number), model, given.noise)
        print(f"{stem.name}: {len(found)} pairs so far", flush=True)
    if given.save:
        given.save.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found), encoding="utf8")
    calibrator.save({strategy: fit(strategy, [one for one in found if one[0] == strategy]) for strategy in STRATEGIES}, given.out)


def fit(strategy: str, found: list[Example]) -> Calibrator:
    """Report folds by bulletin, then fit on everything."""
    names = np.array([name for _, name, _, _ in found])
    right = np.array([truth for _, _, _, truth in found])
    rows = [row for _, _, row, _ in found]
    confidence = np.zeros(len(found))
    for name in sorted(set(names)):
        kept = names != name
        fitted = calibrate([row for row, keep in zip(rows, kept, strict=True) if keep], right[kept].tolist(), evidence.DIRECTIONS)
        confidence[~kept] = [fitted.probability(row) for row, keep in zip(rows, kept, strict=True) if not keep]
    error = expected_calibration_error(confidence, right)
    print(f"{strategy}: {len(found)} pairs, {right.mean():.3f} right; folds: calibration error {error:.3f}")
    order = np.argsort(-confidence, kind="stable")
    for share in (0.5, 0.7, 0.8, 0.9, 1.0):
        best = order[: int(share * len(order))]
        least, mean = confidence[best].min(), confidence[best].mean()
        print(f"  surest {share:.0%}: confidence from {least:.2f}, mean {mean:.3f}, right {right[best].mean():.3f}")
    fitted = calibrate(rows, right.tolist(), evidence.DIRECTIONS)
    for name, weight in zip(fitted.features, fitted.weight, strict=True):
        print(f"  {name:>14} {weight:+.2f}")
    return fitted


if __name__ == "__main__":
    main()
