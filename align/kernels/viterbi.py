"""The best path of tokens through all frames, exact or within a window of labels.

After k of L tokens a path is in one of three states: label(k - 1), the k-th token itself; blank(k), silence; or
other(k), speech that is nobody's, where that is allowed. From one frame to the next

    label(k)  <- label(k), blank(k), other(k), and label(k - 1) if the two tokens differ
    blank(k)  <- blank(k), other(k), label(k - 1)
    other(k)  <- other(k), and at the cost `opened` blank(k), label(k - 1)

In arrays the k-th label stands at k + 1, so that labels[k], blanks[k] and others[k] all follow k tokens. Scores before
every `every`-th frame are kept; on the way back the frames between are computed again, but only for those labels
that the path can come from, no more than one a frame: a cone.
"""

from __future__ import annotations

import numpy as np

from align.kernels.compiling import NEVER, jit, jit_without_nan

CHUNK, TOGETHER = 1024, 16
"""So many labels go through so many frames before the next labels do: what they need stays in the first cache. With each
frame they begin one label earlier, since a label depends on the one before it in the frame before."""

SPREAD = (1 << 20) + 528
"""Labels, blanks and others stand in one array, this far apart, so that the compiler can see that they do not overlap, and
vectorises. Not a multiple of 4096 bytes: the cache would take places that far apart for one another."""

LONGEST = 1 << 20
"""Labels of the widest window."""

RECENTRE = 32
"""Frames after which a window follows the best label."""

FLOOR = np.float32(-1e4)
"""The least log-probability of a symbol; -inf would make two impossible paths equal."""

_SPREAD, _ONE, _TWICE = (
    np.uint64(SPREAD),
    np.uint64(1),
    np.uint64(2 * SPREAD),
)  # without a sign no index is taken to count from the end


@jit_without_nan
def hear(frame, blank, row):
    """Copy a frame's log-probabilities to `row` (V + 1,), with the wildcard's column: the best symbol that is not blank."""
    for v in range(len(frame)):
        row[v] = max(frame[v], FLOOR)
    quiet, row[blank], best = row[blank], FLOOR, FLOOR
    for v in range(len(frame)):
        best = max(row[v], best)
    row[blank] = quiet
    row[len(frame)] = best


@jit
def hear_relative(log_probs, blank, rows):
    """`hear` for all frames, relative to each frame's best symbol: `rows` (T, V + 1), written."""
    for t in range(len(log_probs)):
        row = rows[t]
        hear(log_probs[t], blank, row)
        best = max(row[blank], row[len(row) - 1])
        for v in range(len(row)):
            row[v] -= best


@jit
def _gather(row, tokens, first, last, emissions):
    for k in range(np.uint64(first), np.uint64(last)):
        emissions[k] = row[np.uint32(tokens[k])]


@jit
def _frame(state, repeats, emissions, quiet, first, last, new_state):
    """Numbers of tokens first..last - 1 and the label that follows each."""
    for k in range(np.uint64(first), np.uint64(last)):
        said, waited, stays = state[k], state[_SPREAD + k], state[k + _ONE]
        direct = said + repeats[k]
        score = stays if stays > waited else waited
        new_state[k + _ONE] = (score if score > direct else direct) + emissions[k]
        new_state[_SPREAD + k] = (waited if waited > said else said) + quiet


@jit
def _frame_with_other(state, repeats, emissions, quiet, foreign, opened, first, last, new_state):
    for k in range(np.uint64(first), np.uint64(last)):
        said, quiet_before, other, stays = state[k], state[_SPREAD + k], state[_TWICE + k], state[k + _ONE]
        direct = said + repeats[k]
        waited = quiet_before if quiet_before > other else other
        score = stays if stays > waited else waited
        new_state[k + _ONE] = (score if score > direct else direct) + emissions[k]
        new_state[_SPREAD + k] = (waited if waited > said else said) + quiet
        begins = (quiet_before if quiet_before > said else said) + opened
        new_state[_TWICE + k] = (other if other > begins else begins) + foreign


@jit
def _frames(rows, count, tokens, repeats, blank, foreign, opened, base, low, high, state, new_state, emissions):
    """`count` frames for numbers of tokens low..high of a window that begins at `base`; both states take turns."""
    penalties, spoken = repeats[base:], emissions[base:]
    chunk = CHUNK if high - low > 2 * CHUNK else high + 1 + count - low
    for start in range(low, high + 1 + count, chunk):
        for f in range(count):
            first, last = max(low, start - f), min(high + 1, start + chunk - f)
            if first >= last:
                continue
            old, new = (state, new_state) if f % 2 == 0 else (new_state, state)
            _gather(rows[f], tokens, base + first, base + last, emissions)
            if opened > NEVER:
                _frame_with_other(old, penalties, spoken, rows[f, blank], foreign[f], opened, first, last, new)
            else:
                _frame(old, penalties, spoken, rows[f, blank], first, last, new)


