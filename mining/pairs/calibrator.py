"""The confidence of a pair: how likely it is that the text is right, and that both its ends are.

Two calibrators a strategy, fitted by benchmarks/calibrate.py: one for the text, one for an end, used at either. What
tells a wrong sentence from the right one is not what tells a wrong end, and a single sum of both is sure of
every strong sentence, wherever it is cut. A file that `shruti review --calibrate` wrote may take the place of what is shipped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from align.confidence import Calibrator
from mining import store
from mining.config import STRATEGIES, FilterConfig
from mining.errors import InputError
from mining.pairs import evidence
from mining.records import Pair

PATH = Path(__file__).parents[1] / "data" / "calibrator.json"


@dataclass(frozen=True, slots=True)
class Confidence:
    """P(text right) x P(start right) x P(end right)."""

    text: Calibrator
    edge: Calibrator

    def probability(self, row: dict[str, float]) -> float:
        """The probability that a pair with this row of `evidence.features` is right, text and both ends.

        Raises:
            KeyError: a feature is missing.
        """
        ends = [self.edge.probability(evidence.edge(row, end)) for end in evidence.ENDS]
        return self.text.probability(row) * ends[0] * ends[1]


@cache
def load(strategy: str, path: Path = PATH) -> Confidence:
    """The calibrators of a strategy, since the margin of one is not that of another."""
    stored = store.read_json(path)[strategy]
    return Confidence(_calibrator(stored["text"]), _calibrator(stored["edge"]))


def _calibrator(stored: dict[str, Any]) -> Calibrator:
    row: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    return Calibrator(**row)


def read(path: Path) -> dict[str, Confidence]:
    """The calibrators of a file by strategy, as `save` writes them; somebody may have given another file.

    Raises:
        InputError: it is no such file.
    """
    advice = "Give the calibrator.json that `shruti review OUT --calibrate` wrote."
    if not path.is_file():
        raise InputError(f"{path}: there is no such calibrator.", advice)
    try:
        stored = store.read_json(path)
        found = {name: Confidence(_calibrator(stored[name]["text"]), _calibrator(stored[name]["edge"])) for name in stored}
        sound = bool(found) and all(_is_sound(name, one) for name, one in found.items())
    except (InputError, LookupError, TypeError, ValueError):
        sound = False
    if not sound:
        raise InputError(f"{path}: is no calibrator.", advice)
    return found


def _is_sound(strategy: str, one: Confidence) -> bool:
    """Whether a calibrator reads features that there are, with numbers that make a probability."""
    if strategy not in STRATEGIES:
        return False
    for part, known in ((one.text, evidence.TEXT[strategy]), (one.edge, evidence.EDGE)):
        numbers = (*part.mean, *part.scale, *part.weight, part.bias)
        lengths = {len(part.features), len(part.mean), len(part.scale), len(part.weight)}
        if len(lengths) > 1 or not set(part.features) <= set(known) or not all(map(math.isfinite, numbers)):
            return False
        if min(part.scale, default=1.0) <= 0:
            return False
    return True


def chosen(config: FilterConfig, path: Path | None) -> FilterConfig:
    """The config with the calibrator of a file, noted with what it holds now; None: with none.

    Raises:
        InputError: the file is no calibrator.
    """
    if path is None:
        return replace(config, calibrator="", calibrator_hash="")
    read(path)
    return replace(config, calibrator=str(path.resolve()), calibrator_hash=store.content_hash(path))


def rescored(pairs: Sequence[Pair], config: FilterConfig) -> Sequence[Pair]:
    """The pairs with the confidence that the config's calibrator gives their features; as they are where it has none.

    Raises:
        InputError: the file is not what it was when it was chosen, or does not fit these pairs.
    """
    if not config.calibrator:
        return pairs
    path = Path(config.calibrator)
    fitted = _noted(path, config.calibrator_hash)
    try:
        return [replace(pair, confidence=round(fitted[pair.strategy].probability(pair.features), 4)) for pair in pairs]
    except KeyError as error:
        raise InputError(
            f"{path}: needs {error.args[0]!r}, which the pairs lack or it has nothing for.",
            "Run `shruti match` on the run, or calibrate it anew with `shruti review OUT --calibrate`.",
        ) from error


@lru_cache(maxsize=4)
def _noted(path: Path, content: str) -> dict[str, Confidence]:
    fitted = read(path)
    if store.content_hash(path) != content:
        raise InputError(
            f"{path}: has changed since it was chosen.", "Run `shruti filter OUT` again, and it is used as it is now."
        )
    return fitted


def save(fitted: Mapping[str, Confidence], path: Path = PATH) -> None:
    """Write the calibrators by strategy as JSON, indented, so that a change can be read."""
    store.write_json(path, {strategy: asdict(one) for strategy, one in sorted(fitted.items())})
