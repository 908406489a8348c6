"""The pairs of a run as several people judge them at once: who has which on the screen, and what was said of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mining import store
from mining.corpus.review.judged import summarise
from mining.corpus.review.pairs import judgeable
from mining.corpus.review.queue import Queue
from mining.corpus.review.verdicts import HOW, KINDS, Logs, Verdict, check_person, fits
from mining.corpus.rows import Row
from mining.errors import InputError, UsageError

HOLD = 180.0  # seconds for which a pair stays with a tab that is not heard of; an open one tells every minute that it is there


@dataclass(slots=True)
class _Tab:
    """What one window of one person has been given, and when it was last heard of."""

    seen: float
    pairs: set[str] = field(default_factory=set)


class Desk:
    """What the pages of all people share; may be asked by several threads.

    Args:
        out: the folder of a run.
        how: the order of the queue: "stratified" or "active".
        rejected: whether pairs that were not sure enough are to be judged, too.
        clock: seconds that only rise.

    Raises:
        InputError: the folder holds no run.
        UsageError: it holds no pair to judge.
    """

    def __init__(self, out: Path, how: str, rejected: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.out, self.how = out, how
        self.rows = judgeable(out, rejected)
        if not self.rows:
            raise UsageError(f"{out}: there is no pair to judge.", "With --rejected those are shown that were not sure enough.")
        self._places = {row["id"]: index for index, row in enumerate(self.rows)}
        self._queue = Queue(self.rows, how, threshold=_threshold(out))
        self._clock, self._lock = clock, threading.Lock()
        self._tabs: dict[str, _Tab] = {}
        self._logs = Logs(out)
        self._summary: tuple[object, dict[str, Any]] = (None, {})

    def row(self, pair: str) -> Row:
        """The row of a pair.

        Raises:
            InputError: the run holds no such pair, or it is none that is judged here.
        """
        if pair not in self._places:
            raise InputError(f"There is no pair {pair!r} to judge in this run.", "Was it mined anew? Reload the page.")
        return self.rows[self._places[pair]]

    def neighbours(self, pair: str) -> tuple[Row | None, Row | None]:
        """The pairs before and after one in its recording."""
        at, recording = self._places[pair], self.row(pair)["recording"]
        beside = (self.rows[i] if 0 <= i < len(self.rows) else None for i in (at - 1, at + 1))
        before, after = (row if row and row["recording"] == recording else None for row in beside)
        return before, after

    def next(self, person: str, tab: str, fresh: bool = False) -> str | None:
        """The next pair for a person, which stays with this tab until it is judged or the tab is not heard of any more.

        Args:
            tab: any name of the window in which the person judges.
            fresh: whether the tab begins anew, so that what it was given before may be given again.

        Raises:
            UsageError: the name is none.
        """
        person = check_person(person)
        with self._lock:
            verdicts = self._logs.read()
            mine = self._heard(tab)
            if fresh:
                mine.pairs.clear()
            found = self._queue.next(person, verdicts, {pair for one in self._tabs.values() for pair in one.pairs})
            if found is not None:
                mine.pairs.add(found)
        return found

    def present(self, tab: str) -> None:
        """Keep what a tab was given with it a while longer."""
        with self._lock:
            self._heard(tab)

    def held(self, tab: str) -> int:
        """How many pairs are with other tabs just now."""
        with self._lock:
            self._heard(tab)
            return len({pair for name, one in self._tabs.items() if name != tab for pair in one.pairs})

    def add(self, told: dict[str, Any]) -> Verdict:
        """Write a verdict that a page sends; one with a `token` that has come before is not written again.

        Raises:
            UsageError: the name or the verdict is none.
            InputError: there is no such pair, or the person's log is damaged.
            EnvironmentProblem: it cannot be written.
        """
        verdict = self._verdict(told)
        with self._lock:
            self._logs.add(verdict)
            for one in self._tabs.values():
                one.pairs.discard(verdict.pair)  # others may be asked about it now, if all are
        return verdict

    def undo(self, person: str, tab: str = "") -> Verdict | None:
        """Take a person's last verdict on a pair of the run back, and return it; None where there is none.

        Its pair is with this tab again.
        """
        with self._lock:
            taken = self._logs.undo(person, self._still)
            if taken:
                self._heard(tab).pairs.add(taken.pair)
            return taken

    def said(self, person: str) -> dict[str, str]:
        """What a person says of each pair that they judged as it is now."""
        person = check_person(person)
        return {one.pair: one.verdict for one in self._logs.read() if one.person == person and self._still(one)}

    def summary(self) -> dict[str, Any]:
        """What all verdicts say together, as `judged.summarise` tells it."""
        verdicts = self._logs.read()
        made_of, found = self._summary
        if made_of is not verdicts:
            found = summarise(self.rows, verdicts)
            self._summary = (verdicts, found)
        return found

    def _still(self, verdict: Verdict) -> bool:
        return verdict.pair in self._places and fits(verdict, self.row(verdict.pair))

    def _heard(self, tab: str) -> _Tab:
        """The tab's record, now heard of; those that were not for long are forgotten. The lock is held."""
        now = self._clock()
        self._tabs = {name: one for name, one in self._tabs.items() if name == tab or now - one.seen < HOLD}
        mine = self._tabs.setdefault(tab, _Tab(now))
        mine.seen = now
        return mine

    def _verdict(self, told: dict[str, Any]) -> Verdict:
        row = self.row(str(told.get("pair")))
        try:
            return Verdict(
                pair=row["id"],
                recording=row["recording"],
                text=row["text"],
                start=row["start"],
                end=row["end"],
                verdict=told["verdict"],
                person=check_person(told["person"]),
                new_start=_moved(told.get("new_start"), row["start"]),
                new_end=_moved(told.get("new_end"), row["end"]),
                confidence=row["confidence"],
                how=told["how"],
                at=datetime.now(UTC).isoformat(timespec="seconds"),
                seconds=round(max(float(told.get("seconds") or 0.0), 0.0), 1),
                token=told.get("token") or "",
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            wanted = f"verdict is one of {', '.join(KINDS)}, how one of {', '.join(HOW)}, times are numbers"
            raise UsageError(f"That is no verdict ({error}).", f"Give pair, person, verdict and how: {wanted}.") from error


def _moved(end: Any, was: float) -> float | None:
    """Where an end was dragged to, None where it was left."""
    return None if end is None or abs(float(end) - was) < 0.001 else round(float(end), 3)


def _threshold(out: Path) -> dict[str, float]:
    """From which confidence on pairs of each recording were kept; without those of which nothing tells."""
    known = {one.id: store.read_json(one.path("coverage.json")) or {} for one in store.recordings(out)}
    return {name: min(1.0, found["threshold"]) for name, found in known.items() if found.get("threshold") is not None}
