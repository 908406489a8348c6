"""What is told of every round of the loop: rounds.jsonl for machines, iterate.html for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mining import store
from mining.models.selection import Selection, heard_by, known_precision


@dataclass(frozen=True, slots=True)
class Round:
    """A model, how it was made, how well it hears, and what was mined with it.

    Attributes:
        number: 0 for the model that the loop began with.
        model: its folder or hub id.
        hours, pairs: that it was fine-tuned on, of `candidates`; replay not counted.
        valid_before, valid: character error rate on mined sentences that no model was trained on, of the model before this
            one and of this one; None where there are none.
        check: character error rate on utterances with true texts, by name.
        mined, speech: seconds of kept pairs, and of all that was heard as speech, in the run with this model; None while it has
            not been through it.
        kept: pairs.
        precision, yield_: of the kept pairs, where the truth is known.
    """

    number: int
    model: str
    hours: float = 0.0
    pairs: int = 0
    candidates: int = 0
    valid_before: float | None = None
    valid: float | None = None
    check: dict[str, float] = field(default_factory=dict)
    mined: float | None = None
    speech: float | None = None
    kept: int = 0
    precision: float | None = None
    yield_: float | None = None

    @classmethod
    def trained(cls, number: int, model: str, chosen: Selection, former: float | None, figures: Mapping[str, float]) -> Round:
        """The round of a new model, before anything was mined with it."""
        checks = {name.removesuffix("_cer"): value for name, value in figures.items() if name.endswith("_cer")}
        valid = checks.pop("valid", None)
        before = None if former is None else round(former, 4)
        hours = round(chosen.train.hours, 4)
        return cls(number, model, hours, len(chosen.train), chosen.candidates, before, valid, checks)

    def seen(self, run: Path) -> Round:
        """The same with what was mined by it in a run that it has been through."""
        mined, speech, kept = 0.0, 0.0, 0
        for job in heard_by(run, self.model):
            coverage = store.read_json(job.path("coverage.json"))
            if coverage:
                seconds = coverage["seconds"]
                mined += seconds.get("mined", 0.0)
                speech += sum(value for fate, value in seconds.items() if fate != "no_speech")
                kept += len(store.read_rows(job.path("pairs.jsonl")))
        known = known_precision(run, self.model)
        precision, found = (known["precision"], known["yield"]) if known else (None, None)
        return replace(self, mined=round(mined, 3), speech=round(speech, 3), kept=kept, precision=precision, yield_=found)

    def better(self, than: Round, least: float) -> bool:
        """Whether this model is better than the one of the round before, by more than `least` of what that one reached.

        Either it errs less on the sentences kept apart, or more could be mined with it: while few pairs are found,
        those sentences are too few to tell anything.
        """
        errs_less = None not in (self.valid, self.valid_before) and self.valid < self.valid_before * (1 - least)  # type: ignore[operator]
        return bool(errs_less) or (self.mined or 0.0) > (than.mined or 0.0) * (1 + least)

    @property
    def share(self) -> float:
        """Of the speech that was mined."""
        return (self.mined or 0.0) / self.speech if self.speech else 0.0


def read_rounds(out: Path) -> list[Round]:
    """The rounds of a loop that is done or under way, in order."""
    return [Round(**row) for row in store.read_rows(out / "rounds.jsonl")]


def write_rounds(out: Path, rounds: Sequence[Round]) -> None:
    """Write rounds.jsonl, whole."""
    store.write_rows(out / "rounds.jsonl", map(asdict, rounds))


def write_page(out: Path, rounds: Sequence[Round]) -> Path:
    """Write iterate.html: curves and a table, one file that needs no other."""
    from jinja2 import Environment, PackageLoader

    page = Environment(loader=PackageLoader("mining.models"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    names = sorted({name for one in rounds for name in one.check})
    curves = [_curve(f"CER, {name}", [one.check.get(name) for one in rounds]) for name in names]
    curves.append(_curve("CER, mined sentences kept apart", [one.valid for one in rounds]))
    curves.append(_curve("share of speech mined", [one.share for one in rounds]))
    curves.append(_curve("precision", [one.precision for one in rounds]))
    curves.append(_curve("yield", [one.yield_ for one in rounds]))
    drawn = [curve for curve in curves if curve["points"]]
    text = page.get_template("rounds.html.j2").render(rounds=rounds, names=names, curves=drawn, wide=WIDE, high=HIGH)
    store.write_text(out / "iterate.html", text)
    return out / "iterate.html"


WIDE, HIGH = 640, 260


def _curve(name: str, values: Sequence[float | None]) -> dict[str, Any]:
    """A name and the points of a polyline: round over the width, 0..1 from the bottom up."""
    last = max(1, len(values) - 1)
    points = [
        (round(WIDE * index / last, 1), round(HIGH * (1 - min(1.0, value)), 1), value)
        for index, value in enumerate(values)
        if value is not None
    ]
    return {"name": name, "points": points}
