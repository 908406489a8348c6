"""The public files of a run, line by line: what is damaged is told with its line and what to do about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mining import store
from mining.corpus import rows
from mining.errors import InputError

PAIR = {"id": "r-p00001", "recording": "r", "text": "आज", "start": 1.0, "end": 2.0, "confidence": 0.9}
REJECTED = {"id": "r-x00001", "recording": "r", "kind": "pair", "reason": "low_confidence"}


@pytest.mark.parametrize(
    "wrong",
    [
        '{"id": "r-p00002", "te',
        "[" * 100_000,
        '["r-p00002"]',
        "\ud800",
        *(json.dumps({name: value for name, value in PAIR.items() if name != lost}) for lost in PAIR),
    ],
)
def test_a_damaged_pair_is_told(tmp_path: Path, wrong: str) -> None:
    lines = f"{json.dumps(PAIR)}\n\n{wrong}\n{json.dumps(PAIR)}\n"
    (tmp_path / "pairs.jsonl").write_bytes(lines.encode(errors="surrogatepass"))
    found = rows.stream_pairs(tmp_path)
    assert next(found) == PAIR
    with pytest.raises(
        InputError, match=r"pairs\.jsonl, line 3: is damaged, it is no JSON object with confidence, .* text"
    ) as caught:
        next(found)
    assert "Run shruti align or shruti filter" in caught.value.advice
    with pytest.raises(InputError, match="line 3"):
        rows.read_pairs(tmp_path)


@pytest.mark.parametrize("lost", REJECTED)
def test_a_damaged_rejection_is_told(tmp_path: Path, lost: str) -> None:
    store.write_rows(tmp_path / "rejected.jsonl", [REJECTED, {name: value for name, value in REJECTED.items() if name != lost}])
    with pytest.raises(
        InputError, match=r"rejected\.jsonl, line 2: is damaged, it is no JSON object with id, kind, reason, recording"
    ):
        list(rows.stream_rejected(tmp_path))


def test_a_damaged_file_of_a_recording_is_told(tmp_path: Path) -> None:
    (tmp_path / "transcript.jsonl").write_text('{"segment": "g0\n')
    with pytest.raises(InputError, match=r"transcript\.jsonl, line 1: is damaged, it is no JSON object\.") as caught:
        store.read_rows(tmp_path / "transcript.jsonl")
    assert caught.value.advice == store.DAMAGED
