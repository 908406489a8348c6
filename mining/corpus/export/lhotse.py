"""Lhotse's manifests: recordings, supervisions and cuts of every split, as lhotse names its own; a recording is one clip.

Paths count from the folder: `CutSet.from_file(...).with_recording_path_prefix(DIR)`.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from mining import store
from mining.corpus.export.splits import speakers
from mining.corpus.export.utterance import Utterance
from mining.corpus.export.utterances import Utterances
from mining.records import SAMPLE_RATE

KINDS = ("recordings", "supervisions", "cuts")
OWN = ("id", "text", "language", "duration", "start", "end")
"""What supervisions tell in fields of their own, or mean something else by: their times are those in the clip."""

NAME = "shruti_{kind}_{split}.jsonl.gz"


def write(folder: Path, utterances: Utterances) -> None:
    """Write the three manifests of every split that holds anything. Confidence and provenance are `custom` of a supervision."""
    names = [NAME.format(kind=kind, split=split) for split in utterances.facts.splits for kind in KINDS]
    with _compressed(folder, names) as files:
        for utterance in utterances:
            for kind, row in _entries(utterance, utterances.record(utterance)).items():
                files[NAME.format(kind=kind, split=utterance.split)].write(f"{json.dumps(row, ensure_ascii=False)}\n")


def _entries(utterance: Utterance, record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The line of an utterance in each of its split's manifests."""
    id = utterance.stem
    duration = utterance.samples / SAMPLE_RATE
    who = speakers(utterance.row)
    beside = {name: value for name, value in record.items() if name not in OWN}
    recording = {
        "id": id,
        "sources": [{"type": "file", "channels": [0], "source": utterance.path}],
        "sampling_rate": SAMPLE_RATE,
        "num_samples": utterance.samples,
        "duration": duration,
        "channel_ids": [0],
    }
    supervision = {
        "id": id,
        "recording_id": id,
        "start": 0.0,
        "duration": duration,
        "channel": 0,
        "text": utterance.text,
        "language": record["language"],
        **({"speaker": who[0]} if len(who) == 1 else {}),
        "custom": {"weight": record["confidence"], "pair": record["id"], **beside, "about": utterance.about},
    }
    cut = {
        "id": id,
        "start": 0.0,
        "duration": duration,
        "channel": 0,
        "supervisions": [supervision],
        "recording": recording,
        "custom": {"weight": record["confidence"]},
        "type": "MonoCut",
    }
    return {"recordings": recording, "supervisions": supervision, "cuts": cut}


@contextlib.contextmanager
def _compressed(folder: Path, names: Iterable[str]) -> Iterator[dict[str, TextIO]]:
    """Yield files of compressed text, as `folder.together` does; without a time or a name in them, for those would differ."""
    with contextlib.ExitStack() as stack:
        files: dict[str, TextIO] = {}
        for name in names:
            raw = stack.enter_context(stack.enter_context(store.writing(folder / name)).open("wb"))
            packed = stack.enter_context(gzip.GzipFile("", "wb", 6, raw, mtime=0))
            files[name] = stack.enter_context(io.TextIOWrapper(packed, encoding="utf8"))
        yield files
