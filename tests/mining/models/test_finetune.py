"""A model goes on learning from pairs, and forgets nothing that a reader of its folder needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mining.documents.languages import language
from mining.errors import InputError, UsageError
from mining.models import finetune as tuning
from mining.models import iterate, measure, network
from mining.models.batches import Source
from mining.models.checkpoint import save_checkpoint
from mining.models.finetune import PRETRAINED, SCHEDULE, Settings, finetune, forget, load, schedule_for, shortened, steps_for
from mining.models.schedule import Schedule
from mining.models.utterances import Utterances, pack
from mining.speech.ctc_model import load_model
from tests.mining.models.conftest import ENCODERS


@pytest.fixture(scope="module")
def start(lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small model that was never trained."""
    torch.manual_seed(0)
    processor = network.processor(network.vocabulary(lines, least=1))
    model = network.network(len(processor.tokenizer), network.NetworkSize(width=32, layers=2, heads=2, feed_forward=32))
    folder = tmp_path_factory.mktemp("start") / "model"
    save_checkpoint(model, processor, folder)
    return folder


@pytest.fixture(scope="module")
def tuned(start: Path, spoken: Utterances, tiny: Schedule) -> Path:
    """The same model after two steps."""
    folder = start.with_name("tuned")
    finetune(start, [Source(spoken, 1.0)], folder, check={"own": spoken}, schedule=tiny)
    return folder


def test_figures_stand_beside_the_weights(tuned: Path) -> None:
    figures = json.loads((tuned / "figures.json").read_text(encoding="utf8"))
    assert figures["steps"] == 2 and figures["own_cer"] > 0


def test_it_is_a_model_of_the_same_make_with_other_weights(start: Path, tuned: Path) -> None:
    before, after = load_model(str(start), "cpu", language("hi")), load_model(str(tuned), "cpu", language("hi"))
    assert (before.vocabulary, before.blank, before.delimiter) == (after.vocabulary, after.blank, after.delimiter)
    assert not torch.equal(before.network.lm_head.weight, after.network.lm_head.weight)
    front = [model.network.wav2vec2.feature_extractor.conv_layers[0].conv.weight for model in (before, after)]
    assert torch.equal(*front)


def test_equal_seeds_give_equal_models(start: Path, tuned: Path, spoken: Utterances, tiny: Schedule, tmp_path: Path) -> None:
    finetune(start, [Source(spoken, 1.0)], tmp_path / "again", schedule=tiny)
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == (tuned / "model.safetensors").read_bytes()


def test_half_precision_is_half_the_size(start: Path, spoken: Utterances, tiny: Schedule, tmp_path: Path) -> None:
    figures = finetune(start, [Source(spoken, 1.0)], tmp_path / "half", schedule=tiny, steps=1, half=True)
    assert figures == {"steps": 1}
    assert load_file(tmp_path / "half" / "model.safetensors")["lm_head.weight"].dtype == torch.float16
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (tmp_path / "half", start)]
    assert sizes[0] < 0.6 * sizes[1]
    model, _ = load(tmp_path / "half")
    assert model.lm_head.weight.dtype == torch.float32, "to be trained again it is whole"


def test_a_model_can_be_tuned_in_its_own_place(start: Path, spoken: Utterances, tiny: Schedule, tmp_path: Path) -> None:
    told: list[dict[str, float]] = []
    finetune(start, [Source(spoken, 1.0)], tmp_path / "model", schedule=tiny)
    finetune(tmp_path / "model", [Source(spoken, 2.0)], tmp_path / "model", schedule=tiny, told=told.append)
    assert told == [{"steps": 2}]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def same_models(one: Path, other: Path) -> bool:
    names = sorted(path.name for path in one.iterdir())
    return names == sorted(path.name for path in other.iterdir()) and all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in names
    )


