"""How far a run over an archive is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Counts:
    """Recordings by what became of them, and the seconds of audio that were mined now.

    `skipped` were done before; `failed` are those that failed now, and those that failed before and would again.
    """

    total: int
    skipped: int = 0
    mined: int = 0
    failed: int = 0
    seconds: float = 0.0
    kept: float = 0.0
    begun: float = field(default_factory=time.monotonic)
    worked: int = 0  # of mined and failed, those that took time now
    watchers: list[Callable[[], None]] = field(default_factory=list)

    def tell(self) -> None:
        """Let the watchers know that something has changed."""
        for watcher in self.watchers:
            watcher()

    @property
    def passed(self) -> int:
        """Recordings that nothing is left to do for."""
        return self.skipped + self.mined + self.failed

    @property
    def speed(self) -> float:
        """Seconds of audio mined in a second."""
        return self.seconds / max(1e-6, time.monotonic() - self.begun)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all is done if it goes on as it went; None before anything is known."""
        if not self.worked:
            return None
        return (self.total - self.passed) * (time.monotonic() - self.begun) / self.worked

    def line(self) -> str:
        """All of it in one line."""
        parts = [f"{self.passed:,} of {self.total:,} recordings", f"{self.mined:,} mined now", f"{self.skipped:,} done before"]
        parts += [f"{self.failed:,} failed"] if self.failed else []
        parts += [f"{self.speed:.0f} x real time"] if self.seconds else []
        left = self.seconds_left
        if left is not None and self.passed < self.total:
            parts.append(f"{span(left)} left")
        return ", ".join(parts)


def span(seconds: float) -> str:
    """A stretch of time as people say it.

    >>> span(42), span(750), span(36000), span(400000)
    ('42 s', '13 min', '10 h', '4.6 days')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
