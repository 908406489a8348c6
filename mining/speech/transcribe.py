"""Segments through a CTC model: batched by length, every frame with its exact place in the recording.

On a processor each core works on a batch of its own, with one thread: what is heard is the same to the last bit on any number
of cores. On a GPU one batch is read and prepared by a thread, and the results of another are fetched, while the network
works on a third.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

import numpy as np

from mining.config import TranscribeConfig
from mining.cores import cores
from mining.records import SAMPLE_RATE, Segment
from mining.speech.audio import release
from mining.speech.ctc_model import Batch, CtcModel, load_model
from mining.speech.emissions import FLOOR, Emissions
from mining.speech.heap import trim
from mining.speech.threads import one_thread
from mining.speech.turns import gpu_turn

__all__ = ["load_model", "transcribe"]

Result = TypeVar("Result")

_CORE_SECONDS = 20.0  # of audio in a core's batch: no slower than 60, and a third of the memory
_MOST_CORES = 8  # batches at a time; each takes memory, and a machine with more cores hears several recordings at a time
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
    # Closed here, not whenever they are collected: an error that lives on would keep the threads alive.
    with one_thread(), gpu_turn(model.device), closing(_heard(model, audio, segments, config.batch_seconds)) as heard:
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


Heard = tuple[list[int], list[np.ndarray]]
"""The indices of a batch's segments, and the log-probabilities of each."""


def _heard(model: CtcModel, audio: np.ndarray, segments: Sequence[Segment], batch_seconds: float) -> Generator[Heard, None, None]:
    """All batches, the longest first: what the others need then fits into the room that those have left."""

    def clips(batch: list[int]) -> list[np.ndarray]:
        read = [audio[segments[i].start : segments[i].end].astype(np.float32) / 32768 for i in batch]
        release(audio)
        return read

    if model.device != "cpu":
        batches = list(_batches(model, segments, batch_seconds))[::-1]
        with closing(_ahead(batches, lambda batch: model.prepare(clips(batch)), workers=1)) as prepared:
            yield from _one_behind(model, prepared)
        return
    batches = list(_batches(model, segments, min(batch_seconds, _CORE_SECONDS)))[::-1]
    with closing(_ahead(batches, lambda batch: model.log_probs(clips(batch)), workers=min(cores(), _MOST_CORES))) as heard:
        yield from heard


def _one_behind(model: CtcModel, prepared: Iterable[tuple[list[int], Batch]]) -> Iterator[Heard]:
    """What a GPU hears: the results of a batch are waited for when the next has been set to work."""
    last: tuple[list[int], Callable[[], list[np.ndarray]]] | None = None
    for batch, inputs in prepared:
        now = batch, model.hear(inputs)
        if last is not None:
            yield last[0], last[1]()
        last = now
    if last is not None:
        yield last[0], last[1]()


def _ahead(
    batches: Iterable[list[int]], work: Callable[[list[int]], Result], workers: int
) -> Generator[tuple[list[int], Result], None, None]:
    """Batches, each with what `work` makes of it, in their order; threads with one core each are at most `workers` + 1 ahead."""
    import torch

    coming: deque[tuple[list[int], Future[Result]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="hear", initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            for batch in batches:
                coming.append((batch, pool.submit(work, batch)))
                if len(coming) > workers + 1:
                    yield _first(coming)
            while coming:
                yield _first(coming)
        finally:
            pool.shutdown(cancel_futures=True)


def _first(coming: deque[tuple[list[int], Future[Result]]]) -> tuple[list[int], Result]:
    batch, made = coming.popleft()
    return batch, made.result()


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
