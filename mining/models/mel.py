"""The mel scale (O'Shaughnessy 1987): how far apart two pitches sound."""

from __future__ import annotations

import math


def to_mel(hertz: float) -> float:
    """Hertz to mel."""
    return 2595 * math.log10(1 + hertz / 700)


def to_hertz(mel: float) -> float:
    """Mel to hertz."""
    return 700 * (10 ** (mel / 2595) - 1)
