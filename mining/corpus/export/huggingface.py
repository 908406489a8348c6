"""A Hugging Face audiofolder: `datasets.load_dataset("audiofolder", data_dir=DIR)` or `load_dataset(DIR)`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mining import store
from mining.corpus.export.folder import together
from mining.corpus.export.splits import SPLITS
from mining.corpus.export.utterances import Utterance

METADATA = "metadata.jsonl"
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


def write(folder: Path, utterances: Iterable[Utterance]) -> None:
    """Write SPLIT/metadata.jsonl beside the clips of each split that has any, and the dataset card.

    The utterances are gone over twice: a table's columns must be known before its first row.
    """
    known = _Known.of(utterances)
    filled = [split for split in SPLITS if split in known.splits]
    columns = _columns(known.names)
    with together(folder, [f"{split}/{METADATA}" for split in filled]) as files:
        for utterance in utterances:
            row = json.dumps(_metadata(utterance, columns), ensure_ascii=False)
            files[f"{utterance.split}/{METADATA}"].write(f"{row}\n")
    splits = "\n".join(f'  - split: {split}\n    path: "{split}/**"' for split in filled)
    languages = "\n".join(f"- {code}" for code in sorted(known.languages))
    licences = f"\nLicences of the recordings: {'; '.join(sorted(known.licences))}.\n" if known.licences else ""
    store.write_text(folder / "README.md", CARD.format(splits=splits, languages=languages, licences=licences))


@dataclass(frozen=True, slots=True)
class _Known:
    """What the utterances are of: `names` are those of all that the catalogue knew of any recording."""

    splits: set[str] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)
    licences: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, utterances: Iterable[Utterance]) -> _Known:
        known = cls()
        for utterance in utterances:
            about = utterance.row.get("about") or {}
            known.splits.add(utterance.split)
            known.languages.add(utterance.row["language"])
            known.names.update(about)
            if licence := about.get("licence"):
                known.licences.add(" ".join(str(licence).split()))
        return known


def _metadata(utterance: Utterance, more: dict[str, str]) -> dict[str, Any]:
    name = utterance.path.removeprefix(f"{utterance.split}/")
    about = utterance.row.get("about") or {}
    known = {column: about.get(name) for column, name in more.items()}
    return {NAME: name, **{column: utterance.row[column] for column in COLUMNS}, **known}


def _columns(names: set[str]) -> dict[str, str]:
    """A column for everything that the catalogue knew, to its name there, sorted; none takes another's name."""
    columns: dict[str, str] = {}
    for name in sorted(names):
        column = name
        while column in (NAME, *COLUMNS) or column in columns or (column != name and column in names):
            column = f"about_{column}"
        columns[column] = name
    return columns
