"""What a page and a model get wrong: OCR's errors put into text, a model's into (or out of) its emissions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rapidfuzz.distance import Levenshtein

from align import forced_align
from mining.pairs.tokens import Tokenizer
from mining.records import SAMPLE_RATE
from mining.speech.emissions import FLOOR, Emissions

GROUPS = "बवक खरव घधछ भमझ पषयथ टठढद डङइ उऊअ आओऔ एऐ जञ तनल णगश सहर चज िी ेै ोौ ंँः ुूृ ़् ।|lI! ०० १२९ ३६ ४५ ७८ -—"
"""Signs of Devanagari that OCR takes for one another; of a sign in several groups the first counts."""
KINDS = (0.70, 0.15, 0.15)
"""Of the errors, those that put a look-alike, that drop the sign, and that split the word behind it."""

STEPS = 14  # of the bisection
FAR = 40.0  # log-probability by which everything is mended, or drowned
BREADTH = 5  # frames over which a model's doubts last: a tenth of a second


def misread(text: str, share: float, rng: np.random.Generator) -> tuple[str, list[int]]:
    """A text as bad OCR gives it, and for each of its characters the index in `text` that it comes from.

    Exactly round(share * len(text)) characters are hit, each once.
    """
    hit = set(rng.permutation(len(text))[: round(share * len(text))].tolist())
    kinds = rng.choice(3, len(text), p=KINDS)
    luck = rng.random(len(text))
    written = [_written(c, int(kinds[i]), luck[i]) if i in hit else c for i, c in enumerate(text)]
    return "".join(written), [i for i, part in enumerate(written) for _ in part]


def _written(character: str, kind: int, luck: float) -> str:
    group = next((group for group in GROUPS.split() if character in group), character)
    others = [other for other in group if other != character]
    if kind == 2 and character != " ":
        return character + " "
    return others[int(luck * len(others))] if kind == 0 and others else ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence that is spoken: its tokens, and the frames [first, last) of it."""

    tokens: np.ndarray
    first: int
    last: int


def spoken(emissions: Emissions, sentences: Sequence[dict]) -> list[Spoken]:
    """The frames of what a gold file says is spoken; sentences without any are left out."""
    centres = (emissions.starts + emissions.ends) / 2 / SAMPLE_RATE
    tokenizer, found = Tokenizer(emissions), []
    for sentence in sentences:
        first, last = (int(frame) for frame in np.searchsorted(centres, (sentence["start"], sentence["end"])))
        if last > first:
            found.append(Spoken(tokenizer.columns(sentence["text"])[0], first, last))
    return found


def error_rate(emissions: Emissions, said: Sequence[Spoken]) -> float:
    """Character error rate of the likeliest symbols within what is spoken, spaces left out, pooled."""
    silent = (emissions.blank, emissions.delimiter)
    best = emissions.log_probs.argmax(axis=1)
    changed = np.diff(best, prepend=-1) != 0
    errors = characters = 0
    for one in said:
        heard = best[one.first : one.last][changed[one.first : one.last]]
        true = one.tokens[~np.isin(one.tokens, silent)]
        errors += Levenshtein.distance(true.tolist(), heard[~np.isin(heard, silent)].tolist())
        characters += len(true)
    return errors / max(1, characters)


def with_error_rate(emissions: Emissions, said: Sequence[Spoken], target: float, seed: int) -> Emissions:
    """Emissions as a better or a worse model would give them, with about this error rate.

    Better: the true symbol of every frame, by forced alignment of what is said, becomes likelier. Worse: a random
    doubt about every symbol is added, that lasts some frames. How much of it is found by bisection.
    """
    now = error_rate(emissions, said)
    change = _mended(emissions, said) if target < now else _drowned(emissions, seed)
    low, high = 0.0, FAR
    for _ in range(STEPS):
        middle = (low + high) / 2
        if (error_rate(change(middle), said) > target) == (target < now):
            low = middle
        else:
            high = middle
    return change((low + high) / 2)


def _mended(emissions: Emissions, said: Sequence[Spoken]) -> Callable[[float], Emissions]:
    log_probs = emissions.log_probs.astype(np.float32)
    path = np.full(len(log_probs), -1)
    for one in said:
        tokens = one.tokens[one.tokens >= 0]
        if 2 * len(tokens) > one.last - one.first:
            continue  # spoken faster than the model can write
        path[one.first : one.last] = emissions.blank
        spans = forced_align(log_probs[one.first : one.last], tokens, blank=emissions.blank)
        for token, start, end in zip(tokens, spans.start, spans.end, strict=True):
            path[one.first + start : one.first + end] = token
    frames = np.flatnonzero(path >= 0)

    def change(strength: float) -> Emissions:
        better = log_probs.copy()
        better[frames, path[frames]] += strength
        return _with(emissions, better)

    return change


def _drowned(emissions: Emissions, seed: int) -> Callable[[float], Emissions]:
    log_probs = emissions.log_probs.astype(np.float32)
    doubt = np.random.default_rng([seed, 1]).standard_normal((len(log_probs) + BREADTH - 1, log_probs.shape[1]), np.float32)
    summed = np.cumsum(np.vstack([np.zeros((1, doubt.shape[1]), np.float32), doubt]), axis=0)
    doubt = (summed[BREADTH:] - summed[:-BREADTH]) / np.float32(BREADTH**0.5)
    is_blank = np.arange(log_probs.shape[1]) == emissions.blank
    sounds = _total(np.where(is_blank, -np.inf, log_probs))

    def change(strength: float) -> Emissions:
        worse = np.where(is_blank, -np.inf, log_probs + np.float32(strength) * doubt)
        return _with(emissions, np.where(is_blank, log_probs, worse + sounds - _total(worse)))

    return change


def _total(scores: np.ndarray) -> np.ndarray:
    """(T, 1) logarithm of the sum of each frame's probabilities."""
    most = scores.max(axis=1, keepdims=True)
    return most + np.log(np.exp(scores - most).sum(axis=1, keepdims=True))


def _with(emissions: Emissions, scores: np.ndarray) -> Emissions:
    """Emissions with these scores, made log-probabilities again."""
    return replace(emissions, log_probs=np.maximum(scores - _total(scores), FLOOR).astype(np.float16))
