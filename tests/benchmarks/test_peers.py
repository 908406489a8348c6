"""The benchmark against peers: is its work what it says, and does it count rightly and survive its contenders?"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from align import forced_align, needleman_wunsch
from benchmarks.peers import emissions, install, run, table, text, work
from benchmarks.peers.races import RACES
from benchmarks.peers.run import ROOT, Outcome

ANCHORED = next(race for race in RACES if race.name == "anchored")


def test_true_pairs_are_equal_symbols_but_for_the_substitutions():
    pair = work.text_pair(20_000)
    j = np.flatnonzero(pair.origin >= 0)
    equal = np.array(list(pair.ref))[pair.origin[j]] == np.array(list(pair.hyp))[j]
    assert len(pair.ref) == 20_000 and len(pair.origin) == len(pair.hyp)
    assert np.all(np.diff(pair.origin[j]) > 0)
    assert 1 - equal.mean() == pytest.approx(0.15 / 2 / (1 - 0.15 / 4), abs=0.01)
    assert len(j) / 20_000 == pytest.approx(0.9 * (1 - 0.15 / 4), abs=0.03), "a tenth of the sentences is dropped"
    again = work.text_pair(20_000)
    assert (pair.ref, pair.hyp) == (again.ref, again.hyp) and np.array_equal(pair.origin, again.origin)


def test_unrelated_ends_belong_to_nothing():
    pair = work.text_pair(2_000, ends=0.4)
    assert len(pair.ref) == 2_000 + 2 * 800
    assert np.all(pair.origin[:800] == -1) and np.all(pair.origin[-800:] == -1)
    true = pair.origin[pair.origin >= 0]
    assert true.min() >= 800 and true.max() < 2_800


@pytest.mark.parametrize("foreign", [0.0, 0.2])
def test_labels_win_at_their_planted_frames(foreign):
    speech = work.speech(2, foreign=foreign)
    assert speech.log_probs.shape == (6_000, 70) and len(speech.tokens) == round(2 * 60 * 14 * (1 - foreign))
    assert np.exp(speech.log_probs).sum(axis=1) == pytest.approx(1, abs=1e-4)
    steps = np.diff(speech.first)
    assert np.all(steps >= 1 + (np.diff(speech.tokens) == 0)), "a blank lies between equal labels"
    best = speech.log_probs.argmax(axis=1)
    assert (best[speech.first] == speech.tokens).mean() == pytest.approx(1 - 0.08 - 0.04, abs=0.03)
    gaps = np.flatnonzero(steps > 50)
    space = work.labels(" ")[0]
    spoken = [(best[speech.first[k] + 1 : speech.first[k + 1]] != work.BLANK).mean() for k in gaps]
    inside = [share > 0.2 and space not in speech.tokens[k : k + 2] for k, share in zip(gaps, spoken, strict=True)]
    assert any(inside) == bool(foreign), "something else is said, also within words"


def test_the_planted_frames_are_those_that_an_exact_path_finds():
    speech = work.speech(0.5)
    found = emissions.judge(forced_align(speech.log_probs, speech.tokens).start, speech)
    assert found["within 2 frames of the truth"] > 0.98
    late = emissions.judge(speech.first + 5, speech)
    assert late["within 2 frames of the truth"] == 0 and late["within 10"] == 1


def test_recall_and_precision_count_true_pairs():
    pair = work.TextPair("abcd", "abxd", np.array([0, 1, -1, 3]))
    assert _shares((np.array([0, 1, 3]), np.array([0, 1, 3])), pair) == (1, 1)
    assert _shares((np.arange(4), np.arange(4)), pair) == (1, 3 / 4)
    assert _shares((np.array([0, 2]), np.array([0, 1])), pair) == (1 / 3, 1 / 2)
    nothing = np.zeros(0, np.int64)
    assert _shares((nothing, nothing), pair) == (0, 0)


def _shares(pairs: text.Pairs, pair: work.TextPair) -> tuple[float, float]:
    found = text.judge(pairs, pair)
    return found["recall"], found["precision"]


def test_runs_become_pairs():
    i, j = text.pairs_of_runs([("ref", 2), ("both", 2), ("hyp", 1), ("both", 1)])
    assert i.tolist() == [2, 3, 4] and j.tolist() == [0, 1, 3]


@pytest.mark.parametrize("free_ends", [False, True])
def test_a_path_is_worth_what_the_aligner_says(free_ends):
    pair = work.text_pair(600, ends=0.4)
    found = needleman_wunsch(pair.ref, pair.hyp, free_ends=free_ends, method="exact")
    assert text.worth(found.matched(), pair.ref, pair.hyp, free_ends) == found.score


def test_spotted_ends_count_within_a_fifth_of_a_second():
    first = np.arange(0, 1200, 10)
    speech = work.Speech(np.zeros((1300, 70), np.float32), np.ones(120, np.int64), first)
    ends = np.array([(0, 591), (600, 1212)])  # the second ends 21 frames late
    assert emissions.judge_spotting(ends, speech)["share of sentences found within 0.2 s"] == 0.5


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashes (SIGSEGV)"),
        ("import time; time.sleep(20)", "over 1 s"),
        ("bytearray(4 << 30)", "fails: MemoryError"),
        ("raise ValueError('no')", "fails: ValueError: no"),
        ("""print('{"failure": "out of memory"}')""", "out of memory"),
        ("pass", "fails: no answer"),
    ],
)
def test_whatever_a_child_dies_of_is_told(code, why):
    assert run.outcome([sys.executable, "-c", code], 1, 2) == Outcome(why)


def test_a_failing_contender_is_tried_once_and_stands_in_the_table(tmp_path):
    found = run.rounds_of([ANCHORED], 2, True, tmp_path, (0.01, 8))
    assert {one.failure for one in found.values()} == {"over 0.01 s"} and len(found) == 2
    body = table.body([ANCHORED], found, True, "make bench")
    assert "| rapidfuzz | over 0.01 s |" in body and "Nothing was measured on both sides." in body


def test_a_peer_that_cannot_be_installed_is_left_out_with_the_reason(tmp_path, monkeypatch):
    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess:
        fails = command[-1].startswith("ctc-segmentation")
        return subprocess.CompletedProcess(command, int(fails), stderr="ERROR: no compiler\nnote: that was all")

    monkeypatch.setattr(install.subprocess, "run", pip)
    monkeypatch.setattr(install, "LEFT_OUT", tmp_path / "left_out.json")
    install.main()
    monkeypatch.setattr(run, "versions", lambda: {"numpy": "2", "edlib": "", "ctc-segmentation": ""})
    why = {"edlib": "not installed", "ctc-segmentation": "cannot be installed here: ERROR: no compiler"}
    assert run.absent() == why


def test_rounds_are_joined_by_their_median_and_a_failure_outweighs():
    rounds = [Outcome("", seconds, 2, {}) for seconds in (3, 1, 2)]
    assert run.joined(rounds).seconds == 2
    slower = run.joined([Outcome("", seconds, 2, {}) for seconds in (6, 2, 40)])
    assert table.ratio(run.joined(rounds), slower) == 2, "the third round met a slow machine"
    assert run.joined([*rounds, Outcome("over 9 s")]).failure == "over 9 s"
    assert table.mean([2, 8]) == pytest.approx(4)


def test_words_around_the_marks_stay():
    page = table.put_between("# Title\n\nBefore.\n", "one")
    page = table.put_between(page + "\nAfter.\n", "two")
    assert page.startswith("# Title\n\nBefore.\n") and page.endswith("After.\n")
    assert "two" in page and "one" not in page


def test_ours_and_a_peer_in_processes_of_their_own(tmp_path):
    page = tmp_path / "page.md"
    command = [sys.executable, "-m", "benchmarks.peers", "--quick", "--only", "anchored", "-o", str(page)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    rows = [line.split("|")[1:-1] for line in page.read_text(encoding="utf8").splitlines() if line.startswith("|")]
    shares = {name.strip(): value for name, value in (row for row in rows if len(row) == 2) if "/" in value}
    assert set(shares) == {"shruti anchored", "rapidfuzz"}
    assert all(min(map(float, value.split("/"))) > 0.8 for value in shares.values())
    claim = next(row for row in rows if "rapidfuzz" in row[0] and len(row) == 4)
    assert float(claim[1].strip(" *")) > 0
