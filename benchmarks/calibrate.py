"""Fit the calibrator that is shipped: bulletins with known truth, heard well and badly.

    python benchmarks/calibrate.py FOLDER --foreign TEXT [--model hi] [--noise 99 16 11 6 3 0] [-o mining/data/calibrator.json]

FOLDER holds NAME.flac, NAME.pdf and NAME.gold.json (see bulletins.py). Each recording is heard
several times, with noise of so many decibels below the voice (99: none), since a calibrator must hold for models worse and
recordings harder than these; whole, and as its first minute and half minute, since in a short recording chance has fewer
places; and once more each time with sentences of TEXT, none of which is read there. Its own figures are of folds by
bulletin: no bulletin is judged by a fit that had it, but sentences recur in several, and the bundled model has heard
these stations.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from align.confidence import calibrate, expected_calibration_error
from align.emissions import relative
from align.matching import STRATEGIES
from mining.config import OcrConfig, SegmentConfig, SplitConfig, TranscribeConfig
from mining.documents.languages import language
from mining.documents.ocr import read_pages
from mining.documents.split import split
from mining.models.evaluate import MAX_EDGE, tally
from mining.pairs import calibrator, evidence
from mining.pairs.calibrator import Confidence
from mining.pairs.heard import Heard
from mining.pairs.match import find
from mining.pairs.tokens import Tokenizer
from mining.records import Segment, Sentence
from mining.speech.audio import open_audio
from mining.speech.emissions import Emissions
from mining.speech.segment import segment
from mining.speech.transcribe import load_model, transcribe
from mining.store import seconds

BEGINNINGS = (1e9, 60.0, 30.0)  # seconds
FOREIGN = (60, 25, 8, 3)  # sentences of the foreign text, by turns: a short wrong document must fool nobody either


@dataclass(frozen=True, slots=True)
class Example:
    """A candidate pair and its truth; `ends` says of start and end whether they are right, and is empty where the text is not."""

    strategy: str
    bulletin: str
    text: str
    features: dict[str, float]
    ends: tuple[bool, ...]

    @property
    def right(self) -> bool:
        """Whether text and both ends are right."""
        return bool(self.ends) and all(self.ends)


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


def examples(
    stem: Path, foreign: list[list[Sentence]], model: object, noises: list[float], lengths: tuple[float, ...] = BEGINNINGS
) -> Iterator[Example]:
    """All candidate pairs of one bulletin, heard through each noise, with its own document and with foreign ones."""
    own = sentences_of(stem.with_suffix(".pdf"))
    gold = json.loads(stem.with_suffix(".gold.json").read_text(encoding="utf8"))
    with open_audio(stem.with_suffix(".flac")) as mapped:
        audio = np.array(mapped)
    segments = segment(audio, SegmentConfig())
    for decibels in noises:
        emissions = transcribe(model, noisy(audio, decibels), segments, TranscribeConfig())
        tokenizer = Tokenizer(emissions)
        for long, strategy, document in itertools.product(lengths, STRATEGIES, (own, *foreign)):
            part, first = beginning(segments, emissions, long)
            heard = Heard(relative(first.log_probs, first.blank), part, first)
            for sentence, place, row in find(heard, tokenizer, document, first, language("hi"), strategy):
                start, end = map(seconds, heard.interval(place.start, place.end))
                edges = tally([{"start": start, "end": end, "text": sentence.text}], gold).edges
                yield Example(strategy, stem.name, sentence.text, row, tuple(error <= MAX_EDGE for error in edges))


def beginning(segments: list[Segment], emissions: Emissions, long: float) -> tuple[list[Segment], Emissions]:
    """What was heard in the segments that begin within the first `long` seconds."""
    part = [segment for segment in segments if seconds(segment.start) < long]
    frames = int(np.searchsorted(emissions.segment_index, len(part)))
    cut = {name: getattr(emissions, name)[:frames] for name in ("log_probs", "starts", "ends", "segment_index")}
    return part, replace(emissions, **cut)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--foreign", type=Path, required=True)
    parser.add_argument("--model", default="hi")
    parser.add_argument("--noise", type=float, nargs="+", default=[99, 16, 11, 6, 3, 0])
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
        given.save.write_text("".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found), encoding="utf8")
    by_strategy = {strategy: [one for one in found if one.strategy == strategy] for strategy in STRATEGIES}
    calibrator.save({strategy: report(strategy, own) for strategy, own in by_strategy.items()}, given.out)


def fit(strategy: str, found: list[Example]) -> Confidence:
    """One calibrator for texts, and one for ends of either kind, from pairs whose text is right."""
    text = calibrate([one.features for one in found], [bool(one.ends) for one in found], evidence.TEXT[strategy])
    ends = [
        (evidence.edge(one.features, end), right) for one in found for end, right in zip(evidence.ENDS, one.ends, strict=False)
    ]
    return Confidence(text, calibrate([row for row, _ in ends], [right for _, right in ends], evidence.EDGE))


def report(strategy: str, found: list[Example]) -> Confidence:
    """Tell how folds by bulletin do, then fit on everything."""
    right = np.array([one.right for one in found])
    confidence = np.zeros(len(found))
    for name in sorted({one.bulletin for one in found}):
        fitted = fit(strategy, [one for one in found if one.bulletin != name])
        for index, one in enumerate(found):
            if one.bulletin == name:
                confidence[index] = fitted.probability(one.features)
    error = expected_calibration_error(confidence.tolist(), right.tolist())
    print(f"{strategy}: {len(found)} pairs, {right.mean():.3f} right; folds: calibration error {error:.3f}")
    order = np.argsort(-confidence, kind="stable")
    for share in (0.5, 0.7, 0.8, 0.9, 1.0):
        best = order[: int(share * len(order))]
        least, mean = confidence[best].min(), confidence[best].mean()
        print(f"  surest {share:.0%}: confidence from {least:.2f}, mean {mean:.3f}, right {right[best].mean():.3f}")
    fitted = fit(strategy, found)
    for what, one in (("text", fitted.text), ("edge", fitted.edge)):
        weights = "  ".join(f"{name} {weight:+.2f}" for name, weight in zip(one.features, one.weight, strict=True))
        print(f"  {what}: bias {one.bias:+.2f}  {weights}")
    return fitted


if __name__ == "__main__":
    main()
