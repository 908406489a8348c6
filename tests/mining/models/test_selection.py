"""Which pairs a round of the loop learns from."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining import jobs, steps, store
from mining.errors import InputError
from mining.models.selection import VALID, best, gold_of, judges, known_precision, select
from mining.records import SAMPLE_RATE, Pair


def pair(number: int, confidence: float, text: str = "एक दो तीन", seconds: float = 3.0) -> Pair:
    start = number * 20 * SAMPLE_RATE
    end = start + int(seconds * SAMPLE_RATE)
    return Pair(f"r-p{number}", "r", f"s{number}", ("a",), start, end, text, text, 1, confidence, "hybrid")


def numbers(pairs: Sequence[Pair]) -> list[int]:
    return [int(one.id.removeprefix("r-p")) for one in pairs]


def test_the_best_share_is_taken_in_time_order_however_unsure_all_are() -> None:
    pairs = [pair(0, 0.02), pair(1, 0.001), pair(2, 0.03), pair(3, 0.01)]
    assert numbers(best(pairs, 0.5)) == [0, 2]
    assert numbers(best(pairs, 0.01)) == [2], "one at least"
    assert best([], 0.5) == []


def test_what_cannot_be_learnt_from_is_left_out() -> None:
    odd = [pair(0, 0.9, seconds=0.3), pair(1, 0.9, "एक * तीन"), pair(2, 0.9, seconds=25.0), pair(3, 0.1)]
    assert numbers(best(odd, 1.0)) == [3]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.01, 1))
def test_none_that_is_left_out_is_better_than_one_that_is_taken(confidences: list[float], share: float) -> None:
    pairs = [pair(number, confidence) for number, confidence in enumerate(confidences)]
    taken = set(numbers(best(pairs, share)))
    assert len(taken) == max(1, round(share * len(pairs)))
    left = [confidence for number, confidence in enumerate(confidences) if number not in taken]
    assert not left or max(left) <= min(confidences[number] for number in taken)


def test_about_one_sentence_in_ten_is_kept_apart_and_always_the_same() -> None:
    texts = [f"वाक्य {number}" for number in range(2000)]
    apart = [text for text in texts if judges(text)]
    assert apart[:8] == [f"वाक्य {number}" for number in (0, 20, 49, 50, 57, 72, 75, 99)], "as they were found in 2026"
    assert len(apart) == pytest.approx(2000 / VALID, rel=0.2)


def test_a_run_is_chosen_from_and_its_sounds_are_those_of_the_pairs(run: Path, tmp_path: Path) -> None:
    out = shutil.copytree(run, tmp_path / "out")
    recording = store.recordings(out)[0]
    candidates = store.read_records(recording.path("candidates.jsonl"), Pair)
    chosen = select(out, jobs.reopen(out)[0].model, 0.5, tmp_path / "work")
    assert chosen.candidates == len(candidates)
    wanted = best(candidates, 0.5)
    assert sorted(chosen.train.texts + chosen.valid.texts) == sorted(one.text for one in wanted)
    assert not set(chosen.train.texts) & set(chosen.valid.texts)
    lengths = sorted((one.end - one.start) / SAMPLE_RATE for one in wanted)
    assert sorted(chosen.train.durations + chosen.valid.durations) == pytest.approx(lengths)


def test_nothing_is_chosen_of_what_another_model_heard(run: Path, tmp_path: Path) -> None:
    chosen = select(run, "another", 0.5, tmp_path / "work")
    assert (len(chosen.train), len(chosen.valid), chosen.candidates) == (0, 0, 0)


def test_a_recording_that_is_gone_is_left_out(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(_: Path) -> None:
        raise InputError("a.mp3: is not there.", "Copy it.")

    monkeypatch.setattr("mining.speech.audio.open_audio", gone)
    chosen = select(run, jobs.reopen(run)[0].model, 0.5, tmp_path / "work")
    assert len(chosen.train) == 0 and chosen.candidates > 0
    assert "a.mp3: is not there. Nothing is learnt from it." in caplog.text


def test_precision_is_known_where_the_catalogue_names_the_truth(run: Path, bulletin, tmp_path: Path) -> None:
    out = shutil.copytree(run, tmp_path / "out")
    model = jobs.reopen(out)[0].model
    assert known_precision(out, model) is None
    about = {"gold": str(bulletin.gold)}
    for recording in store.recordings(out):
        path = recording.path("recording.json")
        store.write_json(path, {**store.read_json(path), "about": about})
    for job in jobs.reopen(out):
        for stage in steps.STAGES.values():
            stage(job)
    found = known_precision(out, model)
    assert found is not None and 0.5 < found["precision"] <= 1 and found["yield"] > 0.3


def test_gold_counts_from_the_folder_of_the_catalogue(run: Path, tmp_path: Path) -> None:
    out = shutil.copytree(run, tmp_path / "out")
    store.write_json(out / "run.json", {"catalogue": "archive/list.csv", "config": {}})
    job = jobs.reopen(out)[0]
    object.__setattr__(job, "entry", replace(job.entry, about={"gold": "gold/a.json"}))
    assert gold_of(job) == Path("archive/gold/a.json")
