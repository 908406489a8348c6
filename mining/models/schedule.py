"""How long a training lasts and how hard it goes."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how hard.

    `batch_seconds` of audio are heard in each batch, and `accumulate` batches in each of `steps` steps; `until` ends
    earlier, on the way. The learning rate rises over `warm_up` steps, stays until `hold` of the way and falls to 3% along
    a cosine. Items are at most `short` seconds long in the first `short_steps` steps: CTC finds its first alignments
    on short items.
    """

    steps: int
    rate: float = 1.5e-3
    warm_up: int = 200
    hold: float = 0.35
    final: float = 0.03
    batch_seconds: float = 48.0
    longest: float = 9.0
    short: float = 2.0
    short_steps: int = 0
    intermediate: float = 0.3  # weight of the CTC loss half-way up (Lee & Watanabe, arXiv 2102.03216)
    until: int = 0
    augmented: float = 1.0  # share of items that are made worse; the last steps go best over speech as it is
    masked: float = 0.0  # share of items of which bands and moments are taken away, against learning few recordings by heart
    seed: int = 0
    accumulate: int = 1

    @property
    def last(self) -> int:
        """How many steps are run."""
        return self.until or self.steps

    def rate_at(self, step: int) -> float:
        """Learning rate of step 0..steps-1."""
        rate = self.rate * min(1.0, (step + 1) / self.warm_up)
        part = step / self.steps
        if part <= self.hold:
            return rate
        fall = 0.5 * (1 + math.cos(math.pi * (part - self.hold) / (1 - self.hold)))
        return rate * (self.final + (1 - self.final) * fall)

    def longest_at(self, step: int) -> float:
        """Longest item in seconds at a step: short first, then a second longer every 60 steps."""
        if step < self.short_steps:
            return self.short
        return min(self.longest, self.short + 1 + (step - self.short_steps) / 60) if self.short_steps else self.longest
