"""The work, made from fixed seeds: pairs of texts, and what a CTC model would say of a speech, each with its truth.

The words are random letters, but common words are short and come often (Zipf), as in a language. So chance
resemblances are as frequent as in real text, and no peer has seen it before.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

ALPHABET = string.ascii_lowercase + string.digits + string.punctuation + " "  # no capitals: pywfa takes them for small letters
CODES = np.zeros(128, np.int64)
CODES[[ord(symbol) for symbol in ALPHABET]] = np.arange(len(ALPHABET))
ERRORS, DROPPED, ADDED = 0.15, 0.10, 0.10  # of the characters; of the sentences

FRAMES_A_SECOND, LABELS_A_SECOND = 50, 14
BLANK, COLUMNS = 0, len(ALPHABET) + 1  # 70
SILENCE = 0.08  # of the frames
WRONG, MISSED = 0.08, 0.04  # of the labels: another one wins its frame, or the blank does
SENTENCE = 60  # labels, where a script is looked for sentence by sentence


@dataclass(frozen=True, slots=True)
class TextPair:
    """A document and what was heard of it; origin[j] is the index in `ref` of what hyp[j] was, -1 for nothing."""

    ref: str
    hyp: str
    origin: np.ndarray

    def inputs(self) -> tuple[str, str]:
        """What an aligner gets."""
        return self.ref, self.hyp

    def head(self) -> tuple[str, str]:
        """A little of it, to warm up."""
        return self.ref[:300], self.hyp[:290]


@dataclass(frozen=True, slots=True)
class Speech:
    """Emissions (T, V) float32, the labels (L,) of the transcript, and the frames (L,) at which they begin."""

    log_probs: np.ndarray
    tokens: np.ndarray
    first: np.ndarray

    def inputs(self) -> tuple[np.ndarray, np.ndarray]:
        """What an aligner gets."""
        return self.log_probs, self.tokens

    def head(self) -> tuple[np.ndarray, np.ndarray]:
        """A little of it, to warm up."""
        frames = min(500, len(self.log_probs))
        return self.log_probs[:frames], self.tokens[self.first < frames - 10]

    def script(self) -> list[np.ndarray]:
        """The transcript in sentences of equal length."""
        return np.split(self.tokens, range(SENTENCE, len(self.tokens), SENTENCE))


def vocabulary(rng: np.random.Generator, size: int = 6000) -> list[str]:
    """Words, the commonest first; the rarer the longer."""
    lengths = 1 + rng.poisson(np.minimum(1 + np.log1p(np.arange(size)), 7))
    often = 1 / np.arange(3, 29)
    letters = rng.choice(list(string.ascii_lowercase), lengths.sum(), p=often / often.sum())
    words = ["".join(word) for word in np.split(letters, np.cumsum(lengths)[:-1])]
    numbers = np.where(rng.random(size) < 0.03, rng.integers(1, 3000, size), 0)
    return [str(number) if number else word for word, number in zip(words, numbers, strict=True)]


def sentences(rng: np.random.Generator, words: list[str]) -> Iterator[str]:
    """Sentences without end."""
    often = 1 / np.arange(3, len(words) + 3)
    often /= often.sum()
    while True:
        chosen = [words[k] for k in rng.choice(len(words), rng.integers(6, 25), p=often)]
        marks = np.where(rng.random(len(chosen)) < 0.08, rng.choice(list(string.punctuation), len(chosen)), "")
        yield " ".join(word + mark for word, mark in zip(chosen, marks, strict=True)) + ". "


def passage(source: Iterator[str], length: int) -> list[str]:
    """Sentences of `length` characters together; the last one is cut."""
    found, left = [], length
    while left > 0:
        found.append(next(source)[:left])
        left -= len(found[-1])
    return found


def misheard(rng: np.random.Generator, text: str) -> tuple[str, np.ndarray]:
    """A text with errors, half of them substitutions, and for each character its index in the text, or -1."""
    symbols = CODES[np.frombuffer(text.encode(), np.uint8)]
    luck = rng.random(len(text)) / ERRORS
    copies = np.where(luck < 0.25, 0, np.where(luck < 0.5, 2, 1))
    origin = np.repeat(np.arange(len(text)), copies)
    heard = symbols[origin]
    other = symbols[rng.integers(0, len(symbols), len(heard))]
    other = np.where(other == heard, (other + 1) % len(ALPHABET), other)
    added = np.r_[False, origin[1:] == origin[:-1]]
    wrong = added | ((luck >= 0.5) & (luck < 1))[origin]
    heard = np.where(wrong, other, heard)
    return "".join(ALPHABET[k] for k in heard), np.where(added, -1, origin)


def text_pair(length: int, *, ends: float = 0.0, seed: int = 0) -> TextPair:
    """A text of `length` characters and what was heard of it: errors, sentences dropped, foreign ones added.

    `ends`: as much unrelated text, in shares of `length`, lies before and behind, on both sides.
    """
    rng = np.random.default_rng([seed, length])
    source = sentences(rng, vocabulary(rng))
    said = passage(source, length)
    heard: list[tuple[str, np.ndarray]] = []
    at = 0
    dropped, added = (rng.permutation(len(said)) < share * len(said) for share in (DROPPED, ADDED))
    for number, sentence in enumerate(said):
        if added[number]:
            heard.append(_foreign(next(source)))
        if not dropped[number]:
            text, origin = misheard(rng, sentence)
            heard.append((text, np.where(origin >= 0, origin + at, -1)))
        at += len(sentence)
    before, behind, left, right = ("".join(passage(source, int(ends * length))) for _ in range(4))
    heard = [_foreign(left), *heard, _foreign(right)]
    origin = np.concatenate([where for _, where in heard])
    ref = before + "".join(said) + behind
    return TextPair(ref, "".join(text for text, _ in heard), np.where(origin >= 0, origin + len(before), -1))


def _foreign(text: str) -> tuple[str, np.ndarray]:
    return text, np.full(len(text), -1)


def speech(minutes: float, *, foreign: float = 0.0, seed: int = 0) -> Speech:
    """A speech as a CTC model hears it: peaks of a frame or two, pauses, errors.

    `foreign`: the share of time in which something else is said, in the same manner, that the transcript
    lacks: stretches of 1 to 10 s anywhere, also in the middle of words.
    """
    frames = round(minutes * 60 * FRAMES_A_SECOND)
    rng = np.random.default_rng([seed, frames, round(100 * foreign)])
    source = sentences(rng, vocabulary(rng))
    count = round(minutes * 60 * LABELS_A_SECOND)
    tokens = labels("".join(passage(source, round(count * (1 - foreign)))))
    spoken, own = interrupted(rng, tokens, labels("".join(passage(source, round(count * foreign)))))
    start = timed(rng, spoken, frames)
    return Speech(heard_by_model(rng, spoken, start, frames), tokens, start[own])


def labels(text: str) -> np.ndarray:
    """Columns of the emissions, behind the blank's."""
    return CODES[np.frombuffer(text.encode(), np.uint8)] + 1


