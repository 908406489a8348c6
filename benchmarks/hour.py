"""`match` of an hour-long bulletin, emissions given: seconds, memory, and what was found.

    python -m benchmarks.hour [--minutes 60] [--seed 0]

The hour is made from a fixed seed: sentences of some 60 letters with a pause after each; of the script 15% are not read, and
15% of the speech is in no script. It is heard by two models: one that errs in a tenth of the letters, so that anchors
suffice, and one that errs in more than half, so that everything must be spotted.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from statistics import median

import numpy as np

from align import warm_up
from benchmarks.peers import work
from benchmarks.peers.child import forget_peak, peak
from mining.config import MatchConfig
from mining.documents.languages import language
from mining.pairs.match import match
from mining.records import SAMPLE_RATE, Segment, Sentence
from mining.speech.emissions import Emissions

HOP = SAMPLE_RATE // work.FRAMES_A_SECOND
UNREAD, UNPRINTED = 0.15, 0.15
MODELS = {"heard well": 0.10, "heard badly": 0.55}  # share of letters that the model errs in
PAUSE = (15, 60)  # frames


@dataclass(frozen=True, slots=True)
class Hour:
    """A script, what a model heard, and where each sentence is read: (first, last frame), or None."""

    sentences: list[Sentence]
    segments: list[Segment]
    emissions: Emissions
    truth: list[tuple[int, int] | None]


def texts(rng: np.random.Generator, count: int) -> list[str]:
    """Sentences of letters and single spaces."""
    source = work.sentences(rng, [word for word in work.vocabulary(rng) if word.isalpha()])
    return ["".join(c for c in next(source) if c.isalpha() or c == " ").strip()[:90] for _ in range(count)]


def hour(minutes: float, errors: float, seed: int) -> Hour:
    """See the module."""
    rng = np.random.default_rng(seed)
    pool = texts(rng, int(minutes * 60 / 3))
    frames, order, spoken, lasts = int(minutes * 60 * work.FRAMES_A_SECOND), [], [], []
    kinds = rng.choice(3, len(pool), p=[1 - UNREAD - UNPRINTED, UNREAD, UNPRINTED])  # read, unread, unprinted
    at, truth, runs = 10, {}, []
    for number, (text, kind) in enumerate(zip(pool, kinds.tolist(), strict=True)):
        tokens = work.labels(text)
        width = int(len(tokens) * 3.6 * rng.uniform(0.9, 1.1)) + 4
        if at + width + PAUSE[1] > frames:
            break
        if kind != 2:
            order.append(number)
        if kind == 1:
            continue
        gaps = 2 + rng.multinomial(width - 2 * len(tokens), np.full(len(tokens), 1 / len(tokens)))
        spoken.append(tokens)
        lasts.append(at + np.cumsum(gaps) - gaps)
        truth[number] = (at, at + width)
        runs.append((at - 2, at + width + 2))
        at += width + int(rng.integers(*PAUSE))
    log_probs = heard(rng, np.concatenate(spoken), np.concatenate(lasts), at, errors)
    sentences = [
        Sentence(f"s{i:05d}", pool[number], pool[number], tuple(range(len(pool[number]))), 1) for i, number in enumerate(order)
    ]
    return Hour(sentences, *_as_records(log_probs, runs), [truth.get(number) for number in order])


def heard(rng: np.random.Generator, spoken: np.ndarray, start: np.ndarray, frames: int, errors: float) -> np.ndarray:
    """Log-probabilities in which `errors` of the letters are won by another, or by the blank; the right one is second then."""
    logits = rng.standard_normal((frames, work.COLUMNS), np.float32)
    luck = rng.random(len(spoken))
    wrong = np.where(
        luck < errors * 0.6, work.labels("abcdefghijklmnopqrstuvwxyz ")[rng.integers(0, 27, len(spoken))], work.BLANK
    )
    winner = np.full(frames, work.BLANK)
    winner[start] = np.where(luck < errors, wrong, spoken)
    logits[np.arange(frames), winner] += rng.normal(6, 1.5, frames).astype(np.float32)
    logits[start, spoken] += np.where(luck < errors, rng.normal(3, 1.5, len(spoken)), 0).astype(np.float32)
    logits -= logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def _as_records(log_probs: np.ndarray, runs: list[tuple[int, int]]) -> tuple[list[Segment], Emissions]:
    """Each run of speech a segment of its own; pauses were never heard."""
    segments, own, starts, index = [], [], [], []
    for number, (first, last) in enumerate(runs):
        segments.append(Segment(f"g{number:05d}", first * HOP, last * HOP, ((first * HOP, last * HOP),)))
        own.append(log_probs[first:last])
        starts.append(np.arange(first, last) * HOP)
        index.append(np.full(last - first, number, np.int32))
    start = np.concatenate(starts)
    vocabulary = ("<pad>", *("|" if symbol == " " else symbol for symbol in work.ALPHABET))
    joined = np.maximum(np.concatenate(own), -30).astype(np.float16)
    return segments, Emissions(joined, start, start + HOP, np.concatenate(index), vocabulary, 0, vocabulary.index("|", 60))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    english = language("en")
    warm_up()
    small = hour(1.0, 0.1, given.seed)
    match("warm", small.sentences, small.segments, small.emissions, english, MatchConfig())
    for name, errors in MODELS.items():
        work_to_do = hour(given.minutes, errors, given.seed)
        given_work = work_to_do.sentences, work_to_do.segments, work_to_do.emissions, english, MatchConfig()
        times = []
        for _ in range(3):
            base, began = forget_peak(), time.perf_counter()
            pairs = match("hour", *given_work)
            times.append(time.perf_counter() - began)
            grown = peak() - base
        took = median(times)
        places = {pair.sentence: (pair.start / HOP, pair.end / HOP) for pair in pairs if pair.confidence >= 0.5}
        near = [_near(places.get(s.id), place) for s, place in zip(work_to_do.sentences, work_to_do.truth, strict=True) if place]
        extra = sum(place is None and s.id in places for s, place in zip(work_to_do.sentences, work_to_do.truth, strict=True))
        tokens = sum(len(s.text) for s in work_to_do.sentences)
        print(
            f"{name}: {len(work_to_do.emissions.log_probs)} frames, {len(work_to_do.sentences)} sentences, {tokens} tokens: ",
            end="",
        )
        print(f"{took:.2f} s, {grown:.0f} MB more; {np.mean(near):.4f} of those read found within 0.2 s, {extra} unread placed")


def _near(found: tuple[float, float] | None, place: tuple[int, int]) -> bool:
    return found is not None and max(abs(found[0] - place[0]), abs(found[1] - place[1])) <= 0.2 * work.FRAMES_A_SECOND


if __name__ == "__main__":
    main()
