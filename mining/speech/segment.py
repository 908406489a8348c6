"""Where speech is, and how it is cut for the model: at pauses, with lengths forced into a range.

The runs of speech that a segment holds are tight, since their edges become the edges of pairs;
the segment around them has padding, since a model hears better with a little silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mining.config import SegmentConfig
from mining.errors import UsageError
from mining.records import SAMPLE_RATE, Segment
from mining.speech.audio import release
from mining.speech.vad import WINDOW, speech_probabilities
from mining.store import samples

Run = tuple[int, int]
"""Samples [start, end) in which a voice is heard."""

_HYSTERESIS = 0.15  # silero-vad's own: speech ends where its probability falls so far below the threshold
_LAG = 0.25  # seconds; measured on radio, the detector notices an end 0.12 s late in the median, 0.2 s at most
_FRAME = 160  # samples; the grain in which an end is looked for
_ABOVE_PAUSE = 6.0  # decibels by which the end of a voice stands out of the pause behind it


def segment(audio: np.ndarray, config: SegmentConfig, *, progress: Callable[[int, int], None] | None = None) -> list[Segment]:
    """Find speech and cut it into segments for the model.

    Runs of speech are joined over pauses of up to `join_pause`; what is then longer than
    `max_length` is cut at its longest pauses, and where it has none at the window that is least
    like speech (the hybrid segmentation of Gaido et al., IWSLT 2021). A segment shorter than
    `min_length` joins its nearer neighbour, unless that is further than `min_length` away.

    Args:
        audio: int16 samples at 16 kHz, shape (samples,); may be a memory map.
        config: lengths in seconds.
        progress: called with (samples done, all samples).

    Returns:
        Segments in time order that do not overlap, ids g00001 and so on; none for silence.

    Raises:
        UsageError: the lengths of the config contradict each other.
    """
    _check(config)
    probabilities = speech_probabilities(audio, progress)
    return cut(speech_runs(audio, probabilities, config), probabilities, len(audio), config)


def cut(runs: Sequence[Run], probabilities: np.ndarray, total: int, config: SegmentConfig) -> list[Segment]:
    """Cut runs of speech into segments, as `segment` does, for a recording of `total` samples."""
    groups: list[list[Run]] = []
    for group in _join(runs, samples(config.join_pause)):
        groups += _cut(group, probabilities, config)
    return _segments(_absorb(groups, config), total, samples(config.padding))


def _check(config: SegmentConfig) -> None:
    if config.max_length < 1 or config.max_length < 2 * (config.min_length + config.padding):
        raise UsageError(
            f"Segments of {config.min_length} to {config.max_length} s with {config.padding} s of padding do not go together.",
            "Take a max_length of at least 1 s, and of twice min_length and padding.",
        )


def speech_runs(audio: np.ndarray, probabilities: np.ndarray, config: SegmentConfig) -> list[Run]:
    """Runs of speech with tight edges, no shorter than min_speech, no nearer than min_pause, and sure somewhere."""
    found = _sure(list(_above(probabilities, config.threshold)), probabilities, config.sure)
    bounds = [(first * WINDOW, min(last * WINDOW, len(audio))) for first, last in found]
    following = [*(start for start, _ in bounds[1:]), len(audio)]
    tight = []
    for number, ((start, end), until) in enumerate(zip(bounds, following, strict=False), 1):
        tight.append((start, _voice_end(audio, start, end, until)))
        if not number % 512:  # half an hour of speech
            release(audio)
    merged = [(group[0][0], group[-1][1]) for group in _join(tight, samples(config.min_pause))]
    return [(start, end) for start, end in merged if end - start >= samples(config.min_speech)]


def _above(probabilities: np.ndarray, threshold: float) -> Iterator[Run]:
    """Windows [first, last) from where the probability reaches `threshold` to where it falls well below it."""
    starts = np.flatnonzero(probabilities >= threshold)
    ends = np.append(np.flatnonzero(probabilities < threshold - _HYSTERESIS), len(probabilities))
    last = 0
    for first in starts:
        if first >= last:
            last = int(ends[np.searchsorted(ends, first)])
            yield int(first), last


def _sure(found: list[Run], probabilities: np.ndarray, sure: float) -> list[Run]:
    """Runs of windows whose probability somewhere reaches `sure`, or in a faint recording, what half of the runs reach."""
    if not found:
        return []
    peaks = np.array([probabilities[first:last].max() for first, last in found])
    return [run for run, peak in zip(found, peaks, strict=True) if peak >= min(sure, float(np.median(peaks)))]


def _voice_end(audio: np.ndarray, start: int, end: int, until: int) -> int:
    """Where the voice of a run really ends.

    The detector hears an end late, and a pair should not begin or end in silence. So the end moves
    back, by `_LAG` at most, to the last 10 ms that stand out of the pause behind it (which lasts to
    `until`); where nothing does, as under loud music, by half of `_LAG`, the typical lateness.
    """
    lag = samples(_LAG)
    begin = max(start, end - lag)
    tail, pause = _loudness(audio[begin:end]), _loudness(audio[end - lag // 2 : min(until, end + lag)])
    if not len(tail) or not len(pause):
        return end
    floor = float(np.percentile(pause, 20))
    voice = float(np.percentile(_loudness(audio[max(start, end - SAMPLE_RATE) : end]), 80))
    standing = np.flatnonzero(tail > min(floor + _ABOVE_PAUSE, (floor + voice) / 2))
    return begin + (int(standing[-1]) + 1) * _FRAME if len(standing) else max(begin, end - lag // 2)


def _loudness(audio: np.ndarray) -> np.ndarray:
    """Power of each whole 10 ms, in decibels over one quantisation step."""
    frames = audio[: len(audio) // _FRAME * _FRAME].astype(np.float32).reshape(-1, _FRAME)
    return 10 * np.log10((frames**2).mean(axis=1) + 1)


def _join(runs: Sequence[Run], pause: int) -> list[list[Run]]:
    """Group runs whose gaps are shorter than `pause` samples."""
    groups: list[list[Run]] = []
    for run in runs:
        if groups and run[0] - groups[-1][-1][1] < pause:
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def _cut(group: list[Run], probabilities: np.ndarray, config: SegmentConfig) -> list[list[Run]]:
    """Cut a group at its longest pauses until each part, with padding, is at most max_length."""
    longest = samples(config.max_length) - 2 * samples(config.padding)
    waiting, done = [group], []
    while waiting:
        part = waiting.pop()
        if _length(part) <= longest:
            done.append(part)
        elif len(part) == 1:
            done += [[run] for run in _force(part[0], probabilities, longest, samples(config.min_length))]
        else:
            at = _longest_pause(part, samples(config.min_length))
            waiting += [part[at:], part[:at]]
    return done


def _longest_pause(group: list[Run], shortest: int) -> int:
    """Index of the run behind the longest pause; pauses that would leave a tiny part only if there is no other.

    Of equal pauses the one nearest the middle is taken, so that the parts are even.
    """
    middle = (group[0][0] + group[-1][1]) / 2

    def rank(at: int) -> tuple[bool, int, float]:
        even = min(_length(group[:at]), _length(group[at:])) >= shortest
        return even, group[at][0] - group[at - 1][1], -abs(group[at][0] - middle)

    return max(range(1, len(group)), key=rank)


def _force(run: Run, probabilities: np.ndarray, longest: int, shortest: int) -> list[Run]:
    """Cut a run without a pause where it is least like speech, within the second half of what may be one part."""
    (start, end), parts = run, []
    while end - start > longest:
        low = -(-(start + longest // 2) // WINDOW)
        high = max(low + 1, min(start + longest, end - shortest) // WINDOW)
        cut = (low + int(np.argmin(probabilities[low:high]))) * WINDOW
        parts.append((start, cut))
        start = cut
    return [*parts, (start, end)]


def _absorb(groups: list[list[Run]], config: SegmentConfig) -> list[list[Run]]:
    """Join what is shorter than min_length to its nearer neighbour, where both together are not too long."""
    shortest, longest = samples(config.min_length), samples(config.max_length) - 2 * samples(config.padding)
    joined: list[list[Run]] = []
    for at, group in enumerate(groups):
        behind = groups[at + 1][0][0] - group[-1][1] if at + 1 < len(groups) else None
        if joined and _may_join(joined[-1], group, shortest, longest):
            gap = group[0][0] - joined[-1][-1][1]
            prefers_next = _length(group) < shortest and behind is not None and behind < gap
            if not prefers_next or _length([*group, *groups[at + 1]]) > longest:
                joined[-1] = joined[-1] + group
                continue
        joined.append(group)
    return joined


def _may_join(left: list[Run], right: list[Run], shortest: int, longest: int) -> bool:
    tiny = min(_length(left), _length(right)) < shortest
    return tiny and right[0][0] - left[-1][1] <= shortest and right[-1][1] - left[0][0] <= longest


def _length(group: list[Run]) -> int:
    return group[-1][1] - group[0][0]


def _segments(groups: list[list[Run]], total: int, padding: int) -> list[Segment]:
    """Records with padding at both ends, as far as the neighbours leave room for it."""
    made = []
    for at, group in enumerate(groups):
        before = (groups[at - 1][-1][1] + group[0][0]) // 2 if at else 0
        behind = (group[-1][1] + groups[at + 1][0][0]) // 2 if at + 1 < len(groups) else total
        start, end = max(group[0][0] - padding, before), min(group[-1][1] + padding, behind)
        made.append(Segment(f"g{at + 1:05d}", start, end, tuple(group)))
    return made
