"""Three ways to place sentences in a recording, behind one signature, so that they can be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from align import matching
from align.pairwise import needleman_wunsch
from align.pseudo_forced import pseudo_forced_align
from align.types import Occurrence
from mining.pairs.heard import Heard

Progress = Callable[[int, int], None] | None
Strategy = Callable[[Heard, Sequence[np.ndarray], Progress], list[Occurrence]]


def hybrid(heard: Heard, texts: Sequence[np.ndarray], progress: Progress) -> list[Occurrence]:
    """Find, chain, fill, settle (`align.matching`): each sentence is spotted in the emissions themselves."""
    return matching.match_sentences(heard.probs, texts, heard.timeline, blank=heard.blank, progress=progress)


def by_text(heard: Heard, texts: Sequence[np.ndarray], progress: Progress) -> list[Occurrence]:
    """Needleman-Wunsch of the document against greedy text, as Shrutilipi did (arXiv 2208.12666, section 3).

    A sentence is where at least a third of its symbols were paired with equal ones; its ends are
    those of the first and the last of them.
    """
    best = heard.probs[:, :-1].argmax(axis=1)
    frames = np.flatnonzero((best != heard.blank) & (np.diff(best, prepend=-1) != 0))
    document = np.concatenate(list(texts))
    alignment = needleman_wunsch(document, best[frames], match=2, mismatch=-2, gap_open=-1, gap_extend=-1, free_ends=True)
    ref, hyp = alignment.matched()
    equal = document[ref] == best[frames[hyp]]
    ref, at = ref[equal], frames[hyp[equal]]
    bounds = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    placed = []
    for index, text in enumerate(texts):
        own = at[(ref >= bounds[index]) & (ref < bounds[index + 1])]
        if 3 * len(own) >= len(text) > 0:
            share = len(own) / len(text)
            placed.append(Occurrence(index, int(own[0]), int(own[-1]) + 1, share - 1, share))
        if progress:
            progress(index + 1, len(texts))
    return placed


def iterative(heard: Heard, texts: Sequence[np.ndarray], progress: Progress) -> list[Occurrence]:
    """Iterative pseudo-forced alignment (Lopez & Luque, arXiv 2210.15226)."""
    return pseudo_forced_align(heard.probs, texts, blank=heard.blank, progress=progress)


STRATEGIES: dict[str, Strategy] = {"hybrid": hybrid, "needleman-wunsch": by_text, "iterative-ctc": iterative}
