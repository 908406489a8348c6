"""Sentences anywhere in a recording: the best path of each that ends in each frame, wherever it began.

The recurrence of `viterbi` with two states, label and blank, and a beginning in any frame at no cost. A state is one
integer of 32 bits: the score in its upper 18, in units, the frame in which its path began, modulo 2**14, in its
lower 14. So one maximum chooses both, and adding an emission leaves the frame alone. Many sentences go through
a frame together, side by side: short ones would leave the vectors empty. What is emitted in two frames is looked up at once.
"""

from __future__ import annotations

import numpy as np

from align.kernels.compiling import NEVER, jit

BITS = 14
LONGEST = 1 << BITS
"""Frames; no path is longer (five minutes)."""

FLOOR = 12.0
"""Nats; a symbol is never less likely, relative to a frame's best, than exp(-12)."""

WORST = 1 << 16
"""Units; the product of `FLOOR`, the unit and the steps that a sentence needs must not be above."""

BARRED = np.int32(-(WORST << BITS))


@jit
def _emit(frame, following, unit, both):
    """Two frames' emissions in units, 16 bits each, the second in the upper half."""
    for v in range(len(frame)):
        first = np.int32(np.rint(max(frame[v], np.float32(-FLOOR)) * unit))
        second = np.int32(np.rint(max(following[v], np.float32(-FLOOR)) * unit))
        both[v] = (first & np.int32(0xFFFF)) | np.int32(second << np.int32(16))


@jit
def _gather(both, tokens, emissions):
    for k in range(len(tokens)):
        emissions[k] = both[np.uint32(tokens[k])]


@jit
def _labels_first(labels, blanks, repeats, emissions, new_labels):
    for k in range(len(emissions)):
        score = max(max(labels[k + 1], blanks[k]), np.int32(labels[k] + repeats[k]))
        new_labels[k + 1] = score + (np.int32(emissions[k] << np.int32(16)) >> np.int32(16 - BITS))


@jit
def _labels_second(labels, blanks, repeats, emissions, new_labels):
    for k in range(len(emissions)):
        score = max(max(labels[k + 1], blanks[k]), np.int32(labels[k] + repeats[k]))
        new_labels[k + 1] = score + np.int32((emissions[k] >> np.int32(16)) << np.int32(BITS))


@jit
def _blanks(labels, quiet, blanks):
    for k in range(len(blanks)):
        blanks[k] = max(blanks[k], labels[k]) + quiet


@jit
def _end(labels, blanks, bounds, t, ends):
    for s in range(len(bounds) - 1):
        ends[s, t] = labels[bounds[s + 1]]
        blanks[bounds[s]] = (t + 1) & (LONGEST - 1)


@jit
def spot_ends(log_probs, tokens, repeats, bounds, blank, unit, ends):
    """Scores of the sentences' best paths by the frame of their last token.

    Args:
        log_probs: (T, V) float32, relative to each frame's best symbol (so <= 0).
        tokens: (L,) int32, of all sentences in a row.
        repeats: (L,) int32, BARRED where a token equals the one before it or begins a sentence, else 0.
        bounds: (S + 1,) int64, where sentences begin, and L.
        unit: units a nat; unit * FLOOR * (2 * tokens of the longest + 2) <= WORST.
        ends: (S, T) int32, written: score << BITS | frame in which the path began, modulo LONGEST.
    """
    frames = len(log_probs)
    worst = np.int32(np.rint(-FLOOR * unit))
    labels, blanks = np.empty(len(tokens) + 1, np.int32), np.empty(len(tokens), np.int32)
    for s in range(len(bounds) - 1):
        for k in range(bounds[s], bounds[s + 1]):
            labels[k + 1] = np.int32(worst * (k - bounds[s] + 1)) << np.int32(BITS)
            blanks[k] = labels[k + 1]
        blanks[bounds[s]] = 0
    labels[0] = BARRED
    new_labels, emissions = labels.copy(), np.empty(len(tokens), np.int32)
    both = np.empty(log_probs.shape[1], np.int32)
    for t in range(0, frames, 2):
        following = min(t + 1, frames - 1)
        _emit(log_probs[t], log_probs[following], unit, both)
        _gather(both, tokens, emissions)
        _labels_first(labels, blanks, repeats, emissions, new_labels)
        _blanks(labels, np.int32(np.int32(both[blank] << np.int32(16)) >> np.int32(16 - BITS)), blanks)
        _end(new_labels, blanks, bounds, t, ends)
        if t + 1 < frames:
            _labels_second(new_labels, blanks, repeats, emissions, labels)
            _blanks(new_labels, np.int32((both[blank] >> np.int32(16)) << np.int32(BITS)), blanks)
            _end(labels, blanks, bounds, t + 1, ends)


