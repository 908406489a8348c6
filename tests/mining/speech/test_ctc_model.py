from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mining.documents.languages import language
from mining.errors import EnvironmentProblem, UsageError
from mining.speech.ctc_model import bundled_models, load_model
from mining.speech.threads import one_thread, torch_threads


@pytest.fixture
def copied(model_folder, tmp_path: Path) -> Path:
    """A model folder that a test may break."""
    return Path(shutil.copytree(model_folder("wav2vec2"), tmp_path / "model"))


def test_vocabulary_blank_and_delimiter(model_folder) -> None:
    model = load_model(str(model_folder("wav2vec2")), "cpu")
    assert model.vocabulary[:4] == ("<pad>", "|", "<unk>", "अ")
    assert (model.blank, model.delimiter, model.specials) == (0, 1, (2,))


def test_ids_without_a_token_are_silent(copied: Path) -> None:
    vocabulary = json.loads((copied / "vocab.json").read_text(encoding="utf8"))
    del vocabulary["ं"]
    (copied / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf8")
    model = load_model(str(copied), "cpu")
    assert model.vocabulary[-1] == ""
    assert len(model.vocabulary) - 1 in model.specials


def test_padding_is_shared_only_where_the_network_cannot_hear_it(family: str, model_folder) -> None:
    assert load_model(str(model_folder(family)), "cpu").masks_padding == (
        family not in ("wav2vec2-group-norm", "wav2vec2-strided-adapter")
    )


def test_half_precision_checkpoints_run_on_the_cpu(copied: Path) -> None:
    import torch
    from transformers import AutoModelForCTC

    AutoModelForCTC.from_pretrained(copied, dtype=torch.float16).save_pretrained(copied)
    model = load_model(str(copied), "cpu")
    assert next(model.network.parameters()).dtype == torch.float32
    assert np.isfinite(model.log_probs([np.ones(16_000, np.float32)])[0]).all()


def test_the_language_picks_the_adapter(model_folder) -> None:
    folder = str(model_folder("mms"))
    hindi, english = load_model(folder, "cpu", language("hi")), load_model(folder, "cpu")
    assert "क" in hindi.vocabulary
    assert "क" not in english.vocabulary
    clip = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    assert hindi.log_probs([clip])[0].shape == (hindi.frames.count(16_000), len(hindi.vocabulary))
    with pytest.raises(UsageError, match=r"no adapter for Tamil \(tam\). It has eng, hin"):
        load_model(folder, "cpu", language("ta"))


def test_a_model_that_was_never_fine_tuned_is_refused(copied: Path) -> None:
    from transformers import Wav2Vec2Model

    config = (copied / "config.json").read_bytes()
    Wav2Vec2Model.from_pretrained(copied).save_pretrained(copied)
    (copied / "config.json").write_bytes(config)
    with pytest.raises(UsageError, match="no trained lm_head"):
        load_model(str(copied), "cpu")


def test_of_pickled_weights_nothing_but_tensors_is_taken(copied: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    weights = load_file(copied / "model.safetensors")
    expected = load_model(str(copied), "cpu").log_probs([np.zeros(16_000, np.float32)])[0]
    (copied / "model.safetensors").unlink()
    torch.save(weights, copied / "pytorch_model.bin")
    assert np.array_equal(load_model(str(copied), "cpu").log_probs([np.zeros(16_000, np.float32)])[0], expected)
    torch.save({**weights, "evil": _Evil(str(tmp_path / "run"))}, copied / "pytorch_model.bin")
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_model(str(copied), "cpu")
    assert not (tmp_path / "run").exists()


class _Evil:
    """Unpickled by the letter, it makes a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")


def test_remote_code_is_not_run(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    config |= {"model_type": "homemade", "auto_map": {"AutoConfig": "evil.Config", "AutoModelForCTC": "evil.Model"}}
    (copied / "config.json").write_text(json.dumps(config))
    (copied / "evil.py").write_text("raise SystemExit('remote code was run')")
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_model(str(copied), "cpu")


@pytest.mark.parametrize("name", ["model.safetensors", "vocab.json", "preprocessor_config.json"])
def test_a_broken_folder_says_so(copied: Path, name: str) -> None:
    name = name if (copied / name).exists() else "processor_config.json"
    (copied / name).write_bytes((copied / name).read_bytes()[:50])
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_model(str(copied), "cpu")


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no config\.json"):
        load_model(str(tmp_path), "cpu")


@pytest.mark.parametrize("name", ["no-such-model", "./missing/folder", "/missing/folder/of/models", "a b/c"])
def test_unknown_names_are_answered_with_what_there_is(name: str) -> None:
    with pytest.raises(UsageError, match="Unknown model") as caught:
        load_model(name, "cpu")
    assert all(bundled in caught.value.advice for bundled in bundled_models())


def test_a_language_without_a_default_asks_for_a_model() -> None:
    with pytest.raises(UsageError, match="Sanskrit has no default model"):
        load_model("", "cpu", language("sa"))
    with pytest.raises(UsageError, match="No model and no language"):
        load_model("", "cpu")


def test_a_hub_that_cannot_be_reached_is_a_problem_of_the_environment() -> None:
    code = """
from mining.speech.ctc_model import load_model
from mining.errors import EnvironmentProblem
try:
    load_model("nobody/has-this-model", "cpu")
except EnvironmentProblem as problem:
    print(problem)
"""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.startswith("Model nobody/has-this-model cannot be fetched from the hub")
    assert "Check the network and the name" in done.stdout


def test_devices() -> None:
    with pytest.raises(UsageError, match="Unknown device 'gpu'"):
        load_model("no-such-model-is-needed/here", "gpu")
    with pytest.raises(EnvironmentProblem, match="cuda:77 is not available"):
        load_model("no-such-model-is-needed/here", "cuda:77")


def test_threads_are_restored_even_after_an_error() -> None:
    import torch

    before = torch.get_num_threads()
    with contextlib.suppress(KeyError), torch_threads(3) as count:
        assert count == torch.get_num_threads() == 3
        raise KeyError
    assert torch.get_num_threads() == before


def test_one_thread_lasts_until_nobody_needs_it() -> None:
    import torch

    before = torch.get_num_threads()
    with torch_threads(3):
        with one_thread():
            assert torch.get_num_threads() == 1
            with contextlib.suppress(KeyError), one_thread():
                raise KeyError
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("limit", "wanted"), [("1", 1), ("2", 2), ("9", 3), ("2,1", 2), ("", 3)])
def test_threads_stay_below_the_limit_of_openmp(monkeypatch: pytest.MonkeyPatch, limit: str, wanted: int) -> None:
    monkeypatch.setenv("OMP_THREAD_LIMIT", limit)
    with torch_threads(3) as count:
        assert count == wanted
