"""`shruti catalogue`: what an archive holds, written down as a catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import options, screen
from flows.display import Display
from mining.errors import EXIT_NOTHING_MINED, UsageError

GROUP = "An archive"
SHOWN = 5  # names told of what is left out, for each reason


def register(app: typer.Typer) -> None:
    """Add the verb of this module."""
    app.command(rich_help_panel=GROUP)(catalogue)


def catalogue(
    source: Annotated[str, typer.Argument(help="A folder, a feed, or a page of links: a path or a URL.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="A .csv, .tsv, .jsonl or .parquet.", show_default=False)],
    pattern: Annotated[str, typer.Option(help="How files are named, as in '{station}/{date:%Y%m%d}-*'.")] = "",
    audio_pattern: Annotated[str, typer.Option(help="The same for recordings alone.")] = "",
    document_pattern: Annotated[str, typer.Option(help="The same for documents alone.")] = "",
    lang: options.Lang = "",
    constants: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A column, the same for all.")
    ] = None,
    depth: Annotated[int, typer.Option(min=0, help="Levels of sub-folders that are followed from a page.")] = 0,
    json: options.Json = False,
) -> None:
    """Write the catalogue of an archive: which document belongs to which recording.

    Files of the same name in the same folder (on the same page) belong together, or those whose names say the same by a pattern.
    What has no partner is told, and left out. See docs/catalogue.md.

    Example: `shruti catalogue archive/ -o archive/list.csv --lang hi --set licence=CC-BY-4.0`
    """
    from mining.corpus.catalogue.pairing import REASONS, Rules
    from mining.corpus.catalogue.read import suffix
    from mining.corpus.catalogue.source import find
    from mining.corpus.catalogue.write import write_catalogue
    from mining.documents.languages import language

    suffix(str(out))  # before an hour of reading
    rules = Rules.of(pattern, audio_pattern, document_pattern, language(lang).code if lang else "", _columns(constants or []))
    with Display() as display, display.stage("read"):
        found = find(source, out, rules, depth)
    if found.entries:
        write_catalogue(out, found.entries)
    if json:
        screen.as_json({"catalogue": str(out) if found.entries else None, "pairs": len(found.entries), "left": found.left})
    else:
        pairs = "1 pair" if len(found.entries) == 1 else f"{len(found.entries)} pairs"
        screen.plain(f"{pairs} in {out}" if found.entries else f"{pairs}, so no catalogue is written")
    for reason, names in found.left.items():
        more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        screen.note(f"{len(names)} {REASONS[reason]}: {', '.join(names[:SHOWN])}{more}")
    if not found.entries:
        raise typer.Exit(EXIT_NOTHING_MINED)


def _columns(constants: list[str]) -> dict[str, str]:
    """The columns of --set."""
    from mining.corpus.catalogue.entry import KNOWN

    columns = {}
    for constant in constants:
        name, equals, value = (part.strip() for part in constant.partition("="))
        if not (name and equals and value):
            raise UsageError(f"--set {constant!r} sets nothing.", "Give it as NAME=VALUE.")
        if name in KNOWN:
            raise UsageError(f"--set cannot set {name}.", "Use --lang." if name == "language" else "It differs from row to row.")
        columns[name] = value
    return columns
