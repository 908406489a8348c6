"""Segments through a CTC model: batched by length, every frame with its exact place in the recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mining.config import TranscribeConfig
from mining.records import SAMPLE_RATE, Segment
from mining.speech.ctc_model import CtcModel, load_model
from mining.speech.emissions import FLOOR, Emissions
from mining.speech.threads import torch_threads

__all__ = ["load_model", "transcribe"]


def transcribe(
    model: CtcModel,
    audio: np.ndarray,
    segments: Sequence[Segment],
    config: TranscribeConfig,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Emissions:
    """Let a model hear the segments of a recording.

    Segments of like length share a batch of up to `batch_seconds`, padding included. A model that
    does not mask its padding hears segments of different lengths one by one, so that what is heard
    in a segment never depends on its batch.

    Args:
        model: from `load_model`.
        audio: int16 samples of the whole recording; may be a memory map, only a batch is read at a time.
        segments: in time order.
        config: `batch_seconds` alone is used here; model and device were chosen when it was loaded.
        progress: called with (seconds heard, all seconds).

    Returns:
        Emissions in the order of the segments. A segment shorter than the model's window has no frames.
    """
    heard: list[np.ndarray] = [np.zeros((0, len(model.vocabulary)), np.float16)] * len(segments)
    done, total = 0, sum(segment.end - segment.start for segment in segments)
    with torch_threads():
        for batch in _batches(model, segments, config.batch_seconds):
            clips = [audio[segments[i].start : segments[i].end].astype(np.float32) / 32768 for i in batch]
            for index, log_probs in zip(batch, model.log_probs(clips), strict=True):
                heard[index] = np.maximum(log_probs, FLOOR).astype(np.float16)
            done += sum(map(len, clips))
            if progress is not None:
                progress(done // SAMPLE_RATE, total // SAMPLE_RATE)
    return _assemble(model, segments, heard)


def _batches(model: CtcModel, segments: Sequence[Segment], batch_seconds: float) -> Iterator[list[int]]:
    """Indices of segments that are heard together, shortest first; those too short for a frame are left out."""
    lengths = [segment.end - segment.start for segment in segments]
    batch: list[int] = []
    for index in sorted(range(len(segments)), key=lambda i: (lengths[i], i)):
        if not model.frames.count(lengths[index]):
            continue
        full = (len(batch) + 1) * lengths[index] > batch_seconds * SAMPLE_RATE
        uneven = not model.masks_padding and batch and lengths[index] != lengths[batch[0]]
        if batch and (full or uneven):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _assemble(model: CtcModel, segments: Sequence[Segment], heard: Sequence[np.ndarray]) -> Emissions:
    """Join the segments' frames and give each its samples of the recording."""
    bounds = [model.frames.bounds(segment.end - segment.start) for segment in segments]
    starts = [begin + segment.start for segment, (begin, _) in zip(segments, bounds, strict=True)]
    ends = [end + segment.start for segment, (_, end) in zip(segments, bounds, strict=True)]
    nothing = np.zeros(0, np.int64)
    return Emissions(
        log_probs=np.concatenate([np.zeros((0, len(model.vocabulary)), np.float16), *heard]),
        starts=np.concatenate([nothing, *starts]),
        ends=np.concatenate([nothing, *ends]),
        segment_index=np.repeat(np.arange(len(segments), dtype=np.int32), [len(part) for part in heard]),
        vocabulary=model.vocabulary,
        blank=model.blank,
        delimiter=model.delimiter,
        specials=model.specials,
    )
