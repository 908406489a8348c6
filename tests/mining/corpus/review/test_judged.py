"""What verdicts say: every pair counts once, and only a fair sample tells of all."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mining import results, store
from mining.corpus.review import judged, verdicts
from mining.corpus.review.pairs import judgeable
from mining.corpus.review.queue import Queue
from mining.records import Pair
from tests.mining.corpus.review.test_queue import rows, verdict


def said_of_all(made: list[dict[str, Any]], person: str = "a", said: str = "right") -> list[verdicts.Verdict]:
    return [verdict(row, person, said) for row in made]


def test_the_counts() -> None:
    made = rows(20) + rows(5, kept=False)
    said = [
        *said_of_all(made[:3]), verdict(made[3], "a", "text"), verdict(made[4], "a", "ends"), verdict(made[5], "a", "skip"),
        verdict(made[0], "b"), verdict(made[3], "b"), verdict(made[22], "b", "text"), verdict(made[6], "b", text="as it was"),
    ]  # fmt: skip
    found = judged.summarise(made, said)
    assert {name: found[name] for name in ("judged", "right", "text", "ends", "skip", "of")} == {
        "judged": 5, "right": 5, "text": 2, "ends": 1, "skip": 1, "of": 20,
    }  # fmt: skip
    assert found["people"] == {"a": 6, "b": 3}
    assert found["hours"] == pytest.approx(20 * 0.9 / 3600, abs=1e-4)
    assert (found["agreement"]["pairs"], found["agreement"]["same"], found["agreement"]["few"]) == (2, 0.5, True)


def test_without_verdicts_there_is_no_figure() -> None:
    found = judged.summarise(rows(5), [])
    assert (found["judged"], found["agreement"], found["precision"], found["of"]) == (0, None, None, 5)
    assert judged.summarise([], [])["of"] == 0
    skipped = judged.summarise(rows(5), said_of_all(rows(5), said="skip"))
    assert (skipped["judged"], skipped["precision"]) == (0, None)


def test_when_all_are_judged_the_precision_is_known() -> None:
    made = rows(50)
    said = [*said_of_all(made[:45]), *said_of_all(made[45:], said="text")]
    assert judged.summarise(made, said)["precision"] == {"estimate": 0.9, "low": 0.9, "high": 0.9}


def test_a_pair_counts_once_however_many_judged_it() -> None:
    row = rows(1)[0]
    three = [verdict(row, "a"), verdict(row, "b", "text"), verdict(row, "c")]
    assert judged.rightness(three) == {row["id"]: 1.0}
    assert judged.rightness(three[:2]) == {row["id"]: 0.5}, "even: half"
    assert judged.rightness([three[1], replace(three[0], verdict="skip")]) == {row["id"]: 0.0}


def test_an_end_is_wrong_from_half_a_second_on() -> None:
    one = verdict(rows(1)[0], "a", "ends")
    assert judged.ends(one) is None and not judged.right(one)
    near, far = (replace(one, new_start=one.start + by) for by in (0.5, 0.51))
    assert judged.ends(near) == (True, True) and judged.right(near)
    assert judged.ends(far) == (False, True) and not judged.right(far)
    assert judged.ends(replace(far, new_end=one.end - 0.6)) == (False, False)
    assert judged.ends(replace(one, verdict="text")) is None
    assert judged.ends(replace(one, verdict="right")) == (True, True)


def test_pairs_that_were_picked_do_not_make_the_precision() -> None:
    """Ten that somebody went for because they looked wrong, after forty of the fair order that are right."""
    made = rows(400)
    by_id = {row["id"]: row for row in made}
    order = Queue(made).order
    fair = said_of_all([by_id[id] for id in order[:40]])
    picked = [replace(verdict(by_id[id], "a", "text"), how="chosen") for id in order[-10:]]
    alone, both = (judged.summarise(made, said)["precision"] for said in (fair, fair + picked))
    assert alone == both and alone["estimate"] == 1.0
    assert judged.summarise(made, picked)["precision"] is None


def test_pairs_that_were_picked_count_once_the_order_has_come_to_them() -> None:
    """Else what was found wrong before its turn would be passed over, and nobody would ever count it."""
    made = rows(400)
    by_id = {row["id"]: row for row in made}
    queue = Queue(made)
    picked = [replace(verdict(by_id[id], "a", "text"), how="active") for id in queue.order[:200:21]]
    said = list(picked)
    for _ in range(190):
        said.append(verdict(by_id[queue.next("a", said)], "a"))
    found = judged.summarise(made, said)["precision"]
    assert found["estimate"] < 0.97 and found["low"] < 0.95 < found["high"]


def judge(
    made: list[dict[str, Any]],
    right: dict[str, bool],
    said: list[verdicts.Verdict],
    number: int,
    how: str = "stratified",
    people: str = "a",
    skips: float = 0.0,
    seed: int = 0,
) -> None:
    """So many more verdicts of people who take turns, each on what the queue offers them, to those that were said."""
    draw = np.random.default_rng(seed)
    queue, by_id = Queue(made, how), {row["id"]: row for row in made}
    for turn in range(number):
        person = people[turn % len(people)]
        if (id := queue.next(person, said)) is None:
            return
        kind = "skip" if draw.random() < skips else "right" if right[id] else "text"
        said.append(replace(verdict(by_id[id], person, kind), how=how))


def corpus(number: int, seed: int) -> tuple[list[dict[str, Any]], dict[str, bool]]:
    """Pairs whose confidence means what it says, 0.94 on average, and which of them are right."""
    made, draw = rows(number, seed=100 + seed), np.random.default_rng(seed)
    for row in made:
        row["id"] = f"{seed}-{row['id']}"  # its place in the order is made of it
    return made, {row["id"]: bool(draw.random() < row["confidence"]) for row in made}


class Covered:
    """How often the precision was told, and the truth was within its interval; widths and errors."""

    def __init__(self) -> None:
        self.hits: list[bool] = []
        self.widths: list[float] = []
        self.errors: list[float] = []

    def add(self, kept: list[dict[str, Any]], right: dict[str, bool], said: list[verdicts.Verdict]) -> None:
        found = judged.precision(kept, judged.current(kept, said))
        if found is None:
            return
        truth = float(np.mean([right[row["id"]] for row in kept]))
        self.hits.append(found.low - 1e-9 <= truth <= found.high + 1e-9)
        self.widths.append(found.high - found.low)
        self.errors.append(found.estimate - truth)


def test_two_people_who_share_and_skip_find_the_truth() -> None:
    """Through the queue, over and over: the interval covers as often as it says."""
    told = Covered()
    for seed in range(200):
        made, right = corpus(600, seed)
        said: list[verdicts.Verdict] = []
        judge(made, right, said, 200, people="ab", skips=0.05, seed=seed)
        told.add(made, right, said)
    assert len(told.hits) == 200 and np.mean(told.hits) >= 0.93
    assert np.mean(told.widths) < 0.065 and abs(np.mean(told.errors)) < 0.004


@pytest.mark.parametrize(("first", "second"), [(0.95, 0.0), (0.95, 0.9), (0.97, 0.93), (0.0, 0.9)])
def test_after_another_threshold_verdicts_tell_what_they_can(first: float, second: float) -> None:
    """120 at one threshold, then pairs are kept by another, and 60 more are judged."""
    before, after = Covered(), Covered()
    for seed in range(60):
        made, right = corpus(600, seed)
        said: list[verdicts.Verdict] = []
        judge([row for row in made if row["confidence"] >= first], right, said, 120)
        kept = [row for row in made if row["confidence"] >= second]
        before.add(kept, right, said)
        judge(kept, right, said, 60)
        after.add(kept, right, said)
    assert len(after.hits) == 60 and np.mean(after.hits) >= 0.9 and abs(np.mean(after.errors)) < 0.01
    if second < first:
        assert len(before.hits) <= 6, "of what was let in nobody has judged anything"
    else:
        assert len(before.hits) >= 55 and np.mean(before.hits) >= 0.9, "fewer pairs of the same"


def test_who_leaves_a_window_open_does_not_stop_the_others() -> None:
    made = rows(2000)
    queue, by_id, said = Queue(made), {row["id"]: row for row in made}, []
    held = queue.order[:3]
    while len(said) < 120:
        said.append(verdict(by_id[str(queue.next("b", said, held))], "b"))
    found = judged.tally(made, said)
    assert sum(seen for _, seen, _ in found) == 120 and judged.precision(made, said)


def test_what_is_not_reached_is_not_given_its_neighbours_share() -> None:
    made = rows(400)
    high = [row for row in made if row["confidence"] >= 0.97]
    said = said_of_all(high)
    assert judged.summarise(high, said)["precision"]["estimate"] == 1.0
    found = judged.summarise(made, said)
    assert found["precision"] is None and 0.05 * 400 < found["unreached"] <= 400


def test_a_few_pairs_of_a_stratum_say_nothing_of_it() -> None:
    made = rows(400)
    by_id = {row["id"]: row for row in made}
    order = Queue(made).order
    said = said_of_all([by_id[id] for id in order[: 4 * judged.LEAST]])
    assert judged.summarise(made, said)["precision"]["high"] == 1.0
    found = judged.summarise(made, said[:-1])
    assert found["precision"] is None and found["unreached"] < 400


def test_a_stratum_that_is_used_up_is_known_however_it_came() -> None:
    made = rows(20)
    said = [replace(one, how="active") for one in [*said_of_all(made[:18]), *said_of_all(made[18:], said="text")]]
    found = judged.summarise(made, said)
    assert found["precision"] == {"estimate": 0.9, "low": 0.9, "high": 0.9} and found["unreached"] == 0
    assert judged.summarise(made, said[1:])["precision"] is None, "one stratum is of doubted ones alone"


@pytest.mark.parametrize(("size", "doubted", "fair"), [(100, 60, 20), (200, 80, 50)])
def test_what_was_doubted_first_does_not_lead_the_fair_order_astray(size: int, doubted: int, fair: int) -> None:
    told = Covered()
    for seed in range(100):
        made, right = corpus(size, seed)
        said: list[verdicts.Verdict] = []
        judge(made, right, said, doubted, how="active")
        judge(made, right, said, fair)
        told.add(made, right, said)
    assert len(told.hits) >= 70 and np.mean(told.hits) >= 0.93 and abs(np.mean(told.errors)) < 0.006


def test_ten_thousand_pairs_are_summed_up_in_no_time() -> None:
    made = rows(10_000)
    said = said_of_all(made[:1000])
    times = []
    for _ in range(5):
        began = time.process_time()
        assert judged.summarise(made, said)["judged"] == 1000
        times.append(time.process_time() - began)
    assert min(times) < 0.5, "ten times what it takes"


def test_what_can_be_judged(run: Path) -> None:
    kept = judgeable(run)
    assert [row["id"] for row in kept] == [row["id"] for row in store.read_rows(run / "pairs.jsonl")]
    assert all(row["kept"] for row in kept)


def test_what_was_left_out_is_told_as_what_was_kept(run: Path) -> None:
    told = next(row for row in store.read_rows(run / "rejected.jsonl") if row["reason"] == "low_confidence")
    bare = next(row for row in judgeable(run, rejected=True) if row["id"] == told["id"])
    assert (bare["kept"], bare["heard"], bare["duration"]) == (False, "", 0.75)
    folder = run / "recordings" / told["recording"]
    start, end = store.samples(told["start"]), store.samples(told["end"])
    pair = Pair(told["id"], told["recording"], "s0009", ("g1",), start, end, told["text"], "raw", 2, 0.4, "hybrid", "heard")
    store.write_records(folder / "candidates.jsonl", [pair])
    both = judgeable(run, rejected=True)
    assert len(both) == len(judgeable(run)) + 2
    full = next(row for row in both if row["id"] == told["id"])
    wanted = results.pair_row(pair, store.read_json(folder / "recording.json"))
    assert full == wanted | {"kept": False}
    assert [(row["recording"], row["start"]) for row in both] == sorted((row["recording"], row["start"]) for row in both)


def test_a_summary_of_a_run(run: Path) -> None:
    kept = judgeable(run)
    verdicts.add(run, verdict(kept[0], "a"))
    found = judged.summary(run)
    assert (found["judged"], found["of"], found["people"]) == (1, 8, {"a": 1})
    assert found["precision"] is None and found["unreached"] >= 6
    for row in kept[1:]:
        verdicts.add(run, verdict(row, "a"))
    assert judged.summary(run)["precision"] == {"estimate": 1.0, "low": 1.0, "high": 1.0}
