"""How long work tells how far it has come, to whoever looks; nothing in this room prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")

OFTEN = 100  # items between two tellings: a run may have a million


class Progress(Protocol):
    """Whoever looks."""

    def __call__(self, stage: str, done: int, total: int, *, audio: float = 0.0, failed: int = 0, told: str = "") -> None:
        """Hear how far a stage has come: first with nothing done, in the end with done == total, and with nothing in between
        where it was done before.

        Args:
            stage: its name, the same as long as it goes on.
            done, total: in any unit that the stage counts, which may be another one at the end.
            audio: seconds of sound that are done, where the work is on sound.
            failed: of what is done, how much came to nothing.
            told: what else is worth knowing, such as a loss; holds until something else is told.
        """


def silent(stage: str, done: int, total: int, *, audio: float = 0.0, failed: int = 0, told: str = "") -> None:
    """The progress of those who do not look."""


def passing(items: Iterable[Item], total: int, stage: str, progress: Progress) -> Iterator[Item]:
    """Items as they are, telling now and then how many have gone by; that all have is for the caller to tell."""
    for number, item in enumerate(items):
        if not number % OFTEN:
            progress(stage, number, max(1, total))
        yield item


def training(stage: str, steps: int, progress: Progress) -> Callable[[int, float], None]:
    """Who tells (step, loss a character) of a training of so many steps; that it is through is for the caller to tell."""
    return lambda step, loss: progress(stage, step, steps + 1, told=f"step {step:,} of {steps:,}, loss {loss:.3g}")
