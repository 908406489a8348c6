"""One cell from its recordings to the curves of all who take part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from benchmarks.quality.bulletins import Bulletin, Recording, bulletin
from benchmarks.quality.cells import Cell
from benchmarks.quality.curves import Curve, Judged, average, curve, judge, minable
from benchmarks.quality.peers import Found, Versions, contestants
from mining.models.evaluate import MAX_CER, letters
from mining.store import seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of a cell.

    Attributes:
        cer: error rate that the model has, the mean of the recordings.
        minutes: of spoken sentences that the page has.
        sentences: of the documents, those that are looked for.
        legible: share of them that OCR left within the error rate that a right pair may have.
        curves: by contestant, pairs judged by what the page should say; `as_read` the same, by what was read off it.
        versions: which ends of a peer were the better ones.
        failed: why a peer gave nothing.
    """

    cell: Cell
    cer: float
    minutes: float
    sentences: int
    legible: float
    curves: dict[str, Curve] = field(default_factory=dict)
    as_read: dict[str, Curve] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def measure(recordings: Sequence[Recording], python: Path | None, cell: Cell) -> Outcome:
    """Make the bulletins of a cell and let everyone at them."""
    bulletins = [bulletin(recording, cell) for recording in recordings]
    total = sum(minable(one.gold) for one in bulletins)
    outcome = _described(cell, bulletins, total)
    for name, run in contestants(python)[0].items():
        try:
            found = [run(one) for one in bulletins]
        except RuntimeError as error:  # of a peer's own process
            outcome.failed[name] = str(error)
            continue
        version, meant = _better(bulletins, found, total)
        outcome.curves[name], outcome.versions[name] = meant, version
        outcome.as_read[name] = curve(_judged(bulletins, [one[version] for one in found], as_read=True), total)
    return outcome


def _described(cell: Cell, bulletins: Sequence[Bulletin], total: float) -> Outcome:
    legible = []
    for one in bulletins:
        for sentence in one.document.sentences:
            if sentence.aside is None:
                read, meant = letters(sentence.text), letters(one.document.true_text(sentence, sentence.raw_text))
                legible.append(Levenshtein.distance(read, meant) <= MAX_CER * len(meant))
    cer = sum(one.cer for one in bulletins) / len(bulletins)
    return Outcome(cell, cer, total / 60, len(legible), sum(legible) / max(1, len(legible)))


def _better(bulletins: Sequence[Bulletin], found: Sequence[Versions], total: float) -> tuple[str, Curve]:
    """The version of the ends with the greatest average precision in this cell; the first of equals."""
    curves = {name: curve(_judged(bulletins, [one[name] for one in found]), total) for name in found[0]}
    return max(curves.items(), key=lambda item: average(item[1]))


def _judged(bulletins: Sequence[Bulletin], found: Sequence[Sequence[Found]], as_read: bool = False) -> list[Judged]:
    judged = []
    for one, places in zip(bulletins, found, strict=True):
        for place in places:
            text = place.text if as_read else one.document.true_text(place.sentence, place.raw_text)
            pair = {"start": seconds(place.start), "end": seconds(place.end), "text": text}
            judged.append(judge(pair, place.score, one.gold, one.name))
    return judged
