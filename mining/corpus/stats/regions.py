"""Where speech is from: the state that the catalogue tells, else the one in which its radio station lies."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from mining.corpus.stats.gazetteer import Gazetteer, key, shipped
from mining.corpus.stats.people import effective, hours

COLUMNS = ("state", "region")
"""Columns of a catalogue that tell a region; the first that is there counts, and goes before the column `station`."""

Place = tuple[str, str]
"""What the catalogue has for a region, and for a station; "" for neither."""


class Regions:
    """Seconds by what the catalogue tells of where recordings are from. It is looked up in the end, once for each place."""

    def __init__(self, own: Gazetteer) -> None:
        """`own` are a person's own stations and states, which go before those that are shipped."""
        self._own = own
        self._seconds: dict[Place, float] = defaultdict(float)

    def add(self, about: dict[str, Any], seconds: float) -> None:
        """Count one more pair of a recording of which the catalogue knows `about`."""
        region = next((told for column in COLUMNS if (told := _text(about.get(column)))), "")
        self._seconds[region, _text(about.get("station"))] += seconds

    def figures(self) -> dict[str, Any]:
        """Hours by state and by district, most first.

        `unknown_stations` are hours of stations that no list has; `hours_unknown` are those of which the catalogue tells neither
        region nor station; `effective` is how many states would do that are heard as long, as for speakers.
        """
        states: dict[str, float] = defaultdict(float)
        districts: dict[str, float] = defaultdict(float)
        stations: dict[str, float] = defaultdict(float)
        unknown = 0.0
        for (region, station), seconds in sorted(self._seconds.items()):
            state, district = self._where(region, station)
            if state:
                states[state] += seconds
                if district:
                    districts[f"{district}, {state}"] += seconds
            elif station:
                stations[station] += seconds
            else:
                unknown += seconds
        return {
            "effective": effective(states[name] for name in sorted(states)),
            "hours": _most_first(states),
            "districts": _most_first(districts),
            "unknown_stations": _most_first(stations),
            "hours_unknown": hours(unknown),
        }

    def _where(self, region: str, station: str) -> Place:
        """The state and the district of what a catalogue tells, "" where they are not known."""
        state, district = self._station(station) if station else ("", "")
        if not region:
            return state, district
        told = self._state(region)
        return told, district if told == state else ""

    def _station(self, station: str) -> Place:
        lists = (self._own.stations, shipped("stations").stations)
        return next((found[key(station)] for found in lists if key(station) in found), ("", ""))

    def _state(self, region: str) -> str:
        """The name of a state that a catalogue may write otherwise; any other region is called what the catalogue calls it."""
        lists = (self._own.states, shipped("states").states)
        return next((found[key(region)] for found in lists if key(region) in found), region)


def _most_first(sums: dict[str, float]) -> dict[str, float]:
    return {name: hours(sums[name]) for name in sorted(sums, key=lambda name: (-sums[name], name))}


def _text(told: object) -> str:
    return "" if told is None else " ".join(str(told).split())
