"""Documents that nobody reads in a recording: how many of them get pairs all the same. There should be none.

    python -m benchmarks.foreign FOLDER --foreign TEXT [--model hi]

FOLDER is as for `python -m benchmarks`. Sentences of TEXT, 1 to 150 of them, are looked for in each recording by each
strategy: in the whole, and in what begins within its first 30, 60 and 120 seconds.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

from align.matching import STRATEGIES
from benchmarks.__main__ import prepare
from benchmarks.calibrate import beginning, sentences_of
from mining.config import FilterConfig, MatchConfig
from mining.documents.languages import language
from mining.pairs.filter import filter_pairs
from mining.pairs.match import match
from mining.speech.transcribe import load_model

SIZES = (1, 3, 8, 25, 60, 150)  # sentences
BEGINNINGS = (30.0, 60.0, 120.0, 1e9)  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--foreign", type=Path, required=True)
    parser.add_argument("--model", default="hi")
    given = parser.parse_args()
    hindi = language("hi")
    model = load_model(given.model, "auto", hindi)
    foreign = [sentence for sentence in sentences_of(given.foreign) if sentence.aside is None]
    tries, fooled, first = 0, 0, 0
    for gold in sorted(given.folder.glob("*.gold.json")):
        heard = prepare(gold, model, hindi)
        for long, size, strategy in itertools.product(BEGINNINGS, SIZES, STRATEGIES):
            document = foreign[first : first + size]
            segments, emissions = beginning(heard.segments, heard.emissions, long)
            pairs = match(heard.name, document, segments, emissions, hindi, MatchConfig(strategy=strategy))
            kept, _, _ = filter_pairs(heard.name, pairs, document, segments, heard.duration, FilterConfig())
            tries, fooled = tries + 1, fooled + bool(kept)
            first = (first + 7) % max(1, len(foreign) - max(SIZES))  # other sentences for each
            if kept:
                print(f"{heard.name}: {size} sentences in {long:g} s, {strategy}: {len(kept)} pairs", flush=True)
    print(f"{fooled} of {tries} foreign documents got pairs")


if __name__ == "__main__":
    main()
