"""A model from text alone, in a handful of steps: it hears nothing yet, but it is whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCTC, AutoProcessor

from mining import telling
from mining.documents.languages import language
from mining.errors import InputError, UsageError
from mining.models import corpus, voices
from mining.models import seed as cold
from mining.models.corpus import Reading
from mining.models.train import Schedule
from mining.models.utterances import Utterances
from mining.speech.ctc_model import load_model
from tests.mining.listener import Listener

HINDI = language("hi").holds


def reading(lines: list[str], voice: str = "hi") -> Reading:
    return Reading("hi", tuple(lines), voice)


def test_a_cold_start_needs_text_and_a_voice(lines: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"only 10 usable sentences of hi; a cold start needs 1000"):
        cold.seed([reading(lines)], tmp_path / "model")
    with pytest.raises(UsageError, match="no voice 'klingon'"):
        Reading.of("klingon", lines)
    assert not list(tmp_path.iterdir())


def test_a_common_inventory_is_for_brahmic_scripts(lines: list[str], tmp_path: Path) -> None:
    both = [reading(lines), Reading("sw", ("habari za asubuhi",), "sw")]
    with pytest.raises(UsageError, match="sw: shares no inventory"):
        cold.seed(both, tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def seeded(lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that was trained for two steps, its spoken corpus beside it."""
    folder = tmp_path_factory.mktemp("seed") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "CHECKED", 1)
        cold.seed([reading(lines)], folder, schedule=Schedule(steps=9, warm_up=1, batch_seconds=4.0, longest=3.0), steps=2)
    return folder


def test_the_model_comes_with_its_figures(seeded: Path) -> None:
    figures = json.loads((seeded / "figures.json").read_text(encoding="utf8"))
    assert figures["steps"] == 2
    assert figures["tts_cer"] > 0 and figures["tts_hours"] > 0


def test_the_corpus_is_kept_apart_from_what_is_measured_by(seeded: Path, lines: list[str]) -> None:
    speech = seeded.with_name("model-speech") / "hi"
    train, check = Utterances(speech / "train"), Utterances(speech / "check")
    assert len(check) == 1 and sorted(train.texts + check.texts) == sorted(lines)


def test_transformers_alone_loads_it_and_it_writes_devanagari(seeded: Path) -> None:
    model, processor = AutoModelForCTC.from_pretrained(seeded), AutoProcessor.from_pretrained(seeded)
    audio = voices.speak("आज मौसम साफ रहेगा", "hi").astype(np.float32) / 32768
    inputs = processor(audio, sampling_rate=16_000, return_tensors="pt")
    with torch.no_grad():
        logits = model.eval()(**inputs).logits.clone()
    assert logits.shape[2] == len(processor.tokenizer) == model.config.vocab_size
    letters = [i for token, i in processor.tokenizer.get_vocab().items() if len(token) == 1 and token != "|"]
    heard = processor.batch_decode(torch.tensor([letters]))[0]
    assert heard and all(HINDI(character) for character in heard)
    logits[..., 0] = -1e9  # after two steps it is silent; what else would it write?
    written = processor.batch_decode(logits.argmax(-1))[0].replace("<unk>", "")
    assert all(HINDI(character) or character == " " for character in written)


def test_shruti_loads_it(seeded: Path) -> None:
    model = load_model(str(seeded), "cpu", language("hi"))
    assert (model.blank, model.delimiter, model.specials, model.masks_padding) == (0, 1, (2,), True)
    assert model.frames.hop == 320


def test_speech_is_not_spoken_twice(seeded: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "CHECKED", 1)
    monkeypatch.setattr(corpus, "speak_all", lambda *_: pytest.fail("spoken again"))
    train, _ = corpus.speak_corpus(reading(list(reversed(lines))), seeded.with_name("model-speech") / "hi")
    assert len(train) == 9


def test_speaking_is_told(lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "CHECKED", 1)
    monkeypatch.setattr(telling, "OFTEN", 3)
    first, again = Listener(), Listener()
    for listener in (first, again):
        corpus.speak_corpus(reading(lines), tmp_path / "hi", progress=listener)
    assert [told[:3] for told in first.told] == [("speak hi", *part) for part in ((0, 1), (0, 9), (3, 9), (6, 9), (1, 1))]
    assert [told[:3] for told in again.told] == [("speak hi", 1, 1)]


def test_one_model_writes_two_scripts_in_one_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "CHECKED", 1)
    both = {"hi": ["काम नाम राम", "राम का नाम", "नाम और काम"] * 4, "ml": ["കാമം നാമം രാമം", "രാമം നാമം കാമം", "നാമം കാമം രാമം"] * 4}
    readings = [Reading(code, tuple(f"{line} {line}" for line in lines), code) for code, lines in both.items()]
    schedule = Schedule(steps=9, warm_up=1, batch_seconds=4.0, longest=3.0)
    figures = cold.seed(readings, tmp_path / "both", schedule=schedule, steps=1)
    assert {"tts_cer_hi", "tts_cer_ml"} <= set(figures)
    letters = [token for token in json.loads((tmp_path / "both" / "vocab.json").read_text(encoding="utf8")) if len(token) == 1]
    assert "क" in letters and not any(language("ml").holds(letter) for letter in letters)
    heard = load_model(str(tmp_path / "both"), "cpu", language("ml"))
    assert "ക" in heard.vocabulary and "क" not in heard.vocabulary
