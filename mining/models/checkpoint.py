"""What a training leaves on disk: a model that anybody reads, and the state that it goes on from after an interruption."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mining import store
from mining.errors import InputError, UsageError
from mining.speech.ctc_model import quiet


def save_checkpoint(model: Any, processor: Any, folder: Path, *, half: bool = False) -> None:
    """Write model and processor into `folder`, whole: a reader never meets half a checkpoint.

    Raises:
        UsageError: see `check_free`.
    """
    check_free(folder)
    temporary = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)
    state = {name: value.half() if half and value.is_floating_point() else value for name, value in model.state_dict().items()}
    with quiet():
        model.save_pretrained(temporary, state_dict=state)
        processor.save_pretrained(temporary)
    for path in temporary.iterdir():
        path.chmod(0o644)  # safetensors writes for the owner's eyes only
    appear(temporary, folder)


def check_free(folder: Path) -> None:
    """See that a model may take a folder's name: what has it goes, so it must be another model, or nothing.

    Raises:
        UsageError: it holds something that is no model, or has no name of its own, such as ".".
    """
    if folder.name in ("", ".."):
        raise UsageError(f"{folder}: is no name for a new folder.", "Give one with a name, such as -o model.")
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / "config.json").is_file()):
        raise UsageError(f"{folder}: holds something that is no model.", "Move it, or give another folder with -o.")


def appear(new: Path, folder: Path) -> None:
    """Give a finished folder its name; a model that had it goes.

    Raises:
        UsageError: see `check_free`.
    """
    check_free(folder)
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


class State:
    """All that a training is between two steps, in one file: going on from it gives the bytes of one that never stopped."""

    def __init__(self, path: Path, model: Any, optimizer: Any, scaler: Any) -> None:
        self._path = path
        self._device = next(model.parameters()).device
        self._parts = {"model": model, "optimizer": optimizer, "scaler": scaler}

    def save(self, step: int, batches: str, losses: list[float]) -> None:
        """Write it, whole or not at all.

        Args:
            step: how many steps are done.
            batches: the state of the last batch of them.
            losses: those that no progress was told of yet.
        """
        about: dict[str, Any] = {name: part.state_dict() for name, part in self._parts.items()}
        about |= {"step": step, "batches": batches, "losses": losses, "torch": torch.get_rng_state()}
        about["cuda"] = [torch.cuda.get_rng_state(self._device)] if self._device.type == "cuda" else []
        name, keys, *rest = np.random.get_state()  # transformers masks with it
        about["numpy"] = json.dumps([name, np.asarray(keys).tolist(), *rest])
        with store.writing(self._path) as temporary:
            torch.save(about, temporary)

    def load(self) -> tuple[int, str, list[float]]:
        """Put everything back as it was: what `save` was given.

        Raises:
            InputError: the file is damaged.
        """
        try:
            about = torch.load(self._path, map_location="cpu", weights_only=True)
            for name, part in self._parts.items():
                part.load_state_dict(about[name])
            torch.set_rng_state(about["torch"])
            if self._device.type == "cuda" and about["cuda"]:
                torch.cuda.set_rng_state(about["cuda"][0], self._device)
            name, keys, *rest = json.loads(about["numpy"])
            np.random.set_state((name, np.array(keys, np.uint32), *rest))
            return about["step"], about["batches"], about["losses"]
        except (OSError, ValueError, KeyError, RuntimeError, EOFError, AttributeError, pickle.UnpicklingError) as error:
            raise InputError(
                f"{self._path}: is damaged ({str(error).splitlines()[0]}).", "Start anew with --no-resume."
            ) from error
