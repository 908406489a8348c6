"""The archive flow: every recording of a catalogue, each by itself, so that none can stop the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.futures import as_completed
from prefect.task_runners import ThreadPoolTaskRunner

from flows import screen, tasks
from mining import results, steps
from mining.config import Config
from mining.corpus.catalogue import read_catalogue


@flow(name="mine", flow_run_name="mine {catalogue}", task_runner=ThreadPoolTaskRunner(max_workers=1), validate_parameters=False)
def mine(catalogue: str, out: str, config: dict[str, Any] | None = None, keep_emissions: bool = False) -> dict[str, int]:
    """Mine the recordings of a catalogue into the folder of one run; what is done already is skipped.

    Args:
        catalogue: path of a CSV, see `mining.corpus.catalogue`.
        out: folder of the run.
        config: `Config.as_dict()`; a row's own language goes before the config's.
        keep_emissions: keep emissions.npz of every recording, some 20 MB an hour.

    Returns:
        How many recordings were `tried`, and how many of them `failed`, each with its reason in OUT/failures.jsonl.

    Raises:
        ShrutiError: the catalogue or the folder cannot be used.
    """
    entries = read_catalogue(Path(catalogue))
    results.check_writable(Path(out))
    settings = Config.from_dict(config or {})
    futures = {}
    for entry in entries:
        own = replace(settings, language=entry.language or settings.language)
        future = tasks.align.submit(str(entry.audio), str(entry.document), out, own.as_dict(), keep_emissions)
        futures[future] = entry
    failed = []
    with screen.Bars() as bars:
        for count, future in enumerate(as_completed(list(futures)), start=1):
            error = future.result(raise_on_failure=False)
            if isinstance(error, BaseException):
                failed.append(results.failure_row(futures[future].audio, futures[future].document, error))
            bars("mine", count, len(entries))
    steps.finish(Path(out), settings, failed, tried=[str(entry.audio) for entry in entries])
    return {"tried": len(entries), "failed": len(failed)}
