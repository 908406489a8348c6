"""The loop: its rounds, its end, its going on after an interruption, and its page."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mining import jobs, steps, store
from mining.config import Config
from mining.errors import InputError, UsageError
from mining.models import iterate as looping
from mining.models import measure
from mining.models.iterate import Given, Loop, iterate
from mining.models.rounds import Round, read_rounds, write_page
from mining.models.utterances import Utterances
from mining.speech.ctc_model import BUNDLED
from tests.mining.listener import Listener

HINDI = str(BUNDLED / "hi")
BRIEF = Loop(rounds=2, steps=(1,), keep=(1.0,), replay=0.2)


class Aligner:
    """Brings a copy of a finished run up to date, and remembers with which models."""

    def __init__(self, run: Path) -> None:
        self.run, self.models = run, list[str]()

    def __call__(self, model: str, run: Path) -> None:
        self.models.append(model)
        if not run.exists():
            shutil.copytree(self.run, run)

        def heard_by(config: Config) -> Config:
            return replace(config, transcribe=replace(config.transcribe, model=model))

        for job in jobs.reopen(run, None, heard_by):
            for stage in steps.STAGES.values():
                stage(job)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds a step, and a sample of 20 sentences will do."""
    monkeypatch.setattr(looping, "SCHEDULE", replace(looping.SCHEDULE, batch_seconds=4.0, longest=3.0, warm_up=1))
    monkeypatch.setattr(looping, "ENOUGH", 3)


def test_rounds_end_in_a_best_model_a_run_of_it_and_a_page(run: Path, spoken: Utterances, tmp_path: Path) -> None:
    out, align, told = tmp_path / "loop", Aligner(run), list[Round]()
    listener = Listener()
    done = iterate(align, out, HINDI, BRIEF, Given((spoken,), {"tts": spoken}), progress=listener, told=told.append)
    assert listener.stages() == [f"round {number}" for number in range(1, len(done))]
    for stage in listener.stages():
        listener.check(stage)
    assert done == told == read_rounds(out)
    assert [one.number for one in done] == list(range(len(done))) and 2 <= len(done) <= 3
    assert all(set(one.check) == {"tts"} and one.kept > 0 and 0 < one.share <= 1 for one in done)
    assert done[1].pairs >= 5 and done[1].valid is not None and done[1].valid_before is not None
    assert (out / "models" / "1" / "model.safetensors").is_file() and not (out / "clips").exists()
    page = (out / "iterate.html").read_text(encoding="utf8")
    assert page.count("<tr>") == len(done) + 1 and "http" not in page
    heard_by = {store.read_json(recording.path("recording.json"))["model"] for recording in store.recordings(out / "run")}
    chosen = str((out / "best").resolve()) if (out / "best").exists() else HINDI
    assert heard_by == {chosen} and align.models[-1] == chosen


def test_an_interrupted_loop_goes_on_and_ends_with_the_same_rounds(run: Path, tmp_path: Path) -> None:
    whole = iterate(Aligner(run), tmp_path / "whole", HINDI, Loop(rounds=2, steps=(1,), patience=9), Given())

    class Stopped(Exception):
        pass

    def stop(one: Round) -> None:
        if one.number == 1:
            raise Stopped

    loop = Loop(rounds=2, steps=(1,), patience=9)
    with pytest.raises(Stopped):
        iterate(Aligner(run), tmp_path / "torn", HINDI, loop, Given(), told=stop)
    align = Aligner(run)
    again = iterate(align, tmp_path / "torn", HINDI, loop, Given())
    assert HINDI not in align.models[:-1], "the first rounds are not done again"

    def known(rounds: list[Round]) -> list[dict]:
        return [{**json.loads(json.dumps(one.check)), "valid": one.valid, "kept": one.kept, "pairs": one.pairs} for one in rounds]

    assert known(again) == known(whole)
    with pytest.raises(UsageError, match="holds a loop that differs in steps"):
        iterate(Aligner(run), tmp_path / "torn", HINDI, Loop(rounds=2, steps=(2,), patience=9), Given())


