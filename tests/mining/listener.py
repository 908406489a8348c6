"""Who hears how far work has come, and remembers it."""

from __future__ import annotations


class Listener:
    """Remembers all that it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int, float, int]] = []

    def __call__(self, stage: str, done: int, total: int, *, audio: float = 0.0, failed: int = 0, told: str = "") -> None:
        self.told.append((stage, done, total, audio, failed))

    def shares(self, stage: str) -> list[float]:
        """How much of a stage was done, each time that it told."""
        return [done / total for name, done, total, _, _ in self.told if name == stage]

    def audio(self, stage: str) -> list[float]:
        """Seconds of sound that were done, each time."""
        return [seconds for name, _, _, seconds, _ in self.told if name == stage]

    def stages(self) -> list[str]:
        """In the order in which they began."""
        return list(dict.fromkeys(name for name, *_ in self.told))

    def check(self, stage: str) -> None:
        """From nothing to all of it; all of it is told once, at the end."""
        shares = self.shares(stage)
        assert (shares[0], shares[-1]) == (0.0, 1.0), (stage, shares)
        assert shares == sorted(shares), (stage, shares)
        assert shares.count(1.0) == 1, (stage, shares)
        assert self.audio(stage) == sorted(self.audio(stage))
