"""How well a model hears."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from mining.models import measure, network
from mining.models.utterances import Utterances, pack

LETTERS = ["क", "ल", "म"]


class Parrot:
    """Hears one thing after another; notes what it was given."""

    config = SimpleNamespace(conv_kernel=(400,), conv_stride=(320,))

    def __init__(self, *answers: list[int]) -> None:
        self.answers = list(answers)
        self.given: list[torch.Tensor] = []

    def eval(self) -> None:
        """Nothing to switch off."""

    def parameters(self) -> Iterator[torch.Tensor]:
        return iter([torch.zeros(1)])

    def __call__(self, input_values: torch.Tensor) -> Any:
        self.given.append(input_values)
        return SimpleNamespace(logits=torch.nn.functional.one_hot(torch.tensor([self.answers.pop(0)]), 6).float())


@pytest.fixture
def processor() -> Any:
    return network.processor(LETTERS)


@pytest.fixture
def utterances(tmp_path: Path) -> Utterances:
    rng = np.random.default_rng(0)
    return pack([(rng.integers(0, 5000, n).astype(np.int16), text) for n, text in ((4000, "कल"), (8000, "कल कम"))], tmp_path)


def test_repeats_and_blanks_are_not_written_and_audio_is_normalised(processor: Any, utterances: Utterances) -> None:
    parrot = Parrot([3, 3, 0, 4, 4], [3, 0, 4, 1, 1, 3, 5, 0])
    assert measure.greedy(parrot, processor, utterances) == ["कल", "कल कम"]
    assert [tuple(audio.shape) for audio in parrot.given] == [(1, 4000), (1, 8000)]
    for audio in parrot.given:
        assert audio.mean().abs() < 1e-4 and audio.std() == pytest.approx(1, abs=1e-3)


def test_the_error_rate_is_pooled_over_characters_with_spaces(processor: Any, utterances: Utterances) -> None:
    parrot = Parrot([3, 4], [3, 4, 3, 5])  # the space is missing: 1 of 2 + 5
    assert measure.cer(parrot, processor, utterances) == pytest.approx(1 / 7)


@pytest.mark.parametrize(("letters", "turned"), [("ABC", False), ("ABC", True), ("कखग", False)])
def test_texts_are_compared_in_the_case_and_script_of_the_model(letters: str, turned: bool, tmp_path: Path) -> None:
    processor = network.processor(letters)
    processor.tokenizer.do_lower_case = turned  # it then writes small letters for the capitals that it has
    said = pack([(np.ones(400, np.int16), "ab" if letters == "ABC" else "ಕಖ")], tmp_path)
    assert measure.cer(Parrot([3, 4]), processor, said) == 0.0
    assert measure.cer(Parrot([3, 5]), processor, said) == 0.5


def test_what_is_too_short_for_a_frame_is_heard_as_nothing(processor: Any, tmp_path: Path) -> None:
    short = pack([(np.zeros(399, np.int16), "क"), (np.ones(400, np.int16), "क")], tmp_path)
    parrot = Parrot([3])
    assert measure.greedy(parrot, processor, short) == ["", "क"] and len(parrot.given) == 1


def test_figures_are_rounded_and_written(tmp_path: Path) -> None:
    assert measure.write_figures(tmp_path, {"cer": 1 / 3, "steps": 7}) == {"cer": 0.3333, "steps": 7}
    assert json.loads((tmp_path / "figures.json").read_text(encoding="utf8")) == {"cer": 0.3333, "steps": 7}
