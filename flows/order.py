"""One recording's work as it travels to where it is done; Prefect is not needed there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining import steps
from mining.config import Config
from mining.corpus.catalogue import Entry


@dataclass(frozen=True)
class Order:
    """What every recording of a run is mined with; relative locations count from `root`."""

    catalogue: str
    out: str
    config: dict[str, Any]
    keep_emissions: bool = False
    keep_fetched: bool = False
    root: str = ""


def carry_out(entry: Entry, order: Order) -> steps.Yield:
    """One recording through every stage, in the run's folder.

    Raises:
        ShrutiError: the recording cannot be processed.
    """
    root = Path(order.root)
    job = steps.align_recording(
        entry,
        Path(order.out),
        Config.from_dict(order.config),
        keep_emissions=order.keep_emissions,
        keep_fetched=order.keep_fetched,
        root=Path() if root == Path.cwd() else root,  # so that messages name files as they were given
    )
    return steps.outcome(job)