@jit
def unpack(packed, units, score, start):
    """`ends` of one sentence (T,) to scores, divided by `units`, and the frames in which the paths began; both written."""
    for t in range(len(packed)):
        frame = np.int32(t)
        begun = frame - ((frame - packed[t]) & np.int32(LONGEST - 1))
        start[t] = begun if begun > 0 else 0
        score[t] = np.float32(packed[t] >> np.int32(BITS)) / units


BLOCK, AHEAD = 64, 1500


@jit
def _largest(score, block):
    best = block * BLOCK
    for t in range(best + 1, min(len(score), best + BLOCK)):
        if score[t] > score[best]:
            best = t
    return best


@jit
def best_places(score, start, most, firsts, lasts):
    """The best paths of one sentence, best first, of which no two share a frame; returns how many.

    Args:
        score, start: (T,) of the best path that ends in each frame. `score` is used up.
        most: as many are wanted.
        firsts, lasts: (most,) int32, written: the first and the last frame of each.
    Ties: the earlier end.
    """
    blocks = np.empty((len(score) + BLOCK - 1) // BLOCK, np.int32)
    for block in range(len(blocks)):
        blocks[block] = _largest(score, block)
    count = 0
    while count < most:
        at = blocks[0]
        for block in range(1, len(blocks)):
            if score[blocks[block]] > score[at]:
                at = blocks[block]
        if score[at] <= NEVER / 10:
            break
        free = True
        for other in range(count):
            free &= at < firsts[other] or start[at] > lasts[other]
        until = at
        if free:
            firsts[count], lasts[count] = start[at], at
            count += 1
            for t in range(start[at], at):
                score[t] = NEVER
            until = min(len(score) - 1, at + AHEAD)
            for t in range(at + 1, until + 1):  # the others that overlap are met, and dropped, one by one
                if start[t] <= at:
                    score[t] = NEVER
        score[at] = NEVER
        for block in range(min(start[at], at) // BLOCK, until // BLOCK + 1):
            blocks[block] = _largest(score, block)
    return count


# One text of any length, in single precision. The loops stand in functions of their own, over few arrays each: only
# then does LLVM prove that they do not overlap and vectorise them (four times faster, measured).


@jit
def _look_up(frame, tokens, emissions):
    for k in range(len(tokens)):
        emissions[k] = frame[np.uint32(tokens[k])]


@jit
def _to_labels(labels, labels_from, blanks, blanks_from, repeats, emissions, new_labels, new_from):
    for k in range(len(emissions)):
        stayed, waited, skipped = labels[k + 1], blanks[k], labels[k] + repeats[k]
        stayed_from, waited_from, skipped_from = labels_from[k + 1], blanks_from[k], labels_from[k]
        fresh = waited > stayed
        score = waited if fresh else stayed
        came = waited_from if fresh else stayed_from
        direct = skipped > score
        new_labels[k] = (skipped if direct else score) + emissions[k]
        new_from[k] = skipped_from if direct else came


@jit
def _to_blanks(labels, labels_from, blanks, blanks_from, quiet):
    for k in range(1, len(blanks)):
        said, waited, said_from, waited_from = labels[k], blanks[k], labels_from[k], blanks_from[k]
        ended = said > waited
        blanks[k] = (said if ended else waited) + quiet
        blanks_from[k] = said_from if ended else waited_from


@jit
def _move_in(new_labels, new_from, labels, labels_from):
    for k in range(len(new_labels)):
        labels[k + 1] = new_labels[k]
    for k in range(len(new_from)):
        labels_from[k + 1] = new_from[k]


@jit
def ends_of_one(log_probs, tokens, repeats, blank, end_score, end_start):
    """Best path of a sentence that ends in each frame, wherever it started.

    Each state carries the frame in which its path began.

    Args:
        log_probs: (T, V) float32, relative to each frame's best symbol (so <= 0).
        end_score: (T,) float32, written: score of the best path whose last token is emitted in frame t.
        end_start: (T,) int32, written: the frame in which that path began.
    """
    count = len(tokens)
    blanks, labels = np.full(count + 1, NEVER, np.float32), np.full(count + 1, NEVER, np.float32)
    blanks_from, labels_from = np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int32)
    new_labels, new_from = np.empty(count, np.float32), np.empty(count, np.int32)
    emissions = np.empty(count, np.float32)
    for t in range(log_probs.shape[0]):
        blanks[0] = np.float32(0)
        blanks_from[0] = t
        _look_up(log_probs[t], tokens, emissions)
        _to_labels(labels, labels_from, blanks, blanks_from, repeats, emissions, new_labels, new_from)
        _to_blanks(labels, labels_from, blanks, blanks_from, log_probs[t, blank])
        _move_in(new_labels, new_from, labels, labels_from)
        end_score[t] = labels[count]
        end_start[t] = labels_from[count]


@jit
def _say(labels, blanks, repeats, emissions, new_labels):
    for k in range(len(emissions)):
        stays, waited, direct = labels[k + 1], blanks[k], labels[k] + repeats[k]
        score = stays if stays > waited else waited
        new_labels[k + 1] = (score if score > direct else direct) + emissions[k]


@jit
def _wait(labels, quiet, blanks):
    for k in range(len(blanks)):
        waits, said = blanks[k], labels[k]
        blanks[k] = (waits if waits > said else said) + quiet


@jit
def totals(log_probs, tokens, repeats, blank, best):
    """From the first frame on; best[t], written, (T,) float32, is the best score of all tokens by frame t."""
    count = len(tokens)
    blanks, labels, new_labels = np.full(count + 1, NEVER), np.full(count + 1, NEVER), np.full(count + 1, NEVER)
    emissions = np.empty(count, np.float32)
    blanks[0] = np.float32(0)
    for t in range(log_probs.shape[0]):
        _look_up(log_probs[t], tokens, emissions)
        _say(labels, blanks, repeats, emissions, new_labels)
        _wait(labels, log_probs[t, blank], blanks)
        labels, new_labels = new_labels, labels
        best[t] = max(blanks[count], labels[count])


@jit
def between(log_probs, tokens, repeats, blank, starts, ends, scores):
    """scores[i, j], written, float32: best score of all tokens over frames starts[i] .. ends[j] - 1; NEVER where none fit.

    All starts go side by side, each with the tokens and a barrier after them.

    Args:
        starts, ends: int64, each ascending.
    """
    count, each = len(starts), len(tokens) + 1
    tiled, penalties = np.zeros(count * each, np.int32), np.zeros(count * each, np.float32)
    for i in range(count):
        tiled[i * each : i * each + each - 1] = tokens
        penalties[i * each : i * each + each - 1] = repeats
    size = count * each + 1
    blanks, labels, new_labels = np.full(size, NEVER), np.full(size, NEVER), np.full(size, NEVER)
    emissions = np.empty(count * each, np.float32)
    begun, ended = 0, 0
    for j in range(len(ends)):
        for i in range(count):
            scores[i, j] = NEVER
        ended += ends[j] <= starts[0]
    for t in range(starts[0], ends[-1]):
        if begun < count and starts[begun] == t:
            blanks[begun * each] = 0
            begun += 1
        _look_up(log_probs[t], tiled, emissions)
        for i in range(count):
            emissions[(i + 1) * each - 1] = NEVER
        _say(labels, blanks, penalties, emissions, new_labels)
        _wait(labels, log_probs[t, blank], blanks)
        labels, new_labels = new_labels, labels
        if ended < len(ends) and ends[ended] == t + 1:
            for i in range(begun):
                last = (i + 1) * each - 1
                scores[i, ended] = max(blanks[last], labels[last])
            ended += 1
