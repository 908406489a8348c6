"""Splits: whole recordings, stable while a run grows, every split filled."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.config import ExportConfig
from mining.corpus.export import splits
from mining.corpus.export.splits import SPLITS, speakers

Row = dict[str, Any]


def assign(rows: list[Row], config: ExportConfig) -> list[str]:
    return [SPLITS[index] for index in splits.assign(iter(rows), config)]


def rows(count: int) -> list[Row]:
    return [{"recording": f"r{number:04d}", "id": f"r{number:04d}-p00001"} for number in range(count)]


@given(st.integers(3, 60), st.floats(0.01, 0.45), st.floats(0.01, 0.45))
def test_every_split_has_a_recording(count: int, valid: float, test: float) -> None:
    assert set(assign(rows(count), ExportConfig(valid, test))) == {"train", "valid", "test"}


@given(st.integers(1, 40), st.floats(0.01, 0.45), st.floats(0.01, 0.45))
def test_blocks_leave_something_to_train_on(count: int, valid: float, test: float) -> None:
    names = assign([{"recording": "one", "id": f"one-p{number:05d}"} for number in range(count)], ExportConfig(valid, test))
    assert names == sorted(names, key=["train", "valid", "test"].index)
    assert names[0] == "train"


def test_a_growing_run_moves_no_recording() -> None:
    config = ExportConfig(0.1, 0.1)
    few, many = assign(rows(200), config), assign(rows(400), config)
    assert many[:200] == few


def test_shares_come_out_about_right() -> None:
    counts = Counter(assign(rows(2000), ExportConfig(0.05, 0.10)))
    assert counts["valid"] / 2000 == pytest.approx(0.05, abs=0.02)
    assert counts["test"] / 2000 == pytest.approx(0.10, abs=0.02)


def test_shares_of_zero_are_no_split() -> None:
    assert set(assign(rows(10), ExportConfig(0.0, 0.0))) == {"train"}
    assert set(assign(rows(2), ExportConfig(0.0, 0.0))) == {"train"}


def naive(rows: list[Row], config: ExportConfig) -> list[str]:
    """What `assign` promises, row by row: the splits of the others first, then each copy of a sound goes to its original."""
    originals = {row["id"] for row in rows if row["repeat"] != "sound"}
    others = [row for row in rows if row["repeat"] != "sound" or row["repeats"] not in originals]
    homes = dict(zip((row["id"] for row in others), assign([{**row, "repeat": None} for row in others], config), strict=True))
    return [homes.get(row["id"]) or homes[row["repeats"]] for row in rows]


@st.composite
def runs(draw: st.DrawFn) -> list[Row]:
    """Recordings, some of them copies of another, whose pairs repeat sounds and sentences of any, or of none that is there."""
    found: list[Row] = []
    for number in range(draw(st.integers(1, 6))):
        recording = f"r{number}-{draw(st.sampled_from(['00aa', '11bb', '22cc', '33dd', '44ee']))}"
        for pair in range(draw(st.integers(1, 4))):
            kind = draw(st.sampled_from([None, None, "sound", "sentence"]))
            repeats = draw(st.sampled_from([*(row["id"] for row in found), "gone-p00001"])) if kind else None
            found.append({"recording": recording, "id": f"{recording}-p{pair:05d}", "repeat": kind, "repeats": repeats})
    return found


@given(runs(), st.floats(0.0, 0.45), st.floats(0.0, 0.45))
def test_a_sound_goes_where_it_was_heard_first(run: list[Row], valid: float, test: float) -> None:
    config = ExportConfig(valid, test)
    assert assign(run, config) == naive(run, config)


def test_a_sound_whose_original_is_not_there_goes_with_its_recording() -> None:
    run = rows(40)
    alone = assign(run, ExportConfig(0.3, 0.3))
    run[7] |= {"repeat": "sound", "repeats": "gone-p00001"}
    assert assign(run, ExportConfig(0.3, 0.3)) == alone


def spoken(who: list[str]) -> list[Row]:
    """A row of a recording by each of some speakers."""
    return [{**row, "about": {"speaker": name} if name else {}} for row, name in zip(rows(len(who)), who, strict=True)]


def homes(run: list[Row], config: ExportConfig) -> dict[str, set[str]]:
    """The splits in which each speaker is heard."""
    found: dict[str, set[str]] = {}
    for row, split in zip(run, assign(run, config), strict=True):
        for name in speakers(row):
            found.setdefault(name, set()).add(split)
    return found


@given(st.lists(st.sampled_from(["", "", "a", "b", "c", "d", "a; b", "c|d", "e"]), min_size=1, max_size=40))
def test_speakers_are_in_one_split_wherever_that_can_be(who: list[str]) -> None:
    run, config = spoken(who), ExportConfig(0.3, 0.3)
    groups: list[set[str]] = [{f"recording {number}"} for number, name in enumerate(who) if not name]
    for name in filter(None, who):
        met = set(name.replace("|", ";").replace(" ", "").split(";"))
        for group in [group for group in groups if group & met]:
            met |= group
            groups.remove(group)
        groups.append(met)
    if len(groups) >= 3:
        assert set(assign(run, config)) == set(SPLITS)
        assert all(len(splits) == 1 for splits in homes(run, config).values())


def test_a_speaker_is_the_same_however_the_name_is_spaced_and_cased() -> None:
    assert speakers({"about": {"speaker": " Asha  RAO ;R. Sen|"}}) == ("asha rao", "r. sen")
    assert speakers({"about": {"speaker": None}}) == speakers({"about": None}) == speakers({}) == ()


def test_a_growing_run_moves_no_speaker() -> None:
    config = ExportConfig(0.1, 0.1)
    few = spoken([f"s{number % 60}" for number in range(120)])
    many = spoken([f"s{number % 60}" for number in range(120)] + [f"s{number % 90}" for number in range(280)])
    assert assign(many, config)[:120] == assign(few, config)


def test_who_speaks_most_trains() -> None:
    """Wherever the hash would have put this speaker."""
    for name in map(str, range(20)):
        run = spoken([name] * 30 + [f"{name}-{number}" for number in range(20)])
        assert homes(run, ExportConfig(0.2, 0.2))[name] == {"train"}


def test_where_all_speak_together_only_recordings_are_whole(caplog: pytest.LogCaptureFixture) -> None:
    run = spoken(["a"] * 6 + ["b"] * 6)
    assert assign(run, ExportConfig(0.2, 0.2)) == assign(rows(12), ExportConfig(0.2, 0.2))
    assert "train, valid and test share speakers" in caplog.text


def test_no_warning_where_speakers_are_apart(caplog: pytest.LogCaptureFixture) -> None:
    assign(spoken(["a", "b", "c", ""]), ExportConfig(0.2, 0.2))
    assert caplog.text == ""
