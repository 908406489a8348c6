"""Candidate pairs to kept and rejected, so that every second and every sentence ends with exactly one fate."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from align.confidence import threshold
from mining.config import FilterConfig
from mining.records import SAMPLE_RATE, WILDCARD, Pair, Rejection, Segment, Sentence
from mining.store import seconds


def filter_pairs(
    recording: str,
    candidates: Sequence[Pair],
    sentences: Sequence[Sentence],
    segments: Sequence[Segment],
    duration: int,
    config: FilterConfig,
) -> tuple[list[Pair], list[Rejection], dict[str, Any]]:
    """Decide what is kept.

    Args:
        candidates: from `match`, in time order, without overlap.
        duration: samples of the whole recording.

    Returns:
        (kept pairs, rejections, coverage). Coverage holds `audio` as [start, end, fate] in seconds from 0
        to the end without a hole, `seconds` and `sentences` by fate, and the confidence from which on
        pairs were kept.
    """
    least = config.min_confidence
    if least is None:
        least = threshold([pair.confidence for pair in candidates], config.target_precision or 0.0)
    kept: list[Pair] = []
    rejected: list[Rejection] = []
    seen: set[tuple[str, int, int]] = set()
    for pair in candidates:
        reason = _reason(pair, least, config) or ("duplicate" if (pair.text, pair.start, pair.end) in seen else None)
        if reason is None:
            kept.append(pair)
            seen.add((pair.text, pair.start, pair.end))
        else:
            rejected.append(_rejected(pair, reason))
    fates = _sentence_fates(kept, rejected, candidates, sentences)
    rejected += _never_matched(recording, sentences, fates, candidates)
    audio = _timeline(kept, rejected, segments, duration)
    rejected += _audio_rejections(recording, audio)
    rejected.sort(key=lambda r: (("pair", "sentence", "audio").index(r.kind), r.id))
    return kept, rejected, _coverage(audio, fates, duration, least)


def _reason(pair: Pair, least: float, config: FilterConfig) -> str | None:
    """Why a pair is not kept; the first reason that holds, what can be mended last."""
    if pair.confidence < least:
        return "low_confidence"
    length = (pair.end - pair.start) / SAMPLE_RATE
    if length > config.max_seconds:
        return "too_long"
    if length < config.min_seconds:
        return "too_short"
    return "wildcard" if WILDCARD in pair.text else None


def _rejected(pair: Pair, reason: str) -> Rejection:
    return Rejection(pair.id, "pair", pair.recording, reason, pair.text, pair.start, pair.end, pair.page, pair.confidence)


def _sentence_fates(
    kept: Iterable[Pair], rejected: Iterable[Rejection], candidates: Sequence[Pair], sentences: Sequence[Sentence]
) -> dict[str, str]:
    """Sentence id to "mined" (where any part of it was kept) or a reason."""
    by_pair = {pair.id: pair.sentence for pair in candidates}
    fates = {sentence.id: sentence.aside or "not_spoken" for sentence in sentences}
    for rejection in rejected:
        fates[by_pair[rejection.id]] = rejection.reason
    for pair in kept:
        fates[pair.sentence] = "mined"
    return fates


def _never_matched(
    recording: str, sentences: Sequence[Sentence], fates: dict[str, str], candidates: Sequence[Pair]
) -> list[Rejection]:
    matched = {pair.sentence for pair in candidates}
    return [
        Rejection(f"{recording}-{s.id}", "sentence", recording, fates[s.id], s.text or s.raw_text, page=s.page)
        for s in sentences
        if s.id not in matched
    ]


Stretch = tuple[int, int, str, str]
"""Samples [start, end), the fate, and the id of the pair that it is of, or ""."""


def _timeline(kept: Sequence[Pair], rejected: Sequence[Rejection], segments: Sequence[Segment], duration: int) -> list[Stretch]:
    """[start, end, fate) from 0 to `duration` without a hole: pairs first, then speech, then the rest."""
    pairs = [(pair.start, pair.end, "mined", pair.id) for pair in kept]
    pairs += [(r.start, r.end, r.reason, r.id) for r in rejected if r.start is not None and r.end is not None]
    speech = [(start, end, "untranscribed", "") for segment in segments for start, end in segment.speech]
    filled = _fill(sorted(pairs), _fill(sorted(speech), [(0, duration, "no_speech", "")]))
    return _joined(filled)


def _fill(over: Sequence[Stretch], under: Sequence[Stretch]) -> list[Stretch]:
    """Lay stretches over others: where both are, the upper one is seen. Both sorted; the result too, without overlap."""
    result: list[Stretch] = []
    passed = 0  # stretches above that end before all that is left below
    for start, end, fate, pair in under:
        while passed < len(over) and over[passed][1] <= start:
            passed += 1
        at = start
        for first, last, upper, of in itertools.islice(over, passed, None):
            if first >= end:
                break
            first, last = max(first, at), min(last, end)
            if first > at:
                result.append((at, first, fate, pair))
            result.append((first, last, upper, of))
            at = last
        if at < end:
            result.append((at, end, fate, pair))
    return result


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Neighbours with one fate made one, if they are of one pair or of none: pairs keep their own ends."""
    result: list[Stretch] = []
    for start, end, fate, pair in stretches:
        if result and result[-1][1:] == (start, fate, pair):
            result[-1] = (result[-1][0], end, fate, pair)
        else:
            result.append((start, end, fate, pair))
    return result


def _audio_rejections(recording: str, audio: Sequence[Stretch]) -> list[Rejection]:
    stretches = [stretch for stretch in audio if stretch[2] in ("no_speech", "untranscribed")]
    return [
        Rejection(f"{recording}-a{number:05d}", "audio", recording, fate, start=start, end=end)
        for number, (start, end, fate, _) in enumerate(stretches, 1)
    ]


def _coverage(audio: Sequence[Stretch], fates: dict[str, str], duration: int, least: float) -> dict[str, Any]:
    total: Counter[str] = Counter()
    for start, end, fate, _ in audio:
        total[fate] += end - start
    return {
        "duration": seconds(duration),
        "threshold": round(least, 4),
        "audio": [[seconds(start), seconds(end), fate] for start, end, fate, _ in audio],
        "seconds": {fate: seconds(total[fate]) for fate in sorted(total)},
        "sentences": dict(sorted(Counter(fates.values()).items())),
    }