@jit
def _skip(blanks, bounds, base, width, skipped):
    """Sentences that are left out: from before their first token to after their last, at no cost; before a frame."""
    for s in range(len(bounds) - 1):
        before, after = bounds[s] - base, bounds[s + 1] - base
        if before >= 0 and after < width and blanks[before] > blanks[after]:
            blanks[after] = blanks[before]
            skipped[s] = 1
        else:
            skipped[s] = 0


@jit
def _best(state, k):
    return max(max(state[k], state[SPREAD + k]), state[2 * SPREAD + k])


@jit
def _forget(state, first, last):
    for kind in range(3):
        state[kind * SPREAD + first : kind * SPREAD + last] = NEVER


@jit
def _recentre(state, base, width, total):
    """Move the window so that its best label is in the middle, never back; returns the new base."""
    best, at = NEVER, 0
    for k in range(width):
        if _best(state, k) > best:
            best = _best(state, k)
            at = k
    shift = min(max(0, at - width // 2), total - base - width)
    if shift > 0:
        for kind in range(3):
            for k in range(kind * SPREAD, kind * SPREAD + width - shift):
                state[k] = state[k + shift]
        _forget(state, width - shift, width)
        state[0] = NEVER
    return base + max(0, shift)


@jit
def _narrow(state, new_state, low, high, reachable, least):
    """Forget, at both ends, what has too many tokens left to say (under `reachable`) or scores below `least`; the new ends."""
    first, last = low, high
    while low < high and (low < reachable or _best(state, low) < least):
        low += 1
    while low < high and _best(state, high) < least:
        high -= 1
    for one in (state, new_state):
        _forget(one, first, low)
        _forget(one, high + 1, last + 1)
    return low, high


@jit
def forward(log_probs, tokens, repeats, blank, plain, cost, opened, bounds, window, ahead, least, every, kept, bases, ends):
    """Scores from the first frame to the last.

    Args:
        log_probs: (T, V) float32.
        tokens: (L + 1,) int32, V for a wildcard; the last is any.
        repeats: (L + 1,) float32, NEVER where a token equals the one before.
        plain: whether no token is a wildcard, other speech may not be, and no log-probability is below `FLOOR`.
        cost: what a frame of other speech costs, relative to the frame's best symbol that is not blank.
        opened: what a stretch of it costs besides; NEVER: there is none.
        bounds: (S + 1,) int64, where sentences begin that may be left out, and L; or empty.
        window: how many of the L + 1 numbers of tokens are looked at.
        ahead: (T + 1,) float32, what the frames from t on can add to a score at most.
        least: a score that some path has; what cannot reach it any more is forgotten, at both ends.
        kept: (ceil(T / every), 3, window) float32, written: scores before a frame; 2 where there is no other speech.
        bases: (ceil(T / every),) int64, written: the number of tokens that the window begins with.
        ends: (3,) float32, written: scores of all tokens after all frames, in label, blank, and other; NEVER out of the window.
    """
    frames, total = len(log_probs), len(tokens)
    together = 1 if len(bounds) else TOGETHER
    state, new_state = np.empty(3 * SPREAD, np.float32), np.empty(3 * SPREAD + 256, np.float32)[256:]
    _forget(state, 0, window + 1)
    _forget(new_state, 0, window + 1)
    rows, foreign = np.empty((together, log_probs.shape[1] + 1), np.float32), np.empty(together, np.float32)
    emissions, skipped = np.empty(total, np.float32), np.zeros(max(1, len(bounds)), np.uint8)
    state[SPREAD] = 0
    base, low, high = 0, 0, 0
    for t in range(0, frames, together):
        if t % RECENTRE == 0 and window < total:
            base = _recentre(state, base, window, total)
        if t % every == 0:
            for kind in range(kept.shape[1]):
                kept[t // every, kind] = state[kind * SPREAD : kind * SPREAD + window]
            bases[t // every] = base
        if len(bounds):
            _skip(state[SPREAD:], bounds, base, window, skipped)
        count = min(together, frames - t)
        heard = log_probs[t : t + count]
        if not plain:
            heard = rows
            for f in range(count):
                hear(log_probs[t + f], blank, rows[f])
                foreign[f] = max(rows[f, blank], rows[f, log_probs.shape[1]] - cost)
        if window < total or len(bounds):
            low, high = 0, window - 1
        else:
            low, high = _narrow(state, new_state, low, high, total - 1 - (frames - t), least - ahead[t])
            high = min(total - 1, high + count)
        own = heard, count, tokens, repeats, blank, foreign, opened, base
        _frames(*own, max(0, low - 1), high, state, new_state, emissions)  # a label is written with what comes before it
        if count % 2:
            state, new_state = new_state, state
    if len(bounds):
        _skip(state[SPREAD:], bounds, base, window, skipped)
    for kind in range(3):
        ends[kind] = state[kind * SPREAD + total - 1 - base] if base + window >= total else NEVER


LABEL, BLANK, OTHER = 0, 1, 2


@jit
def _traced(state, repeats, emissions, quiet, foreign, opened, count, new_state, moves):
    """`_frame_with_other` with its moves kept; labels, blanks and others stand in one array, `SPREAD` apart.

    A byte of `moves`, k labels after: bits 0-1 to label k + 1 (stays, from blank, from other, from the label before), 2-3 to
    blank (stays, from the label, from other), 4-5 to other (stays, from blank, from the label). Ties: the first.
    """
    for k in range(np.uint64(count)):
        said, quiet_before, other_before = state[k], state[_SPREAD + k], state[_TWICE + k]
        score, move = state[k + _ONE], np.uint8(0)
        move = np.uint8(1) if quiet_before > score else move
        score = quiet_before if quiet_before > score else score
        move = np.uint8(2) if other_before > score else move
        score = other_before if other_before > score else score
        direct = said + repeats[k]
        move = np.uint8(3) if direct > score else move
        new_state[k + _ONE] = (direct if direct > score else score) + emissions[k]
        score, to_blank = quiet_before, np.uint8(0)
        to_blank = np.uint8(4) if said > score else to_blank
        score = said if said > score else score
        to_blank = np.uint8(8) if other_before > score else to_blank
        new_state[_SPREAD + k] = (other_before if other_before > score else score) + quiet
        score, begins, to_other = other_before, quiet_before + opened, np.uint8(0)
        to_other = np.uint8(16) if begins > score else to_other
        score = begins if begins > score else score
        begins = said + opened
        to_other = np.uint8(32) if begins > score else to_other
        new_state[_TWICE + k] = (begins if begins > score else score) + foreign
        moves[k] = move | to_blank | to_other


@jit
def walk_back(log_probs, tokens, repeats, blank, plain, cost, opened, bounds, every, kept, bases, kind, k, path):
    """The path from a state after the last frame back to the first.

    Args:
        log_probs ... bases: as given to, and written by, `forward`.
        kind, k: LABEL, BLANK or OTHER, and after how many tokens.
        path: (T,) int32, written: the token of a frame, -1 for blank, -2 for other speech.
    """
    frames, window = len(log_probs), kept.shape[2]
    own_row, emissions, foreign = np.empty(log_probs.shape[1] + 1, np.float32), np.empty(len(tokens), np.float32), FLOOR
    state, new_state = np.empty(3 * SPREAD, np.float32), np.empty(3 * SPREAD + 256, np.float32)[256:]
    for block in range(kept.shape[0] - 1, -1, -1):
        first, last = block * every, min(frames, (block + 1) * every)
        base = bases[block]
        low = 0 if len(bounds) else max(0, k - base - (last - first) - 2)
        high = max(window, k - base + 1) if len(bounds) else k - base + 1  # what may come after k is of no use
        size, known = high - low, min(window, high) - low  # the window may have moved on before the block's end
        _forget(state, 0, size + 1)
        _forget(new_state, 0, size + 1)
        for one in range(kept.shape[1]):
            state[one * SPREAD : one * SPREAD + known] = kept[block, one, low : low + known]
        if low > 0:
            state[0] = NEVER
        moves = np.zeros((last - first, size), np.uint8)
        skipped = np.zeros((last - first + 1, max(1, len(bounds))), np.uint8)
        at = base + low
        penalties, spoken = repeats[at:], emissions[at:]
        for t in range(first, last):
            if len(bounds):
                _skip(state[SPREAD:], bounds, at, size, skipped[t - first])
            if plain:
                row = log_probs[t]
            else:
                row = own_row
                hear(log_probs[t], blank, row)
                foreign = max(row[blank], row[len(row) - 1] - cost)
            _gather(row, tokens, at, at + size, emissions)
            _traced(state, penalties, spoken, row[blank], foreign, opened, size, new_state, moves[t - first])
            state, new_state = new_state, state
        if len(bounds):
            _skip(state[SPREAD:], bounds, at, size, skipped[last - first])
        for t in range(last - 1, first - 2, -1):
            if len(bounds) and kind == BLANK and (t < last - 1 or block == kept.shape[0] - 1):
                k = _unskip(k, bounds, skipped[t + 1 - first])
            if t < first:
                break
            path[t] = k - 1 if kind == LABEL else -kind
            if kind == LABEL:
                move = moves[t - first, k - 1 - at] & 3
                k -= move > 0
                kind = LABEL if move == 0 or move == 3 else BLANK if move == 1 else OTHER
            elif kind == BLANK:
                move = moves[t - first, k - at] >> 2 & 3
                kind = BLANK if move == 0 else LABEL if move == 1 else OTHER
            else:
                move = moves[t - first, k - at] >> 4 & 3
                kind = OTHER if move == 0 else BLANK if move == 1 else LABEL
    return kind, k


@jit
def _unskip(k, bounds, skipped):
    """Where a path in blank after k tokens was before the sentences that it left out there."""
    for s in range(len(bounds) - 2, -1, -1):
        if bounds[s + 1] == k and skipped[s]:
            k = bounds[s]
    return k
