"""`shruti finetune`: a better model, of a training set that was exported."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows import options, screen
from flows.display import Display
from mining import store
from mining.errors import UsageError, check_within
from mining.telling import training

if TYPE_CHECKING:
    from mining.documents.languages import Language
    from mining.models.finetune import Settings
    from mining.models.schedule import Schedule

GROUP = "Models, and material to test them with"

Steps = Annotated[int | None, typer.Option(min=1, help="Steps of training; else what suits the model.")]
Epochs = Annotated[float | None, typer.Option(help="Instead of --steps: how often all of the set is heard.")]
Rate = Annotated[float | None, typer.Option(help="Highest learning rate; else what suits the model.")]
Seconds = Annotated[float | None, typer.Option("--batch-seconds", help="Seconds of sound in a batch: what memory allows.")]
Accumulate = Annotated[int | None, typer.Option(min=1, help="Batches in a step: a large step in little memory.")]
Augment = Annotated[float | None, typer.Option(metavar="SHARE", help="Share of what is heard that is made worse first, 0 to 1.")]
Vocabulary = Annotated[
    str, typer.Option(help="keep the model's, build one of the texts, or auto: keep it where it writes 99% of their letters.")
]
Freeze = Annotated[bool, typer.Option("--freeze/--no-freeze", help="Leave the convolutions over the sound as they are.")]
Precision = Annotated[str, typer.Option(help="Of what is computed: auto, float32, bfloat16 or float16.")]
Weighted = Annotated[bool, typer.Option("--weighted", help="Let each utterance count by its confidence.")]
Memory = Annotated[
    bool, typer.Option("--save-memory", help="Compute again what would be kept: less memory, half as much time again.")
]
Every = Annotated[int, typer.Option(min=1, help="Steps between two checkpoints; the best on the valid split is kept.")]
Seed = Annotated[int, typer.Option(help="What all chance is drawn from.")]
Resume = Annotated[bool, typer.Option("--resume/--no-resume", help="Go on with an unfinished training of the same settings.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(rich_help_panel=GROUP)(finetune)


def finetune(
    manifest: Annotated[Path, typer.Argument(help="Folder of an exported training set.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the new model.", show_default=False)],
    model: options.Model = "hi",
    lang: options.Lang = "",
    vocabulary: Vocabulary = "auto",
    steps: Steps = None,
    epochs: Epochs = None,
    rate: Rate = None,
    batch_seconds: Seconds = None,
    accumulate: Accumulate = None,
    augment: Augment = None,
    freeze: Freeze = True,
    weighted: Weighted = False,
    precision: Precision = "auto",
    device: options.Device = "auto",
    save_memory: Memory = False,
    every: Every = 400,
    seed: Seed = 0,
    resume: Resume = True,
    json: options.Json = False,
) -> None:
    """Fine-tune a CTC model, or a pretrained encoder, on a training set that `shruti export` wrote.

    Example: `shruti finetune mined/manifests/fairseq --model facebook/wav2vec2-xls-r-300m -o better`
    """
    from mining.documents.languages import language
    from mining.models import finetune as tuning
    from mining.models import material, pretrained
    from mining.speech.ctc_model import check_device, resolve

    # What can be told to be wrong is told before the clips are unpacked.
    check_device(device)
    pretrained.check_place(out)
    material.check(manifest)
    if epochs is not None and (steps is not None or epochs <= 0):
        raise UsageError(f"--epochs {epochs:g} with --steps {steps}.", "Give one of them, above 0.")
    spoken = language(lang) if lang else None
    start = resolve(model, spoken)
    changed = {"rate": rate, "batch_seconds": batch_seconds, "accumulate": accumulate, "augmented": augment, "seed": seed}
    schedule = _changed(tuning.schedule_for(start), changed)
    settings = tuning.Settings(vocabulary, freeze, precision, device, weighted, save_memory, every=every)
    figures = _tune(manifest, out, start, spoken, schedule, settings, steps, epochs, resume)
    screen.as_json({"model": str(out), **figures}) if json else screen.plain(
        "\n".join([f"model  {out}", *(f"{name}  {value}" for name, value in figures.items())])
    )


def _tune(
    manifest: Path,
    out: Path,
    start: str,
    spoken: Language | None,
    schedule: Schedule,
    settings: Settings,
    steps: int | None,
    epochs: float | None,
    resume: bool,
) -> dict[str, float]:
    """Unpack and train in a folder beside the model, which is there until that is done."""
    from mining.models import finetune as tuning
    from mining.models import material

    work = out.with_name(f"{out.name}-training")
    with store.locked(work, wait=False) as ours, Display(["unpack", "train"]) as display:
        if not ours:
            raise UsageError(f"{work}: another training is at work there.", "Wait for it, or give another folder with -o.")
        if not resume:
            tuning.forget(work)
        with display.stage("unpack"):
            parts = material.unpack(manifest, work / "clips")
        sources = [tuning.Source(parts["train"], 1.0)]
        steps = tuning.steps_for(epochs, sources, schedule) if epochs else steps
        display("train", 0, 1)
        figures = tuning.finetune(
            start,
            sources,
            out,
            check={"valid": parts["valid"]} if "valid" in parts else None,
            schedule=schedule,
            steps=steps,
            progress=training("train", steps or schedule.steps, display),
            settings=replace(settings, best="valid" if "valid" in parts else ""),
            language=spoken,
            work=work,
        )
        display("train", 1, 1, told=f"CER {figures['valid_cer']:.3f}" if "valid_cer" in figures else "")
        shutil.rmtree(work)
    return figures


def _changed(schedule: Schedule, wanted: dict[str, Any]) -> Schedule:
    """A schedule with what somebody wants otherwise."""
    given = {name: value for name, value in wanted.items() if value is not None}
    for name, flag in {"rate": "--rate", "batch_seconds": "--batch-seconds"}.items():
        if name in given and given[name] <= 0:
            raise UsageError(f"{flag} is {given[name]:g}.", "Give a number above 0.")
    check_within("--augment", given.get("augmented", 0.0), 0, 1)
    return replace(schedule, **given)
