"""Train the model that is bundled, mining/data/models/hi: text-to-speech first, then people.

    python benchmarks/bundled_model.py --air FOLDER --common-voice FOLDER --malayalam FOLDER --text FILE... -o MODEL

--air is All India Radio's regional news with a `station` column (AI4Bharat, workshop-2022); two of
its stations, Chandigarh and Dehradun, are measured with and never heard. --common-voice holds
Mozilla Common Voice as hi/, pa-IN/ and or/; --malayalam the SMC's crowd-sourced sentences. Punjabi,
Odia and Malayalam are written in Devanagari letter for letter (`documents/scripts.py`): what a
small network lacks is people, and these are people. --text are Hindi sentences, one a line.

About 40 minutes of two cores for the first stage, then 30, 20, 60 and 10 for four rounds of fine-tuning: the second over
speech that is made less bad, the third with bands and moments masked, the last over speech nearly as it is. Steps are
what is set, not minutes.
"""

from __future__ import annotations

import argparse
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from mining.compose.utterances import read_utterances
from mining.documents.languages import language
from mining.documents.scripts import to_devanagari
from mining.models import corpus, finetune, seed
from mining.models.corpus import Reading, speak_corpus
from mining.models.train import Source
from mining.models.utterances import Utterances, pack

HELD_OUT = ("Chandigarh", "Dehradun")
STATIONS = ("Bhopal", "Gorakhpur", "Jaipur", "Patna", "Raipur")
SEED = replace(seed.SCHEDULE, steps=2800, until=1600)
FINETUNE = tuple(
    replace(finetune.SCHEDULE, seed=number, **changes)
    for number, changes in enumerate(
        (
            dict(steps=2000, until=1200, rate=1e-3, hold=0.3, longest=11.0),
            dict(steps=1000, rate=8e-4, warm_up=20, hold=0.1, final=0.02, augmented=0.5, intermediate=0.2),
            dict(steps=3000, rate=1e-3, hold=0.3, final=0.02, longest=11.0, augmented=0.8, masked=0.6),
            dict(steps=600, rate=4e-4, warm_up=20, hold=0.1, final=0.02, augmented=0.4, masked=0.3, intermediate=0.2),
        )
    )
)
SHARES = (
    {"air": 0.46, "hi": 0.06, "malayalam": 0.10, "pa-IN": 0.05, "or": 0.04, "speech": 0.29},
    {"air": 0.62, "hi": 0.05, "malayalam": 0.05, "pa-IN": 0.02, "or": 0.02, "speech": 0.24},
    {"air": 0.52, "hi": 0.06, "malayalam": 0.07, "pa-IN": 0.04, "or": 0.03, "speech": 0.28},
    {"air": 0.44, "hi": 0.05, "malayalam": 0.04, "pa-IN": 0.02, "or": 0.02, "speech": 0.43},
)
"""Of what the rounds of fine-tuning hear; "speech" is the first stage's, replayed against forgetting."""
SENTENCES = 10_500  # of the longest text; the others are taken whole


def spoken(text: str) -> str:
    """Letters and marks in Devanagari; nothing where the text holds a digit."""
    text = unicodedata.normalize("NFC", to_devanagari(text))
    if any(unicodedata.category(c)[0] == "N" for c in text):
        return ""
    text = text.replace("\u200c", "").replace("\u200d", "")
    return " ".join("".join(c if language("hi").holds(c) and unicodedata.category(c)[0] in "LM" else " " for c in text).split())


def packed(folder: Path, work: Path, **only: list[str]) -> Utterances:
    """A folder of utterances as training wants it, made once."""
    if (work / "index.jsonl").exists():
        return Utterances(work)
    return pack(_sounds(folder, only), work)


def _sounds(folder: Path, only: dict[str, list[str]]) -> Iterator[tuple[np.ndarray, str]]:
    for utterance in read_utterances(folder, only=only):
        if text := spoken(utterance.text):
            yield (utterance.load() * 32767).astype(np.int16), text


def sentences(files: list[Path]) -> list[str]:
    """What is spoken in the first stage: all files, and a sample of the longest."""
    parts = [corpus.sentences(path.read_text(encoding="utf8").splitlines(), language("hi").holds) for path in files]
    longest = max(parts, key=len)
    random.Random(0).shuffle(longest)
    chosen = [text for part in parts if part is not longest for text in part] + longest[:SENTENCES]
    return list(dict.fromkeys(chosen))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("air", "common-voice", "malayalam"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--text", type=Path, nargs="+", required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(2)
    work = given.out.with_name(f"{given.out.name}-work")

    reading = Reading("hi", tuple(sentences(given.text)), "hi")
    speech, unheard = speak_corpus(reading, work / "speech" / "hi")
    model = work / "seed"
    if not _done(model):
        seed.seed([reading], model, schedule=SEED, work=work / "speech", progress=_tell)

    parts = {name: packed(given.air, work / name, station=[name]) for name in (*STATIONS, *HELD_OUT)}
    others = {name: packed(given.common_voice / name, work / name) for name in ("hi", "pa-IN", "or")}
    others |= {"malayalam": packed(given.malayalam, work / "malayalam"), "speech": speech}
    check = {name: parts[name] for name in HELD_OUT} | {"tts": unheard}
    hours = sum(parts[name].hours for name in STATIONS)
    for number, (schedule, shares) in enumerate(zip(FINETUNE, SHARES, strict=True), start=1):
        out = given.out if number == len(FINETUNE) else work / f"heard-{number}"
        sources = [Source(parts[name], shares["air"] * parts[name].hours / hours) for name in STATIONS]
        sources += [Source(utterances, shares[name]) for name, utterances in others.items()]
        if not _done(out):
            finetune.finetune(model, sources, out, check=check, schedule=schedule, half=True, progress=_tell, told=print)
        model = out


def _done(model: Path) -> bool:
    """Whether a stage was finished: run again, the script goes on behind it."""
    return (model / "figures.json").exists()


def _tell(step: int, loss: float) -> None:
    print(f"step {step}  loss a character {loss:.3f}", flush=True)


if __name__ == "__main__":
    main()
