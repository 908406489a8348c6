"""shruti compose, seed and finetune, through the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mining import store


def test_compose_turns_any_dial(texts: Path, tmp_path: Path, shruti) -> None:
    result = shruti(
        "compose", texts, "-o", tmp_path, "--preset", "clean", "--layer", "good", "--name", "short", "--audio-format", "wav",
        "--dial", "sentences=3", "--dial", "pause=[0.4, 0.5]", "--dial", "quality.dpi=100", "--dial", "font=Serif", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)
    assert made == {
        "audio": str(tmp_path / "short.wav"),
        "document": str(tmp_path / "short.pdf"),
        "gold": str(tmp_path / "short.gold.json"),
    }
    assert len(store.read_json(Path(made["gold"]))["spoken"]) == 3


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--preset", "nothing"), "radio"),
        (("--dial", "loudness=3"), "loudness_spread"),
        (("--dial", "quality.ink=3"), "dpi"),
        (("--dial", "unprinted"), "NAME=VALUE"),
        (("--dial", "unprinted=2"), "from 0 to 1"),
    ],
)
def test_compose_tells_what_there_is(flags: tuple[str, str], told: str, texts: Path, tmp_path: Path, shruti) -> None:
    result = shruti("compose", texts, "-o", tmp_path, *flags)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_seed_needs_a_voice_and_enough_text(texts: Path, tmp_path: Path, shruti) -> None:
    assert "hi (Hindi)" in shruti("seed", "xx", "--text", texts, "-o", tmp_path / "model").stderr
    voiceless = shruti("seed", "sa", "--text", texts, "-o", tmp_path / "model")
    assert voiceless.exit_code == 2
    assert "Sanskrit" in voiceless.stderr
    short = shruti("seed", "hi", "--text", texts, "-o", tmp_path / "model")
    assert short.exit_code == 3
    assert "8 usable sentences" in short.stderr
    assert shruti("seed", "hi", "--text", tmp_path / "none.txt", "-o", tmp_path / "model").exit_code == 3


def test_finetuning_needs_a_training_set(run: Path, tmp_path: Path, model: str, shruti) -> None:
    result = shruti("finetune", run / "recordings", "--model", model, "-o", tmp_path / "better")
    assert result.exit_code == 3
    assert "no training clips" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("format", ["fairseq", "huggingface"])
def test_finetuning_on_what_was_mined(format: str, run: Path, tmp_path: Path, model: str, shruti) -> None:
    result = shruti("finetune", run / "manifests" / format, "--model", model, "-o", tmp_path / "better", "--steps", "1", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["steps"] == 1
    assert (tmp_path / "better" / "model.safetensors").is_file()
