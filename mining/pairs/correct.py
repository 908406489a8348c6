"""Words that OCR damaged, mended where what is heard, what else is printed and how surely the page was read agree on another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from align import ctc
from align.emissions import relative
from align.readings import log_likelihoods
from mining import store
from mining.config import CorrectConfig
from mining.documents.languages import Language
from mining.pairs.doubts import Doubt, Reader, printed
from mining.pairs.lexicon import Lexicon, Prior
from mining.pairs.rewriting import KINDS, Edit, edits, kind, readings, unlikeness
from mining.pairs.tokens import Tokenizer
from mining.records import Correction, Page, Pair, Sentence
from mining.speech.emissions import Emissions

PATH = Path(__file__).parents[1] / "data" / "correction.json"
"""The weights of `FEATURES`, fitted by benchmarks/correction.py; it says on what."""

FEATURES = ("heard", "expected", *KINDS, "unlike", "page doubted", "word doubted", "kept")
"""What speaks for and against a reading; the last is of OCR's own, the others are differences from it. See `_features`."""

HABITS = ("repeated", "usual")
"""What the other words of the document add to them: whether OCR made the same errors there. See `habits`."""

LEXICON, DOCUMENT = "with a lexicon", "the document alone"
"""Names of the two sets of weights: a word that a short document prints nowhere else says little."""

ALONE = 0.9
"""The least probability of what is applied without a lexicon: in folds by station 79% to 97% of 0.7 and more were right,
86% to 98% of 0.9 and more."""

LIKELY = 0.5
"""Confidence of a pair below which what is heard is no witness: no such pair is kept."""

AROUND = 3
"""Tokens on either side of a word that are scored with it: a wrong word's ends are not where the right one's are."""

SAID = -1e20
"""Less than this is the log-likelihood of what the frames are too few for; a word that is so has no place in them."""

LOUDEST = 30.0
"""Nats that what is heard may speak for or against a reading at most."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A doubt, its readings (the first is OCR's), what OCR would have done to each, and their `FEATURES` (N, F)."""

    doubt: Doubt
    readings: tuple[str, ...]
    edits: tuple[tuple[Edit, ...], ...]
    features: np.ndarray


@dataclass(frozen=True, slots=True)
class Weights:
    """Of `FEATURES` alone, and of `FEATURES` and `HABITS`."""

    first: np.ndarray
    second: np.ndarray


def correct(
    pairs: Sequence[Pair],
    sentences: Sequence[Sentence],
    pages: Sequence[Page],
    emissions: Emissions,
    language: Language,
    lexicon: Lexicon,
    config: CorrectConfig,
) -> list[Pair]:
    """Mend words that OCR misread.

    Args:
        pairs: as `match` gives them; those that are unlikely to be right are left alone.
        sentences, pages: the document; what was not read by OCR is left alone.
        lexicon: words of the language, perhaps none.

    Returns:
        The pairs in their order, with `text` mended where a reading's probability reaches `config.least` (`ALONE` without a
        lexicon), and with all readings that are likelier than OCR's in `corrections`. `raw_text` and `confidence` stay.
    """
    weights = load(bool(lexicon.counts))
    least = config.least if lexicon.counts else max(ALONE, config.least)
    found = candidates(pairs, sentences, pages, emissions, language, lexicon)
    sure = judge([choice for choices in found for choice in choices], sentences, weights)
    mended = []
    for pair, choices in zip(pairs, found, strict=True):
        mended.append(_mended(pair, choices, [next(sure) for _ in choices], least))
    return mended


def candidates(
    pairs: Sequence[Pair],
    sentences: Sequence[Sentence],
    pages: Sequence[Page],
    emissions: Emissions,
    language: Language,
    lexicon: Lexicon,
) -> list[list[Choice]]:
    """The choices of each pair, in order; the arguments are those of `correct`."""
    found = {sentence.id: sentence for sentence in sentences}
    words = Reader(pages)
    prior, tokenizer = Prior(lexicon, printed(sentences, words)), Tokenizer(emissions)
    made = []
    for pair in pairs:
        doubts = words.doubts(pair, found[pair.sentence], language) if pair.confidence >= LIKELY else []
        made.append(choose(pair, doubts, emissions, tokenizer, prior, words.surely) if doubts else [])
    return made


# --- what may have been printed ------------------------------------------------------------------------------------


def choose(
    pair: Pair, doubts: Sequence[Doubt], emissions: Emissions, tokenizer: Tokenizer, prior: Prior, surely: float
) -> list[Choice]:
    """The readings of every doubted word of a pair, each with its features, in order."""
    first, last = frames(pair, emissions)
    stretch = relative(emissions.log_probs[first:last], emissions.blank)
    tokens, places = tokenizer.columns(pair.text)
    if len(stretch) < 2 * len(tokens):
        return []
    path, _ = ctc.best_path(stretch, tokens, emissions.blank)
    made = []
    for doubt in doubts:
        others = readings(doubt.word, prior)
        if not others:
            continue
        words = (doubt.word, *others)
        low, high = (int(i) for i in np.searchsorted(places, (doubt.start, doubt.end)))
        left, right = max(0, low - AROUND), min(len(tokens), high + AROUND)
        begins = np.searchsorted(_reached(path), (left, right))
        part = stretch[begins[0] if left else 0 : begins[1] if right < len(tokens) else len(stretch)]
        said = [np.concatenate([tokens[left:low], tokenizer.columns(word)[0], tokens[high:right]]) for word in words]
        heard = log_likelihoods(part, said, emissions.blank)
        if heard[0] < SAID:
            continue
        done = tuple(tuple(edits(doubt.word, word)) for word in words)
        expected = np.array([prior.log_probability(word) for word in words])
        made.append(Choice(doubt, words, done, _features(doubt, done, heard, expected, surely)))
    return made


