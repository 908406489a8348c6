"""The dataset card, README.md of every training set: what is in it, how sure it is, and how it is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mining import store
from mining.corpus.export.columns import about_columns
from mining.corpus.export.facts import BINS, Facts
from mining.corpus.export.utterances import COLUMNS, Utterances
from mining.corpus.stats.sections import never_seen
from mining.documents.languages import LANGUAGES

CARD = "README.md"

FILES = {"huggingface": "{split}/**", "parquet": "data/{split}-*", "webdataset": "{split}-*.tar"}
"""Of formats that `datasets` loads by the card: the files of a split. Without the list, it guesses splits from words in
paths: a recording named test-bulletin would be in two at once."""

ROWS = {
    "fairseq": "`SPLIT.jsonl`, line by line with `SPLIT.tsv`",
    "huggingface": "columns",
    "parquet": "columns",
    "nemo": "further fields of each line",
    "lhotse": "`custom` of each supervision",
    "kaldi": "`SPLIT/utterances.jsonl`",
    "webdataset": "`.json` of each utterance",
}
"""Where each format tells `COLUMNS`."""

_CC = re.compile(r"cc[ -](by(?:-nc)?(?:-nd|-sa)?)[ -]([1-4]\.0)")
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"))


def write(folder: Path, format: str, utterances: Utterances) -> None:
    """Write the card of a training set.

    Args:
        folder: of the export.
        format: one of `FORMATS`; one without a place here, as tests have, gets a card without its ways.
    """
    facts = utterances.facts
    if not facts.fates:
        facts.look_at(utterances.out)
    languages = [(code, LANGUAGES[code].name if code in LANGUAGES else code) for code in sorted(facts.languages)]
    text = _template().render(
        facts=facts,
        format=format,
        paths={split: FILES[format].format(split=split) for split in facts.splits} if format in FILES else {},
        languages=languages,
        names=dict(languages),
        licences=sorted(facts.licences),
        licence=sorted({licence_code(licence) for licence in facts.licences}) or ["unknown"],
        size=next((name for most, name in _SIZES if len(utterances) < most), "10M<n<100M"),
        clips=len(utterances),
        hours=sum(part.hours for part in facts.splits.values()),
        sure=sum(part.weight for part in facts.splits.values()) / len(utterances),
        bins=[(number / BINS, (number + 1) / BINS, count) for number, count in enumerate(facts.confidences) if count],
        speech=_hours(facts, lambda fate: fate != "no_speech"),
        recorded=_hours(facts, lambda fate: True),
        mined=_hours(facts, lambda fate: fate == "mined"),
        where=ROWS.get(format, "beside each utterance"),
        about=sorted(about_columns(facts.names)),
        columns=COLUMNS,
        diversity=facts.diversity.figures(),
    )
    store.write_text(folder / CARD, text)


def licence_code(licence: str) -> str:
    """A licence by the code that dataset cards have for it; "other" where it is none of Creative Commons.

    >>> licence_code("CC BY-SA 4.0"), licence_code("CC0 1.0"), licence_code("All rights reserved")
    ('cc-by-sa-4.0', 'cc0-1.0', 'other')
    """
    told = licence.casefold().strip()
    if found := _CC.fullmatch(told):
        return f"cc-{found[1]}-{found[2]}"
    return "cc0-1.0" if told in ("cc0", "cc0 1.0", "cc0-1.0") else "other"


def _hours(facts: Facts, counts: Callable[[str], bool]) -> float:
    return sum(seconds for fate, seconds in facts.fates.items() if counts(fate)) / 3600


def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mining.corpus.export", "."),
        autoescape=False,  # the card is Markdown; what a catalogue says goes through `plain`, codes through JSON
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(hours=_told, percent=lambda share: f"{share:.1%}", plain=_plain, letters=never_seen)
    return environment.get_template("card.md.j2")


def _told(hours: float) -> str:
    """Hours as a card tells them: minutes where they are few."""
    return f"{hours:,.1f} h" if hours >= 1 else f"{hours * 60:.1f} min"


def _plain(text: str) -> str:
    """A text of the catalogue as one line of Markdown that begins nothing."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))
