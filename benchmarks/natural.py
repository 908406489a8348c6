"""A recording in its natural order as a bulletin with known truth, from a table of hand-cut clips.

    python benchmarks/natural.py RECORDING TABLE.csv --foreign TEXT -o OUT

TABLE has a row for every stretch of the recording: start_s, end_s and text, which is empty where nobody wrote down
what is said. OUT gets NAME.flac, NAME.gold.json and NAME.txt, the document: an eighth of the sentences is left out of
it, and as many sentences of TEXT, which nobody reads, are put in. `python -m benchmarks OUT` measures by it.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from pathlib import Path

import soundfile

from mining.compose.trim import trim
from mining.compose.utterances import read_audio, read_lines
from mining.records import SAMPLE_RATE

SHARE = 0.125  # of the sentences that the document lacks, and of those that it has too many


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--foreign", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args()
    audio = read_audio(given.recording)
    foreign = [line.rstrip("।. ") for line in read_lines(given.foreign) if 40 < len(line) < 140]
    rng = random.Random(0)
    spoken, lines = [], []
    for row in csv.DictReader(given.table.open(encoding="utf8", newline="")):
        text, start, end = row["text"].strip(), *(round(float(row[name]) * SAMPLE_RATE) for name in ("start_s", "end_s"))
        first, last = trim(audio[start:end])
        if last > first:  # ends are those of the voice
            start, end = start + first, start + last
        printed = bool(text) and rng.random() >= SHARE
        spoken.append({"text": text, "start": start / SAMPLE_RATE, "end": end / SAMPLE_RATE, "printed": printed})
        lines += [text] if printed else []
        lines += [rng.choice(foreign)] if printed and rng.random() < SHARE else []
    given.out.mkdir(parents=True, exist_ok=True)
    stem = given.out / given.recording.stem
    soundfile.write(stem.with_suffix(".flac"), audio, SAMPLE_RATE)
    stem.with_suffix(".txt").write_text("".join(f"{line}।\n" for line in lines), encoding="utf8")
    gold = {"audio": f"{stem.name}.flac", "pdf": f"{stem.name}.txt", "duration": len(audio) / SAMPLE_RATE, "spoken": spoken}
    stem.with_suffix(".gold.json").write_text(json.dumps(gold, ensure_ascii=False, indent=1), encoding="utf8")


if __name__ == "__main__":
    main()
