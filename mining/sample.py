"""The bundled sample: a short radio bulletin, the scan that it was read from, and the truth about both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining import store
from mining.errors import EnvironmentProblem

FOLDER = Path(__file__).parent / "data" / "sample"


@dataclass(frozen=True, slots=True)
class Sample:
    """A recording, its document, and its gold (see docs/files.md)."""

    audio: Path
    document: Path
    gold: dict[str, Any]


def sample() -> Sample:
    """The bundled bulletin.

    Raises:
        EnvironmentProblem: it is not there.
    """
    gold = store.read_json(FOLDER / "bulletin.gold.json")
    if gold is None:
        raise EnvironmentProblem(f"{FOLDER}: the bundled sample is missing.", "Install Shruti again.")
    return Sample(FOLDER / gold["audio"], FOLDER / gold["pdf"], gold)
