"""Which pair comes next: always the same, fair to every stratum, and one for each person."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mining import store
from mining.corpus.review.desk import Desk
from mining.corpus.review.pairs import judgeable
from mining.corpus.review.queue import BAND, Queue, active, design, stratified
from mining.corpus.review.verdicts import Verdict
from mining.errors import UsageError

RECORDINGS = [f"rec{i}" for i in range(7)]


def rows(number: int, kept: bool = True, seed: int = 0) -> list[dict[str, Any]]:
    draw = random.Random(seed + kept)
    name = "k" if kept else "r"
    return [
        {
            "id": f"{name}{i:05d}",
            "recording": f"rec{i % 7}",
            "text": f"text {i}",
            "start": float(i),
            "end": i + 0.9,
            "confidence": round(draw.betavariate(8, 0.5) if kept else draw.uniform(0.1, 0.6), 4),
            "kept": kept,
        }
        for i in range(number)
    ]


def verdict(row: dict[str, Any], person: str, said: str = "right", **more: Any) -> Verdict:
    shown = {name: row[name] for name in ("recording", "text", "start", "end", "confidence")}
    return Verdict(pair=row["id"], person=person, verdict=said, how="stratified", at="2026-01-01T00:00:00Z", **shown | more)


def test_the_order_is_that_of_the_rows_however_they_come() -> None:
    made = rows(300) + rows(60, kept=False)
    order = Queue(made).order
    random.Random(3).shuffle(made)
    assert Queue(made).order == order
    assert sorted(order) == sorted(row["id"] for row in made)
    assert active(made, {"rec1": 0.7}) == active(made[::-1], {"rec1": 0.7})


def test_every_beginning_is_a_fair_sample() -> None:
    made = rows(1000) + rows(100, kept=False)
    stratum = dict(zip((row["id"] for row in made), design(made), strict=True))
    order = stratified(made)
    for length in (40, 200, 400):
        taken = Counter(stratum[id] for id in order[:length])
        kept = [taken[group] for group in range(4)]
        assert max(kept) - min(kept) <= 1
        assert sum(taken[group] for group in range(4, 8)) == length // 5, "one that was left out after four that were kept"


def test_within_a_stratum_the_order_says_nothing_of_the_confidence() -> None:
    made = rows(4000)
    at = {id: number for number, id in enumerate(stratified(made))}
    groups = design(made)
    for group in range(4):
        own = sorted((at[row["id"]], row["confidence"]) for row, g in zip(made, groups, strict=True) if g == group)
        half = len(own) // 2
        first, last = (sum(c for _, c in part) / len(part) for part in (own[:half], own[half:]))
        assert abs(first - last) < 0.01


def test_kept_pairs_alone_and_left_out_ones_alone() -> None:
    assert sorted(stratified(rows(9))) == [row["id"] for row in rows(9)]
    assert sorted(stratified(rows(9, kept=False))) == [row["id"] for row in rows(9, kept=False)]
    assert stratified([]) == active([], None) == []
    assert Queue([]).next("a", []) is None


def test_one_person_comes_through_all() -> None:
    made = rows(40)
    queue, said = Queue(made), []
    by_id = {row["id"]: row for row in made}
    while (id := queue.next("a", said)) is not None:
        said.append(verdict(by_id[id], "a", "skip" if len(said) % 5 == 0 else "right"))
    assert [one.pair for one in said] == queue.order


def test_two_people_share_the_work_and_some_pairs() -> None:
    made = rows(400)
    queue, said = Queue(made, shared=0.1), []
    by_id = {row["id"]: row for row in made}
    for turn in range(300):
        person = "ab"[turn % 3 == 0]
        said.append(verdict(by_id[queue.next(person, said)], person))
    judges = Counter(one.pair for one in said)
    twice = {pair for pair, count in judges.items() if count > 1}
    assert twice and twice <= queue.shared
    assert max(judges.values()) == 2
    assert 20 <= len(queue.shared) <= 60
    assert len(judges) > 0.85 * len(said), "the rest is divided"


def test_what_is_on_another_screen_is_not_shown() -> None:
    queue = Queue(rows(10))
    assert queue.next("b", [], held=queue.order[:3]) == queue.order[3]
    assert queue.next("b", [], held=queue.order) is None


def test_what_somebody_skipped_others_are_asked_but_not_they() -> None:
    made = rows(10)
    queue = Queue(made, shared=0.0)
    first = next(row for row in made if row["id"] == queue.order[0])
    skipped = [verdict(first, "a", "skip")]
    assert queue.next("a", skipped) == queue.order[1]
    assert queue.next("b", skipped) == queue.order[0]
    assert queue.next("b", [verdict(first, "a")]) == queue.order[1]


def test_a_pair_that_has_changed_is_to_be_judged_again() -> None:
    made = rows(10)
    queue = Queue(made)
    first = next(row for row in made if row["id"] == queue.order[0])
    assert queue.next("a", [verdict(first, "a")]) == queue.order[1]
    assert queue.next("a", [verdict(first, "a", text="other")]) == queue.order[0]
    assert queue.next("a", [verdict(first, "a", end=first["end"] + 1)]) == queue.order[0]


def test_active_begins_with_what_is_least_sure() -> None:
    made = rows(200) + rows(200, kept=False)
    by_id = {row["id"]: row for row in made}
    order = Queue(made, "active", threshold=dict.fromkeys(RECORDINGS, 0.6)).order
    away = [int(abs(by_id[id]["confidence"] - 0.6) / BAND) for id in order]
    assert away == sorted(away)
    assert len({by_id[id]["recording"] for id in order[:7]}) >= 5, "recordings take turns"


def test_active_without_a_threshold_begins_where_keeping_begins() -> None:
    made = rows(100) + rows(100, kept=False)
    least = min(row["confidence"] for row in made if row["kept"])
    assert active(made) == active(made, dict.fromkeys(RECORDINGS, least)) == active(made, {"rec0": least})


def test_active_goes_by_the_threshold_of_each_recording() -> None:
    made = rows(200)
    by_id = {row["id"]: row for row in made}
    threshold = {name: 0.5 if name == "rec0" else 0.95 for name in RECORDINGS}
    order = [by_id[id] for id in active(made, threshold)]
    away = [int(abs(row["confidence"] - threshold[row["recording"]]) / BAND) for row in order]
    assert away == sorted(away)
    others = [row["confidence"] for row in order if row["recording"] != "rec0"]
    assert min(others[:10]) > 0.9, "whatever the first recording's is"


def test_the_page_asks_around_what_each_recording_was_kept_by(run: Path) -> None:
    rows, (first, second) = {row["id"]: row for row in judgeable(run)}, store.recordings(run)
    threshold = {first.id: 0.3, second.id: 0.9}
    for at, row in enumerate(rows.values()):
        row["confidence"] = round(threshold[row["recording"]] + (0.02, 0.06)[row["recording"] == first.id] * (at % 4), 4)
    for recording in (first, second):
        coverage = store.read_json(recording.path("coverage.json")) or {}
        store.write_json(recording.path("coverage.json"), coverage | {"threshold": threshold[recording.id]})
    store.write_rows(run / "pairs.jsonl", rows.values())
    desk = Desk(run, "active", rejected=False)
    order = [rows[str(desk.next("a", "tab"))] for _ in rows]
    away = [int(abs(row["confidence"] - threshold[row["recording"]]) / BAND) for row in order]
    assert away == sorted(away) and away[-1] > 0


def test_an_order_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="random"):
        Queue(rows(3), "random")
