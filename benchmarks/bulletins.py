"""Compose the bulletins that thresholds are tuned on, those that figures are taken from, and the sample.

    python benchmarks/bulletins.py --utterances air-hindi --texts wikipedia-hi.txt -o OUT

`air-hindi` are the 371 sentences of All India Radio's regional news in AI4Bharat/IndicWav2Vec (workshop-2022)
with a table `sentences.tsv` of file, station and text. OUT gets the folders `development` (ten bulletins of five stations),
`heldout` (three of the two stations that nothing is tuned or trained on), `check` (ten of these two, in the manner of
the development ones, to judge the calibration by) and `sample` (what lies in mining/data/sample). The same input gives
the same bytes.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from mining.compose import PageQuality, Recipe, compose, preset

HELD_OUT = ("Chandigarh", "Dehradun")
HEARD = ("Bhopal", "Gorakhpur", "Jaipur", "Patna", "Raipur")

SECTIONS = ("मुख्य समाचार", "राज्य के समाचार", "खेल समाचार", "मौसम")
AGENCY = "आकाशवाणी प्रादेशिक समाचार एकांश"
FAIR = PageQuality(dpi=200, blur=0.8, noise=11.0, skew=0.4, contrast=0.8)
POOR = PageQuality(dpi=150, blur=0.8, noise=14.0, skew=0.7, contrast=0.7, jpeg=45)

PLAIN = preset("radio")
LEGACY = replace(PLAIN, layer="gibberish", noise=24.0, header_local=AGENCY, quality=FAIR)
ROUGH = replace(PLAIN, noise=21.0, bed=0.2, columns=2, font="Serif", font_size=11.0, headings=SECTIONS, quality=POOR)

VARIED: dict[str, Recipe] = {
    "plain": PLAIN,
    "legacy": LEGACY,
    "rough": ROUGH,
    "good-layer": replace(PLAIN, layer="good", noise=30.0, headings=SECTIONS),
    "reordered": replace(PLAIN, reordered=0.3, repeated=0.08, breaths=0.4),
    "unspoken": replace(PLAIN, unspoken=0.4, header="", header_local=AGENCY),
    "unprinted": replace(PLAIN, unprinted=0.4, noise=18.0, bed=0.4),
    "digits": replace(PLAIN, danda_missing=0.1, digits=0.5, breaths=0.3, noise=24.0, quality=FAIR),
    "breathless": replace(PLAIN, unprinted=0.35, breaths=0.7, stingers=0.3, reordered=0.1),
    "hurried": replace(LEGACY, unprinted=0.3, pause=(0.05, 0.4), breaths=0.0, digits=0.3),
}

SETS: dict[str, tuple[tuple[str, ...], dict[str, Recipe]]] = {
    "heldout": (
        HELD_OUT,
        {
            "heldout-1": replace(PLAIN, seed=101, minutes=5.7),
            "heldout-2": replace(LEGACY, seed=102, minutes=5.7),
            "heldout-3": replace(ROUGH, seed=103, minutes=5.7),
        },
    ),
    "development": (HEARD, {f"dev-{i}": replace(one, seed=200 + i) for i, one in enumerate(VARIED.values(), 1)}),
    "check": (HELD_OUT, {f"check-{name}": replace(one, seed=300 + i) for i, (name, one) in enumerate(VARIED.items())}),
    "sample": (HELD_OUT, {"bulletin": preset("sample")}),
}


def main() -> None:
    """Build the sets that were asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=Path, required=True, help="folder with sentences.tsv")
    parser.add_argument("--texts", type=Path, help="sentences for the page alone, one a line; else unused utterances")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("-o", "--out", type=Path, required=True)
    arguments = parser.parse_args()
    for name in arguments.sets:
        stations, recipes = SETS[name]
        for bulletin, recipe in recipes.items():
            made = compose(
                arguments.utterances,
                arguments.out / name,
                recipe,
                name=bulletin,
                audio_format="ogg" if name == "sample" else "flac",
                only={"station": stations},
                unspoken_texts=None if name == "sample" else arguments.texts,  # the sample holds nobody else's text
            )
            print(made.audio, made.pdf, made.gold)


if __name__ == "__main__":
    main()
