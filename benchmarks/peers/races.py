"""Who is measured against whom, on what; and what is claimed of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from benchmarks.peers import emissions, text
from benchmarks.peers.work import Speech, TextPair, speech, text_pair

WORKS: dict[str, Callable[[], TextPair | Speech]] = {
    "1k": partial(text_pair, 1_000),
    "5k": partial(text_pair, 5_000),
    "10k": partial(text_pair, 10_000),
    "20k": partial(text_pair, 20_000),
    "50k": partial(text_pair, 50_000),
    "5k + ends": partial(text_pair, 5_000, ends=0.4),
    "20k + ends": partial(text_pair, 20_000, ends=0.4),
    "½ min": partial(speech, 0.5),
    "1 min": partial(speech, 1),
    "5 min": partial(speech, 5),
    "20 min": partial(speech, 20),
    "60 min": partial(speech, 60),
    "½ min, 20% other": partial(speech, 0.5, foreign=0.2),
    "20 min, 20% other": partial(speech, 20, foreign=0.2),
    "60 min, 20% other": partial(speech, 60, foreign=0.2),
}

CONTENDERS = text.CONTENDERS | emissions.CONTENDERS

ENDS_FREE, GLOBAL = "shruti exact, ends free", "shruti exact"


@dataclass(frozen=True, slots=True)
class Race:
    """A table of the page.

    Attributes:
        works, quick: names in WORKS; `quick` instead of `works` where only a look is wanted.
        figures: what stands together in the further tables, as `judge` names it.
        claims: (title, ours, peer); how many times as long the peer takes.
        only: works that a contender takes part in, where it does not take part in all.
    """

    name: str
    title: str
    works: tuple[str, ...]
    quick: tuple[str, ...]
    contenders: tuple[str, ...]
    judge: Callable[[Any, Any], dict[str, Any]]
    figures: tuple[tuple[str, ...], ...] = ()
    claims: tuple[tuple[str, str, str], ...] = ()
    only: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def cells(self, quick: bool) -> list[tuple[str, list[str]]]:
        """Each work, and who does it."""
        return [
            (work, [name for name in self.contenders if work in self.only.get(name, (work,))])
            for work in (self.quick if quick else self.works)
        ]


TEXTS = ("5k", "10k", "20k", "50k", "5k + ends", "20k + ends")

RACES = (
    Race(
        "text",
        "Text, exact, the whole path",
        TEXTS,
        ("1k",),
        (ENDS_FREE, GLOBAL, "pywfa", "parasail, ends free", "edlib"),
        text.judge,
        (("recall", "precision"), ("score by our costs", "the same with ends free")),
        (
            ("exact affine alignment, both ends fixed, against pywfa in little memory", GLOBAL, "pywfa"),
            ("exact affine alignment, ends free, against pywfa with ends fixed", ENDS_FREE, "pywfa"),
            ("exact affine alignment, ends free, against parasail's striped SIMD", ENDS_FREE, "parasail, ends free"),
            ("exact affine alignment, ends free, against edlib at unit costs", ENDS_FREE, "edlib"),
        ),
        {"parasail, ends free": ("1k", "5k", "10k")},  # beyond, it keeps gigabytes
    ),
    Race(
        "anchored",
        "Text, anchored",
        TEXTS,
        ("1k",),
        ("shruti anchored", "rapidfuzz"),
        text.judge,
        (("recall", "precision"),),
        (("anchored affine alignment against rapidfuzz at unit costs", "shruti anchored", "rapidfuzz"),),
    ),
    Race(
        "ctc",
        "CTC emissions, exact Viterbi path",
        ("1 min", "5 min", "20 min", "20 min, 20% other", "60 min"),
        ("½ min",),
        ("shruti ctc", "ctc-forced-aligner"),
        emissions.judge,
        (("within 2 frames of the truth", "within 10"),),
        (("exact CTC alignment against ctc-forced-aligner", "shruti ctc", "ctc-forced-aligner"),),
    ),
    Race(
        "windowed",
        "CTC emissions with untranscribed speech anywhere",
        ("20 min, 20% other", "60 min, 20% other"),
        ("½ min, 20% other",),
        ("shruti windowed", "ctc-segmentation", "ctc-segmentation, wide window"),
        emissions.judge,
        (("within 2 frames of the truth", "within 10"),),
        (
            ("windowed CTC alignment with other speech against ctc-segmentation", "shruti windowed", "ctc-segmentation"),
            ("the same against its wide window", "shruti windowed", "ctc-segmentation, wide window"),
        ),
        {"ctc-segmentation, wide window": ("½ min, 20% other", "20 min, 20% other")},  # beyond, it takes minutes and gigabytes
    ),
    Race(
        "spot",
        "All sentences of a script, each looked for in the whole recording",
        ("60 min",),
        ("½ min",),
        ("shruti spot",),
        emissions.judge_spotting,
        (("share of sentences found within 0.2 s", "sentences"),),
    ),
)
