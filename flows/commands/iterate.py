"""`shruti iterate`: from an archive to a model that hears it better, round by round."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table

from flows import options, screen
from flows.display import Display
from flows.settings import prepare_prefect
from mining.errors import EXIT_PARTIAL, InputError, UsageError

if TYPE_CHECKING:
    from mining.models.rounds import Round
    from mining.models.utterances import Utterances

Number = TypeVar("Number", int, float)
GROUP = "Models, and material to test them with"


def register(app: typer.Typer) -> None:
    """Add the verb of this module."""
    app.command(rich_help_panel=GROUP)(iterate)


def iterate(
    catalogue: Annotated[str, typer.Argument(help="Recordings and documents: docs/catalogue.md.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the loop.", show_default=False)],
    model: options.Model = "",
    lang: options.Lang = "",
    rounds: Annotated[int, typer.Option(help="Rounds at most.")] = 5,
    steps: Annotated[
        str, typer.Option(help="Steps of fine-tuning in round 1, 2, ...; the last number goes on.")
    ] = "250,250,1200",
    keep: Annotated[str, typer.Option(help="Shares of the candidates learnt from, in the same way.")] = "0.5,0.9",
    replay: Annotated[
        list[Path] | None, typer.Option(help="Former data to hear again: the speech of a seed, or a training set.")
    ] = None,
    replay_share: Annotated[float, typer.Option(help="Share of what is heard that is replay.")] = 0.25,
    check: Annotated[
        list[str] | None, typer.Option(metavar="[NAME=]PATH", help="Utterances with true texts, to tell how good a model is.")
    ] = None,
    device: options.Device = "auto",
    runner: Annotated[str, typer.Option(help="Where recordings are aligned: processes, threads, or dask.")] = "processes",
    workers: Annotated[int, typer.Option(help="Recordings at a time; 0: one a core.")] = 0,
    json: options.Json = False,
) -> None:
    """Align, filter, fine-tune, and align again, until nothing improves: arXiv 2210.15226.

    Example: `shruti iterate archive.csv -o better --model brahmic --lang hi --replay brahmic-speech/hi`
    """
    config = options.config(lang, "", "hybrid", device, 0.95, None)
    from mining.documents.languages import language
    from mining.models import iterate as looping
    from mining.models.finetune import Settings

    shares, numbers = _numbers("--keep", keep, float), _numbers("--steps", steps, int)
    plan = looping.Loop(rounds=rounds, steps=numbers, keep=shares, replay=replay_share)
    work = out / "material"
    given = looping.Given(
        replay=tuple(_heard(path, work / f"replay-{number}", ("train",)) for number, path in enumerate(replay or ())),
        check=_checks(check or (), work),
        language=language(lang) if lang else None,
        settings=Settings(device=device, precision="auto"),
    )
    _check_catalogue(catalogue)
    prepare_prefect()
    from flows.archive import mine

    failed = 0

    def align(model: str, run: Path) -> None:
        nonlocal failed
        hearing = replace(config, transcribe=replace(config.transcribe, model=model))
        failed = mine(catalogue, str(run), hearing.as_dict(), runner, workers)["failed"]  # type: ignore[index]

    with Display() as display:
        done = looping.iterate(
            align, out, model, plan, given, archive=catalogue, progress=display, told=lambda one: screen.note(_line(one))
        )
    _tell(done, out, json)
    if failed:
        screen.note(f"{failed} recordings failed: {out / 'run' / 'failures.jsonl'} has the reasons.")
        raise typer.Exit(EXIT_PARTIAL)


def _tell(rounds: list[Round], out: Path, json: bool) -> None:
    from mining.models.iterate import best_of

    if json:
        screen.as_json([asdict(one) for one in rounds])
        return
    best = best_of(rounds)
    which = f"The best model is {out / 'best'}" if best.number else f"No round made a better model than {best.model}"
    screen.say(_table(rounds), f"{which}; curves are in {out / 'iterate.html'}.")


def _check_catalogue(catalogue: str) -> None:
    """See that the catalogue can be used, and every gold file that it names, before hours of work."""
    from mining.corpus.catalogue import check_catalogue, read_catalogue
    from mining.models.evaluate import read_gold

    check_catalogue(catalogue)
    for entry in read_catalogue(catalogue):
        if gold := entry.about.get("gold"):
            read_gold(Path(catalogue).parent / gold)


def _numbers(flag: str, text: str, kind: Callable[[str], Number]) -> tuple[Number, ...]:
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"{flag} {text!r} is no list of numbers.", "Part them by commas, as in --keep 0.5,0.9.") from error


def _checks(given: Iterable[str], work: Path) -> dict[str, Utterances]:
    """The utterances of each --check by its name: what stands before the =, or the last part of the path."""
    checks: dict[str, Utterances] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals:
            name, path = Path(text).name, text
        if name in checks:
            raise UsageError(f"Two checks are called {name!r}.", "Write --check NAME=PATH.")
        checks[name] = _heard(Path(path), work / f"check-{name}", ("test", "valid"))
    return checks


def _heard(path: Path, work: Path, splits: tuple[str, ...]) -> Utterances:
    """Utterances out of whatever holds some: packed ones, a training set (of it the first of `splits`), a folder with a table."""
    from mining.models.material import gather

    if not path.exists():
        raise InputError(f"{path}: is not there.", "Give a folder of utterances.")
    return gather(path, work, splits)


def _line(one: Round) -> str:
    checks = ", ".join(f"{name} {value:.3f}" for name, value in sorted(one.check.items()))
    learnt = f"{one.pairs} pairs, CER {one.valid_before:.3f} -> {one.valid:.3f}; " if one.valid and one.valid_before else ""
    return f"round {one.number}: {learnt}mined {one.share:.0%} of speech{'; ' + checks if checks else ''}"


def _table(rounds: list[Round]) -> Table:
    names = sorted({name for one in rounds for name in one.check})
    table = Table("round", "pairs", "hours", "CER before", "CER after", *names, "kept", "speech mined", "precision", "yield")
    for one in rounds:
        figures = [one.valid_before, one.valid, *(one.check.get(name) for name in names)]
        told = ["–" if value is None else f"{value:.3f}" for value in figures]
        known = ["–" if value is None else f"{value:.3f}" for value in (one.precision, one.yield_)]
        table.add_row(str(one.number), str(one.pairs), f"{one.hours:.2f}", *told, str(one.kept), f"{one.share:.0%}", *known)
    return table
