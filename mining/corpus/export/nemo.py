"""NVIDIA NeMo's manifests: SPLIT_manifest.json, one JSON object a line; paths count from where the manifest lies."""

from __future__ import annotations

import json
from pathlib import Path

from mining.corpus.export.folder import together
from mining.corpus.export.splits import speakers
from mining.corpus.export.utterances import Utterances

MANIFEST = "{split}_manifest.json"
NAME = "audio_filepath"


def write(folder: Path, utterances: Utterances) -> None:
    """Write the manifest of every split that holds anything: what NeMo reads first, then where the utterance comes from."""
    with together(folder, [MANIFEST.format(split=split) for split in utterances.facts.splits]) as files:
        for utterance in utterances:
            record = utterances.record(utterance)
            row = {
                NAME: utterance.path,
                "duration": record["duration"],
                "text": record["text"],
                "lang": record["language"],
                "weight": record["confidence"],
                **({"speaker": names[0]} if len(names := speakers(utterance.row)) == 1 else {}),
                **record,
                "about": utterance.about,
            }
            files[MANIFEST.format(split=utterance.split)].write(f"{json.dumps(row, ensure_ascii=False)}\n")
