"""Who says what and what the page says: the script of a bulletin, before sound and paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mining.compose.digits import in_digits
from mining.compose.recipe import Recipe
from mining.compose.sound import Take
from mining.documents.languages import language
from mining.errors import UsageError


@dataclass(frozen=True, slots=True)
class Plan:
    """`spoken`: takes in the order of the recording, each with whether the page has it; `printed`:
    sentences in the order of the page, full stops included."""

    spoken: tuple[tuple[Take, bool], ...]
    printed: tuple[str, ...]


def plan(takes: Sequence[Take], spare: Sequence[str], recipe: Recipe) -> Plan:
    """Decide what is left out, added, repeated, moved and written in digits.

    Args:
        takes: the sentences that are spoken, each once, in order.
        spare: texts that nobody speaks, from which the unspoken sentences of the page are taken.
        recipe: its shares.

    Raises:
        UsageError: `spare` is too short for the share of unspoken sentences.
    """
    rng = np.random.default_rng([recipe.seed, 1])
    hidden = _some(len(takes), recipe.unprinted, rng)
    spoken = [(take, index not in hidden) for index, take in enumerate(takes)]
    page = [take.text for take, is_printed in spoken if is_printed]
    page = _moved(page, recipe.reordered, rng)
    page = _mixed(page, spare, recipe.unspoken, rng)
    tongue = language(recipe.language)
    page = [in_digits(text, tongue, recipe.digits, rng) for text in page]
    printed = [_stopped(text, tongue.stops, rng.random() < recipe.danda_missing) for text in page]
    return Plan(tuple(_repeated(spoken, recipe.repeated, rng)), tuple(printed))


def unspoken_count(printed: int, share: float) -> int:
    """How many sentences come to `printed` ones, so that they make `share` of the page."""
    return round(printed * share / (1 - share))


def _some(count: int, share: float, rng: np.random.Generator) -> set[int]:
    """A random `share` of range(count), rounded to a whole number."""
    return set(rng.permutation(count)[: round(share * count)].tolist())


def _moved(texts: list[str], share: float, rng: np.random.Generator) -> list[str]:
    moving = _some(len(texts), share, rng)
    result = [text for index, text in enumerate(texts) if index not in moving]
    for index in sorted(moving):
        result.insert(int(rng.integers(len(result) + 1)), texts[index])
    return result


def _mixed(texts: list[str], spare: Sequence[str], share: float, rng: np.random.Generator) -> list[str]:
    wanted = unspoken_count(len(texts), share)
    if wanted > len(spare):
        raise UsageError(f"{wanted} unspoken sentences are wanted, but only {len(spare)} are at hand.",
                         "Give more utterances or a text file of further sentences, or lower the unspoken share.")  # fmt: skip
    result = list(texts)
    for text in spare[:wanted]:
        result.insert(int(rng.integers(len(result) + 1)), text)
    return result


def _repeated(spoken: list[tuple[Take, bool]], share: float, rng: np.random.Generator) -> list[tuple[Take, bool]]:
    """Sentences of the first half are read again in the last quarter, as headlines are."""
    result = list(spoken)
    candidates = sorted(rng.permutation(max(1, len(spoken) // 2))[: round(share * len(spoken))].tolist())
    for index in candidates:
        result.insert(int(rng.integers(3 * len(result) // 4, len(result) + 1)), spoken[index])
    return result


def _stopped(text: str, stops: str, is_missing: bool) -> str:
    """End a sentence with its language's full stop, or with nothing."""
    bare = text.rstrip(stops + " ")
    if is_missing:
        return bare
    return bare + text[len(bare) :].strip() if bare != text else text + stops[0]