@pytest.mark.parametrize("kind", sorted(ENCODERS))
def test_an_encoder_learns_to_write_and_is_a_model_then(
    kind: str, encoder: Callable[[str], Path], spoken: Utterances, lines: list[str], tmp_path: Path
) -> None:
    schedule = Schedule(steps=2, warm_up=1, rate=1e-3, batch_seconds=8.0, intermediate=0.0, augmented=0.0)
    settings = Settings(vocabulary="auto", precision="float32", best="own")
    figures = finetune(
        encoder(kind), [Source(spoken, 1.0)], tmp_path / "model", check={"own": spoken}, schedule=schedule, settings=settings
    )
    assert figures["steps"] == figures["best_step"] == 2 and figures["own_cer"] > 0
    model = load_model(str(tmp_path / "model"), "cpu", language("hi"))
    assert {c for c in "".join(lines) if "".join(lines).count(c) > 1} - {" "} <= set(model.vocabulary)
    assert len(model.log_probs([spoken.audio(0)])[0]) == model.frames.count(len(spoken.audio(0)))


def test_a_pretrained_model_keeps_its_frozen_convolutions(
    encoder: Callable[[str], Path], spoken: Utterances, tmp_path: Path
) -> None:
    schedule = Schedule(steps=1, warm_up=1, rate=1e-2, batch_seconds=8.0, intermediate=0.0)
    before = load_file(encoder("hubert") / "model.safetensors")
    for freeze in (True, False):
        settings = Settings(vocabulary="build", freeze=freeze)
        finetune(encoder("hubert"), [Source(spoken, 1.0)], tmp_path / "model", schedule=schedule, settings=settings)
        after = load_file(tmp_path / "model" / "model.safetensors")
        name = "feature_extractor.conv_layers.1.conv.weight"
        assert torch.equal(after[f"hubert.{name}"], before[name]) == freeze
        assert not torch.equal(
            after["hubert.encoder.layers.0.attention.k_proj.weight"], before["encoder.layers.0.attention.k_proj.weight"]
        )


class Stopped(Exception):
    """As if the machine had gone down."""