def up_to(rng: np.random.Generator, total: int, least: int, most: int) -> np.ndarray:
    """Random lengths that together come close to a total."""
    lengths = rng.integers(least, most + 1, 2 + total // least)
    return lengths[np.cumsum(lengths) <= total]


def interrupted(rng: np.random.Generator, tokens: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tokens with stretches of others put in anywhere, and which are the tokens' own."""
    lengths = up_to(rng, len(others), LABELS_A_SECOND, 10 * LABELS_A_SECOND)
    places = np.repeat(rng.integers(0, len(tokens) + 1, len(lengths)), lengths)
    spoken = np.insert(tokens, places, others[: len(places)])
    return spoken, np.insert(np.ones(len(tokens), bool), places, False)


def timed(rng: np.random.Generator, spoken: np.ndarray, frames: int) -> np.ndarray:
    """The first frame of each label; between two equal ones lies a blank, and pauses lie between words."""
    repeated = np.r_[False, spoken[1:] == spoken[:-1]].astype(np.int64)
    pauses = up_to(rng, round(SILENCE * frames), FRAMES_A_SECOND // 2, 3 * FRAMES_A_SECOND)
    spaces = np.flatnonzero(spoken == labels(" ")[0])
    lasts = 1 + repeated
    np.add.at(lasts, rng.choice(spaces, len(pauses)), pauses)
    weights = rng.exponential(size=len(spoken))
    lasts += rng.multinomial(frames - 2 - lasts.sum(), weights / weights.sum())
    return 1 + np.cumsum(lasts) - lasts + repeated


def heard_by_model(rng: np.random.Generator, spoken: np.ndarray, start: np.ndarray, frames: int) -> np.ndarray:
    """Log-probabilities (frames, COLUMNS): noise, on which one column wins each frame, mostly the right one."""
    logits = rng.standard_normal((frames, COLUMNS), np.float32)
    luck = rng.random(len(spoken))
    lost = luck < WRONG + MISSED
    wrong = (spoken - 1 + rng.integers(1, COLUMNS - 1, len(spoken))) % (COLUMNS - 1) + 1
    winner = np.full(frames, BLANK)
    winner[start] = np.where(luck < WRONG, wrong, np.where(lost, BLANK, spoken))
    longer = ~lost & (np.diff(start, append=frames) > 2) & (rng.random(len(spoken)) < 0.3)
    winner[start[longer] + 1] = spoken[longer]
    logits[np.arange(frames), winner] += rng.normal(8, 1.5, frames).astype(np.float32)
    logits[start[lost], spoken[lost]] += 3
    logits -= logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
