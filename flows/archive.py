"""The archive flow: every recording of a catalogue, each by itself, so that none can stop the others."""

from __future__ import annotations

import queue
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prefect import flow
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from flows import artifacts, tasks
from flows.counts import Counts
from flows.display import Display
from flows.order import Order
from flows.places import Here, place
from mining import fetch, jobs, ledger, results, store
from mining.config import Config
from mining.corpus.catalogue import Entry, check_catalogue, snapshot
from mining.errors import EnvironmentProblem, Unreachable

AGAIN = (30.0, 300.0)
"""Seconds to wait before what could not be reached is tried again, once everything else is done."""

IN_A_ROW = 20
"""Recordings that may fail one after another before the run gives up, where nothing has come of it yet and it is for want of
a program or a disk; and those of one server that does not answer before it is asked for no other."""

_THREADS: Any = ThreadPoolTaskRunner(max_workers=4096)  # made as they are needed: as many as the place has workers


@flow(name="mine", flow_run_name="mine {catalogue} into {out}", task_runner=_THREADS, validate_parameters=False)
def mine(
    catalogue: str,
    out: str,
    config: dict[str, Any] | None = None,
    runner: str = "processes",
    workers: int = 0,
    dask: str = "",
    keep_emissions: bool = False,
    keep_fetched: bool = False,
    retry_failed: bool = False,
) -> dict[str, int]:
    """Mine the recordings of a catalogue into the folder of one run; what is done already is skipped.

    Args:
        catalogue: see `mining.corpus.catalogue`.
        out: folder of the run.
        config: `Config.as_dict()`, or a part of it; a row's own language goes before the config's.
        runner, workers, dask: see `flows.places.place`.
        keep_emissions: keep emissions.npz of every recording, some 20 MB an hour.
        keep_fetched: keep the copies of what lies on servers.
        retry_failed: try again also what failed by its own fault and has not changed since.

    Returns:
        How many recordings the catalogue has (`tried`), and how many were `mined` now, `skipped` and `failed`, the last with
        their reasons in OUT/failures.jsonl.

    Raises:
        ShrutiError: the catalogue or the folder cannot be used, or nothing works for want of a program, a disk or a server.
    """
    settings, folder = Config.from_dict(config or {}), Path(out)
    counts = Counts(check_catalogue(catalogue))
    results.check_writable(folder)
    with store.locked(folder / "ledger", wait=False) as held:
        if not held:
            raise EnvironmentProblem(
                f"{out}: another run is at work in it.", "Wait for it: `shruti mine --status` tells how far it is."
            )
        ledger.sweep(folder)
        store.write_json(folder / "run.json", {"catalogue": catalogue, "config": settings.as_dict()})
        order = Order(catalogue, str(folder.resolve()), settings.as_dict(), keep_emissions, keep_fetched, str(Path().resolve()))
        with snapshot(catalogue) as entries:
            at_work = place(runner, workers, dask, folder.resolve())
            with Display() as display, display.recordings(counts), artifacts.Progress(counts), at_work as at:
                todo = _left(entries(), folder, settings, counts, retry_failed)
                trouble = _mine_all(todo, order, at, counts)
                for wait in AGAIN:
                    if trouble or not any(_unreachable(entries(), folder)):
                        break
                    time.sleep(wait)
                    trouble = _mine_all(_another_try(entries(), folder, counts), order, at, counts)
            ledger.forget(folder, catalogue, entries())
            ledger.sweep(folder)  # of workers that died meanwhile
        if not keep_fetched:
            shutil.rmtree(folder / "fetched", ignore_errors=True)  # of runs that were killed
    with Display() as display, display.stage("export"):
        tasks.finish(out, settings.as_dict())
    artifacts.summary(folder, counts)
    if trouble:
        raise trouble
    return {"tried": counts.total, "mined": counts.mined, "skipped": counts.skipped, "failed": counts.failed}


def _mine_all(entries: Iterable[Entry], order: Order, at: Here, counts: Counts) -> BaseException | None:
    """Mine entries, as many at a time as the place has workers; more are not looked at before there is room for them.

    Returns:
        The error that made it give up, if it did.
    """
    ended: queue.SimpleQueue[tuple[Entry, PrefectFuture[Any]]] = queue.SimpleQueue()
    running, in_a_row = 0, 0
    trouble: BaseException | None = None
    away: Counter[str] = Counter()
    waiting = iter(entries)
    while True:
        entry = None if in_a_row >= IN_A_ROW else next(waiting, None)
        if entry is not None and (silent := next((host for host in _hosts(entry) if away[host] >= IN_A_ROW), None)):
            error = Unreachable(f"{silent}: did not answer {IN_A_ROW} times in a row, and was not asked again.", "Try it later.")
            _failed(entry, error, order, counts)
            continue
        if entry is not None:
            future = tasks.align.submit(entry, order, at)
            future.add_done_callback(lambda future, entry=entry: ended.put((entry, future)))
            running += 1
        elif not running:
            return trouble if in_a_row >= IN_A_ROW else None
        if running == at.workers or entry is None:
            done, future = ended.get()
            trouble = _count(done, future, order, counts)
            running -= 1
            for host in _hosts(done):
                away[host] = away[host] + 1 if isinstance(trouble, Unreachable) else 0
            hopeless = isinstance(trouble, EnvironmentProblem) and not isinstance(trouble, Unreachable)
            in_a_row = in_a_row + 1 if hopeless and not (counts.mined or counts.skipped) else 0


def _hosts(entry: Entry) -> set[str]:
    """The servers that an entry's files lie on."""
    return {urlsplit(location).netloc for location in (entry.audio, entry.document) if fetch.is_remote(location)}


def _count(entry: Entry, future: PrefectFuture[Any], order: Order, counts: Counts) -> BaseException | None:
    """Note what became of a recording; returns its error, if there was one."""
    outcome = future.result(raise_on_failure=False)
    counts.worked += 1
    if isinstance(outcome, BaseException):
        _failed(entry, outcome, order, counts)
        return outcome
    counts.mined += 1
    counts.seconds += outcome.seconds
    counts.kept += outcome.kept
    counts.tell()
    return None


def _failed(entry: Entry, error: BaseException, order: Order, counts: Counts) -> None:
    ledger.fail(Path(order.out), entry, error, jobs.settings_key(entry, Config.from_dict(order.config)), order.catalogue)
    counts.failed += 1
    counts.tell()


def _left(entries: Iterable[Entry], out: Path, config: Config, counts: Counts, retry_failed: bool) -> Iterator[Entry]:
    """The entries that there is something to do for; the others are counted as they pass."""
    for entry in entries:
        state = jobs.state(entry, out, config)
        if state == "done":
            counts.skipped += 1
        elif state == "failed" and not retry_failed:
            counts.failed += 1
        else:
            yield entry
            continue
        counts.tell()


def _unreachable(entries: Iterable[Entry], out: Path) -> Iterator[Entry]:
    """The entries whose files could not be fetched, though they may be there."""
    for entry in entries:
        note = ledger.read(out, entry)
        if note and note.failure and note.failure["reason"] == "unreachable":
            yield entry


def _another_try(entries: Iterable[Entry], out: Path, counts: Counts) -> Iterator[Entry]:
    """The same, no longer counted as failed."""
    for entry in _unreachable(entries, out):
        counts.failed -= 1
        yield entry
