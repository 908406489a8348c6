"""The parts of `python -m benchmarks.quality` that a wrong figure could come from; no sound is needed."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from benchmarks.quality import peers, report
from benchmarks.quality.bulletins import RECIPES, Bulletin, Recording, document, misplaced, script
from benchmarks.quality.cells import FACTORS, MIXED, Cell, cells, panels
from benchmarks.quality.curves import Judged, at_precision, at_yield, average, curve, exceptions, judge, minable
from benchmarks.quality.degrade import Spoken, error_rate, misread, with_error_rate
from benchmarks.quality.outcome import Outcome, measure
from mining.compose.sound import Take
from mining.compose.trim import trim
from mining.models.evaluate import tally
from mining.models.voices import speak
from mining.records import SAMPLE_RATE, Segment
from mining.speech.emissions import Emissions

TEXT = "मुख्यमंत्री ने किसानों के लिए नई योजना की घोषणा की है। जिले के सभी विद्यालय सोमवार को बंद रहेंगे। " * 40
FRAMES = 400  # of a sentence


def _emissions(rng: np.random.Generator, right: float = 0.67) -> tuple[Emissions, list[Spoken]]:
    """Ten sentences of which a model hears so many symbols right."""
    letters = [chr(0x915 + k) for k in range(20)]
    scores = rng.normal(size=(10 * FRAMES, 22)).astype(np.float32)
    scores[:, 0] += 6
    said = []
    for first in range(0, 10 * FRAMES, FRAMES):
        tokens = rng.integers(2, 22, 60).astype(np.int32)
        for frame, token in zip(range(first + 10, first + FRAMES, 6), tokens, strict=False):
            heard = token if rng.random() < right else rng.integers(2, 22)
            scores[frame : frame + 2, heard] += 10
        said.append(Spoken(tokens, first, first + FRAMES))
    log_probs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    starts = np.arange(10 * FRAMES, dtype=np.int64) * 320
    index = np.zeros(10 * FRAMES, np.int32)
    vocabulary = ("<pad>", "|", *letters)
    return Emissions(log_probs.astype(np.float16), starts, starts + 320, index, vocabulary, blank=0, delimiter=1), said


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.2])
def test_ocr_errors_come_at_their_rate(share: float) -> None:
    read, origin = misread(TEXT, share, np.random.default_rng(0))
    assert Levenshtein.distance(read, TEXT) / len(TEXT) == pytest.approx(share, rel=0.03)
    assert len(origin) == len(read) and origin == sorted(origin)
    assert (read == TEXT) == (share == 0)
    same = sum(read[i] == TEXT[at] for i, at in enumerate(origin)) / len(read)
    assert same >= 1 - share - 0.003


def test_what_a_misread_sentence_should_say_is_known() -> None:
    printed = [line.strip() + "।" for line in TEXT.split("।")[:20]]
    clean, bad = (document(printed, RECIPES[301], share) for share in (0.0, 0.1))
    assert [one.text for one in clean.sentences] != [one.text for one in bad.sentences]
    page = " ".join(one.text for one in clean.sentences)
    for one in bad.sentences:
        meant = bad.true_text(one, one.raw_text)
        assert meant in page
        assert Levenshtein.normalized_distance(meant, one.text) < 0.35


@pytest.mark.parametrize("target", [0.1, 0.2, 0.6, 0.8])
def test_emissions_reach_the_wanted_error_rate(target: float) -> None:
    emissions, said = _emissions(np.random.default_rng(1))
    assert error_rate(emissions, said) == pytest.approx(0.33, abs=0.07)
    changed = with_error_rate(emissions, said, target, seed=5)
    assert error_rate(changed, said) == pytest.approx(target, abs=0.02)
    assert np.exp(changed.log_probs.astype(np.float64)).sum(axis=1) == pytest.approx(1, abs=0.02)
    assert np.array_equal(changed.log_probs, with_error_rate(emissions, said, target, seed=5).log_probs)


def test_a_curve_by_hand() -> None:
    def right(score: float, sentence: int, seconds: float) -> Judged:
        return Judged(score, True, ((("r", sentence), seconds),))

    pairs = [Judged(0.7, False), right(0.9, 0, 4.0), right(0.7, 1, 2.0), right(0.6, 2, 2.0), right(0.6, 0, 4.0)]
    points = curve(pairs, total=10.0)
    assert [(p.pairs, p.precision, p.share) for p in points] == [(1, 1.0, 0.4), (3, 2 / 3, 0.6), (5, 0.8, 0.8)]
    assert average(points) == pytest.approx(0.4 * 1 + 0.2 * 2 / 3 + 0.2 * 0.8)
    assert at_precision(points, 0.95) == 0.4 and at_precision(points, 0.8) == 0.8
    assert at_yield(points, 0.5).precision == 0.8, "the cut that keeps more is the more precise one"
    assert at_yield(points, 0.81) is None
    assert curve([], 10.0) == () and average(()) == 0 and at_precision((), 0.5) is None


def test_a_better_rival_is_told() -> None:
    ours = curve([Judged(1 - k / 10, k != 1, ((("r", k), 1.0),) if k != 1 else ()) for k in range(5)], 5.0)
    rival = curve([Judged(1 - k / 10, True, ((("r", k), 1.0),)) for k in range(5)], 5.0)
    assert exceptions({"hybrid": ours, "rival": ours}, "hybrid") == []
    worse = exceptions({"hybrid": ours, "rival": rival}, "hybrid", grid=(0.2, 0.4, 1.0))
    assert [(one.share, one.rival, one.by and round(one.by, 3), one.pairs) for one in worse] == [
        (0.4, "rival", 0.2, 5),
        (1.0, "rival", None, 5),
    ]


def test_judging_agrees_with_the_projects_measure() -> None:
    said = [("क ख ग घ", 0.0, 2.0, True), ("च छ ज झ", 2.2, 4.0, True), ("ट ठ ड ढ", 4.5, 6.0, False)]
    gold = {"spoken": [dict(zip(("text", "start", "end", "printed"), row, strict=True)) for row in said]}
    spans = [("क ख ग घ च छ ज झ", 0.0, 4.0), ("च छ ज झ", 2.2, 4.0), ("ट ठ ड ढ", 4.5, 6.0), ("क ख ग घ", 0.9, 2.0)]
    pairs = [dict(zip(("text", "start", "end"), row, strict=True)) for row in spans]
    last = curve([judge(pair, 0.5, gold, "r") for pair in pairs], minable(gold))[-1]
    figures = tally(pairs, gold).figures()
    assert (last.precision, last.share) == (figures["precision"], pytest.approx(figures["yield"]))


def test_cells_are_the_same_each_time_and_within_range() -> None:
    every = cells()
    assert [asdict(cell) for cell in every] == [asdict(cell) for cell in cells()]
    assert len({cell.name for cell in every}) == len(every) == 1 + sum(len(v) - 1 for v in FACTORS.values()) + MIXED
    for cell in panels("mixed"):
        for factor, values in FACTORS.items():
            known = [value for value in values if value is not None]
            assert min(known) <= getattr(cell, factor) <= max(known)
    assert [cell.name for cell in cells(["base", "ocr-1*"])] == ["base", "ocr-10"]


def test_a_cell_changes_the_page_as_it_says() -> None:
    said = [{"text": f"वाक्य {chr(0x915 + k)}", "start": k, "end": k + 0.9} for k in range(20)]
    said.append({**said[2], "start": 20, "end": 20.9})  # read again
    recording = Recording(301, [], None, said, [f"अन्य {chr(0x915 + k)}" for k in range(30)])
    printed, spoken = script(recording, Cell("some", unspoken=0.5, untranscribed=0.4))
    assert sum(text.startswith("वाक्य") for text in printed) == sum(text.startswith("अन्य") for text in printed) == 12
    assert all(one["printed"] == (one["text"] + "।" in printed) for one in spoken)
    assert [text for text in printed if text.startswith("वाक्य")] == sorted(text for text in printed if text.startswith("वाक्य"))
    moved, _ = script(recording, Cell("moved", unspoken=0.0, untranscribed=0.0, reordered=0.6))
    assert sorted(moved) == sorted(set(moved)) != moved and len(moved) == 20


def test_a_take_with_a_hiss_behind_its_voice_is_known() -> None:
    spoken = speak("आज सुबह से पूरे राज्य में हल्की बारिश हो रही है", "hi").astype(np.float32) / 32768
    start, end = trim(spoken)
    hiss = 0.02 * np.random.default_rng(0).standard_normal(SAMPLE_RATE * 3 // 2).astype(np.float32)
    samples = np.concatenate([spoken[:end], hiss])
    assert misplaced(Take("", "", spoken, start, end)) < 0.2
    assert 1.2 < misplaced(Take("", "", samples, start, len(samples))) < 1.8


def _bulletin() -> Bulletin:
    emissions, said = _emissions(np.random.default_rng(2), right=0.95)
    texts = ["".join(emissions.vocabulary[token] for token in one.tokens[:50]) for one in said]
    raw = [" ".join(text[k : k + 10] for k in range(0, 50, 10)) for text in texts]
    page = document([text + "।" for text in raw], RECIPES[301], 0.0)
    spans = [(one.first * 0.02, one.last * 0.02) for one in said]
    gold = {"spoken": [dict(text=t, start=a, end=b, printed=True) for t, (a, b) in zip(raw, spans, strict=True)]}
    runs = tuple((one.first * 320, one.last * 320 - 1600) for one in said)
    return Bulletin("made", page, [Segment("a", 0, len(emissions.starts) * 320, runs)], emissions, gold, 0.33)


def test_edit_distance_places_sentences_where_they_are() -> None:
    made = _bulletin()
    found = peers.edit_distance(made)["two in a row"]
    assert len(found) == 10
    for place, one in zip(found, made.gold["spoken"], strict=True):
        assert abs(place.start / SAMPLE_RATE - one["start"]) < 1.0
        assert -0.25 < place.score < 0, "a symbol in twenty is wrong, and there are spaces"


def test_a_missing_peer_is_stated(tmp_path: Path) -> None:
    able, missing = peers.contestants(None)
    assert "ctc-segmentation" not in able and "--peers" in missing["ctc-segmentation"]
    _, missing = peers.contestants(tmp_path / "nowhere")
    assert "nowhere" in missing["ctc-segmentation"]
    _, missing = peers.contestants(Path(sys.executable))
    assert "No module named 'ctc_segmentation'" in missing["ctc-segmentation"]
    assert "Left out: ctc-segmentation, since it cannot be imported" in report.report({}, missing)


def test_a_peer_that_fails_is_told_and_the_others_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(bulletin: Bulletin) -> peers.Versions:
        raise RuntimeError("made: out of its window")

    made = _bulletin()
    monkeypatch.setattr("benchmarks.quality.outcome.bulletin", lambda recording, cell: made)
    monkeypatch.setattr(
        "benchmarks.quality.outcome.contestants", lambda _: ({"a": fails, "edit distance": peers.edit_distance}, {})
    )
    outcome = measure([None], None, Cell("base"))
    assert isinstance(outcome, Outcome) and outcome.failed == {"a": "made: out of its window"}
    assert set(outcome.curves) == {"edit distance"} and outcome.legible == 1.0
    assert "a gave nothing (made: out of its window)" in report.report({"base": outcome}, {})


def test_words_around_the_tables_stay(tmp_path: Path) -> None:
    path = tmp_path / "quality.md"
    path.write_text(f"# Title\n\nMine.\n\n{report.BEGIN}\nold\n{report.END}\n\nBelow.\n", encoding="utf8")
    report.write(path, "new")
    assert path.read_text(encoding="utf8") == f"# Title\n\nMine.\n\n{report.BEGIN}\nnew\n{report.END}\n\nBelow.\n"


def test_the_same_curves_give_the_same_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from benchmarks.quality.draw import pictures

    outcomes = {}
    for cell in cells(["base", "ocr-*"]):
        points = curve([Judged(1 - k / 10, k % 3 < 2, ((("r", k), 1.0),)) for k in range(9)], 12.0)
        outcomes[cell.name] = Outcome(cell, 0.4, 5.0, 30, 1.0, {"hybrid": points})
    one, two = (pictures(outcomes, tmp_path / name) for name in "ab")
    assert [path.name for path in one] == ["quality-ocr.svg"]
    assert one[0].read_bytes() == two[0].read_bytes()
    assert one[0].stat().st_size < 100_000 and "<dc:date>" not in one[0].read_text(encoding="utf8")
