"""How far the speech of a clip stands above its noise, from the clip alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mining import store
from mining.corpus import clips

FRAME = 320  # samples: 20 ms, shorter than a vowel and than most stops


def loud_over_quiet(samples: np.ndarray) -> float | None:
    """The loudest frames over the quietest, in dB; None for a clip shorter than ten frames.

    It is the 95th percentile of the energies of 20 ms frames over the 5th: speech over what is heard in its stops and pauses.
    A signal-to-noise ratio where noise is steady and the clip pauses anywhere, and less than that where it never does.

    Args:
        samples: int16, mono.
    """
    count = len(samples) // FRAME
    if count < 10:
        return None
    frames = samples[: count * FRAME].reshape(count, FRAME).astype(np.float32)
    quiet, loud = np.quantile((frames**2).mean(axis=1), [0.05, 0.95])
    return float(10 * np.log10((loud + 1.0) / (quiet + 1.0)))  # one step of 16 bits is the least noise there is


def of_clip(out: Path, recording: str, id: str) -> float | None:
    """`loud_over_quiet` of a kept pair's clip; None where the clip is not there or cannot be read."""
    samples = samples_of_clip(out, recording, id)
    return None if samples is None else loud_over_quiet(samples)


def samples_of_clip(out: Path, recording: str, id: str) -> np.ndarray | None:
    """The int16 samples of a kept pair's clip; None where it is not there or cannot be read: it may be deleted any time."""
    import soundfile

    path = store.Recording(out / "recordings" / recording).path("clips") / clips.file_name(id)
    try:
        samples, _ = soundfile.read(path, dtype="int16")
    except (OSError, soundfile.LibsndfileError):
        return None
    return samples if samples.ndim == 1 else None
