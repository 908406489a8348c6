"""Alignment of long noisy sequences, and of text to the emissions of CTC models.

Arrays and strings in, alignments out: no file, no model; importing it loads numpy and numba alone.
"""

from align.classes import brahmic
from align.confidence import Calibrator, calibrate, expected_calibration_error, reliability, threshold
from align.ctc import forced_align, spot, words
from align.matching import match_sentences
from align.pairwise import needleman_wunsch
from align.pseudo_forced import Parameters, pseudo_forced_align
from align.room import Settings, Timeline
from align.types import Alignment, Occurrence, TokenSpans
from align.warm import warm_up

__all__ = [
    "Alignment",
    "Calibrator",
    "Occurrence",
    "Parameters",
    "Settings",
    "Timeline",
    "TokenSpans",
    "brahmic",
    "calibrate",
    "expected_calibration_error",
    "forced_align",
    "match_sentences",
    "needleman_wunsch",
    "pseudo_forced_align",
    "reliability",
    "spot",
    "threshold",
    "warm_up",
    "words",
]
