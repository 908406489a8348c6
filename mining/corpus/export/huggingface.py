"""A Hugging Face audiofolder: `datasets.load_dataset("audiofolder", data_dir=DIR)` or `load_dataset(DIR)`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mining import store
from mining.corpus.export.clips import Utterance
from mining.corpus.export.splits import SPLITS

NAME = "file_name"
COLUMNS = ("text", "raw_text", "language", "confidence", "duration", "id", "recording", "start", "end", "document", "page")
"""Columns of metadata.jsonl after `NAME`; `start` and `end` are seconds in the recording. What the catalogue knew follows."""

# Without the list of splits, the loader guesses them from words in paths: a recording named
# test-bulletin would be in two splits at once.
CARD = """\
---
configs:
- config_name: default
  data_files:
{splits}
task_categories:
- automatic-speech-recognition
language:
{languages}
---

# Sentences and their speech, mined by Shruti

Each clip is 16 kHz mono FLAC. `text` is normalised for training, `raw_text` is what the document says,
`confidence` is the calibrated probability that text and both ends are right.
{licences}"""


def write(folder: Path, utterances: Sequence[Utterance]) -> None:
    """Write SPLIT/metadata.jsonl beside the clips of each split that has any, and the dataset card."""
    filled = [split for split in SPLITS if any(u.split == split for u in utterances)]
    more = _more(utterances)
    for split in filled:
        store.write_rows(folder / split / "metadata.jsonl", (_metadata(u, more) for u in utterances if u.split == split))
    splits = "\n".join(f'  - split: {split}\n    path: "{split}/**"' for split in filled)
    languages = "\n".join(f"- {code}" for code in sorted({u.row["language"] for u in utterances}))
    store.write_text(folder / "README.md", CARD.format(splits=splits, languages=languages, licences=_licences(utterances)))


def _metadata(utterance: Utterance, more: dict[str, str]) -> dict[str, Any]:
    name = utterance.path.removeprefix(f"{utterance.split}/")
    about = utterance.row.get("about") or {}
    known = {column: about.get(name) for column, name in more.items()}
    return {NAME: name, **{column: utterance.row[column] for column in COLUMNS}, **known}


def _more(utterances: Sequence[Utterance]) -> dict[str, str]:
    """A column for everything that the catalogue knew of any recording, to its name there, sorted; none takes another's name."""
    names = sorted({name for utterance in utterances for name in utterance.row.get("about") or {}})
    columns: dict[str, str] = {}
    for name in names:
        column = name
        while column in (NAME, *COLUMNS) or column in columns or (column != name and column in names):
            column = f"about_{column}"
        columns[column] = name
    return columns


def _licences(utterances: Sequence[Utterance]) -> str:
    """A paragraph of the card that names the recordings' licences; empty where none is known."""
    known = sorted(
        {" ".join(str(u.row["about"]["licence"]).split()) for u in utterances if (u.row.get("about") or {}).get("licence")}
    )
    return "\nLicences of the recordings: " + "; ".join(known) + ".\n" if known else ""
