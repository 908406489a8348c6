"""`shruti mine` and `shruti serve`: an archive, now or every night. The only verbs that need Prefect."""

from __future__ import annotations

import functools
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from flows import options, screen
from flows.settings import prepare_prefect
from mining.errors import EXIT_NOTHING_MINED, EXIT_PARTIAL, EnvironmentProblem, InputError

GROUP = "An archive"
_NO_SERVER = ("ephemeral Prefect API server", "Failed to reach API")  # Prefect has no exception of its own for it
FIRST = 200  # rows that are looked through for one to get ready for
SHOWN = 20  # failures on the screen; all of them are in failures.jsonl

Catalogue = Annotated[
    str, typer.Argument(help="CSV, JSONL or Parquet, a row a recording: docs/catalogue.md.", show_default=False)
]
Runner = Annotated[str, typer.Option(help="Where the work is done: processes, threads, or dask.")]


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command(rich_help_panel=GROUP)(mine)
    app.command(rich_help_panel=GROUP)(serve)


def mine(
    catalogue: Catalogue,
    out: options.Out,
    lang: options.Lang = "",
    model: options.Model = "",
    strategy: options.Strategy = "hybrid",
    device: options.Device = "auto",
    target_precision: options.Precision = 0.95,
    min_confidence: options.Confidence = None,
    no_correct: options.NoCorrect = False,
    lexicon: options.Lexicon = None,
    calibrator: options.Calibrator = "",
    runner: Runner = "processes",
    workers: Annotated[int, typer.Option(help="Recordings at a time; 0: one a core.")] = 0,
    dask: Annotated[str, typer.Option(metavar="ADDRESS", help="Scheduler for --runner dask, as in tcp://10.0.0.1:8786.")] = "",
    keep_emissions: Annotated[bool, typer.Option("--keep-emissions", help="Keep what the model heard, frame by frame.")] = False,
    keep_fetched: Annotated[bool, typer.Option("--keep-fetched", help="Keep the copies of remote files.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try again also what failed and has not changed.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Do nothing; tell how far the run in OUT is.")] = False,
    json: options.Json = False,
) -> None:
    """Mine every recording of a catalogue. Run again, it goes on where it was.

    A recording that cannot be used is named in OUT/failures.jsonl, and stops none of the others.

    Example: `shruti mine archive.csv -o mined --lang hi`
    """
    if status:
        _status(catalogue, out, json)
        return
    config = options.config(lang, model, strategy, device, target_precision, min_confidence, no_correct, lexicon, calibrator)
    from mining.corpus.catalogue import check_catalogue, read_catalogue
    from mining.corpus.stats import stats, table

    screen.note(f"{check_catalogue(catalogue):,} recordings; starting Prefect ...")  # bad rows are told before it starts
    prepare_prefect()
    from flows.places import get_ready
    from mining import jobs, loaded

    first = next((entry for entry in islice(read_catalogue(catalogue), FIRST) if jobs.state(entry, out, config) == "left"), None)
    if first and not dask:  # in the seconds that Prefect's server takes to start
        get_ready(runner, workers, functools.partial(loaded.warm_up, first.language or lang, config))
    from flows.archive import mine as flow

    try:
        counts = flow(catalogue, str(out), config.as_dict(), runner, workers, dask, keep_emissions, keep_fetched, retry_failed)
    except RuntimeError as error:
        if not any(words in str(error) for words in _NO_SERVER):
            raise
        raise EnvironmentProblem(
            f"Prefect's server cannot be reached ({str(error).splitlines()[0]}).",
            "Run it again when the machine is less busy, or check PREFECT_API_URL.",
        ) from error
    figures = stats(out, each=False)
    screen.as_json({**counts, **figures}) if json else screen.say(table(figures))
    _tell_failures(out)
    if figures["failures"]:
        raise typer.Exit(EXIT_PARTIAL)
    if not figures["pairs"]:
        raise typer.Exit(EXIT_NOTHING_MINED)


def _tell_failures(out: Path) -> None:
    from mining.corpus.rows import read_failures

    failures = read_failures(out)
    for failure in failures[:SHOWN]:
        audio, message = failure["audio"], failure["message"]
        screen.note(f"failed: {message if audio in message else f'{audio}: {message}'}")
    if len(failures) > SHOWN:
        screen.note(f"and {len(failures) - SHOWN} more: {out / 'failures.jsonl'}")


def _status(catalogue: str, out: Path, json: bool) -> None:
    from flows.counts import span
    from mining import progress
    from mining.corpus.catalogue import check_catalogue

    check_catalogue(catalogue)
    config = progress.run_config(out)
    if config is None:
        raise InputError(f"{out}: nothing was mined into it.", "Begin with `shruti mine CATALOGUE -o OUT`.")
    found = progress.status(catalogue, out, config)
    seconds = found.seconds_left
    if json:
        screen.as_json(
            {
                "done": found.done,
                "failed": found.failed,
                "reasons": dict(sorted(found.reasons.items())),
                "left": found.left,
                "running": found.running,
                "seconds_left": None if seconds is None else round(seconds, 1),
            }
        )
        return
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in found.reasons.most_common())
    left = "no telling yet how long" if seconds is None else f"some {span(seconds)} at the last pace"
    rows = {
        "done": f"{found.done:,}",
        "failed": f"{found.failed:,}" + (f": {reasons}" if reasons else ""),
        "left": f"{found.left:,}: {left}" if found.left else "nothing",
        "now": "a run is at work" if found.running else "no run is at work",
    }
    screen.plain("\n".join(f"{name:>7}  {text}" for name, text in rows.items()))


def serve(
    schedule: Annotated[Path, typer.Argument(help="TOML file: docs/archive.md has one.", show_default=False)],
) -> None:
    """Mine an archive on a schedule, on a Prefect server, until stopped; and train, where the file says so.

    Example: `shruti serve nightly.toml`
    """
    prepare_prefect()
    from flows import serve as scheduled

    scheduled.check(schedule)  # now, and not at two at night
    screen.note(f"Serving {schedule} until Ctrl-C.")
    scheduled.serve(schedule)
