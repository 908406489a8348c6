"""Segments through a CTC model: batched by length, every frame with its exact place in the recording.

While the network works on one batch, a thread reads and prepares the next, and on a GPU the results of one are fetched
while it works on the next: it never waits for the processor, nor the processor for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import numpy as np

from mining.config import TranscribeConfig
from mining.records import SAMPLE_RATE, Segment
from mining.speech.audio import release
from mining.speech.ctc_model import Batch, CtcModel, load_model
from mining.speech.emissions import FLOOR, Emissions
from mining.speech.heap import trim
from mining.speech.threads import torch_threads
from mining.speech.turns import gpu_turn

__all__ = ["load_model", "transcribe"]

_AHEAD = 2  # batches that are prepared before their time: 4 MB each
_TRIM = 4  # batches after which the heap is trimmed; too little to be measured


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
    counts = [model.frames.count(segment.end - segment.start) for segment in segments]
    places = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
    log_probs = np.empty((int(places[-1]), len(model.vocabulary)), np.float16)
    done, total = 0, sum(segment.end - segment.start for segment in segments)
    # Closed here, not whenever they are collected: an error that lives on would keep the thread alive.
    with torch_threads(), gpu_turn(model.device), closing(_heard(model, audio, segments, config.batch_seconds)) as heard:
        for number, (batch, found) in enumerate(heard, 1):
            for index, rows in zip(batch, found, strict=True):
                log_probs[places[index] : places[index + 1]] = np.maximum(rows, FLOOR)
                done += segments[index].end - segments[index].start
            if progress is not None:
                progress(done // SAMPLE_RATE, total // SAMPLE_RATE)
            if not number % _TRIM:
                trim()
    trim()
    return _assemble(model, segments, counts, log_probs)


def _heard(
    model: CtcModel, audio: np.ndarray, segments: Sequence[Segment], batch_seconds: float
) -> Generator[tuple[list[int], list[np.ndarray]], None, None]:
    """Batches of indices, each with the log-probabilities of its segments; the network is one batch further already."""
    last: tuple[list[int], Callable[[], list[np.ndarray]]] | None = None
    with closing(_prepared(model, audio, segments, batch_seconds)) as prepared:
        for batch, inputs in prepared:
            now = batch, model.hear(inputs)
            if last is not None:
                yield last[0], last[1]()
            last = now
    if last is not None:
        yield last[0], last[1]()


def _prepared(
    model: CtcModel, audio: np.ndarray, segments: Sequence[Segment], batch_seconds: float
) -> Generator[tuple[list[int], Batch], None, None]:
    """Batches of indices, each with what the network is given for it; a thread makes `_AHEAD` in advance."""

    def prepare(batch: list[int]) -> Batch:
        clips = [audio[segments[i].start : segments[i].end].astype(np.float32) / 32768 for i in batch]
        release(audio)
        return model.prepare(clips)

    coming: deque[tuple[list[int], Future[Batch]]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="prepare") as pool:
        try:
            # The longest first: what the others need then fits into the room that those have left.
            for batch in reversed(list(_batches(model, segments, batch_seconds))):
                coming.append((batch, pool.submit(prepare, batch)))
                if len(coming) > _AHEAD:
                    yield _first(coming)
            while coming:
                yield _first(coming)
        finally:
            pool.shutdown(cancel_futures=True)


def _first(coming: deque[tuple[list[int], Future[Batch]]]) -> tuple[list[int], Batch]:
    batch, prepared = coming.popleft()
    return batch, prepared.result()


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


def _assemble(model: CtcModel, segments: Sequence[Segment], counts: Sequence[int], log_probs: np.ndarray) -> Emissions:
    """Give each frame its segment and its samples of the recording."""
    bounds = [model.frames.bounds(segment.end - segment.start) for segment in segments]
    starts = [begin + segment.start for segment, (begin, _) in zip(segments, bounds, strict=True)]
    ends = [end + segment.start for segment, (_, end) in zip(segments, bounds, strict=True)]
    nothing = np.zeros(0, np.int64)
    return Emissions(
        log_probs=log_probs,
        starts=np.concatenate([nothing, *starts]),
        ends=np.concatenate([nothing, *ends]),
        segment_index=np.repeat(np.arange(len(segments), dtype=np.int32), counts),
        vocabulary=model.vocabulary,
        blank=model.blank,
        delimiter=model.delimiter,
        specials=model.specials,
    )
