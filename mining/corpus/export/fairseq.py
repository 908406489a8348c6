"""fairseq's wav2vec manifests, as Shrutilipi is released in (arXiv 2208.12666).

SPLIT.tsv names a root folder, then a clip and its samples a line; SPLIT.wrd and .ltr hold its words
and letters on the same lines, dict.ltr.txt every letter with its count. Two files beside them are
ours, line by line too: SPLIT.conf, the confidence, and SPLIT.jsonl, where the clip came from.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from mining import store
from mining.corpus.export.folder import together
from mining.corpus.export.splits import SPLITS
from mining.corpus.export.utterances import Utterance

ROOT = "."
"""The root in a .tsv: the folder itself, so that it can move. fairseq reads it from where it runs."""

WORD_END = "|"
KINDS = ("tsv", "wrd", "ltr", "conf", "jsonl")


def write(folder: Path, utterances: Iterable[Utterance]) -> None:
    """Write the manifests of every split, empty ones too, and the dictionary, going over the utterances once."""
    counts = Counter[str]()  # of all splits: a letter that only the test split holds must not become <unk> there
    with together(folder, [f"{split}.{kind}" for split in SPLITS for kind in KINDS]) as files:
        for split in SPLITS:
            files[f"{split}.tsv"].write(f"{ROOT}\n")
        for utterance in utterances:
            lines = _lines(utterance)
            counts.update(lines["ltr"].split())
            for kind, line in lines.items():
                files[f"{utterance.split}.{kind}"].write(f"{line}\n")
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    store.write_text(folder / "dict.ltr.txt", "".join(f"{letter} {count}\n" for letter, count in ranked))


def letters(text: str) -> str:
    """Code points apart, a bar after each word.

    >>> letters("आज कल")
    'आ ज | क ल |'
    """
    return " ".join([*text.replace(" ", WORD_END), WORD_END])


def _lines(utterance: Utterance) -> dict[str, str]:
    """The line of an utterance in every file of its split."""
    text, row = utterance.text, utterance.row
    return {
        "tsv": f"{utterance.path}\t{utterance.samples}",
        "wrd": text,
        "ltr": letters(text),
        "conf": f"{row['confidence']:.6f}",
        "jsonl": json.dumps({"clip": utterance.path, **row}, ensure_ascii=False),
    }
