"""The confidence of a pair: how likely it is that the text is right, and that both its ends are.

Two calibrators a strategy, fitted by benchmarks/calibrate.py: one for the text, one for an end, used at either. What
tells a wrong sentence from the right one is not what tells a wrong end, and a single sum of both is sure of
every strong sentence, wherever it is cut. A file that `shruti review --calibrate` wrote may take the place of what is shipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from align.confidence import Calibrator
from mining import store
from mining.config import STRATEGIES, FilterConfig
from mining.errors import InputError
from mining.pairs import evidence
from mining.records import Pair

PATH = Path(__file__).parents[1] / "data" / "calibrator.json"
ADVICE = "Give the calibrator.json that `shruti review OUT --calibrate` wrote."

MOST = 1e6
"""The largest number in a calibrator, and one over the smallest scale: those that were fitted stay below 100, and far larger ones
overflow."""


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
    return _made(content(path), path)


def content(path: Path) -> dict[str, Any]:
    """What a calibrator's file holds, for `FilterConfig`: a run, and the machines that work on it, then need no file.

    Raises:
        InputError: it is no such file.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such calibrator.", ADVICE)
    try:
        stored = store.read_json(path)
    except (InputError, RecursionError):
        stored = None
    _made(stored, path)
    return stored


def _made(stored: Any, source: Path | str) -> dict[str, Confidence]:
    """The calibrators of what a file held; `source` tells which."""
    try:
        found = {name: Confidence(_calibrator(one["text"]), _calibrator(one["edge"])) for name, one in stored.items()}
        sound = bool(found) and all(_is_sound(name, one) for name, one in found.items())
    except (AttributeError, LookupError, TypeError, ValueError):
        sound = False
    if not sound:
        raise InputError(f"{source}: is no calibrator.", ADVICE)
    return found


def _is_sound(strategy: str, one: Confidence) -> bool:
    """Whether a calibrator reads features that there are, with numbers that make a probability."""
    if strategy not in STRATEGIES:
        return False
    for part, known in ((one.text, evidence.TEXT[strategy]), (one.edge, evidence.EDGE)):
        numbers = (*part.mean, *part.scale, *part.weight, part.bias)
        lengths = {len(part.features), len(part.mean), len(part.scale), len(part.weight)}
        if len(lengths) > 1 or not set(part.features) <= set(known) or not all(abs(number) <= MOST for number in numbers):
            return False
        if min(part.scale, default=1.0) < 1 / MOST:
            return False
    return True


def rescored(pairs: Sequence[Pair], config: FilterConfig) -> Sequence[Pair]:
    """The pairs with the confidence that the config's calibrator gives their features; as they are where it has none.

    Raises:
        InputError: what the config holds is no calibrator, or does not fit these pairs.
    """
    if config.calibrator is None:
        return pairs
    fitted = _made(config.calibrator, "The calibrator of this run")
    try:
        return [replace(pair, confidence=round(fitted[pair.strategy].probability(pair.features), 4)) for pair in pairs]
    except KeyError as error:
        raise InputError(
            f"The calibrator needs {error.args[0]!r}, which the pairs lack or it has nothing for.",
            "Run `shruti match` on the run, or calibrate it anew with `shruti review OUT --calibrate`.",
        ) from error


def save(fitted: Mapping[str, Confidence], path: Path = PATH) -> None:
    """Write the calibrators by strategy as JSON, indented, so that a change can be read."""
    store.write_json(path, {strategy: asdict(one) for strategy, one in sorted(fitted.items())})
