"""`shruti mine` and `shruti serve`: an archive, now or every night. The only verbs that need Prefect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows import options, screen
from flows.settings import prepare_prefect
from mining.errors import EXIT_NOTHING_MINED, EXIT_PARTIAL, EnvironmentProblem, UsageError

GROUP = "An archive"
_NO_SERVER = ("ephemeral Prefect API server", "Failed to reach API")  # Prefect has no exception of its own for it


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command(rich_help_panel=GROUP)(mine)
    app.command(rich_help_panel=GROUP)(serve)


def mine(
    catalogue: Annotated[Path, typer.Argument(help="CSV with the columns audio, document and language.", show_default=False)],
    out: options.Out,
    lang: options.Lang = "",
    model: options.Model = "",
    strategy: options.Strategy = "hybrid",
    device: options.Device = "auto",
    target_precision: options.Precision = 0.95,
    min_confidence: options.Confidence = None,
    keep_emissions: Annotated[bool, typer.Option("--keep-emissions", help="Keep what the model heard, frame by frame.")] = False,
    json: options.Json = False,
) -> None:
    """Mine every recording of a catalogue. Run again, it goes on where it was.

    A recording that cannot be used is named in OUT/failures.jsonl, and stops none of the others.

    Example: `shruti mine archive.csv -o mined --lang hi`
    """
    config = options.config(lang, model, strategy, device, target_precision, min_confidence)
    from mining.corpus.catalogue import read_catalogue
    from mining.corpus.rows import read_failures
    from mining.corpus.stats import stats, table

    screen.note(f"{len(read_catalogue(catalogue))} recordings; starting Prefect ...")  # bad rows are told before it starts
    prepare_prefect()
    from flows.archive import mine as flow

    try:
        counts = flow(str(catalogue), str(out), config.as_dict(), keep_emissions)
    except RuntimeError as error:
        if not any(words in str(error) for words in _NO_SERVER):
            raise
        raise EnvironmentProblem(
            f"Prefect's server cannot be reached ({str(error).splitlines()[0]}).",
            "Run it again when the machine is less busy, or check PREFECT_API_URL.",
        ) from error
    figures = stats(out)
    screen.as_json({**counts, **figures}) if json else screen.say(table(figures))
    if counts["failed"]:
        for failure in read_failures(out):
            audio, message = failure["audio"], failure["message"]
            screen.note(f"failed: {message if audio in message else f'{audio}: {message}'}")
        raise typer.Exit(EXIT_PARTIAL)
    if not figures["pairs"]:
        raise typer.Exit(EXIT_NOTHING_MINED)


def serve(
    settings: Annotated[Path | None, typer.Argument(help="TOML with the settings below, by their names.")] = None,
    catalogue: Annotated[Path | None, typer.Option(help="CSV of the archive.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder of the run.")] = None,
    cron: Annotated[str | None, typer.Option(help="When: five fields, as in '0 2 * * *'.")] = None,
    lang: options.Lang = "",
    model: options.Model = "",
    strategy: options.Strategy = "",
    device: options.Device = "",
    target_precision: options.Precision = None,
    min_confidence: options.Confidence = None,
) -> None:
    """Mine an archive on a schedule, on a Prefect server, until stopped. Flags go before what the file says.

    Example: `shruti serve nightly.toml`, or `shruti serve --catalogue archive.csv -o mined --lang hi --cron '0 2 * * *'`
    """
    prepare_prefect()
    from flows import serve as scheduled

    flags = {
        "catalogue": catalogue and str(catalogue),
        "out": out and str(out),
        "cron": cron,
        "lang": lang,
        "model": model,
        "strategy": strategy,
        "device": device,
        "target_precision": target_precision,
        "min_confidence": min_confidence,
    }
    given: dict[str, Any] = scheduled.read_settings(settings) if settings else {}
    given |= {name: value for name, value in flags.items() if value not in (None, "")}
    if missing := [name for name in ("catalogue", "out", "cron") if name not in given]:
        raise UsageError(f"A schedule needs {', '.join(missing)}.", "Give them as flags, or in a TOML file.")
    config = options.config(
        given.get("lang", ""),
        given.get("model", ""),
        given.get("strategy", "hybrid"),
        given.get("device", "auto"),
        given.get("target_precision", 0.95),
        given.get("min_confidence"),
    )
    scheduled.check(Path(given["catalogue"]), given["cron"], config)  # now, and not at two at night
    screen.note(f"Mining {given['catalogue']} into {given['out']} at {given['cron']}, until Ctrl-C.")
    scheduled.serve(Path(given["catalogue"]), Path(given["out"]), given["cron"], config.as_dict())
