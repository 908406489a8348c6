"""Aligners of CTC emissions: ours and the peers, each with a function that reads its answer as first frames."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.peers.contender import Contender, Loaded
from benchmarks.peers.work import BLANK, COLUMNS, FRAMES_A_SECOND, SENTENCE, Speech


def ours(**options: object) -> Callable[[], Loaded]:
    def load() -> Loaded:
        import align

        align.warm_up()
        return lambda log_probs, tokens: align.forced_align(log_probs, tokens, **options), lambda found: found.start

    return load


def ours_spotting() -> Loaded:
    """Each sentence on its own, anywhere in the recording; read as the ends of each one's best place."""
    import align

    align.warm_up()

    def run(log_probs: np.ndarray, script: list[np.ndarray]) -> object:
        return align.spot(log_probs, script)

    return run, lambda found: np.array([(places[0].start, places[0].end) if places else (-1, -1) for places in found])


def ctc_forced_aligner() -> Loaded:
    """Its compiled core alone: its package would import a model's runtime, which aligning does not need."""
    folder = Path(importlib.util.find_spec("ctc_forced_aligner").origin).parent
    spec = importlib.util.spec_from_file_location("ctc_aligner", folder / "ctc_aligner.py")
    core = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(core)

    def read(found: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        path = found[0][0]
        return np.flatnonzero((path != BLANK) & (path != np.r_[BLANK, path[:-1]]))

    return lambda log_probs, tokens: core.align_sequences(log_probs[None], tokens[None], BLANK), read


def ctc_segmentation(**window: int) -> Callable[[], Loaded]:
    """All but the window as its authors set it; the text comes in sentences, as it wants it."""

    def load() -> Loaded:
        import ctc_segmentation as library

        symbols = [chr(ord("A") + column) for column in range(COLUMNS)]

        def run(log_probs: np.ndarray, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            settings = library.CtcSegmentationParameters(char_list=symbols, index_duration=1.0, blank=BLANK, **window)
            wanted, _ = library.prepare_token_list(settings, np.split(tokens, range(SENTENCE, len(tokens), SENTENCE)))
            times, _, _ = library.ctc_segmentation(settings, log_probs, wanted)
            return times, wanted[:, 0]

        return run, lambda found: np.rint(found[0][found[1] > BLANK]).astype(np.int64)

    return load


CONTENDERS = {
    "shruti ctc": Contender(None, ours()),
    "shruti windowed": Contender(None, ours(window=1024, other_speech=True)),
    "shruti spot": Contender(None, ours_spotting),
    "ctc-forced-aligner": Contender("ctc-forced-aligner", ctc_forced_aligner),
    "ctc-segmentation": Contender("ctc-segmentation", ctc_segmentation()),
    "ctc-segmentation, wide window": Contender("ctc-segmentation", ctc_segmentation(min_window_size=30_000)),
}


def judge(first: np.ndarray, work: Speech) -> dict[str, object]:
    """The share of labels whose first frame is near the true one; the frames too, to compare answers by."""
    if len(first) != len(work.tokens):
        raise ValueError(f"{len(first)} labels came back, not {len(work.tokens)}")
    away = np.abs(first - work.first)
    near, far = (float((away <= frames).mean()) for frames in (2, 10))
    return {"within 2 frames of the truth": near, "within 10": far, "first": first.tolist()}


def judge_spotting(ends: np.ndarray, work: Speech) -> dict[str, object]:
    """The share of sentences of which both ends of the best place are within 0.2 s of the true ones."""
    edges = np.r_[range(0, len(work.first), SENTENCE), len(work.first)]
    truth = np.stack([work.first[edges[:-1]], work.first[edges[1:] - 1] + 1], axis=1)
    near = np.abs(ends - truth).max(axis=1) <= 0.2 * FRAMES_A_SECOND
    return {"share of sentences found within 0.2 s": float(near.mean()), "sentences": len(near)}