@pytest.mark.parametrize(
    ("stop", "kind", "settings"),
    [
        (2, "small", Settings(best="own", every=2)),
        (4, "small", Settings(every=2)),
        (6, "wav2vec2", Settings(vocabulary="build", best="own", every=2, precision="float32")),
        (4, "wav2vec2", Settings(vocabulary="build", best="own", every=2, precision="float16", weighted=True)),
        (4, "wav2vec2-bert", Settings(vocabulary="build", best="own", every=2, save_memory=True)),
    ],
    ids=["small", "last", "at-the-end", "float16", "save-memory"],
)
def test_an_interrupted_training_ends_with_the_bytes_of_one_that_was_not(
    stop: int, kind: str, settings: Settings, start: Path, encoder: Callable[[str], Path], spoken: Utterances, tmp_path: Path
) -> None:
    schedule = Schedule(
        steps=6, warm_up=1, rate=3e-3, batch_seconds=6.0, longest=3.0, intermediate=0.2, accumulate=2, augmented=0.5
    )
    name = start if kind == "small" else encoder(kind)

    def tune(out: str, work: str | None, stop: int = 0) -> list[int]:
        steps: list[int] = []

        def told(figures: dict[str, float]) -> None:
            steps.append(int(figures["steps"]))
            if figures["steps"] == stop:
                raise Stopped

        finetune(
            name, [Source(spoken, 1.0)], tmp_path / out, check={"own": spoken}, schedule=schedule, settings=settings,
            told=told, work=tmp_path / work if work else None,
        )  # fmt: skip
        return steps

    assert tune("whole", None) == [2, 4, 6]
    with pytest.raises(Stopped):
        tune("broken", "work", stop)
    assert not (tmp_path / "broken").exists(), "it appears when it is done"
    assert tune("broken", "work") == [step for step in (2, 4, 6) if step >= stop], "what was not noted is done again"
    assert same_models(tmp_path / "whole", tmp_path / "broken")
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("lost", [False, True])
def test_a_model_that_appeared_just_before_an_interruption_stays(
    lost: bool, start: Path, spoken: Utterances, tiny: Schedule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    appear, out, work = tuning.appear, tmp_path / "model", tmp_path / "work"

    def appear_and_stop(new: Path, folder: Path) -> None:
        appear(new, folder)
        raise Stopped

    def tune() -> dict[str, float]:
        return finetune(start, [Source(spoken, 1.0)], out, schedule=tiny, settings=Settings(every=1), work=work)

    with monkeypatch.context() as patch:
        patch.setattr(tuning, "appear", appear_and_stop)
        with pytest.raises(Stopped):
            tune()
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert (work / "state.pt").is_file() and "model.safetensors" in before
    if lost:
        out.rename(tmp_path / "elsewhere")
        with pytest.raises(InputError, match="is gone"):
            tune()
        assert not out.exists()
    else:
        assert tune() == {"steps": 2}
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before and list(work.iterdir()) == []


def test_targets_of_the_small_network_are_in_its_case(tiny: Schedule, tmp_path: Path) -> None:
    processor = network.processor("AB")
    model = network.network(len(processor.tokenizer), network.NetworkSize(width=32, layers=1, heads=2, feed_forward=32))
    said = pack([(torch.zeros(16_000, dtype=torch.int16).numpy(), "ab")], tmp_path)
    batch = next(iter(tuning._batches(model, processor, [Source(said, 1.0)], tiny)))
    assert {token for target in batch.targets for token in target} <= {1, 3, 4}


@pytest.mark.parametrize(
    ("schedule", "steps", "warm_up"),
    [(SCHEDULE, 750, 100), (SCHEDULE, 200, 50), (PRETRAINED, 250, 62), (PRETRAINED, 1, 1), (PRETRAINED, 8000, 400),
     (iterate.SCHEDULE, 250, 50), (iterate.SCHEDULE, 1200, 50)],
)  # fmt: skip
def test_a_shorter_training_warms_up_for_a_quarter_at_most(schedule: Schedule, steps: int, warm_up: int) -> None:
    assert shortened(schedule, steps) == replace(schedule, steps=steps, warm_up=warm_up)


def test_steps_shorten_the_schedule_of_a_training(start: Path, spoken: Utterances, tmp_path: Path, monkeypatch) -> None:
    class Seen(Exception):
        """What it would be trained by."""

    def train(model, batches, schedule, *_: object, **__: object) -> None:
        raise Seen(schedule.steps, schedule.warm_up)

    monkeypatch.setattr(tuning, "train", train)
    for steps, seen in ((None, (1500, 100)), (40, (40, 10))):
        with pytest.raises(Seen) as caught:
            finetune(start, [Source(spoken, 1.0)], tmp_path / "model", steps=steps)
        assert caught.value.args == seen


def test_a_training_of_other_settings_is_not_gone_on_with(
    start: Path, spoken: Utterances, tiny: Schedule, tmp_path: Path
) -> None:
    def tune(told: Callable | None = None, schedule: Schedule = tiny, weighted: bool = False, share: float = 1.0) -> None:
        work, settings = tmp_path / "work", Settings(every=1, weighted=weighted)
        finetune(start, [Source(spoken, share)], tmp_path / "model", schedule=schedule, settings=settings, told=told, work=work)

    def stop(figures: dict[str, float]) -> None:
        if figures["steps"] == 2:
            raise Stopped

    with pytest.raises(Stopped):
        tune(stop)
    kept = {path.name: path.read_bytes() for path in (tmp_path / "work").iterdir() if path.is_file()}
    with pytest.raises(UsageError, match=r"differs in rate, seed\."):
        tune(schedule=replace(tiny, rate=1.0, seed=4))
    with pytest.raises(UsageError, match=r"differs in weighted\."):
        tune(weighted=True)
    with pytest.raises(UsageError, match=r"differs in data\."):
        tune(share=2.0)
    assert kept == {path.name: path.read_bytes() for path in (tmp_path / "work").iterdir() if path.is_file()}, "nothing is lost"
    forget(tmp_path / "work")
    tune(schedule=replace(tiny, seed=4))
    assert (tmp_path / "model" / "model.safetensors").is_file()


def test_the_best_checkpoint_is_kept(start: Path, spoken: Utterances, tiny: Schedule, tmp_path: Path, monkeypatch) -> None:
    rates = iter([0.5, 0.3, 0.4, 0.3])
    weights: list[torch.Tensor] = []

    def cer(model, *_: object) -> float:
        weights.append(model.lm_head.weight.detach().clone())
        return next(rates)

    monkeypatch.setattr(measure, "cer", cer)
    figures = finetune(
        start, [Source(spoken, 1.0)], tmp_path / "model", check={"own": spoken}, schedule=tiny, steps=4,
        settings=Settings(best="own", every=1),
    )  # fmt: skip
    assert (
        figures == {"own_cer": 0.3, "steps": 4, "best_step": 2} == json.loads((tmp_path / "model" / "figures.json").read_text())
    )
    assert torch.equal(load_file(tmp_path / "model" / "model.safetensors")["lm_head.weight"], weights[1])


def test_without_a_best_the_last_is_kept(start: Path, spoken: Utterances, tiny: Schedule, tmp_path: Path, monkeypatch) -> None:
    rates = iter([0.2, 0.4])
    monkeypatch.setattr(measure, "cer", lambda *_: next(rates))
    figures = finetune(
        start, [Source(spoken, 1.0)], tmp_path / "m", check={"own": spoken}, schedule=tiny, settings=Settings(every=1)
    )
    assert figures == {"own_cer": 0.4, "steps": 2}
    with pytest.raises(UsageError, match="'valid'"):
        finetune(start, [Source(spoken, 1.0)], tmp_path / "m", schedule=tiny, settings=Settings(best="valid"))


def test_trust_makes_a_difference(start: Path, lines: list[str], spoken: Utterances, tiny: Schedule, tmp_path: Path) -> None:
    sounds = [((32767 * spoken.audio(i)).astype("int16"), spoken.texts[i], 1.0 if i % 2 else 0.1) for i in range(len(spoken))]
    doubted = pack(sounds, tmp_path / "doubted")
    for weighted in (False, True):
        finetune(start, [Source(doubted, 1.0)], tmp_path / str(weighted), schedule=tiny, settings=Settings(weighted=weighted))
    assert not same_models(tmp_path / "False", tmp_path / "True")


def test_each_make_has_its_schedule(start: Path, encoder: Callable[[str], Path]) -> None:
    assert schedule_for(start) is SCHEDULE and schedule_for(encoder("hubert")) is PRETRAINED


def test_epochs_are_counted_in_seconds(spoken: Utterances) -> None:
    seconds = sum(spoken.durations)
    schedule = Schedule(steps=1, batch_seconds=seconds / 5, accumulate=2)
    assert steps_for(4, [Source(spoken, 1.0)], schedule) == 10
    assert steps_for(0.001, [Source(spoken, 1.0)], schedule) == 1


@pytest.mark.slow
def test_a_few_sentences_can_be_learnt_by_heart(start: Path, spoken: Utterances, tmp_path: Path) -> None:
    schedule = Schedule(steps=100, rate=3e-3, warm_up=20, batch_seconds=12.0, longest=4.0)
    losses: list[float] = []
    finetune(start, [Source(spoken, 1.0)], tmp_path / "model", schedule=schedule, progress=lambda step, loss: losses.append(loss))
    assert len(losses) == 2 and losses[1] < 0.9 * losses[0]
