"""Who is heard: speakers and their gender, as far as the catalogue tells; nothing is guessed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

TOP = 10  # speakers that are told by name

_GENDERS = {
    **dict.fromkeys(("f", "female", "woman", "women", "महिला", "स्त्री"), "female"),
    **dict.fromkeys(("m", "male", "man", "men", "पुरुष"), "male"),
}


def names(told: object) -> dict[str, str]:
    """The names in a column of the catalogue, where several are parted by ; or |: how each is written, by what it is known by.

    Spaces and capitals make no difference, as in the splits of an export.

    >>> names("Asha  Rao; R. Sen"), names(None)
    ({'asha rao': 'Asha Rao', 'r. sen': 'R. Sen'}, {})
    """
    text = unicodedata.normalize("NFC", "" if told is None else str(told))
    written = (" ".join(name.split()) for name in re.split("[;|]", text))
    return {name.casefold(): name for name in written if name}


class People:
    """Seconds by speaker and by gender. Where a recording has several of either, nobody knows who speaks when: `several`."""

    def __init__(self) -> None:
        self._speakers: dict[str, float] = defaultdict(float)
        self._written: dict[str, str] = {}
        self._genders: dict[str, float] = defaultdict(float)
        self._several = {"speaker": 0.0, "gender": 0.0}
        self._unknown = {"speaker": 0.0, "gender": 0.0}

    def add(self, about: dict[str, Any], seconds: float) -> None:
        """Count one more pair of a recording of which the catalogue knows `about`."""
        speakers = names(about.get("speaker"))
        for name, written in speakers.items():
            self._written.setdefault(name, written)
        self._count("speaker", self._speakers, list(speakers), seconds)
        genders = {_GENDERS.get(name, name) for name in names(about.get("gender"))}
        self._count("gender", self._genders, sorted(genders), seconds)

    def _count(self, column: str, sums: dict[str, float], found: list[str], seconds: float) -> None:
        if len(found) == 1:
            sums[found[0]] += seconds
        else:
            (self._several if found else self._unknown)[column] += seconds

    def figures(self) -> dict[str, Any]:
        """Hours of both.

        `number` counts all speakers who are named; `hours` are those of the ten who speak most, alone in their recordings;
        `effective` is how many would do who all speak as long: exp of the entropy of hours, null where nobody is named alone.
        """
        spoken = sorted(self._speakers, key=lambda name: (-self._speakers[name], name))
        known = sum(self._genders[gender] for gender in sorted(self._genders))
        return {
            "speakers": {
                "number": len(self._written),
                "effective": effective(self._speakers[name] for name in spoken),
                "hours": {self._written[name]: hours(self._speakers[name]) for name in spoken[:TOP]},
                "hours_several": hours(self._several["speaker"]),
                "hours_unknown": hours(self._unknown["speaker"]),
            },
            "gender": {
                "hours": {gender: hours(self._genders[gender]) for gender in sorted(self._genders)},
                "share": {gender: round(self._genders[gender] / known, 4) for gender in sorted(self._genders) if known},
                "hours_several": hours(self._several["gender"]),
                "hours_unknown": hours(self._unknown["gender"]),
            },
        }


def hours(seconds: float) -> float:
    """Seconds in hours, as figures tell them."""
    return round(seconds / 3600, 6)


def effective(parts: Iterable[float]) -> float | None:
    """How many equal parts are as diverse as these: exp of their entropy; None where there is nothing.

    >>> effective([2.0, 2.0, 2.0]), effective([])
    (3.0, None)
    """
    sums = [part for part in parts if part > 0]
    whole = sum(sums)
    return round(math.exp(-sum(part / whole * math.log(part / whole) for part in sums)), 2) if sums else None
