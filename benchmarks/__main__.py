"""The strategies on the same bulletins: precision, yield, edges and time.

    python -m benchmarks [FOLDER] [--lang hi] [--model hi] [--target-precision 0.95]

FOLDER holds NAME.(flac|ogg|...), NAME.pdf and NAME.gold.json, as `shruti compose` and bulletins.py
write them; without one, the bundled sample is used. Pages and emissions are made once and shared.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from align.matching import STRATEGIES
from mining import sample
from mining.config import FilterConfig, MatchConfig, OcrConfig, SegmentConfig, SplitConfig, TranscribeConfig
from mining.documents.languages import Language, language
from mining.documents.ocr import read_pages
from mining.documents.split import split
from mining.models.evaluate import Tally, tally
from mining.pairs.filter import filter_pairs
from mining.pairs.match import match
from mining.records import Segment, Sentence
from mining.speech.audio import open_audio
from mining.speech.emissions import Emissions
from mining.speech.segment import segment
from mining.speech.transcribe import load_model, transcribe
from mining.store import seconds


@dataclass(frozen=True, slots=True)
class Bulletin:
    """All that the strategies share."""

    name: str
    duration: int
    sentences: list[Sentence]
    segments: list[Segment]
    emissions: Emissions
    gold: dict


def prepare(gold: Path, model: object, spoken: Language) -> Bulletin:
    """Read, cut and hear one bulletin."""
    truth = json.loads(gold.read_text(encoding="utf8"))
    with open_audio(gold.parent / truth["audio"]) as mapped:
        audio = np.array(mapped)
    segments = segment(audio, SegmentConfig())
    emissions = transcribe(model, audio, segments, TranscribeConfig())
    sentences = split(read_pages(gold.parent / truth["pdf"], spoken, OcrConfig()), spoken, SplitConfig())
    return Bulletin(gold.name.split(".")[0], len(audio), sentences, segments, emissions, truth)


def measure(bulletin: Bulletin, strategy: str, spoken: Language, target: float) -> tuple[Tally, float]:
    """(counts of the kept pairs, seconds of matching and filtering)."""
    began = time.perf_counter()
    own = (bulletin.sentences, bulletin.segments)
    pairs = match(bulletin.name, *own, bulletin.emissions, spoken, MatchConfig(strategy=strategy))
    kept, _, _ = filter_pairs(bulletin.name, pairs, *own, bulletin.duration, FilterConfig(target_precision=target))
    took = time.perf_counter() - began
    rows = [{"start": seconds(pair.start), "end": seconds(pair.end), "text": pair.text} for pair in kept]
    return tally(rows, bulletin.gold), took


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=form)
    parser.add_argument("folder", type=Path, nargs="?", default=sample.FOLDER)
    parser.add_argument("--lang", default="hi")
    parser.add_argument("--model", default="hi")
    parser.add_argument("--target-precision", type=float, default=0.95)
    given = parser.parse_args()
    spoken = language(given.lang)
    model = load_model(given.model, "auto", spoken)
    bulletins = [prepare(gold, model, spoken) for gold in sorted(given.folder.glob("*.gold.json"))]
    table = Table("bulletin", "strategy", "pairs", "precision", "yield", "text CER", "edge p50", "edge p95", "match s")
    for strategy in STRATEGIES:
        measure(bulletins[0], strategy, spoken, 0.95)  # compiles
        counts = [(bulletin.name, *measure(bulletin, strategy, spoken, given.target_precision)) for bulletin in bulletins]
        counts.append(("all", sum((one for _, one, _ in counts), Tally()), sum(took for _, _, took in counts)))
        for name, one, took in counts if len(bulletins) > 1 else counts[-1:]:
            figures = one.figures()
            row = [figures[key] for key in ("pairs", "precision", "yield", "text_cer", "edge_p50", "edge_p95")]
            table.add_row(name, strategy, *map(str, row), f"{took:.2f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
