"""An archive for the loop: bulletins of real utterances with scanned documents, and speakers that no bulletin has.

    python -m benchmarks.loop.make --utterances air-hindi --by station --held-out Chandigarh,Dehradun \\
        --texts wikipedia-hi.txt --lang hi -o OUT

OUT/archive.csv is the catalogue; OUT/check holds the utterances of the held-out speakers, OUT/true those of the bulletins, each a
folder with a table. Without --held-out every fifth speaker (by the hash of the name) is held out. The same input gives
the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
from dataclasses import replace
from pathlib import Path

from benchmarks.bulletins import FAIR
from mining.compose import compose, preset
from mining.compose.utterances import Utterance, read_utterances

BULLETIN = 70  # utterances at most in one
HELD_OUT = 5  # every so-manieth speaker, where none are named


def groups(found: list[Utterance], by: str, held_out: set[str]) -> tuple[list[Utterance], list[list[Utterance]]]:
    """(utterances of held-out speakers, the others in bulletins, those of one speaker together)."""
    names = sorted({str(one.about[by]) for one in found})
    held = held_out or {name for name in names if int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % HELD_OUT == 0}
    kept = [one for name in names if name not in held for one in found if one.about[by] == name]
    count = -(-len(kept) // BULLETIN)
    size = -(-len(kept) // count)
    return [one for one in found if one.about[by] in held], [kept[at : at + size] for at in range(0, len(kept), size)]


def link(utterances: list[Utterance], folder: Path, where: Path, by: str) -> Path:
    """A folder of utterances: links to their sounds, and a table."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "sentences.tsv").open("w", encoding="utf8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(["file", "text", by])
        for one in utterances:
            name = Path(one.source).name
            if not (folder / name).exists():
                os.symlink(next(where.rglob(name)).resolve(), folder / name)
            table.writerow([name, one.text, one.about[by]])
    return folder


def main() -> None:
    """Make an archive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=Path, required=True)
    parser.add_argument("--by", required=True, help="column that says who speaks")
    parser.add_argument("--held-out", default="", help="its values that are held out, with commas")
    parser.add_argument("--texts", type=Path, required=True, help="sentences that pages have and nobody reads")
    parser.add_argument("--lang", required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args()
    found = read_utterances(given.utterances)
    check, bulletins = groups(found, given.by, set(filter(None, given.held_out.split(","))))
    link(check, given.out / "check", given.utterances, given.by)
    link([one for part in bulletins for one in part], given.out / "true", given.utterances, given.by)
    plain = replace(preset("radio"), language=given.lang, minutes=60.0)
    if given.lang != "hi":
        plain = replace(plain, title="")
    rows = []
    for number, part in enumerate(bulletins, 1):
        name = f"bulletin-{number}"
        source = link(part, given.out / "parts" / name, given.utterances, given.by)
        recipe = replace(plain, seed=number) if number % 2 else replace(plain, seed=number, noise=24.0, quality=FAIR)
        made = compose(source, given.out / "recordings", recipe, name=name, unspoken_texts=given.texts, shorter=True)
        rows.append([name, *(f"recordings/{path.name}" for path in (made.audio, made.pdf)), given.lang, made.gold.name])
        print(name, len(part), "utterances", flush=True)
    with (given.out / "archive.csv").open("w", encoding="utf8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["id", "audio", "document", "language", "gold"], *rows])


if __name__ == "__main__":
    main()
