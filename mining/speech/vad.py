"""Where somebody speaks: silero-vad's network, run over a whole recording at once.

The published model is called once per window of 32 ms, which costs more in calls than in sums. Only
its LSTM needs the windows one after another; what comes before it sees each window alone. So here a
block of windows goes through the convolutions as one batch and through the LSTM as one sequence:
the same probabilities as the one-stream loop, to rounding, eight times as fast (docs/performance.md).
The LSTM is less than a fifth of what is left, so cutting a recording into streams that run side by
side, with states that would no longer be exact, could gain a tenth; it is not done.
"""

from __future__ import annotations

import functools
import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mining.errors import EnvironmentProblem
from mining.speech.audio import release
from mining.speech.threads import one_thread

if TYPE_CHECKING:
    import torch

WINDOW = 512  # samples in a decision: 32 ms
_CONTEXT = 64  # samples of the window before that the network also sees
_WIDTH = 128  # of its LSTM
_BLOCK = 4096  # windows at a time: 131 s of sound, about 60 MB of activations


def speech_probabilities(audio: np.ndarray, progress: Callable[[int, int], None] | None = None) -> np.ndarray:
    """The probability of speech in every window of 512 samples.

    Args:
        audio: int16 samples at 16 kHz, shape (samples,); may be a memory map.
        progress: called with (samples done, all samples).

    Returns:
        float32, shape (ceil(samples / 512),); window i covers samples [512 i, 512 (i + 1)).
    """
    import torch

    weights, lstm = _network()
    count, state = -(-len(audio) // WINDOW), None
    probabilities = np.zeros(count, np.float32)
    with torch.inference_mode(), one_thread():
        for first in range(0, count, _BLOCK):
            last = min(count, first + _BLOCK)
            features = _features(_windows(audio, first, last), weights)
            hidden, state = lstm(features, state)
            logits = hidden.relu() @ weights["decoder.decoder.2.weight"].flatten() + weights["decoder.decoder.2.bias"]
            probabilities[first:last] = logits.sigmoid().numpy()
            release(audio)
            if progress is not None:
                progress(min(last * WINDOW, len(audio)), len(audio))
    return probabilities


def _windows(audio: np.ndarray, first: int, last: int) -> torch.Tensor:
    """Windows [first, last) with their context, float32 in -1..1, shape (windows, 576); zeros beyond the recording."""
    import torch

    begin, end = first * WINDOW - _CONTEXT, last * WINDOW
    samples = np.zeros(end - begin, np.float32)
    inside = audio[max(0, begin) : end]
    offset = max(0, -begin)
    samples[offset : offset + len(inside)] = inside
    return torch.from_numpy(samples / 32768).unfold(0, WINDOW + _CONTEXT, WINDOW)


def _features(windows: torch.Tensor, weights: dict[str, torch.Tensor]) -> torch.Tensor:
    """Spectrum and convolutions of each window by itself: (windows, 576) to (windows, 128)."""
    from torch.nn import functional

    padded = functional.pad(windows, (0, _CONTEXT), mode="reflect").unsqueeze(1)
    real, imaginary = functional.conv1d(padded, weights["stft.forward_basis_buffer"], stride=128).chunk(2, dim=1)
    x = (real**2 + imaginary**2).sqrt()
    for layer, stride in enumerate((1, 2, 2, 1)):
        name = f"encoder.{layer}.reparam_conv"
        x = functional.conv1d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride=stride, padding=1).relu()
    return x.squeeze(-1)


@functools.cache
def _network() -> tuple[dict[str, torch.Tensor], torch.nn.LSTM]:
    """The published model's weights by name, and its LSTM with them filled in."""
    import torch

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.load` is deprecated", DeprecationWarning)
        weights = torch.jit.load(_model_path(), map_location="cpu")._model.state_dict()
    lstm = torch.nn.LSTM(_WIDTH, _WIDTH).eval()
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(lstm, f"{name}_l0").copy_(weights[f"decoder.rnn.{name}"])
    return weights, lstm


def _model_path() -> str:
    """Found without importing the package: its import sets torch to one thread for the whole program."""
    spec = importlib.util.find_spec("silero_vad")
    folders = spec.submodule_search_locations if spec is not None else None
    path = Path(folders[0]) / "data" / "silero_vad.jit" if folders else None
    if path is None or not path.is_file():
        raise EnvironmentProblem(
            "The speech detector silero-vad (6.2 or later) is not installed.", "Install it: pip install 'silero-vad>=6.2'"
        )
    return str(path)
