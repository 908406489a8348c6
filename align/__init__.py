"""Alignment of long noisy sequences, and of text to the emissions of CTC models.

Arrays and strings in, alignments out: no file, no model; importing it loads numpy and numba alone.
"""

from align.pairwise import needleman_wunsch
from align.types import Alignment, Occurrence, TokenSpans

__all__ = ["Alignment", "Occurrence", "TokenSpans", "needleman_wunsch"]
