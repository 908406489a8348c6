"""How fast a stage goes, and how long it has still to go: arithmetic on what it tells, without a clock of its own."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from flows.counts import rate, span, took

_LEAST = 0.1  # seconds, below which a speed says nothing
_BETWEEN = 1.0  # seconds between two marks; what is told in between moves the last one


@dataclass
class Stage:
    """What is known of a stage; all times are seconds of one clock, whichever the caller looks at.

    Attributes:
        share: of the work that is done, 0 to 1.
        audio: seconds of sound that are done.
        failed: how much of what is done came to nothing.
        told: more that is worth telling, such as a loss.
        begun, ended: None before it has.
        before: whether there was nothing left to do.
        broken: whether it ended before all was done.
    """

    name: str
    share: float = 0.0
    audio: float = 0.0
    failed: int = 0
    told: str = ""
    begun: float | None = None
    ended: float | None = None
    before: bool = False
    broken: bool = False
    _marks: deque[tuple[float, float]] = field(default_factory=deque)  # (time, share)

    def tell(self, now: float, done: int, total: int, *, audio: float = 0.0, failed: int = 0, told: str = "") -> None:
        """Take in how far it is. A stage that falls back to nothing, or was through, has begun again with another recording."""
        share = min(1.0, done / total) if total > 0 else 1.0
        again = share == 0.0 < self.share or (self.ended is not None and share < 1.0)
        if self.begun is None or again:
            self.begun, self.ended, self.before = now, None, share == 1.0
            self._marks = deque([(now, share)])
        elif share < self.share:  # it counts something else now
            self._marks = deque([(now, share)])
        else:
            self._mark(now, share)
        self.share, self.audio, self.failed, self.told = share, audio, failed, told or self.told
        if share == 1.0 and self.ended is None:
            self.ended = now

    def _mark(self, now: float, share: float) -> None:
        if len(self._marks) > 1 and now - self._marks[-1][0] < _BETWEEN:
            self._marks.pop()
        self._marks.append((now, share))

    def stop(self, now: float) -> None:
        """Take in that it goes on no more, whether or not all was done."""
        if self.going:
            self.ended, self.broken = now, True

    @property
    def going(self) -> bool:
        """Whether it has begun and not ended."""
        return self.begun is not None and self.ended is None

    def lasted(self, now: float) -> float:
        """Seconds since it began, or that it took."""
        return 0.0 if self.begun is None else (now if self.ended is None else self.ended) - self.begun

    def rate(self, now: float) -> float | None:
        """Seconds of sound done in a second; None where there is no sound, or too little time has passed to tell."""
        lasted = self.lasted(now)
        return self.audio / lasted if self.audio > 0 and lasted > _LEAST else None

    def left(self, now: float) -> float | None:
        """Seconds until it is through if it goes on as it did in the later half of its time; None before anything is known.

        The earlier half does not count: models are loaded in it, and what is gone on with jumps to where it was.
        """
        if not self.going or self.begun is None:
            return None
        middle = (self.begun + now) / 2
        while len(self._marks) > 2 and self._marks[1][0] <= middle:
            self._marks.popleft()
        (since, before), (at, share) = self._marks[0], self._marks[-1]
        if at <= since or share <= before:
            return None
        left = (1.0 - share) * (at - since) / (share - before) - (now - at)
        return left if left > 0 else None  # it takes longer than it did, and how long nobody knows

    def words(self, now: float) -> list[str]:
        """What is to be said of it, the most important first."""
        speed, left = self.rate(now), self.left(now)
        if self.begun is None:
            return []
        if self.before:
            return ["done before"]
        words = [f"{int(100 * self.share)}%"] if self.share and (self.going or self.broken) else []
        if left is not None:
            words.append(f"{span(left)} left")
        else:
            words.append(("stopped after " if self.broken else "") + took(self.lasted(now)))
        words += [f"{self.failed:,} failed"] if self.failed else []
        words += [f"{rate(speed)} x real time"] if speed else []
        return words + ([self.told] if self.told else [])
