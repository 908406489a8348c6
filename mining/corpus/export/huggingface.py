"""A Hugging Face audiofolder: `datasets.load_dataset("audiofolder", data_dir=DIR)` or `load_dataset(DIR)`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mining.corpus.export.columns import TYPES, about_columns, known
from mining.corpus.export.folder import together
from mining.corpus.export.utterances import Utterances

METADATA = "metadata.jsonl"
NAME = "file_name"


def write(folder: Path, utterances: Utterances) -> None:
    """Write SPLIT/metadata.jsonl beside the clips of each split that has any; the dataset card tells the loader the splits."""
    columns = about_columns(utterances.facts.names)
    with together(folder, [f"{split}/{METADATA}" for split in utterances.facts.splits]) as files:
        for utterance in utterances:
            name = utterance.path.removeprefix(f"{utterance.split}/")
            row = filled({NAME: name, **utterances.record(utterance), **known(utterance.about, columns)})
            files[f"{utterance.split}/{METADATA}"].write(f"{json.dumps(row, ensure_ascii=False)}\n")


def filled(row: dict[str, Any]) -> dict[str, Any]:
    """A row without nulls: a column that is null all through one split would be of no type there, and the loader refuse all."""
    return {name: (-1 if TYPES.get(name) == "int64" else "") if value is None else value for name, value in row.items()}
