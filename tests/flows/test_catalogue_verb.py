"""`shruti catalogue` on real folders, and catalogues that `shruti` then takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mining.corpus.catalogue import check_catalogue, read_catalogue


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two recordings with their scripts, and seven without."""
    root = tmp_path / "archive"
    (root / "2024").mkdir(parents=True)
    for name in ("पटना 'आज'", "delhi"):
        (root / "2024" / f"{name}.mp3").write_bytes(b"x")
        (root / "2024" / f"{name}.pdf").write_bytes(b"x")
    for number in range(7):
        (root / f"alone-{number}.mp3").write_bytes(b"x")
    return root


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_a_catalogue_is_written_that_can_be_read(suffix: str, shruti, archive: Path, tmp_path: Path) -> None:
    out = archive / f"list.{suffix}"
    done = shruti("catalogue", archive, "-o", out, "--lang", "hi", "--set", "licence=CC-BY-4.0", "--set", "station = All = one")
    assert done.exit_code == 0
    assert done.stdout == f"2 pairs in {out}\n"
    alone = ", ".join(f"alone-{number}.mp3" for number in range(5))
    assert f"7 recordings without a document: {alone}, and 2 more" in done.stderr
    assert check_catalogue(out) == 2
    first, second = read_catalogue(out)
    assert (first.id, second.id) == ("2024-delhi", "2024-पटना 'आज'")
    assert Path(second.audio).is_file() and Path(second.document).is_file()
    assert (first.language, first.about) == ("hi", {"licence": "CC-BY-4.0", "station": "All = one"})
    before = out.read_bytes()
    assert (
        shruti(
            "catalogue", archive, "-o", out, "--lang", "hi", "--set", "station=All = one", "--set", "licence=CC-BY-4.0"
        ).exit_code
        == 0
    )
    assert out.read_bytes() == before


def test_json_names_all_that_is_left(shruti, archive: Path) -> None:
    done = shruti("catalogue", archive, "-o", archive / "list.csv", "--json")
    told = json.loads(done.stdout)
    assert (told["catalogue"], told["pairs"]) == (str(archive / "list.csv"), 2)
    assert len(told["left"]["audio_alone"]) == 7


def test_nothing_found_is_told_and_nothing_written(shruti, archive: Path) -> None:
    done = shruti("catalogue", archive, "-o", archive / "list.csv", "--pattern", "{a}/{b}/{c}")
    assert done.exit_code == 4
    assert "0 pairs, so no catalogue is written" in done.stdout
    assert "11 files whose names do not fit the pattern" in done.stderr
    assert not (archive / "list.csv").exists()
    assert (
        json.loads(shruti("catalogue", archive / "2024", "-o", "x.csv", "--pattern", "{a}/{b}", "--json").stdout)["catalogue"]
        is None
    )


def test_an_older_catalogue_stays_where_nothing_is_found(shruti, archive: Path) -> None:
    (archive / "list.csv").write_text("mine")
    assert shruti("catalogue", archive, "-o", archive / "list.csv", "--pattern", "{a}/{b}/{c}").exit_code == 4
    assert (archive / "list.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["-o", "list.xlsx"], 2, "named like no catalogue"),
        (["-o", "x.csv", "--lang", "klingon"], 2, "klingon"),
        (["-o", "x.csv", "--set", "licence"], 2, "NAME=VALUE"),
        (["-o", "x.csv", "--set", "language=hi"], 2, "--lang"),
        (["-o", "x.csv", "--set", "id=1"], 2, "row to row"),
        (["-o", "x.csv", "--pattern", "{a"], 2, "brace"),
        (["-o", "x.csv", "--audio-pattern", "{a}"], 2, "Give both"),
        (["-o", "/dev/null/x.csv"], 6, "cannot be written"),
    ],
)
def test_wrong_usage(arguments: list[str], code: int, told: str, shruti, archive: Path) -> None:
    done = shruti("catalogue", archive, *arguments)
    assert done.exit_code == code, done.stderr
    assert told in done.stderr


def test_a_source_that_is_not_there(shruti, tmp_path: Path) -> None:
    done = shruti("catalogue", tmp_path / "none", "-o", tmp_path / "x.csv")
    assert done.exit_code == 3
    assert "cannot be read" in done.stderr
