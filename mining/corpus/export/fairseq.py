"""fairseq's wav2vec manifests, as Shrutilipi is released in (arXiv 2208.12666).

SPLIT.tsv names a root folder, then a clip and its samples a line; SPLIT.wrd and .ltr hold its words
and letters on the same lines, dict.ltr.txt every letter with its count. Two files beside them are
ours, line by line too: SPLIT.conf, the confidence, and SPLIT.jsonl, where the clip came from.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mining import store
from mining.corpus.export.folder import together
from mining.corpus.export.splits import SPLITS
from mining.corpus.export.utterance import Utterance
from mining.corpus.export.utterances import Utterances

ROOT = "."
"""The root in a .tsv: the folder itself, so that it can move. fairseq reads it from where it runs."""

WORD_END = "|"
KINDS = ("tsv", "wrd", "ltr", "conf", "jsonl")


def write(folder: Path, utterances: Utterances) -> None:
    """Write the manifests of every split, empty ones too, and the dictionary, going over the utterances once."""
    counts = Counter[str]()  # of all splits: a letter that only the test split holds must not become <unk> there
    with together(folder, [f"{split}.{kind}" for split in SPLITS for kind in KINDS]) as files:
        for split in SPLITS:
            files[f"{split}.tsv"].write(f"{ROOT}\n")
        for utterance in utterances:
            lines = _lines(utterance, utterances.record(utterance))
            counts.update(lines["ltr"].split())
            for kind, line in lines.items():
                files[f"{utterance.split}.{kind}"].write(f"{line}\n")
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    store.write_text(folder / "dict.ltr.txt", "".join(f"{letter} {count}\n" for letter, count in ranked))


@contextlib.contextmanager
def lines(folder: Path, split: str) -> Iterator[Iterator[tuple[str, str, str, str]]]:
    """Yield the lines of a split side by side: of SPLIT.tsv, .wrd, .conf and .jsonl, without the root.

    Raises:
        ValueError: one has more lines than another.
    """
    with contextlib.ExitStack() as stack:
        kinds = ("tsv", "wrd", "conf", "jsonl")
        files = [stack.enter_context((folder / f"{split}.{kind}").open(encoding="utf8")) for kind in kinds]
        next(files[0], None)
        tsv, wrd, conf, jsonl = ((line.removesuffix("\n") for line in file) for file in files)
        yield zip(tsv, wrd, conf, jsonl, strict=True)


def letters(text: str) -> str:
    """Code points apart, a bar after each word.

    >>> letters("आज कल")
    'आ ज | क ल |'
    """
    return " ".join([*text.replace(" ", WORD_END), WORD_END])


def _lines(utterance: Utterance, record: dict[str, Any]) -> dict[str, str]:
    """The line of an utterance in every file of its split."""
    text, row = utterance.text, utterance.row
    return {
        "tsv": f"{utterance.path}\t{utterance.samples}",
        "wrd": text,
        "ltr": letters(text),
        "conf": f"{row['confidence']:.6f}",
        "jsonl": json.dumps({"clip": utterance.path, **record, **row}, ensure_ascii=False),
    }
