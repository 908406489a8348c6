"""fairseq's wav2vec manifests, as Shrutilipi is released in (arXiv 2208.12666).

SPLIT.tsv names a root folder, then a clip and its samples a line; SPLIT.wrd and .ltr hold its words
and letters on the same lines, dict.ltr.txt every letter with its count. Two files beside them are
ours, line by line too: SPLIT.conf, the confidence, and SPLIT.jsonl, where the clip came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from mining import store
from mining.corpus.export.clips import Utterance
from mining.corpus.export.splits import SPLITS

ROOT = "."
"""The root in a .tsv: the folder itself, so that it can move. fairseq reads it from where it runs."""

WORD_END = "|"


def write(folder: Path, utterances: Sequence[Utterance]) -> None:
    """Write the manifests of every split, empty ones too, and the dictionary."""
    for split in SPLITS:
        _write_split(folder, split, [u for u in utterances if u.split == split])
    # Letters of all splits: one that only the test split holds must not become <unk> there.
    counts = Counter(letter for u in utterances for letter in letters(u.text).split())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    _lines(folder / "dict.ltr.txt", (f"{letter} {count}" for letter, count in ranked))


def letters(text: str) -> str:
    """Code points apart, a bar after each word.

    >>> letters("आज कल")
    'आ ज | क ल |'
    """
    return " ".join([*text.replace(" ", WORD_END), WORD_END])


def _write_split(folder: Path, split: str, rows: Sequence[Utterance]) -> None:
    _lines(folder / f"{split}.tsv", [ROOT, *(f"{u.path}\t{u.samples}" for u in rows)])
    _lines(folder / f"{split}.wrd", (u.text for u in rows))
    _lines(folder / f"{split}.ltr", (letters(u.text) for u in rows))
    _lines(folder / f"{split}.conf", (f"{u.row['confidence']:.6f}" for u in rows))
    store.write_rows(folder / f"{split}.jsonl", ({"clip": u.path, **u.row} for u in rows))


def _lines(path: Path, lines: Iterable[str]) -> None:
    store.write_text(path, "".join(f"{line}\n" for line in lines))
