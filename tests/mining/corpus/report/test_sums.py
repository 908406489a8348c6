"""Tables by column, words mended, pairs to be heard first, verdicts beside confidence: each adds up to the whole run."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from mining import store
from mining.corpus.report import extremes, facts, groups, mended, reliability
from tests.mining.corpus.report.conftest import part


def _grouped(parts: list[facts.Part]) -> groups.Grouped:
    found = groups.Groups()
    for one in parts:
        found.add(one)
    return found.grouped()


def test_every_table_adds_up_to_the_run() -> None:
    parts = [part(f"r{i}", mined=i, confidences=(0.9,) * (i % 3), station=f"s{i % 7}", speaker=f"v{i % 45}") for i in range(100)]
    parts += [part("untold", mined=7.0)]
    found = _grouped(parts)
    assert [table.column for table in found.tables] == ["station", "speaker"]
    for table in found.tables:
        whole = groups.Sum()
        for _, one in [*table.rows, ("", table.rest)]:
            whole.add(one)
        assert whole.recordings == 101
        assert whole.seconds == pytest.approx(101 * 100.0)
        assert whole.mined == pytest.approx(sum(range(100)) + 7.0)
        assert whole.pairs == sum(len(one.pairs) for one in parts)
        assert whole.mean == pytest.approx(0.9)
    assert dict(found.tables[0].rows)[""].recordings == 1


def test_columns_with_many_values_show_the_largest() -> None:
    parts = [part(f"r{i}-{n}", speaker=f"v{i:02d}") for i in range(45) for n in range(2 + (i == 44))]
    (table,) = _grouped(parts).tables
    assert (len(table.rows), table.others) == (groups.SHOWN, 45 - groups.SHOWN)
    assert table.rows[0][0] == "v44"


def test_what_is_always_or_never_the_same_gets_no_table() -> None:
    found = _grouped([part(f"r{i}", title=f"t{i}", licence="CC0") for i in range(50)])
    assert found.tables == []
    assert found.same == [("language", "hi"), ("licence", "CC0")]
    assert found.own == ["title"]


def test_languages_are_told_apart() -> None:
    (table,) = _grouped([part("a", mined=10, language="hi"), part("b", mined=30, language="ur")]).tables
    assert [(value, one.mined, one.share) for value, one in table.rows] == [("hi", 10, 0.1), ("ur", 30, 0.3)]


@pytest.mark.parametrize(("days", "rows"), [(20, 20), (300, 10), (2000, 6)])
def test_many_days_are_months_and_many_months_years(days: int, rows: int) -> None:
    dates = [f"{2000 + day // 365}-{day % 365 // 31 + 1:02d}-{day % 31 + 1:02d}" for day in range(days)]
    (table,) = _grouped([part(f"r{i}", date=date) for i, date in enumerate(dates)]).tables
    assert [value for value, _ in table.rows] == sorted(value for value, _ in table.rows)
    assert len(table.rows) == rows and table.others == 0
    assert sum(one.recordings for _, one in table.rows) == days


def test_words_that_were_mended_are_counted() -> None:
    words = mended.Words()
    one = part("a", confidences=(0.9, 0.9, 0.9))
    for pair, applied in zip(one.pairs, ([True, False], [True], []), strict=True):
        pair.row["corrections"] = [{"old": "गंया", "new": "गया", "applied": yes} for yes in applied]
    one.pairs[2].row["corrections"] = [{"old": "छः", "new": "छ", "applied": False}]
    words.add(one)
    found = words.mended()
    assert (found.found, found.applied, found.pairs, found.distinct) == (4, 2, 2, 2)
    assert found.words == [mended.Word("गंया", "गया", 3, 2), mended.Word("छः", "छ", 1, 0)]


def test_extremes_are_those_of_the_whole_run() -> None:
    found = extremes.Extremes()
    confidences = [round(0.5 + 0.49 * (i * 37 % 100) / 100, 4) for i in range(100)]
    for i in range(10):
        found.add(part(f"r{i}", confidences=tuple(confidences[10 * i : 10 * i + 10])))
    least, alike, surest = found.listings()
    assert [pick.pair.row["confidence"] for pick in least.picks] == sorted(confidences)[: extremes.SHOWN]
    assert [pick.pair.row["confidence"] for pick in surest.picks] == sorted(confidences, reverse=True)[: extremes.SHOWN]
    assert len({pick.pair.row["id"] for pick in alike.picks}) == extremes.SHOWN
    assert extremes.Extremes().listings() == []


def test_pairs_least_like_what_was_heard_come_first(run: Path) -> None:
    found = extremes.Extremes()
    for one in facts.parts(run):
        found.add(one)
    errors = [pick.pair.error for pick in found.listings()[1].picks]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > errors[-1] == 0.0


def _judge(run: Path, person: str, said: dict[str, str]) -> None:
    rows = {row["id"]: row for row in store.read_rows(run / "pairs.jsonl")}
    (run / "review").mkdir(exist_ok=True)
    with (run / "review" / f"{person}.jsonl").open("w") as file:
        for id, verdict in said.items():
            shown = {name: rows[id][name] for name in ("recording", "text", "start", "end", "confidence")}
            about = {"pair": id, "verdict": verdict, "person": person, "how": "stratified", "at": "2026-01-01T00:00:00+00:00"}
            file.write(json.dumps({**shown, **about}) + "\n")


def test_without_verdicts_there_is_no_curve(run: Path, read_page) -> None:
    assert reliability.reliability(run) is None
    shown = read_page(run).shown
    assert "nobody has judged yet" in shown and "shruti review OUT" in shown
    assert "0.960" in shown  # what the calibrator expects


def test_verdicts_stand_beside_confidence(run: Path, read_page) -> None:
    ids = [row["id"] for row in store.read_rows(run / "pairs.jsonl")]
    _judge(run, "asha", {ids[0]: "right", ids[1]: "text", ids[2]: "skip", ids[3]: "right"})
    _judge(run, "ravi", {ids[0]: "right", ids[3]: "ends"})
    found = reliability.reliability(run)
    assert (found.judged, found.people) == (3, 2)  # a skip is no verdict
    assert found.bins[0].right == pytest.approx((1 + 0 + 0.5) / 3)
    assert found.precision is None and found.unreached >= 5, "of eight"
    shown = read_page(run).shown
    assert "3 pairs judged by 2 people" in shown and "nobody has judged" not in shown
    assert f"on the like of {found.unreached} of 8" in shown
    _judge(run, "asha", {id: "text" if id == ids[1] else "right" for id in ids})
    precision = reliability.reliability(run).precision
    assert precision["low"] == precision["estimate"] == precision["high"] == 0.8125
    assert "81.2%" in read_page(run).shown


def test_verdicts_on_what_is_no_longer_are_left_out_and_confidence_is_that_of_now(run: Path, read_page) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    _judge(run, "asha", {row["id"]: "text" for row in rows[:2]})
    rows[0]["text"] += " and more"
    rows[1]["confidence"] = 0.123
    store.write_rows(run / "pairs.jsonl", rows)
    found = reliability.reliability(run)
    assert found.judged == 1 and found.bins[0].confidence == 0.123
    rows[1]["end"] += 1
    store.write_rows(run / "pairs.jsonl", rows)
    assert reliability.reliability(run) is None


def test_bins_are_of_equal_mass_and_hold_everything() -> None:
    judged = [(i / 1000, float(i % 3 > 0)) for i in range(205)]
    found = reliability.bins(judged)
    assert len(found) == reliability.MOST
    assert {one.count for one in found} == {20, 21}
    assert sum(one.count for one in found) == 205
    assert math.isclose(sum(one.right * one.count for one in found), sum(right for _, right in judged))
    assert all(one.low < one.right < one.high for one in found)
    assert len(reliability.bins(judged[:5])) == 1
