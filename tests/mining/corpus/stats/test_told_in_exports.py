"""What dataset card and croissant.json of a training set tell of its diversity."""

from __future__ import annotations

from pathlib import Path

import mlcroissant
import pytest

from mining import store
from mining.config import ExportConfig
from mining.corpus.export import export
from mining.corpus.stats.letters import inventory


@pytest.fixture
def known(fabricate) -> Path:
    """A run of which the catalogue knows something of the first two recordings."""
    out = fabricate(recordings=4)
    rows = store.read_rows(out / "pairs.jsonl")
    for row in rows[:4]:
        row["about"] = {"speaker": "Asha", "gender": "F", "station": "Patna"}
    for row in rows[4:8]:
        row["about"] = {"speaker": "R. *Sen*", "gender": "male", "state": "a|b"}
    store.write_rows(out / "pairs.jsonl", rows)
    return out


def lines(folder: Path) -> dict[str, str]:
    """The rows of the card's table, by their first cell."""
    told = (folder / "README.md").read_text(encoding="utf8").partition("## What is in it")[2].partition("## How sure")[0]
    cells = [line[2:-2].split(" | ", 1) for line in told.splitlines() if line.startswith("| ")]
    return dict(cells)


def test_the_card_tells_what_is_in_it(known: Path) -> None:
    told = lines(export(known, "nemo"))
    assert told["words"] == "60, 15 of them distinct, 0 only once"
    assert told["sentences"] == "16, 4 of them distinct"
    texts = {row["text"] for row in store.read_rows(known / "pairs.jsonl")}
    never = [letter for letter in inventory("hi") if not any(letter in text for text in texts)]
    assert told["letters of Hindi never seen"].split(": ")[0] == f"{len(never)} of 67"
    assert told["letters of Hindi never seen"].split(": ")[1].replace("\u00a0", "").split(" ") == never
    assert told["speakers"] == "2, as diverse as 2.0 who speak as long; not known of 0.3 min"
    assert told["gender"] == "female 0.1 min (50.0%), male 0.1 min (50.0%); not known of 0.3 min"
    assert told["regions"] == r"Bihar 0.1 min, a\|b 0.1 min; not known of 0.3 min"


def test_the_card_says_what_is_not_known(run: Path) -> None:
    told = lines(export(run, "nemo"))
    assert told["speakers"] == told["gender"] == told["regions"] == "not known"


def test_only_what_is_exported_counts(known: Path) -> None:
    rows = store.read_rows(known / "pairs.jsonl")
    for row in rows[8:]:
        row |= {"repeats": rows[0]["id"], "repeat": "sentence"}
    store.write_rows(known / "pairs.jsonl", rows)
    told = lines(export(known, "nemo", config=ExportConfig(drop_duplicates=True)))
    assert told["sentences"] == "8, 4 of them distinct"
    assert "not known" not in told["speakers"]


def test_croissant_tells_it_to_machines(known: Path) -> None:
    told = mlcroissant.Dataset(export(known, "nemo") / "croissant.json").metadata
    assert not told.ctx.issues.errors
    assert told.data_biases[0] == "Words: 60, 15 distinct; sentences: 16, 4 distinct."
    assert "Hours by gender: female 0.002, male 0.002." in told.data_biases


def test_the_same_run_gives_the_same_bytes(known: Path, tmp_path: Path) -> None:
    first, second = (export(known, "nemo", tmp_path / name) for name in ("first", "second"))
    for name in ("README.md", "croissant.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
