"""The confidence of a pair: how likely it is that the text is right, and that both its ends are.

Two calibrators a strategy, fitted by benchmarks/calibrate.py: one for the text, one for an end, used at either. What
tells a wrong sentence from the right one is not what tells a wrong end, and a single sum of both is sure of
every strong sentence, wherever it is cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from align.confidence import Calibrator
from mining import store
from mining.pairs import evidence

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


def save(fitted: Mapping[str, Confidence], path: Path = PATH) -> None:
    """Write the calibrators by strategy as JSON, indented, so that a change can be read."""
    store.write_json(path, {strategy: asdict(one) for strategy, one in sorted(fitted.items())})
