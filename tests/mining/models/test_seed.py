"""A model from text alone, in a handful of steps: it hears nothing yet, but it is whole."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCTC, AutoProcessor

from mining.documents.languages import language
from mining.errors import InputError, UsageError
from mining.models import seed as cold
from mining.models import voices
from mining.models.train import Schedule
from mining.speech.ctc_model import load_model

HINDI = language("hi").holds


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("राज्य में आज, हल्की बारिश!", ["राज्य में आज हल्की बारिश"]),
        ("  राज्य   में—आज बारिश।", ["राज्य में आज बारिश"]),
        ("राज्य में 12 लोग घायल हुए", []),
        ("राज्य में १२ लोग घायल हुए", []),
        ("राज्य में BJP की जीत हुई", []),
        ("राज्य में বাংলা की जीत", []),
        ("बहुत छोटा", []),
        ("बहुतलंबाशब्द औरदूसराशब्द", []),
        ("शब्द " * 60, []),
    ],
)
def test_only_lines_that_are_read_as_they_are_written_are_spoken(line: str, kept: list[str]) -> None:
    assert cold.sentences([line], HINDI) == kept


def test_lines_are_taken_once_in_their_order_and_composed() -> None:
    lines = ["ख़बर सुबह की पहली है", "दूसरी ख़बर यह रही आज", unicodedata.normalize("NFD", "ख़बर सुबह की पहली है")]
    assert cold.sentences(lines, HINDI) == [unicodedata.normalize("NFC", line) for line in lines[:2]]


def test_a_cold_start_needs_text_and_a_voice(texts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"only 10 usable sentences; a cold start needs 1000"):
        cold.seed(texts, "hi", tmp_path / "model")
    monkeypatch.setattr(cold, "CHECKED", 1)
    with pytest.raises(UsageError, match="no voice 'klingon'"):
        cold.seed(texts, "klingon", tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def seeded(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that was trained for two steps, its spoken corpus beside it."""
    folder = tmp_path_factory.mktemp("seed") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cold, "CHECKED", 1)
        cold.seed(texts, "hi", folder, schedule=Schedule(steps=9, warm_up=1, batch_seconds=4.0, longest=3.0), steps=2)
    return folder


def test_the_model_comes_with_its_figures(seeded: Path) -> None:
    figures = json.loads((seeded / "figures.json").read_text(encoding="utf8"))
    assert figures["steps"] == 2
    assert figures["tts_cer"] > 0 and figures["tts_hours"] > 0


def test_the_corpus_is_kept_apart_from_what_is_measured_by(seeded: Path, texts: list[str]) -> None:
    corpus = seeded.with_name("model-speech")
    train, check = cold.Utterances(corpus / "train"), cold.Utterances(corpus / "check")
    assert len(check) == 1 and sorted(train.texts + check.texts) == sorted(texts)


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


def test_speech_is_not_spoken_twice(seeded: Path, texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold, "CHECKED", 1)
    monkeypatch.setattr(cold, "speak_all", lambda *_: pytest.fail("spoken again"))
    train, _ = cold.speak_corpus(list(reversed(texts)), "hi", seeded.with_name("model-speech"))
    assert len(train) == 9
