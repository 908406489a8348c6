"""Run by another environment's Python: sentences and emissions in, frames and scores of ctc-segmentation out.

    python segmentation_child.py GIVEN.npz ANSWER.npy

GIVEN holds log_probs (T, V), the tokens of all sentences in a row, the sentences' lengths, and the blank. ANSWER is
(2, sentences, 5): start and end as the package gives them, start and end of the symbols alone, all in frames, and its
score; once with the window of frames that its authors set, which may run ahead of the text, and once with all frames.
"""

import sys

import ctc_segmentation
import numpy as np

FRAME = 0.02  # seconds; the package puts an end up to half a second outside of the symbols, so it must know


def main(given: str, answer: str) -> None:
    """Align all sentences in order, with the package's own settings, and with its window opened."""
    with np.load(given) as stored:
        log_probs, tokens, lengths, blank = (stored[name] for name in ("log_probs", "tokens", "lengths", "blank"))
    sentences = np.split(tokens, np.cumsum(lengths)[:-1])
    symbols = [chr(0x4E00 + column) for column in range(log_probs.shape[1])]
    settings = ctc_segmentation.CtcSegmentationParameters(char_list=symbols, index_duration=FRAME, blank=int(blank))
    answers = [aligned(settings, log_probs, sentences)]
    settings.set(min_window_size=len(log_probs), max_window_size=4 * len(log_probs))
    answers.append(aligned(settings, log_probs, sentences))
    np.save(answer, np.array(answers))


def aligned(settings, log_probs, sentences):
    """A row for each sentence."""
    wanted, begins = ctc_segmentation.prepare_token_list(settings, sentences)
    timings, probabilities, _ = ctc_segmentation.ctc_segmentation(settings, log_probs, wanted)
    found = ctc_segmentation.determine_utterance_segments(settings, begins, probabilities, timings, sentences)
    rows = []
    for (start, end, score), before, after in zip(found, begins[:-1], begins[1:], strict=True):
        rows.append((start / FRAME, end / FRAME, timings[before + 1] / FRAME, timings[after - 1] / FRAME + 1, score))
    return rows


if __name__ == "__main__":
    main(*sys.argv[1:])
