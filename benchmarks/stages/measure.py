"""One recording and its document through every stage, each timed by itself, on whatever cores the process has."""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mining import results, store
from mining.config import Config, OcrConfig
from mining.corpus import clips
from mining.corpus.report.sound import encode
from mining.documents.languages import Language
from mining.documents.ocr import read_pages
from mining.documents.split import split
from mining.pairs.filter import filter_pairs
from mining.pairs.match import match
from mining.records import SAMPLE_RATE, Page, Pair, Rejection, Segment, Sentence
from mining.speech import audio as sound
from mining.speech.ctc_model import CtcModel
from mining.speech.emissions import Emissions, greedy
from mining.speech.segment import segment
from mining.speech.transcribe import transcribe

T = TypeVar("T")

AUDIO = ("decode", "segment", "transcribe", "split", "match", "filter", "cut", "report")
"""The stages whose time grows with the recording, in the order in which they are done."""

PAGE = ("ocr", "layer")
"""The two ways to read a page."""

BYTES = {"run": True, "clips": True, "sound": True, "emissions": False, "decoded": False}
"""Kinds of files, and whether they stay when an archive's recording is done."""


@dataclass(slots=True)
class Costs:
    """Sums over recordings: seconds of audio, seconds of work by stage, pages by way of reading, bytes by kind of file."""

    audio: float = 0.0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys((*AUDIO, *PAGE), 0.0))
    pages: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PAGE, 0))
    bytes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BYTES, 0))

    def __add__(self, other: Costs) -> Costs:
        return Costs(
            self.audio + other.audio,
            {name: value + other.seconds[name] for name, value in self.seconds.items()},
            {name: value + other.pages[name] for name, value in self.pages.items()},
            {name: value + other.bytes[name] for name, value in self.bytes.items()},
        )

    def per_hour(self, stage: str) -> float:
        """Seconds of work for an hour of audio."""
        return self.seconds[stage] * 3600 / self.audio

    def bytes_per_hour(self, kind: str) -> int:
        """Bytes of a kind of file for an hour of audio."""
        return round(self.bytes[kind] * 3600 / self.audio)

    def per_page(self, way: str) -> float | None:
        """Seconds of work for a page; None where no page was read so."""
        return self.seconds[way] / self.pages[way] if self.pages[way] else None

    def figures(self, machine: str, model_seconds: float) -> dict[str, object]:
        """The content of a file of costs (see docs/performance.md), rounded to what is reproducible."""
        pages = {way: self.per_page(way) for way in PAGE}
        return {
            "machine": machine,
            "audio": {stage: round(self.per_hour(stage), 3) for stage in AUDIO},
            "page": {way: round(value, 3) for way, value in pages.items() if value is not None},
            "bytes_per_hour": {name: self.bytes_per_hour(name) for name, stays in BYTES.items() if stays},
            "model_seconds": round(model_seconds, 2),
        }


def best(repeats: int, work: Callable[[], T], clock: Callable[[], float] = time.perf_counter) -> tuple[T, float]:
    """What the work gives, and the least of its times: others on the machine can only make it slower."""
    took = []
    for _ in range(repeats):
        began = clock()
        found = work()
        took.append(clock() - began)
    return found, min(took)


def core_seconds() -> float:
    """Seconds that a processor core has spent on this process and on the programs that it has run to their ends.

    On a core of one's own that is the time on the wall, without the waiting for files; on a shared one it stays the same.
    """
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + others.ru_utime + others.ru_stime


def measure(recording: Path, document: Path, folder: Path, model: CtcModel, spoken: Language, repeats: int) -> Costs:
    """Every stage of one recording.

    Args:
        folder: an empty one, for the files of a run.
        model: loaded already; kernels compiled.
        repeats: each stage is done so often, and the least time taken.
    """
    costs, config = Costs(), Config()

    def timed(stage: str, work: Callable[[], T]) -> T:
        found, took = best(repeats, work, core_seconds)
        costs.seconds[stage] += took
        return found

    samples = timed("decode", lambda: sound.decode(recording))
    costs.audio = len(samples) / SAMPLE_RATE
    segments = timed("segment", lambda: segment(samples, config.segment))
    emissions = timed("transcribe", lambda: transcribe(model, samples, segments, config.transcribe))
    pages = _read(document, spoken, repeats, costs)
    sentences = timed("split", lambda: split(pages, spoken, config.split))
    own = (sentences, segments)
    pairs = timed("match", lambda: match("one", *own, emissions, spoken, config.match))
    kept, rejected, _ = timed("filter", lambda: filter_pairs("one", pairs, *own, len(samples), config.filter))
    about = {"audio": str(recording), "document": str(document), "language": spoken.code, "about": {}}
    rows = [results.pair_row(pair, about) for pair in kept]
    with sound.open_audio(recording):  # decoding was timed already
        timed("cut", lambda: _cut(folder / "clips", rows, recording))
        timed("report", lambda: _play(recording, folder / "sound"))
    costs.bytes["decoded"] = samples.nbytes
    _write(folder / "run", pages, sentences, segments, emissions, pairs, rows, rejected)
    emissions.save(folder / "emissions.npz")
    costs.bytes |= {name: _bytes(folder / name) for name in ("run", "clips", "sound")}
    costs.bytes["emissions"] = (folder / "emissions.npz").stat().st_size
    return costs


def _cut(folder: Path, rows: list[results.Row], recording: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # clips that are there already would not be cut again
    clips.cut(folder, rows, lambda: recording)


def _play(recording: Path, folder: Path) -> None:
    """Encode the sound that the report plays, which is most of its making where recordings lie inside it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    encode(recording, folder / "sound.webm")


def _read(document: Path, spoken: Language, repeats: int, costs: Costs) -> list[Page]:
    """Pages as a run reads them; of a PDF, each way of reading is timed by itself."""
    if document.suffix.lower() != ".pdf":
        return read_pages(document, spoken, OcrConfig())
    texts, took = best(repeats, lambda: _layers(document), core_seconds)
    if all(texts):  # else there is little to read, and it costs little
        costs.seconds["layer"] += took
        costs.pages["layer"] += len(texts)
    pages, took = best(1, lambda: read_pages(document, spoken, OcrConfig(layer="never", workers=1)), core_seconds)
    costs.seconds["ocr"] += took
    costs.pages["ocr"] += len(pages)
    return pages


def _layers(document: Path) -> list[str]:
    """The text of every page's own layer, right or wrong: it is read before it can be judged."""
    from mining.documents.pdf import open_pdf

    with open_pdf(document) as pdf:
        return [pdf.layer(index)[0].strip() for index in range(len(pdf))]


def _write(
    folder: Path,
    pages: list[Page],
    sentences: list[Sentence],
    segments: list[Segment],
    emissions: Emissions,
    pairs: list[Pair],
    rows: list[results.Row],
    rejected: list[Rejection],
) -> None:
    """The text files of a recording, as a run has them."""
    made: dict[str, Iterable[object]] = {
        "pages": pages,
        "sentences": sentences,
        "segments": segments,
        "transcript": greedy(emissions, segments),
        "candidates": pairs,
    }
    for name, records in made.items():
        store.write_records(folder / f"{name}.jsonl", records)
    store.write_rows(folder / "pairs.jsonl", rows)
    store.write_rows(folder / "rejected.jsonl", map(results.rejection_row, rejected))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0


def machine() -> str:
    """The name of this machine's processor."""
    import platform

    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()