def test_it_stops_when_nothing_improves_and_keeps_what_was_better(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = iter([0.4, 0.5, 0.45, 0.449])  # after and before in round 1, then in round 2
    monkeypatch.setattr(measure, "cer", lambda *_: next(rates))
    monkeypatch.setattr(Round, "seen", lambda self, _: replace(self, mined=1.0))  # and no more is mined
    done = iterate(Aligner(run), tmp_path / "loop", HINDI, Loop(rounds=9, steps=(1,)), Given())
    assert [(one.valid_before, one.valid) for one in done[1:]] == [(0.5, 0.4), (0.449, 0.45)]
    assert (tmp_path / "loop" / "best").resolve().name == "1"


def test_what_was_trained_is_not_trained_again_when_mining_with_it_was_interrupted(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Torn(Aligner):
        def __call__(self, model: str, run: Path) -> None:
            if model != HINDI:
                raise KeyboardInterrupt
            super().__call__(model, run)

    out, loop = tmp_path / "loop", Loop(rounds=1, steps=(1,))
    with pytest.raises(KeyboardInterrupt):
        iterate(Torn(run), out, HINDI, loop, Given())
    assert [one.mined is None for one in read_rounds(out)] == [False, True]
    monkeypatch.setattr(looping.finetune, "finetune", lambda *_, **__: pytest.fail("trained again"))
    done = iterate(Aligner(run), out, HINDI, loop, Given())
    assert [one.number for one in done] == [0, 1] and done[1].mined is not None


def test_another_archive_is_another_loop_and_a_finished_one_mines_what_is_new(run: Path, tmp_path: Path) -> None:
    out, loop = tmp_path / "loop", Loop(rounds=1, steps=(1,))
    done = iterate(Aligner(run), out, HINDI, loop, Given(), archive="a.csv")
    with pytest.raises(UsageError, match="differs in archive"):
        iterate(Aligner(run), out, HINDI, loop, Given(), archive="b.csv")
    align = Aligner(run)
    assert iterate(align, out, HINDI, loop, Given(), archive="a.csv") == done
    assert align.models, "there may be new recordings"


def test_a_check_does_not_take_the_place_of_the_sentences_kept_apart(spoken: Utterances) -> None:
    with pytest.raises(UsageError, match="cannot be called 'valid'"):
        Given(check={"valid": spoken})


def test_without_pairs_there_is_nothing_to_learn(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looping, "ENOUGH", 1000)
    with pytest.raises(InputError, match=r"only \d+ pairs to learn from in round 1"):
        iterate(Aligner(run), tmp_path / "loop", HINDI, BRIEF, Given())


@pytest.mark.parametrize(
    "wrong", [{"rounds": 0}, {"steps": ()}, {"steps": (5, 0)}, {"keep": ()}, {"keep": (1.5,)}, {"replay": 1.0}]
)
def test_settings_that_mean_nothing_are_refused(wrong: dict) -> None:
    with pytest.raises(UsageError):
        Loop(**wrong)


def test_a_round_is_better_by_fewer_errors_or_by_more_that_is_mined() -> None:
    def one(valid_before: float | None, valid: float | None, mined: float) -> Round:
        return Round(1, "m", valid_before=valid_before, valid=valid, mined=mined)

    before = one(None, None, 100.0)
    assert one(0.5, 0.4, 100.0).better(before, 0.01) and one(0.5, 0.6, 120.0).better(before, 0.01)
    assert not one(0.5, 0.499, 100.5).better(before, 0.01) and one(0.5, 0.499, 100.0).better(before, 0.0)
    assert not one(None, None, 100.0).better(before, 0.0)


def test_shares_go_on_with_the_last() -> None:
    loop = Loop(keep=(0.5, 0.7), steps=(10, 20, 30))
    assert [loop.share(number) for number in (1, 2, 3, 9)] == [0.5, 0.7, 0.7, 0.7]
    assert [loop.steps_of(number) for number in (1, 2, 3, 9)] == [10, 20, 30, 30]


def test_the_page_draws_what_is_known_and_leaves_out_what_is_not(tmp_path: Path) -> None:
    rounds = [Round(0, "a<b>", check={"x": 0.8}), Round(1, "m/1", 0.5, 40, 60, 0.7, 0.5, {"x": 0.6}, 60.0, 100.0, 40)]
    page = write_page(tmp_path, rounds).read_text(encoding="utf8")
    assert page.count("<polyline") == 3, "x, sentences kept apart, speech mined; neither precision nor yield"
    assert "0.800" in page and "60%" in page and "a<b>" not in page
