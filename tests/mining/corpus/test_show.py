"""Alignments as they are printed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mining import store
from mining.corpus.show import WIDTH, columns, show
from mining.errors import InputError, UsageError


def pair_id(run: Path, index: int) -> str:
    return store.read_rows(run / "pairs.jsonl")[index]["id"]


def test_one_pair_is_printed_with_marks_and_times(run: Path) -> None:
    id = pair_id(run, 2)
    assert show(run, id) == (
        f"{id}   0:07.00 - 0:09.50 (2.5 s)   page 2   confidence 0.950   hybrid\n"
        "   0:07.00  text  नमस्ते दिल्ली से समा-चार\n"
        "            heard नमस्ते दिली  से समा चार\n"
        "                        S      I\n"
        "\n"
        "S: heard otherwise   D: written, not heard   I: heard, not written\n"
    )


def test_without_an_id_all_pairs_are_printed(run: Path) -> None:
    text = show(run)
    assert [line.split()[0] for line in text.splitlines() if "confidence" in line] == [pair_id(run, i) for i in range(8)]


def test_long_sentences_are_wrapped_and_every_line_says_when(run: Path) -> None:
    words = " ".join(["किसानों की बैठक"] * 20)
    rows = store.read_rows(run / "pairs.jsonl")
    store.write_rows(run / "pairs.jsonl", [{**rows[0], "text": words, "heard": words}])
    letters = words.replace(" ", "")
    times = [16000 + 90 * i for i in range(len(letters))]
    transcript = {"segment": "g00001", "start": 16000, "end": 48000, "text": letters, "times": times}
    store.write_rows(run / "recordings" / rows[0]["recording"] / "transcript.jsonl", [transcript])
    lines = show(run).splitlines()
    assert max(cell_len(line) for line in lines) <= WIDTH
    written = [line for line in lines if "  text  " in line]
    assert len(written) > 2
    stamps = [line.split()[0] for line in written]
    assert stamps == sorted(stamps)
    assert len(set(stamps)) == len(stamps)
    assert " ".join(" ".join(line.split()[2:]) for line in written) == words


@given(st.text("कमसफि ी्ंेर", max_size=25), st.text("कमसफि ी्ंेर", max_size=25))
def test_marks_stand_under_what_differs(text: str, heard: str) -> None:
    for column in columns(text, heard):
        assert column.mark in " S" if column.text == column.heard else column.mark in "SDI"  # S: of a word heard otherwise
        assert column.width >= max(cell_len(column.text), cell_len(column.heard))


def test_a_run_without_transcripts_still_shows(run: Path) -> None:
    for folder in (run / "recordings").iterdir():
        shutil.rmtree(folder)
    assert "heard" in show(run, pair_id(run, 0))


def test_unknown_pairs_are_told_with_near_ones(run: Path) -> None:
    with pytest.raises(UsageError, match=r"p99999.*Near it: bulletin"):
        show(run, "p99999")


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the folder of a run"):
        show(tmp_path)
