"""Speech that no pair covers, cut for continued pretraining: unlabelled.tsv and unlabelled/RECORDING/*.flac.

Of each recording that is still there, the stretches of speech whose fate is not to be mined: no sentence was matched to them, or
one that was not sure enough. Recordings that measure a model (`valid`, `test`) and train nothing are left out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mining import fetch, store
from mining.corpus.clips import safe
from mining.corpus.export import fairseq
from mining.errors import InputError
from mining.records import SAMPLE_RATE, Segment

TABLE, FOLDER = "unlabelled.tsv", "unlabelled"
SHORTEST, LONGEST = SAMPLE_RATE, 20 * SAMPLE_RATE
"""Samples of a piece: the lengths that models of speech are pretrained on."""
JOIN = SAMPLE_RATE // 2  # samples; a pause that may lie within a piece

Stretch = tuple[int, int]

log = logging.getLogger(__name__)


def write(folder: Path, out: Path, measured: set[str]) -> dict[str, Any]:
    """Cut the pieces and write their table, recording by recording; a warning tells of recordings that are gone.

    Args:
        folder: of the export.
        out: of the run.
        measured: recordings to leave out.

    Returns:
        How many clips, and seconds.
    """
    clips = samples = 0
    lost: list[str] = []
    with store.writing(folder / TABLE) as path, path.open("w", encoding="utf8") as table:
        table.write(f"{fairseq.ROOT}\n")
        for recording in store.recordings(out):
            if recording.id in measured or not (pieces := list(_pieces(recording))):
                continue
            try:
                for name, length in _cut(folder, recording, pieces):
                    table.write(f"{name}\t{length}\n")
                    clips, samples = clips + 1, samples + length
            except InputError as error:
                lost.append(error.message)
    if lost:
        log.warning("%d recordings gave no unlabelled speech, for they are not what they were; first: %s", len(lost), lost[0])
    return {"clips": clips, "seconds": round(samples / SAMPLE_RATE, 3)}


def _cut(folder: Path, recording: store.Recording, pieces: list[Stretch]) -> Iterator[tuple[str, int]]:
    """Write the pieces of one recording; yields the path and the samples of each.

    Raises:
        InputError: the recording is gone, lies on a server, or is another by now; before anything is written.
    """
    from mining.speech.audio import open_audio, write_flac

    about = store.read_json(recording.path("recording.json"))
    if fetch.is_remote(about["audio"]):
        raise InputError(f"{fetch.shown(about['audio'])}: lies on a server.")
    audio = Path(fetch.local_path(about["audio"]))
    with open_audio(audio) as sound:
        if len(sound) < pieces[-1][1] or len(sound) != about.get("samples", len(sound)):
            raise InputError(f"{audio}: is not as long as it was.")
        home = f"{FOLDER}/{safe(recording.id)}"
        (folder / home).mkdir(parents=True)
        for number, (start, end) in enumerate(pieces, 1):
            name = f"{home}/{safe(recording.id)}-u{number:05d}.flac"
            write_flac(folder / name, sound[start:end])
            yield name, end - start


def _pieces(recording: store.Recording) -> Iterator[Stretch]:
    """The pieces of a recording in samples, in their order: runs of voice outside all pairs, joined over short pauses."""
    coverage = store.read_json(recording.path("coverage.json"))
    if not coverage or not recording.path("recording.json").exists():
        return
    free = _free((store.samples(start), store.samples(end), fate) for start, end, fate in coverage["audio"])
    segments = store.read_records(recording.path("segments.jsonl"), Segment)
    runs = [run for segment in segments for run in segment.speech or [(segment.start, segment.end)]]
    here, of = (0, 0), -1
    for start, end, stretch in _common(runs, free):
        if stretch == of and start - here[1] <= JOIN and end - here[0] <= LONGEST:
            here = here[0], end
        else:
            yield from _lengths(*here)
            here, of = (start, end), stretch
    yield from _lengths(*here)


def _free(timeline: Iterable[tuple[int, int, str]]) -> list[Stretch]:
    """The stretches between pairs, from stretches with their fates, which follow each other without a hole."""
    made: list[Stretch] = []
    for start, end, fate in timeline:
        if fate != "mined":
            joined = made and made[-1][1] == start
            made[-1:] = [(made[-1][0], end)] if joined else [*made[-1:], (start, end)]
    return made


def _common(left: list[Stretch], right: list[Stretch]) -> Iterator[tuple[int, int, int]]:
    """What two lists of ordered stretches have in common, each with the number of the right one that it is in."""
    at = 0
    for start, end in left:
        while at < len(right) and right[at][1] <= start:
            at += 1
        for number in range(at, len(right)):
            if right[number][0] >= end:
                break
            yield max(start, right[number][0]), min(end, right[number][1]), number


def _lengths(start: int, end: int) -> Iterator[Stretch]:
    """A stretch in parts of nearly one length, none longer than `LONGEST`; nothing where it is shorter than `SHORTEST`."""
    if end - start < SHORTEST:
        return
    parts = -(-(end - start) // LONGEST)
    bounds = [start + (end - start) * part // parts for part in range(parts + 1)]
    yield from zip(bounds, bounds[1:], strict=False)
