"""Which pair comes next before a person."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from align import sampling
from mining.corpus.review.verdicts import Verdict, fits
from mining.corpus.rows import Row
from mining.errors import UsageError

WAYS = ("stratified", "active")
REJECTED = 4  # kept pairs before each rejected one: it is the precision of the kept ones that is asked for
BAND = 0.05  # of confidence: within it one pair is as doubtful as another, and recordings take turns


class Queue:
    """The pairs of a run in a fixed order, which follows from the rows alone.

    Args:
        rows: from `judgeable`.
        how: "stratified": every beginning of the order is a fair sample of each stratum of confidence; "active": the
            least sure first, over all recordings.
        shared: the share of pairs that everybody judges, so that agreement can be told.
        threshold: of each recording the confidence from which on its pairs are kept, around which "active" asks first; where
            it is missing, that of the least sure kept pair of all.

    Raises:
        UsageError: a way that there is not.
    """

    def __init__(
        self, rows: Sequence[Row], how: str = "stratified", shared: float = 0.1, threshold: Mapping[str, float] | None = None
    ) -> None:
        if how not in WAYS:
            raise UsageError(f"Unknown order {how!r}.", f"There are {', '.join(WAYS)}.")
        self._rows = {row["id"]: row for row in rows}
        self.order = stratified(rows) if how == "stratified" else active(rows, threshold)
        self.shared = frozenset(id for id in self.order if _chance(id, "shared") < shared)

    def next(self, person: str, verdicts: Collection[Verdict], held: Collection[str] = ()) -> str | None:
        """The id of the first pair that this person should judge, None when there is none left.

        Not one that they have judged (or skipped), not one that is `held` (another person has it on the screen), and,
        unless it is shared, none that anybody has judged: what another has skipped is still to be judged. A verdict on
        what a pair was before the run was made anew does not count.
        """
        still = [one for one in verdicts if one.pair in self._rows and fits(one, self._rows[one.pair])]
        own = {one.pair for one in still if one.person == person}
        judged = {one.pair for one in still if one.verdict != "skip"}
        held = set(held)
        for id in self.order:
            if id not in own and id not in held and (id in self.shared or id not in judged):
                return id
        return None


def place(id: str) -> float:
    """Where a pair comes in its stratum: a number in [0, 1) that says nothing of the pair and is always the same."""
    return _chance(id, "order")


def _chance(id: str, purpose: str) -> float:
    return int.from_bytes(hashlib.blake2b(f"{purpose} {id}".encode(), digest_size=8).digest()) / 2**64


def design(rows: Sequence[Row]) -> list[int]:
    """The stratum of each row: of kept pairs 0 to 3 from the least sure to the surest, of those left out 4 to 7.

    What is sampled by these is estimated by them: see `judged.precision`.
    """
    groups = [0] * len(rows)
    for first, kept in ((0, True), (sampling.STRATA, False)):
        own = [index for index, row in enumerate(rows) if row.get("kept", True) is kept]
        strata = sampling.strata([rows[index]["confidence"] for index in own], sampling.STRATA)
        for index, stratum in zip(own, strata.tolist(), strict=True):
            groups[index] = first + stratum
    return groups


def stratified(rows: Sequence[Row]) -> list[str]:
    """Ids of the kept pairs by turns of strata, and after every few of them one that was left out."""
    groups = design(rows)
    order = sampling.interleaved(groups, [place(row["id"]) for row in rows])
    kept, rest = ([rows[index]["id"] for index in order if (groups[index] < sampling.STRATA) is want] for want in (True, False))
    between = min(len(rest), len(kept) // REJECTED)
    for number in range(between, 0, -1):
        kept.insert(number * REJECTED, rest[number - 1])
    return kept + rest[between:]


def active(rows: Sequence[Row], threshold: Mapping[str, float] | None = None) -> list[str]:
    """Ids by how near the confidence is to the recording's threshold; where it is about as near, recordings take turns."""
    least = min((row["confidence"] for row in rows if row.get("kept", True)), default=0.5)
    known = threshold or {}
    turns: Counter[tuple[int, str]] = Counter()
    found = []
    for row in sorted(rows, key=lambda row: place(row["id"])):
        band = int(abs(row["confidence"] - known.get(row["recording"], least)) / BAND)
        found.append((band, turns[band, row["recording"]], place(row["id"]), row["id"]))
        turns[band, row["recording"]] += 1
    return [id for *_, id in sorted(found)]
