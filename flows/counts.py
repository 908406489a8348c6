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
    clock: Callable[[], float] = time.monotonic
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
        return self.seconds / max(1e-6, self.clock() - self.begun)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all is done if it goes on as it went; None before anything is known."""
        if not self.worked:
            return None
        return (self.total - self.passed) * (self.clock() - self.begun) / self.worked

    def words(self, ended: float | None = None) -> list[str]:
        """What is to be said of it, the most important first; `line` is for where there is room.

        Args:
            ended: when it ended, by the clock; None while it goes on.
        """
        left = self.seconds_left if ended is None else None
        words = [f"{self.passed:,} of {self.total:,}"]
        words += [f"{self.failed:,} failed"] if self.failed else []
        words += [f"{span(left)} left"] if left is not None and self.passed < self.total else []
        if ended is not None:
            words.append(("stopped after " if self.passed < self.total else "") + took(ended - self.begun))
        hours = self.seconds / 3600
        heard = f"{hours:.1f} h heard" if hours < 10 else f"{hours:,.0f} h heard"
        words += [f"{rate(self.speed)} x real time", heard] if self.seconds else []
        return words + ([f"{self.skipped:,} done before"] if self.skipped else [])

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

    >>> span(42), span(780), span(36000), span(400000)
    ('42 s', '13 min', '10 h', '4.6 days')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def took(seconds: float) -> str:
    """A stretch of time that has passed: as `span` says it, but for short ones.

    >>> took(0.37), took(9.96), took(780)
    ('0.4 s', '10 s', '13 min')
    """
    return f"{seconds:.1f} s" if seconds < 9.95 else span(seconds)


def rate(times: float) -> str:
    """How many times as fast as sound is played, with two digits where it is slow.

    >>> rate(0.34), rate(7.25), rate(61.2), rate(12345)
    ('0.34', '7.2', '61', '12,345')
    """
    return f"{times:.2f}" if times < 1 else f"{times:.1f}" if times < 10 else f"{times:,.0f}"
