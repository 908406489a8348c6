"""How diverse a run is, as sections for a terminal: words and letters, speakers, regions, names, other corpora."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

LETTERS = 40  # that were never seen, and are told one by one
ROWS = 10  # of a list


def tables(figures: dict[str, Any]) -> list[RenderableType]:
    """A table for each subject of `survey`, with a blank line before it."""
    found = [
        _words(figures["vocabulary"]),
        _people(figures["speakers"], figures["gender"]),
        _regions(figures["regions"]),
        *([_entities(figures["entities"])] if figures["entities"]["pairs"] else []),
        *(_against(corpus) for corpus in figures.get("against", ())),
    ]
    return [part for table in found for part in ("", table)]


def hours(number: float) -> str:
    """Hours as a reader wants them: minutes where they are few.

    >>> hours(12.345), hours(0.5)
    ('12.3 h', '30.0 min')
    """
    return f"{number:,.1f} h" if number >= 1 else f"{number * 60:.1f} min"


def never_seen(letters: list[str]) -> str:
    """Letters that were never seen, as a line; a mark stands on a no-break space, as fonts want it.

    >>> never_seen(["ङ", "ञ"]), never_seen([])
    ('ङ ञ', 'none')
    """
    from mining.corpus.difference import shown

    told = " ".join(map(shown, letters[:LETTERS]))
    return f"{told} and {len(letters) - LETTERS} more" if len(letters) > LETTERS else told or "none"


def _sheet(title: str) -> Table:
    from rich import box
    from rich.table import Table

    grid = Table(title=title, title_justify="left", show_header=False, box=box.SIMPLE_HEAD, pad_edge=False)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _words(vocabulary: dict[str, Any]) -> Table:
    grid = _sheet("Words and letters")
    grid.add_row("words", f"{vocabulary['words']:,}, {vocabulary['distinct_words']:,} distinct")
    grid.add_row("once only", f"{vocabulary['once']:,} words")
    grid.add_row("distinct per word", _number(vocabulary["type_token"], ".3f"))
    grid.add_row("sentences", f"{vocabulary['sentences']:,}, {vocabulary['distinct_sentences']:,} distinct")
    grid.add_row("characters", f"{vocabulary['characters']:,} distinct")
    for code, facts in vocabulary["languages"].items():
        letters = facts["never_seen"]
        told = "its letters are not known" if letters is None else f"{len(letters)} of {facts['letters']}: {never_seen(letters)}"
        grid.add_row(_plain(f"never seen ({code})"), _plain(told))
    return grid


def _people(speakers: dict[str, Any], gender: dict[str, Any]) -> Table:
    grid = _sheet("Speakers")
    if speakers["number"]:
        alike = speakers["effective"]
        grid.add_row("speakers", f"{speakers['number']:,}" + (f", as diverse as {alike:.1f} who speak as long" if alike else ""))
        for name, heard in speakers["hours"].items():
            grid.add_row(_plain(f"  {name}"), hours(heard))
        _rest(grid, speakers)
    else:
        grid.add_row("speakers", "not known: no recording has a speaker in the catalogue")
    if gender["hours"] or gender["hours_several"]:
        for name, heard in gender["hours"].items():
            grid.add_row(_plain(f"gender {name}"), f"{hours(heard)}, {gender['share'][name]:.0%} of what is known")
        _rest(grid, gender)
    else:
        grid.add_row("gender", "not known: no recording has a gender in the catalogue")
    return grid


def _rest(grid: Table, figures: dict[str, Any]) -> None:
    """What cannot be put to one speaker, or one gender."""
    for name, told in (("hours_several", "  several in a recording"), ("hours_unknown", "  not known")):
        if figures[name]:
            grid.add_row(told, hours(figures[name]))


def _regions(regions: dict[str, Any]) -> Table:
    grid = _sheet("Regions")
    if not regions["hours"]:
        told = "not known: no recording has a state or a region in the catalogue, or a station that the gazetteer knows"
        grid.add_row("regions", told)
    for name, heard in list(regions["hours"].items())[: 2 * ROWS]:
        grid.add_row(_plain(name), hours(heard))
    if len(regions["hours"]) > 2 * ROWS:
        grid.add_row(f"and {len(regions['hours']) - 2 * ROWS} more", "")
    if regions["districts"]:
        grid.add_row("districts", f"{len(regions['districts'])}")
    if regions["unknown_stations"]:
        named = list(regions["unknown_stations"].items())
        told = ", ".join(f"{name} ({hours(heard)})" for name, heard in named[:ROWS])
        more = f", and {len(named) - ROWS} more" if len(named) > ROWS else ""
        grid.add_row("stations in no list", _plain(f"{told}{more}: tell where they are with --gazetteer"))
    if regions["hours"] and regions["hours_unknown"]:
        grid.add_row("not known", hours(regions["hours_unknown"]))
    return grid


def _entities(entities: dict[str, Any]) -> Table:
    grid = _sheet("Names in the text")
    grid.add_row("pairs", f"{entities['pairs']:,} with a name of the gazetteer")
    for kind, facts in entities["kinds"].items():
        commonest = ", ".join(f"{name} {count:,}" for name, count in facts["commonest"].items())
        grid.add_row(_plain(kind), _plain(f"{facts['total']:,}, {facts['distinct']:,} distinct: {commonest}"))
    return grid


def _against(corpus: dict[str, Any]) -> Table:
    grid = _sheet(_plain(f"Against {corpus['name']}"))
    for side, others, told in (("theirs", "this run", "theirs"), ("ours", "it", "of this run")):
        facts = corpus[side]
        grid.add_row(
            f"words {told}",
            f"{facts['words']:,}, of which {others} lacks {_share(facts['out_of_vocabulary'])};"
            f" {facts['distinct_words']:,} distinct, of which {_share(facts['out_of_vocabulary_distinct'])}",
        )
        if facts["missing"]:
            grid.add_row("  commonest lacking", _plain(", ".join(list(facts["missing"])[:ROWS])))
        grid.add_row(
            f"sentences {told}",
            f"{facts['sentences']:,}, of which {others} has {_share(facts['overlap'])}:"
            f" {facts['same']:,} word by word, {facts['near']:,} nearly",
        )
    return grid


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _number(number: float | None, form: str) -> str:
    return "-" if number is None else format(number, form)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
