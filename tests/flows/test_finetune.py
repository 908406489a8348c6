"""shruti finetune and shruti evaluate model, through the command, from exported tones and tiny models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mining import store
from mining.models import finetune, measure
from tests.mining.corpus.conftest import cut_recording, fabricate  # noqa: F401
from tests.mining.models.exported import training_set
from tests.mining.speech.conftest import save_model


@pytest.fixture
def manifest(fabricate, tmp_path: Path) -> Path:  # noqa: F811
    return training_set(fabricate, tmp_path / "set")


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with a head, of the make that is taken for the project's own."""
    return save_model(tmp_path_factory.mktemp("heard") / "model", "wav2vec2")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder without a head."""
    import torch
    from transformers import Wav2Vec2BertConfig, Wav2Vec2BertModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("encoder") / "model"
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    Wav2Vec2BertModel(Wav2Vec2BertConfig(**sizes)).save_pretrained(folder)
    return folder


QUICK = ("--steps", "2", "--batch-seconds", "6", "--device", "cpu")


def test_an_encoder_is_finetuned_and_judged(manifest: Path, encoder: Path, tmp_path: Path, shruti) -> None:
    better = tmp_path / "better"
    result = shruti("finetune", manifest, "--model", encoder, "-o", better, *QUICK, "--every", "1", "--weighted", "--json")
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert figures["model"] == str(better) and figures["steps"] == 2 and figures["best_step"] in (1, 2)
    assert {"model.safetensors", "vocab.json", "figures.json"} <= {path.name for path in better.iterdir()}
    assert not (tmp_path / "better-training").exists(), "nothing else is left"

    command = ("evaluate", "model", better, manifest, "--split", "all", "--by", "station", "--device", "cpu")
    result = shruti(*command, "--json", "--output", tmp_path / "heard.jsonl")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["all"]["utterances"] == 16 and found["all"]["wer"] == 1.0 and sorted(found["by"]) == ["पटना", "भोपाल", "रांची"]
    assert len(store.read_rows(tmp_path / "heard.jsonl")) == 16
    result = shruti(*command)
    assert "पटना" in result.stdout and "100.00% [100.0, 100.0]" in result.stdout and "whole recordings" in result.stdout


def test_a_model_with_a_head_keeps_its_vocabulary_or_not(manifest: Path, heard: Path, tmp_path: Path, shruti) -> None:
    before = (heard / "vocab.json").read_text(encoding="utf8")
    for choice, same in (("keep", True), ("build", False)):
        result = shruti("finetune", manifest, "--model", heard, "-o", tmp_path / choice, *QUICK, "--vocabulary", choice)
        assert result.exit_code == 0, result.stderr
        assert (json.loads((tmp_path / choice / "vocab.json").read_text(encoding="utf8")) == json.loads(before)) == same


def test_an_interrupted_training_goes_on(manifest: Path, heard: Path, tmp_path: Path, shruti, monkeypatch, caplog) -> None:
    command = ("finetune", manifest, "--model", heard, *QUICK, "--steps", "4", "--every", "2")
    assert shruti(*command, "-o", tmp_path / "whole").exit_code == 0
    cer, calls = measure.cer, []

    def interrupted(*arguments: object) -> float:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return cer(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(measure, "cer", interrupted)
        result = shruti(*command, "-o", tmp_path / "broken")
    assert result.exit_code == 130 and "goes on from here" in result.stderr and not (tmp_path / "broken").exists()
    refused = shruti(*command, "-o", tmp_path / "broken", "--rate", "1e-5")
    assert refused.exit_code == 2 and "differs in rate" in refused.stderr and "--no-resume" in refused.stderr
    result = shruti(*command, "-o", tmp_path / "broken")
    assert result.exit_code == 0 and "going on" in caplog.text
    for name in ("model.safetensors", "figures.json"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_one_can_start_anew(manifest: Path, heard: Path, tmp_path: Path, shruti, monkeypatch) -> None:
    def interrupted(*_: object) -> float:
        raise KeyboardInterrupt

    command = ("finetune", manifest, "--model", heard, "-o", tmp_path / "model", *QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(measure, "cer", interrupted)
        assert shruti(*command).exit_code == 130
    assert shruti(*command, "--seed", "5").exit_code == 2
    assert shruti(*command, "--seed", "5", "--no-resume").exit_code == 0


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--rate", "0"), "--rate is 0"),
        (("--batch-seconds", "-3"), "--batch-seconds is -3"),
        (("--augment", "2"), "--augment is 2"),
        (("--epochs", "1"), "Give one of them"),
        (("--precision", "int4"), "bfloat16"),
        (("--vocabulary", "guess"), "auto, keep, build"),
        (("--device", "tpu"), "Unknown device"),
        (("--lang", "xx"), "hi (Hindi)"),
        (("--model", "no such model"), "Unknown model"),
    ],
)
def test_what_cannot_be_is_told(flags: tuple[str, str], told: str, manifest: Path, heard: Path, tmp_path: Path, shruti) -> None:
    result = shruti("finetune", manifest, "--model", heard, "-o", tmp_path / "model", *QUICK, *flags)
    assert result.exit_code == 2 and told in result.stderr and not (tmp_path / "model").exists()


def test_a_training_set_is_needed_and_a_free_place(manifest: Path, heard: Path, tmp_path: Path, shruti) -> None:
    result = shruti("finetune", tmp_path, "--model", heard, "-o", tmp_path / "model", *QUICK)
    assert result.exit_code == 3 and "export.json" in result.stderr
    result = shruti("finetune", manifest, "--model", heard, "-o", manifest, *QUICK)
    assert result.exit_code == 2 and "no model" in result.stderr and (manifest / "train.tsv").is_file()
    result = shruti("finetune", manifest, "--model", heard, "-o", ".", *QUICK)
    assert result.exit_code == 2 and "no name" in result.stderr
    assert [path.name for path in tmp_path.iterdir() if "training" in path.name] == []


def test_two_trainings_do_not_share_a_place(manifest: Path, heard: Path, tmp_path: Path, shruti) -> None:
    with store.locked(tmp_path / "model-training"):
        result = shruti("finetune", manifest, "--model", heard, "-o", tmp_path / "model", *QUICK)
    assert result.exit_code == 2 and "another training" in result.stderr


def test_epochs_become_steps(manifest: Path, heard: Path, tmp_path: Path, shruti, monkeypatch) -> None:
    taken: list[int | None] = []
    monkeypatch.setattr(finetune, "finetune", lambda *_, steps, **__: taken.append(steps) or {})
    flags = ("--batch-seconds", "2", "--accumulate", "2", "--device", "cpu")
    for epochs in ("10", "20"):
        assert shruti("finetune", manifest, "--model", heard, "-o", tmp_path / epochs, *flags, "--epochs", epochs).exit_code == 0
    assert 20 < taken[0] < taken[1] <= 2 * taken[0]
    assert shruti("finetune", manifest, "--model", heard, "-o", tmp_path / "none", *flags).exit_code == 0
    assert taken[2] is None, "what suits the model"


def test_evaluate_model_tells_what_there_is(manifest: Path, heard: Path, tmp_path: Path, shruti) -> None:
    for arguments, told, code in (
        ((manifest, "--split", "dev"), "train", 2),
        ((manifest, "--by", "dialect"), "station", 2),
        ((tmp_path / "none",), "neither", 3),
    ):
        result = shruti("evaluate", "model", heard, *arguments)
        assert result.exit_code == code and told in result.stderr
    assert "Unknown model" in shruti("evaluate", "model", "nothing here", manifest).stderr
