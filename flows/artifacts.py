"""What a person sees of a run in Prefect's pages, besides its tasks: how far it is, and what came of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from uuid import UUID

from prefect.artifacts import create_link_artifact, create_progress_artifact, create_table_artifact, update_progress_artifact

from flows.counts import Counts
from mining.corpus.catalogue.pairing import REASONS
from mining.corpus.rows import read_failures
from mining.corpus.stats import stats

EVERY = 5.0  # seconds between two looks
SHOWN = 50  # rows of a table; all failures are in failures.jsonl


class Progress:
    """A bar in Prefect's pages that follows the counts of a run: `with Progress(counts): counts.tell()`.

    It is moved by a thread: a server whose database is busy at that moment has its clients wait for two seconds.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts, self._shown = counts, 0.0
        self._artifact: UUID | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="progress")
        self._asked: Future[None] | None = None

    def __enter__(self) -> Progress:
        self._artifact = create_progress_artifact(progress=0.0, key="progress", description=self._counts.line())  # type: ignore[assignment]
        self._counts.watchers.append(self._now_and_then)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._counts.watchers.remove(self._now_and_then)
        self._thread.shutdown(wait=True)
        self._show()

    def _now_and_then(self) -> None:
        if time.monotonic() - self._shown > EVERY and (self._asked is None or self._asked.done()):
            self._asked = self._thread.submit(self._show)

    def _show(self) -> None:
        self._shown = time.monotonic()
        share = 100.0 * self._counts.passed / max(1, self._counts.total)
        # A server that is away for a moment costs a look at it, and not the run.
        with contextlib.suppress(Exception):
            if self._artifact:
                update_progress_artifact(self._artifact, progress=round(share, 1), description=self._counts.line())


def summary(out: Path, counts: Counts) -> None:
    """Tables of the yield, of the reasons and of the failures, and a link to the report."""
    figures = stats(out, each=False)
    whole = {
        "recordings": figures["recordings"],
        "failed": figures["failures"],
        "hours": round(figures["hours"], 2),
        "hours mined": round(figures["hours_mined"], 2),
        "yield": f"{figures['yield_audio']:.0%}",
        "pairs": figures["pairs"],
        "mined now": counts.mined,
        "done before": counts.skipped,
    }
    reasons = [
        {"reason": reason, "hours": round(sums["seconds"] / 3600, 2), "sentences": sums["sentences"]}
        for reason, sums in figures["reasons"].items()
    ]
    create_table_artifact([whole], key="yield", description=f"What {out} holds now")
    if reasons:
        create_table_artifact(reasons, key="reasons", description="What was not mined, and why")
    failures = read_failures(out)
    if failures:
        rows = [{name: row[name] for name in ("audio", "reason", "message")} for row in failures[:SHOWN]]
        create_table_artifact(rows, key="failures", description=f"{len(failures)} failed; all are in {out}/failures.jsonl")
    report = (out / "report.html").resolve()
    if report.is_file():
        create_link_artifact(report.as_uri(), key="report", link_text="report.html", description="To be read and listened to")


def left_out(source: str, left: Mapping[str, Sequence[str]]) -> None:
    """A table of what lies in a source and is in no row of its catalogue, by its reason (`catalogue.pairing.REASONS`)."""
    rows = [{"file": name, "reason": REASONS[reason]} for reason, names in left.items() for name in names]
    if rows:
        create_table_artifact(rows[:SHOWN], key="left-out", description=f"{len(rows)} files of {source} are in no pair")
