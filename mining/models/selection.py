"""Which candidate pairs of a run a round of the loop learns from: the best of each recording, by rank.

What a first model is sure of means little: it never heard such speech. But its sureness orders the pairs of *one*
recording well, so the best share of every recording is taken, whatever it was sure of.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mining import jobs, store
from mining.config import FilterConfig
from mining.errors import InputError, Unreachable
from mining.models.utterances import Utterances, pack
from mining.records import SAMPLE_RATE, WILDCARD, Pair

log = logging.getLogger(__name__)

VALID = 10  # one sentence of so many is never trained on, to tell whether a round was of use


@dataclass(frozen=True, slots=True)
class Selection:
    """What a round trains on, and what it is judged by; `candidates` says of how many pairs the two were chosen."""

    train: Utterances
    valid: Utterances
    candidates: int


def best(pairs: list[Pair], share: float) -> list[Pair]:
    """The best `share` of one recording's candidates by confidence, in time order; those that cannot be learnt from left out.

    Args:
        share: 0..1, of all that can be learnt from; at least one is taken.
    """
    config = FilterConfig()
    fit = [
        pair
        for pair in pairs
        if WILDCARD not in pair.text
        and config.min_seconds <= (pair.end - pair.start) / SAMPLE_RATE <= config.max_seconds
        and pair.text
    ]
    ranked = sorted(fit, key=lambda pair: (-pair.confidence, pair.start))
    return sorted(ranked[: max(1, round(share * len(ranked)))], key=lambda pair: pair.start)


def select(out: Path, model: str, share: float, work: Path) -> Selection:
    """Choose from every recording of a run that a model has been through, and pack the sounds into `work`.

    A sentence is for judging or for training by the hash of its text, so it stays on its side in every round.
    """
    candidates = 0

    def chosen() -> Iterator[tuple[jobs.Job, list[Pair]]]:
        nonlocal candidates
        for job in heard_by(out, model):
            pairs = job.read("candidates.jsonl", Pair)
            candidates += len(pairs)
            yield job, best(pairs, share)

    pack(_sounds(chosen()), work)
    return Selection(Utterances(work, lambda text: not judges(text)), Utterances(work, judges), candidates)


def kept(out: Path, work: Path) -> Utterances:
    """The sounds of all pairs that a run kept, packed into `work`."""

    def chosen() -> Iterator[tuple[jobs.Job, list[Pair]]]:
        for job in jobs.reopen(out):
            ids = {row["id"] for row in store.read_rows(job.path("pairs.jsonl"))}
            yield job, [pair for pair in job.read("candidates.jsonl", Pair) if pair.id in ids]

    return pack(_sounds(chosen()), work)


def heard_by(out: Path, model: str) -> Iterator[jobs.Job]:
    """The recordings of a run that were matched with a model; those that failed with it may hold what another heard."""
    for job in jobs.reopen(out):
        if job.model == model and job.recording.is_done("match", job.keys["match"]):
            yield job


def _sounds(chosen: Iterable[tuple[jobs.Job, list[Pair]]]) -> Iterator[tuple[np.ndarray[Any, Any], str, float]]:
    """The sounds of pairs with their texts and confidences, a recording at a time; one that is gone is left out."""
    from mining.speech.audio import open_audio

    for job, pairs in chosen:
        try:
            with open_audio(job.audio) as samples:
                for pair in pairs:
                    yield np.array(samples[pair.start : pair.end]), pair.text, pair.confidence
        except (InputError, Unreachable) as error:
            log.warning("%s Nothing is learnt from it.", error.message)
        finally:
            jobs.drop_fetched(job.entry, job.out)


def judges(text: str) -> bool:
    """Whether a sentence is one of those that are never trained on."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % VALID == 0


def known_precision(out: Path, model: str) -> dict[str, float | int | None] | None:
    """Figures of the kept pairs against the gold files that the catalogue names in a column `gold`; None where it names none.

    Raises:
        InputError: a gold file is not there, or is none.
    """
    from mining.models.evaluate import evaluate_bulletins, read_gold

    bulletins = [
        (store.read_rows(job.path("pairs.jsonl")), read_gold(gold_of(job)))
        for job in heard_by(out, model)
        if job.entry.about.get("gold")
    ]
    return evaluate_bulletins(bulletins) if bulletins else None


def gold_of(job: jobs.Job) -> Path:
    """The gold file that a recording's row of the catalogue names, in or below the catalogue's folder."""
    catalogue = (store.read_json(job.out / "run.json") or {}).get("catalogue", "")
    return Path(catalogue).parent / job.entry.about["gold"]
