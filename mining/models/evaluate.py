"""How good mined pairs are, where the truth is known: precision, yield and errors of ends.

A gold file names what is spoken in a recording and when:
{"duration": s, "spoken": [{"text", "start", "end", "printed"}, ...]}. A pair is *correct* when its
text is what is spoken there (character error rate <= 0.10, letters and marks only) and each end
lies within 0.5 s of the speech that it names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from align.confidence import expected_calibration_error
from mining import store
from mining.errors import InputError

MAX_CER = 0.10
MAX_EDGE = 0.5  # seconds
MIN_COVERED = 0.5  # share of a spoken sentence that a pair must hold for it to be "in" the pair

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one recording or several; tallies add up, so figures can be pooled.

    `mined` and `minable` are seconds of printed sentences that are spoken, `edges` the error of
    both ends of every pair whose text is right, in seconds, `sure` the confidence of every pair that has one and whether
    the pair is correct.
    """

    pairs: int = 0
    correct: int = 0
    mined: float = 0.0
    minable: float = 0.0
    errors: int = 0
    characters: int = 0
    edges: tuple[float, ...] = ()
    sure: tuple[tuple[float, bool], ...] = ()

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def figures(self) -> dict[str, float | int | None]:
        """The counts as figures, rounded to four places; an edge error of no pair is None."""
        edges = sorted(self.edges)
        return {
            "pairs": self.pairs,
            "correct": self.correct,
            "precision": round(self.correct / max(1, self.pairs), 4),
            "yield": round(self.mined / max(1e-9, self.minable), 4),
            "text_cer": round(self.errors / max(1, self.characters), 4),
            "edge_p50": round(edges[len(edges) // 2], 4) if edges else None,
            "edge_p95": round(edges[min(len(edges) - 1, int(0.95 * len(edges)))], 4) if edges else None,
            "calibration_error": self._calibration_error(),
        }

    def _calibration_error(self) -> float | None:
        confidence, right = [sure for sure, _ in self.sure], [correct for _, correct in self.sure]
        return round(expected_calibration_error(confidence, right), 4) if self.sure else None


def read_pairs(path: Path) -> list[Row]:
    """The rows of a pairs.jsonl.

    Raises:
        InputError: it is none.
    """
    return _read(path, store.read_rows, ("start", "end", "text"), lambda rows: rows, "a pairs.jsonl, as `shruti align` writes it")


def read_gold(path: Path) -> Row:
    """A gold file.

    Raises:
        InputError: it is none.
    """
    keys = ("start", "end", "text", "printed")
    return _read(path, store.read_json, keys, lambda gold: gold["spoken"], "a gold.json, as `shruti compose` writes it")


def _read(path: Path, read: Callable[[Path], Any], keys: Sequence[str], rows: Callable[[Any], list[Row]], wanted: str) -> Any:
    try:
        value = read(path)
        for row in rows(value):
            for key in keys:
                row[key]
    except InputError as error:  # whose own advice is for a file of a run
        raise InputError(error.message, f"Give {wanted}.") from error
    except KeyError as error:
        raise InputError(f"{path}: has no {error.args[0]!r}.", f"Give {wanted}.") from error
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: cannot be used ({error}).", f"Give {wanted}.") from error
    return value


def evaluate_pairs(pairs: Sequence[Row], gold: Row) -> dict[str, float | int | None]:
    """Figures of one recording's pairs against its gold.

    Args:
        pairs: rows with `start` and `end` in seconds, and `text`.
        gold: what is spoken, as above.

    Returns:
        pairs, correct, precision (correct over pairs), yield (seconds of printed sentences mined
        correctly over seconds of printed sentences spoken), text_cer (pooled over all pairs),
        edge_p50 and edge_p95 (seconds, over pairs whose text is right), calibration_error (mean distance of confidence
        and truth in ten bins of equal mass, over pairs with a confidence).
    """
    return tally(pairs, gold).figures()


def evaluate_bulletins(bulletins: Iterable[tuple[Sequence[Row], Row]]) -> dict[str, float | int | None]:
    """Figures of several recordings, pooled: each entry is a recording's pairs and its gold."""
    return sum((tally(pairs, gold) for pairs, gold in bulletins), Tally()).figures()


def tally(pairs: Sequence[Row], gold: Row) -> Tally:
    """Count one recording's pairs against its gold; a sentence mined twice counts once for yield."""
    spoken = gold["spoken"]
    found: set[int] = set()
    total = Tally(minable=sum(_seconds(s) for s in spoken if s["text"] and s["printed"]))
    for pair in pairs:
        inside = [i for i, sentence in enumerate(spoken) if _covers(pair, sentence)]
        judged = _judge(pair, [spoken[i] for i in inside])
        total += judged
        if "confidence" in pair:
            total += Tally(sure=((pair["confidence"], bool(judged.correct)),))
        if judged.correct:
            found.update(i for i in inside if spoken[i]["printed"])
    return total + Tally(mined=sum(_seconds(spoken[i]) for i in sorted(found)))


def letters(text: str) -> str:
    """Letters, marks and digits of a text, composed, without joiners: what two texts are compared by."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(c for c in composed if unicodedata.category(c)[0] in "LMN" and c not in "\u200c\u200d")


def _judge(pair: Row, inside: Sequence[Row]) -> Tally:
    said, text = letters(" ".join(sentence["text"] for sentence in inside)), letters(pair["text"])
    errors = Levenshtein.distance(text, said)
    judged = Tally(pairs=1, errors=errors, characters=max(1, len(said)))
    if not said or errors > MAX_CER * len(said):
        return judged
    start, end = min(s["start"] for s in inside), max(s["end"] for s in inside)
    edges = (abs(pair["start"] - start), abs(pair["end"] - end))
    return judged + Tally(correct=int(max(edges) <= MAX_EDGE), edges=edges)


def _covers(pair: Row, sentence: Row) -> bool:
    shared = min(pair["end"], sentence["end"]) - max(pair["start"], sentence["start"])
    return shared >= MIN_COVERED * _seconds(sentence)


def _seconds(sentence: Row) -> float:
    return sentence["end"] - sentence["start"]