def frames(pair: Pair, emissions: Emissions) -> tuple[int, int]:
    """The frames [first, last) whose middle lies in a pair."""
    half = int(emissions.ends[0] - emissions.starts[0]) // 2  # all are as long
    first, last = np.searchsorted(emissions.starts, (pair.start - half, pair.end - half))
    return int(first), int(last)


def _reached(path: np.ndarray) -> np.ndarray:
    """(T,) the token that each frame has come to: never falling, -1 before the first."""
    return np.maximum.accumulate(path)


def _features(doubt: Doubt, made: Sequence[Sequence[Edit]], heard: np.ndarray, expected: np.ndarray, surely: float) -> np.ndarray:
    """(N, F) `FEATURES` of each reading: log-likelihoods, counts of edits, their looks, and how likely OCR is to err at all."""
    features = np.zeros((len(made), len(FEATURES)))
    features[:, 0] = np.clip(heard - heard[0], -LOUDEST, LOUDEST)
    features[:, 1] = expected - expected[0]
    of_page, of_word = math.log(1.02 - surely / 100), math.log(1.05 - doubt.sure / 100)
    for at, done in enumerate(made):
        for edit in done:
            features[at, 2 + kind(edit)] += 1
        features[at, -4:-1] = sum(map(unlikeness, done)), len(done) * of_page, len(done) * of_word
    features[0, -1] = 1.0
    return features


# --- which of them it was ------------------------------------------------------------------------------------------


@cache
def load(with_lexicon: bool, path: Path = PATH) -> Weights:
    """The weights that hold where there is a lexicon, or where the document is the only one."""
    stored: dict[str, Any] = store.read_json(path)[LEXICON if with_lexicon else DOCUMENT]
    return Weights(
        np.array([stored["first"][name] for name in FEATURES]),
        np.array([stored["second"][name] for name in FEATURES + HABITS]),
    )


def judge(choices: Sequence[Choice], sentences: Sequence[Sentence], weights: Weights) -> Iterator[np.ndarray]:
    """For each choice (N,) how likely each reading is to be what was printed, OCR's standing for all that are not among them.

    A first look, at each word by itself, tells which errors this OCR makes with this document; then each is looked at again.
    """
    first = [probabilities(choice.features, weights.first) for choice in choices]
    for choice, more in zip(choices, habits(choices, first, sentences), strict=True):
        yield probabilities(np.hstack([choice.features, more]), weights.second)


def probabilities(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(N,) probabilities of readings with these features (N, F): a conditional logit."""
    scores = features @ weights
    odds = np.exp(scores - scores.max())
    return odds / odds.sum()


def habits(choices: Sequence[Choice], sure: Sequence[np.ndarray], sentences: Sequence[Sentence]) -> Iterator[np.ndarray]:
    """For each choice (N, 2) `HABITS`: how often the other words have the same edits, and in which share of the signs read.

    Args:
        sure: (N,) probabilities of each choice's readings, by a first look.
    """
    read = Counter(sign for sentence in sentences if sentence.aside is None for sign in sentence.text)
    own: list[Counter[Edit]] = []
    for choice, probability in zip(choices, sure, strict=True):
        own.append(Counter())
        for done, likely in zip(choice.edits, probability, strict=True):
            for edit in done:
                own[-1][edit] += float(likely)  # type: ignore[assignment]
    every: Counter[Edit] = Counter()
    for counted in own:
        every.update(counted)
    for choice, counted in zip(choices, own, strict=True):
        more = np.zeros((len(choice.readings), len(HABITS)))
        for at, done in enumerate(choice.edits):
            for edit in done:
                others = max(0.0, every[edit] - counted[edit])
                seen = read[edit[1] or edit[0]]
                more[at] += math.log(1 + 2 * others), math.log((others + 0.3) / (seen + 30))
        yield more


def _mended(pair: Pair, choices: Sequence[Choice], judged: Sequence[np.ndarray], least: float) -> Pair:
    text, moved, made = pair.text, 0, []
    for choice, sure in zip(choices, judged, strict=True):
        best = int(sure.argmax())
        if not best:
            continue
        doubt, new, probability = choice.doubt, choice.readings[best], math.floor(sure[best] * 1e4) / 1e4
        applied = probability >= least
        start, end = doubt.start + moved, doubt.end + moved
        if applied:
            text = text[:start] + new + text[end:]
            end, moved = start + len(new), moved + len(new) - len(doubt.word)
        made.append(Correction(start, end, doubt.word, new, probability, applied))
    return replace(pair, text=text, corrections=tuple(made)) if made else pair
