"""Sentences and emissions to candidate pairs, with one function for three strategies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from align.emissions import relative
from align.matching import STRATEGIES, match_in
from align.types import Occurrence
from mining.config import MatchConfig
from mining.documents.languages import Language
from mining.errors import InputError, UsageError
from mining.pairs import calibrator, cut, evidence
from mining.pairs.fingerprint import fingerprint
from mining.pairs.heard import Heard
from mining.pairs.tokens import Tokenizer, unknown
from mining.records import Pair, Segment, Sentence
from mining.speech.emissions import Emissions

_RELEASED = 100  # fingerprints after which what was read of a recording is let go: ten hours of it are 1.2 GB


def match(
    recording: str,
    sentences: Sequence[Sentence],
    segments: Sequence[Segment],
    emissions: Emissions,
    language: Language,
    config: MatchConfig,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Pair]:
    """Find where the sentences of a document are read in a recording.

    Args:
        recording: its id.
        sentences: all of the document; those set aside are left alone.
        segments, emissions: what was heard, and where.
        progress: called with (sentences looked for, all sentences).

    Returns:
        One pair for each place that was found, in time order, right or wrong: its `confidence` says
        how likely it is to be right, and `filter_pairs` decides. Pairs do not overlap.

    Raises:
        UsageError: an unknown strategy.
        InputError: the model writes another script than the document.
    """
    if config.strategy not in STRATEGIES:
        raise UsageError(f"unknown strategy {config.strategy!r}.", f"Strategies: {', '.join(STRATEGIES)}.")
    if not segments or not len(emissions.log_probs):
        return []
    heard = Heard(relative(emissions.log_probs, emissions.blank), segments, emissions)
    tokenizer = Tokenizer(emissions)
    confidence = calibrator.load(config.strategy)
    pairs: list[Pair] = []
    for sentence, place, row in find(heard, tokenizer, sentences, emissions, language, config.strategy, progress):
        for part in cut.parts(heard, tokenizer, sentence, place, config.max_seconds):
            pairs.append(_pair(recording, part, heard, row, confidence.probability(row), config.strategy, len(pairs) + 1))
    return _apart(pairs)


def find(
    heard: Heard,
    tokenizer: Tokenizer,
    sentences: Sequence[Sentence],
    emissions: Emissions,
    language: Language,
    strategy: str,
    progress: Callable[[int, int], None] | None = None,
) -> list[tuple[Sentence, Occurrence, dict[str, float]]]:
    """The sentences that have a place, in time order, each with its place and its features, not yet cut and not yet judged.

    Raises:
        InputError: the model writes another script than the document.
    """
    spoken = [sentence for sentence in sentences if sentence.aside is None]
    if not spoken:
        return []
    share = unknown([sentence.text for sentence in spoken], emissions)
    if share > 0.5:
        raise InputError(
            f"the model cannot write {share:.0%} of the document's letters.",
            f"Choose a model for {language.name} with --model, or the document's language with --lang.",
        )
    tokens = [tokenizer.columns(sentence.text)[0] for sentence in spoken]
    room = heard.room(tokens)
    placed = match_in(room, strategy, heard.delimiter, progress)
    rows = evidence.features(heard, room, [sentence.text for sentence in spoken], placed)
    return [(spoken[place.sentence], place, row) for place, row in zip(placed, rows, strict=True)]


def _apart(pairs: list[Pair]) -> list[Pair]:
    """Ends amid speech are moved outwards (`heard`), so that neighbours may overlap: there they meet half-way."""
    for index, (left, right) in enumerate(pairwise(pairs)):
        if left.end > right.start:
            middle = (left.end + right.start) // 2
            pairs[index], pairs[index + 1] = replace(pairs[index], end=middle), replace(right, start=middle)
    return pairs


def _pair(
    recording: str, part: cut.Part, heard: Heard, row: dict[str, float], confidence: float, strategy: str, number: int
) -> Pair:
    start, end = heard.interval(part.start, part.end)
    return Pair(
        id=f"{recording}-p{number:05d}",
        recording=recording,
        sentence=part.sentence.id,
        segments=heard.segments_of(part.start, part.end),
        start=start,
        end=end,
        text=part.text,
        raw_text=part.raw_text,
        page=part.sentence.page,
        confidence=round(confidence, 4),
        strategy=strategy,
        heard=heard.text(part.start, part.end),
        features={name: round(value, 4) for name, value in row.items()},
    )


def heard_in(samples: np.ndarray, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs with the fingerprints of their sound; `samples` are the whole recording's, int16 at 16 kHz."""
    from mining.speech.audio import release

    heard = []
    for number, pair in enumerate(pairs, 1):
        heard.append(replace(pair, sound=fingerprint(samples[pair.start : pair.end])))
        if not number % _RELEASED:
            release(samples)
    return heard
