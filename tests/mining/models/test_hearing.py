"""Word and character error rates of a model, overall and by group, and how sure they are."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from mining import store
from mining.corpus.manifests import READERS
from mining.documents.languages import language
from mining.errors import InputError, UsageError
from mining.models import hearing
from mining.models.utterances import Utterances
from mining.speech.ctc_model import load_model
from tests.mining.listener import Listener
from tests.mining.models.exported import training_set
from tests.mining.speech.conftest import save_model

DEVANAGARI = ("<pad>", "|", "क", "म", "ल")


def said(text: str, recording: str = "", **about: str) -> hearing.Said:
    return hearing.Said("u", text, recording, about, lambda: np.zeros(0, np.int16))


def heard(text: str, written: str, recording: str = "", **about: str) -> hearing.Heard:
    return hearing.judge(said(text, recording, **about), written, 1.8, DEVANAGARI)


# How texts are compared


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("क\u094d\u200dक", "क्क"),
        ("\u0915\u093c", "\u0915\u093c"),  # composed forms of nukta letters decompose in NFC
        ("\u0958", "\u0915\u093c"),
        ("“Ça va?” — 12", "ça va 12"),
        ("don’t", "dont"),
        ("  a\tb\n", "a b"),
        ("।॥", ""),
    ],
)
def test_only_what_is_said_is_compared(text: str, left: str) -> None:
    assert hearing.comparable(text) == left


@given(st.text(max_size=30))
def test_what_is_comparable_stays_as_it_is(text: str) -> None:
    once = hearing.comparable(text)
    assert hearing.comparable(once) == once == once.strip() and "  " not in once


def test_errors_are_those_of_jiwer() -> None:
    found = heard("कल हम", "कल कम लो")
    assert (found.word_errors, found.words, found.character_errors, found.characters) == (2, 2, 4, 5)
    assert found.word_errors / found.words == jiwer.wer("कल हम", "कल कम लो")
    assert found.character_errors / found.characters == jiwer.cer("कल हम", "कल कम लो")
    assert heard("।", "क").words == 0 and heard("।", "क").word_errors == 1


def test_a_text_of_another_script_is_compared_in_the_models() -> None:
    assert heard("ಕಮಲ", "कमल").character_errors == 0
    assert hearing.judge(said("ಕಮಲ"), "ಕಮಲ", 1.0, (*DEVANAGARI, "ಕ")).character_errors == 0, "it writes both"
    assert hearing.judge(said("kamal"), "kamal", 1.0, DEVANAGARI).character_errors == 0, "Latin has no fellows"


# Figures


def test_figures_are_pooled_and_by_group() -> None:
    rows = [
        heard("कल", "कल", "r1", station="पटना"),
        heard("कम कम कम", "कम", "r1", station="पटना"),
        heard("मल", "लम", "r2", station="दिल्ली"),
    ]
    found = hearing.figures([*rows, heard("कल", "", "r3")], by="station")
    assert (found["all"]["utterances"], found["all"]["words"], found["all"]["wer"]) == (4, 6, round(4 / 6, 4))
    assert list(found["by"]) == ["", "दिल्ली", "पटना"]
    assert [group["wer"] for group in found["by"].values()] == [1.0, 1.0, 0.5]
    assert found["by"]["पटना"]["hours"] == 0.001 and found["by"]["पटना"]["cer"] == round(6 / 10, 4)
    assert found["by"]["पटना"]["wer_interval"] is None, "both are of one recording"
    assert "whole recordings" in found["intervals"] and "joiners" in found["compared"] and "Deva" in found["compared"]


def test_units_are_recordings_else_speakers_else_utterances() -> None:
    assert "whole recordings" in hearing.figures([heard("क", "क", "r1"), heard("क", "क", "r2")])["intervals"]
    assert "whole speakers" in hearing.figures([heard("क", "क", client_id="a"), heard("क", "क", client_id="b")])["intervals"]
    assert "of utterances" in hearing.figures([heard("क", "क", "r1"), heard("क", "क", "r1")])["intervals"]


def test_where_nothing_was_said_there_is_no_rate() -> None:
    found = hearing.figures([heard("।", ""), heard("।", "क")])["all"]
    assert found["wer"] is None and found["cer_interval"] is None and found["words"] == 0


counts = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=12)


@settings(max_examples=30)
@given(counts, st.integers(0, 5))
def test_an_interval_is_that_of_the_obvious_way(rows: list[tuple[int, int]], seed: int) -> None:
    found = hearing.interval(np.array(rows), seed, draws=80)
    rng, rates = np.random.default_rng(seed), []
    for _ in range(80):
        drawn = [rows[i] for i in rng.integers(len(rows), size=len(rows))]
        if said := sum(words for _, words in drawn):
            rates.append(sum(errors for errors, _ in drawn) / said)
    if not any(words for _, words in rows):
        assert found is None
        return
    rates.sort()

    def quantile(part: float) -> float:
        place = part * (len(rates) - 1)
        low = int(place)
        high = min(low + 1, len(rates) - 1)
        return rates[low] + (place - low) * (rates[high] - rates[low])

    assert found == pytest.approx([quantile(0.025), quantile(0.975)], abs=2e-4)


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance, hits = random.Random(0), 0
    for number in range(200):
        rows = np.array([(sum(chance.random() < 0.2 for _ in range(30)), 30) for _ in range(40)])
        low, high = hearing.interval(rows, number, draws=200)
        hits += low <= 0.2 <= high
    assert 0.89 <= hits / 200 <= 0.99


def test_recordings_that_differ_widen_the_interval() -> None:
    rows = [heard("कल", "कल" if n % 2 else "म", f"r{n % 2}-{n // 20}") for n in range(80)]
    whole = hearing.figures(rows)["all"]["wer_interval"]
    alone = hearing.figures([heard(h.reference, h.heard) for h in rows])["all"]["wer_interval"]
    assert whole[1] - whole[0] > 1.5 * (alone[1] - alone[0])
    assert hearing.figures(rows, seed=1)["all"]["wer"] == hearing.figures(rows)["all"]["wer"]
    assert hearing.figures(rows, seed=1)["all"]["cer_interval"] == hearing.figures(rows, seed=1)["all"]["cer_interval"]


# What is read


@pytest.mark.parametrize("format", sorted(READERS))
def test_every_format_is_read(format: str, fabricate: Callable[..., Path], tmp_path: Path) -> None:
    folder = training_set(fabricate, tmp_path / "set", format)
    whole = hearing.read(folder, "all", "station")
    rows = list(whole.said())
    assert whole.total == len(rows) == 16 and {row.column("station") for row in rows} == {"पटना", "रांची", "भोपाल"}
    assert all(row.samples().dtype == np.int16 and len(row.samples()) for row in rows)
    test = hearing.read(folder)
    assert 0 < test.total == len(list(test.said())) < 16
    assert {row.column("recording") for row in test.said()} < {row.column("recording") for row in rows}


def test_what_there_is_not_is_told(fabricate: Callable[..., Path], tmp_path: Path) -> None:
    folder = training_set(fabricate, tmp_path / "set")
    with pytest.raises(UsageError, match="train, valid, test, all"):
        hearing.read(folder, "dev")
    with pytest.raises(UsageError, match="recording, station"):
        hearing.read(folder, "test", "dialect")
    with pytest.raises(InputError, match="neither"):
        hearing.read(tmp_path / "nothing")


@pytest.fixture
def table(tmp_path: Path, spoken: Utterances) -> Path:
    """Three of the spoken sentences with a table that knows who speaks."""
    folder = tmp_path / "table"
    (folder / "clips").mkdir(parents=True)
    with (folder / "validated.tsv").open("w", encoding="utf8") as file:
        rows = csv.writer(file, delimiter="\t")
        rows.writerow(["client_id", "path", "sentence"])
        for index in range(3):
            soundfile.write(folder / "clips" / f"{index}.wav", spoken.audio(index), 16_000, subtype="PCM_16")
            rows.writerow([f"speaker {index % 2}", f"{index}.wav", f"{spoken.texts[index]}।"])
    return folder


def test_a_table_is_read_with_its_columns(table: Path, spoken: Utterances) -> None:
    found = hearing.read(table, by="speaker")
    rows = list(found.said())
    assert [row.column("speaker") for row in rows] == ["speaker 0", "speaker 1", "speaker 0"]
    assert [row.column("client_id") for row in rows] == [row.column("speaker") for row in rows]
    assert found.total == 3 and rows[1].text == f"{spoken.texts[1]}।" and rows[1].recording == ""
    assert np.array_equal(rows[2].samples(), np.round(spoken.audio(2) * 32768).astype(np.int16))
    with pytest.raises(UsageError, match="client_id, path, sentence"):
        hearing.read(table, by="station")


# From sound to figures


@pytest.mark.parametrize("chunk", [1, 600 * 16_000])
def test_a_model_is_measured_by_what_it_writes_in_a_run(
    chunk: int, table: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "_CHUNK", chunk)
    hindi, listener = load_model(model, "cpu", language("hi")), Listener()
    rows = hearing.hear(hindi, hearing.read(table), listener)
    assert listener.shares("hear") == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0] if chunk == 1 else [0.0, 1.0])
    assert listener.audio("hear")[-1] == pytest.approx(sum(row.seconds for row in rows))
    assert hearing.figures(rows)["all"]["cer"] < 0.3, "it reads espeak's Hindi well"
    from mining.config import TranscribeConfig
    from mining.records import Segment
    from mining.speech.emissions import greedy
    from mining.speech.transcribe import transcribe

    for row, one in zip(rows, hearing.read(table).said(), strict=True):
        samples = one.samples()
        segments = [Segment("s", 0, len(samples))]
        alone = greedy(transcribe(hindi, samples, segments, TranscribeConfig()), segments)[0].text
        assert row.heard == hearing.comparable(alone) and row.reference == hearing.comparable(one.text)


def test_a_sound_too_short_for_the_model_is_heard_as_nothing(tmp_path: Path) -> None:
    network = load_model(str(save_model(tmp_path / "m", "wav2vec2")), "cpu", language("hi"))
    empty = hearing.Said("a", "कल", "", {}, lambda: np.zeros(0, np.int16))
    short = hearing.Said("b", "कल", "", {}, lambda: np.zeros(99, np.int16))
    rows = hearing.hear(network, hearing.Material(2, lambda: iter([empty, short])))
    assert [(row.heard, row.character_errors) for row in rows] == [("", 2), ("", 2)]


def test_what_was_heard_is_written(tmp_path: Path) -> None:
    hearing.write(tmp_path / "heard.jsonl", [heard("कल।", "कम", "r1", station="पटना"), heard("कल", "कल")])
    first, second = store.read_rows(tmp_path / "heard.jsonl")
    assert first == {
        "id": "u", "recording": "r1", "duration": 1.8, "reference": "कल", "heard": "कम", "word_errors": 1, "words": 1,
        "character_errors": 1, "characters": 2, "about": {"station": "पटना"},
    }  # fmt: skip
    assert "about" not in second and second["word_errors"] == 0
