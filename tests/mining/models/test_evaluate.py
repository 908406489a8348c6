"""Figures against truth: by hand, by property, and equal to the reference scorer where it is at hand."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.errors import InputError
from mining.models.evaluate import evaluate_bulletins, evaluate_pairs, letters, read_gold, tally

GOLD = {
    "duration": 30.0,
    "spoken": [
        {"text": "आज मौसम साफ रहेगा", "start": 1.0, "end": 3.0, "printed": True},
        {"text": "कल बारिश होगी", "start": 4.0, "end": 6.0, "printed": True},
        {"text": "यह नहीं छपा", "start": 7.0, "end": 8.0, "printed": False},
        {"text": "", "start": 9.0, "end": 12.0, "printed": False},
        {"text": "समाचार समाप्त हुए", "start": 13.0, "end": 17.0, "printed": True},
    ],
}


def pair(start: float, end: float, text: str) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text}


PERFECT = [pair(s["start"], s["end"], s["text"]) for s in GOLD["spoken"] if s["text"] and s["printed"]]


def test_perfect_pairs() -> None:
    assert evaluate_pairs(PERFECT, GOLD) == {
        "pairs": 3,
        "correct": 3,
        "precision": 1.0,
        "yield": 1.0,
        "text_cer": 0.0,
        "edge_p50": 0.0,
        "edge_p95": 0.0,
        "calibration_error": None,
    }


def test_no_pairs() -> None:
    figures = evaluate_pairs([], GOLD)
    assert figures == {
        "pairs": 0,
        "correct": 0,
        "precision": 0.0,
        "yield": 0.0,
        "text_cer": 0.0,
        "edge_p50": None,
        "edge_p95": None,
        "calibration_error": None,
    }
    json.dumps(figures, allow_nan=False)


def test_an_end_over_half_a_second_off_is_wrong_but_its_error_counts() -> None:
    figures = evaluate_pairs([pair(1.0, 3.0, "आज मौसम साफ रहेगा"), pair(4.0, 6.75, "कल बारिश होगी")], GOLD)
    assert (figures["precision"], figures["yield"]) == (0.5, 0.25)
    assert figures["edge_p95"] == 0.75


def test_a_wrong_text_is_wrong_and_its_ends_do_not_count() -> None:
    figures = evaluate_pairs([pair(4.0, 6.0, "समाचार समाप्त हुए")], GOLD)
    assert figures["correct"] == 0
    assert figures["edge_p50"] is None
    assert figures["text_cer"] > 0.5


def test_a_pair_of_two_sentences_is_right_and_yields_both() -> None:
    assert evaluate_pairs([pair(1.0, 6.0, "आज मौसम साफ रहेगा कल बारिश होगी")], GOLD)["yield"] == 0.5


def test_an_unprinted_sentence_is_precise_but_no_yield() -> None:
    figures = evaluate_pairs([pair(7.0, 8.0, "यह नहीं छपा")], GOLD)
    assert (figures["precision"], figures["yield"]) == (1.0, 0.0)


def test_a_pair_over_nothing_spoken_is_wrong_with_all_its_letters() -> None:
    figures = evaluate_pairs([pair(20.0, 22.0, "कल")], GOLD)
    assert (figures["precision"], figures["text_cer"]) == (0.0, 2.0)


def test_a_sentence_mined_twice_yields_once() -> None:
    assert evaluate_pairs([PERFECT[0], PERFECT[0]], GOLD)["yield"] == 0.25


def test_a_tenth_of_wrong_letters_is_still_right() -> None:
    gold = {"spoken": [{"text": "क" * 20, "start": 0.0, "end": 2.0, "printed": True}]}
    assert evaluate_pairs([pair(0.0, 2.0, "क" * 18)], gold)["correct"] == 1
    assert evaluate_pairs([pair(0.0, 2.0, "क" * 17)], gold)["correct"] == 0


def test_letters_leave_out_spaces_signs_and_joiners() -> None:
    assert letters("क्\u200dष, 12 — कि!") == "क्ष12कि"


def test_bulletins_are_pooled_and_not_averaged() -> None:
    empty: list[dict[str, Any]] = []
    assert evaluate_bulletins([(PERFECT, GOLD), (empty, GOLD)])["yield"] == 0.5
    assert evaluate_bulletins([(PERFECT, GOLD), (empty, GOLD)])["precision"] == 1.0
    assert evaluate_bulletins([]) == evaluate_pairs([], {"spoken": []})


@given(st.lists(st.tuples(st.floats(0, 18), st.floats(0.1, 5), st.sampled_from([s["text"] for s in GOLD["spoken"]])), max_size=8))
def test_counts_stay_within_bounds(raw: list[tuple[float, float, str]]) -> None:
    counts = tally([pair(start, start + length, text) for start, length, text in raw], GOLD)
    assert 0 <= counts.correct <= counts.pairs == len(raw)
    assert 0 <= counts.mined <= counts.minable == 8.0
    assert 2 * counts.correct <= len(counts.edges)


def _data() -> Path:
    folder = os.environ.get("SHRUTI_DATA")
    if not folder:
        pytest.skip("SHRUTI_DATA is not set: no reference scorer and no bulletins at hand")
    return Path(folder)


def _damaged(gold: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """Pairs such as a miner makes: most right, some shifted, glued, misread or invented."""
    draw = random.Random(seed)
    pairs = []
    for one, two in zip(gold["spoken"], gold["spoken"][1:], strict=False):
        kind = draw.random()
        text = one["text"] + (" " + two["text"] if kind < 0.1 else "")
        text = "".join(c for c in text if draw.random() > draw.choice([0.0, 0.05, 0.15]))
        slip = draw.gauss(0, 0.3)
        pairs.append(pair(one["start"] + slip, (two if kind < 0.1 else one)["end"] + draw.gauss(0, 0.3) + max(0.0, slip), text))
    return [p for p in pairs if p["end"] > p["start"]]


def test_the_figures_are_those_of_the_reference_scorer(tmp_path: Path) -> None:
    scorer = _data() / "score.py"
    golds = sorted((_data() / "bulletins").glob("*.gold.json"))
    assert importlib.util.spec_from_file_location("score", scorer)
    assert golds
    bulletins, arguments = [], []
    for seed, path in enumerate(golds):
        gold = json.loads(path.read_text(encoding="utf8"))
        pairs = _damaged(gold, seed)
        written = tmp_path / f"{seed}.jsonl"
        written.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in pairs), encoding="utf8")
        bulletins.append((pairs, gold))
        arguments += [str(written), str(path)]
    told = json.loads(subprocess.run([sys.executable, str(scorer), *arguments, "--json"], capture_output=True, check=True).stdout)
    ours = evaluate_bulletins(bulletins)
    assert 0.1 < ours["precision"] < 0.9  # the damage is such that every branch is walked
    assert {name: ours[name] for name in told} == told


def test_confidence_is_held_against_the_truth() -> None:
    gold = {"spoken": [{"text": "एक दो तीन", "start": 0.0, "end": 2.0, "printed": True}]}
    right = {"start": 0.0, "end": 2.0, "text": "एक दो तीन", "confidence": 0.9}
    wrong = right | {"text": "चार पाँच छह", "confidence": 0.7}
    assert evaluate_pairs([right], gold)["calibration_error"] == pytest.approx(0.1)
    assert evaluate_pairs([right, wrong], gold)["calibration_error"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("text", "says"), [("{", "is damaged"), ("{}", "has no 'spoken'"), ('{"spoken": [{}]}', "has no 'start'")]
)
def test_a_gold_file_that_is_none_says_what_it_lacks_and_one_remedy(tmp_path: Path, text: str, says: str) -> None:
    gold = tmp_path / "gold.json"
    gold.write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_gold(gold)
    assert caught.value.advice == "Give a gold.json, as `shruti compose` writes it."
