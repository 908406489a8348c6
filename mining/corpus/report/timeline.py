"""A recording as one strip, each second coloured by its fate; the page draws the same in lanes where it is opened."""

from __future__ import annotations

from collections import defaultdict

from mining.corpus.rows import Source
from mining.corpus.stats import by_reason


def strip(source: Source) -> list[tuple[str, str]]:
    """(fate, path) of every fate of a recording: an SVG path of boxes one high, along seconds.

    One path for a fate and not a shape for each stretch, since a page may hold a thousand recordings.
    """
    boxes: dict[str, list[str]] = defaultdict(list)
    for start, end, fate in source.audio:
        # Both ends are rounded, not the length, so that no hole opens between two stretches.
        left, right = round(start, 1), round(end, 1)
        boxes[fate].append(f"M{left:g} 0H{right:g}V1H{left:g}")
    return [(fate, "".join(boxes[fate])) for fate in by_reason(boxes)]
