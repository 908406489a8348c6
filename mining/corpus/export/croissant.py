"""croissant.json in every training set: what files it has, with their checksums, and which fields, for machines.

Croissant 1.0 (docs.mlcommons.org/croissant), which catalogues of datasets and `mlcroissant` read. It tells no date and no
address, for an export knows neither where nor when it will be published.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining import store
from mining.corpus.export import lhotse, nemo, webdataset
from mining.corpus.export.columns import TYPES, about_columns
from mining.corpus.export.facts import Facts
from mining.corpus.export.splits import SPLITS
from mining.corpus.export.utterances import Utterances

FILE = "croissant.json"
RECORDS = "utterances_"
"""Before the name of a split, its record set: an id may not be that of a file too, and Kaldi has a file train/text."""

VERSION = "http://mlcommons.org/croissant/1.0"

JSON_LINES, PARQUET = "application/jsonlines", "application/x-parquet"
ENDINGS = {
    ".jsonl": JSON_LINES,
    ".gz": JSON_LINES,  # mlcroissant unpacks what is compressed
    ".json": JSON_LINES,  # of the manifests that there are, only NeMo's are called so
    ".parquet": PARQUET,
    ".tar": "application/x-tar",
    ".md": "text/markdown",
}
KINDS = {"string": "sc:Text", "float64": "sc:Float", "int64": "sc:Integer"}

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    **{
        name: f"cr:{name}" for name in ("citeAs", "column", "extract", "field", "fileProperty", "fileObject", "fileSet", "format")
    },
    **{
        name: f"cr:{name}" for name in ("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet")
    },
    **{
        name: f"cr:{name}"
        for name in (
            "equivalentProperty",
            "references",
            "regex",
            "repeated",
            "replace",
            "samplingRate",
            "separator",
            "source",
            "subField",
            "transform",
        )
    },
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "conformsTo": "dct:conformsTo",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Where a format tells the fields of its utterances.

    Attributes:
        files: the path of a split's table; a pattern where there are several.
        clip: the column with the path of the clip, or of the shard that it is in, if there is one.
        columns: which of `TYPES` it holds under their own names.
        within: the column that holds the others as an object, if there is one.
    """

    files: str
    clip: str = ""
    columns: tuple[str, ...] = tuple(TYPES)
    within: str = ""


TABLES = {
    "fairseq": Table("{split}.jsonl", "clip"),
    "huggingface": Table("{split}/metadata.jsonl", "file_name"),
    "parquet": Table("data/{split}-*.parquet"),
    "nemo": Table(nemo.MANIFEST, nemo.NAME),
    "lhotse": Table(lhotse.NAME.format(kind="supervisions", split="{split}"), columns=("text", "language"), within="custom"),
    "kaldi": Table("{split}/utterances.jsonl", "clip"),
    "webdataset": Table(webdataset.INDEX, "shard"),
}
"""By the format. In lhotse's supervisions an id, a start and an end are of the clip, so those of the pair are not told here."""


def write(folder: Path, format: str, utterances: Utterances) -> None:
    """Describe all files of an export but this one; clips together, since there may be millions, all others with checksums."""
    facts = utterances.facts
    files = [*_files(folder, [*facts.splits, "unlabelled"]), *_clips(folder, facts)]
    sets: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    if table := TABLES.get(format):
        names = about_columns(facts.names) if format in ("huggingface", "parquet") else {}
        for split in facts.splits:
            sets += _sets(table, split)
            records.append(_records(table, split, {**TYPES, **dict.fromkeys(names, "string")}))
    told = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": f"shruti-{'-'.join(sorted(facts.languages))}",
        "description": f"{len(utterances)} sentences and their speech, mined by Shruti out of recordings and their documents."
        " confidence is the calibrated probability that text and both ends are right. README.md tells more.",
        "license": sorted(facts.licences) or ["unknown"],
        "inLanguage": sorted(facts.languages),
        "keywords": ["speech recognition", "forced alignment"],
        "rai:dataBiases": list(_biases(facts)),
        "distribution": [*files, *sets],
        "recordSet": records,
    }
    store.write_json(folder / FILE, told)


def _biases(facts: Facts) -> Iterator[str]:
    """What a training set holds much or little of, a sentence a subject; of what the catalogue does not tell, that."""
    figures = facts.diversity.figures()
    words, speakers, gender, regions = (figures[name] for name in ("vocabulary", "speakers", "gender", "regions"))
    yield (
        f"Words: {words['words']}, {words['distinct_words']} distinct; sentences: {words['sentences']},"
        f" {words['distinct_sentences']} distinct."
    )
    for code, told in words["languages"].items():
        if told["never_seen"] is not None:
            yield f"Letters never seen ({code}): {' '.join(told['never_seen']) or 'none'}."
    yield f"Speakers known: {speakers['number']}; hours of unknown ones: {speakers['hours_unknown']:.3f}."
    for name, sums in (("gender", gender), ("region", regions)):
        told = ", ".join(f"{key} {number:.3f}" for key, number in sums["hours"].items())
        yield f"Hours by {name}: {told or 'not known'}."


def _files(folder: Path, homes: list[str]) -> Iterator[dict[str, Any]]:
    """Every file that is no clip. Folders of clips hold nothing else, and are not walked through."""
    places = [folder, *(folder / name for name in ("data", *homes) if (folder / name).is_dir())]
    for path in sorted(itertools.chain.from_iterable(place.iterdir() for place in places)):
        if path.is_file():
            name = str(path.relative_to(folder))
            yield {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "contentSize": f"{path.stat().st_size} B",
                "encodingFormat": ENDINGS.get(path.suffix, "text/plain"),
                "sha256": store.content_hash(path),
            }


def _clips(folder: Path, facts: Facts) -> Iterator[dict[str, Any]]:
    for split in (*SPLITS, "unlabelled"):
        home = folder / split
        if home.is_dir() and any(path.is_dir() for path in home.iterdir()):
            yield _set(f"{split}-clips", f"{split}/**/*.flac", "audio/flac")


def _set(id: str, includes: str, encoding: str) -> dict[str, Any]:
    return {"@type": "cr:FileSet", "@id": id, "name": id, "encodingFormat": encoding, "includes": includes}


def _sets(table: Table, split: str) -> list[dict[str, Any]]:
    """The tables of a split as one, where there are several files of them."""
    pattern = table.files.format(split=split)
    return [_set(f"{split}-tables", pattern, PARQUET)] if "*" in pattern else []


def _records(table: Table, split: str, kinds: dict[str, str]) -> dict[str, Any]:
    """The utterances of a split, field by field."""
    pattern = table.files.format(split=split)
    source = {"fileSet": {"@id": f"{split}-tables"}} if "*" in pattern else {"fileObject": {"@id": pattern}}
    paths = {table.clip: "string"} if table.clip else {}
    fields = [_field(table, split, name, kind, source) for name, kind in {**paths, **kinds}.items() if _told(table, name)]
    return {"@type": "cr:RecordSet", "@id": f"{RECORDS}{split}", "name": f"{RECORDS}{split}", "field": fields}


def _told(table: Table, name: str) -> bool:
    return not table.within or name in table.columns or name not in ("id", "start", "end", "duration")


def _field(table: Table, split: str, name: str, kind: str, source: dict[str, Any]) -> dict[str, Any]:
    how: dict[str, Any] = {"extract": {"column": name}}
    if table.within and name not in table.columns:
        how = {"extract": {"column": table.within}, "transform": {"jsonPath": f"$.{name}"}}
    id = f"{RECORDS}{split}/{name}"
    return {"@type": "cr:Field", "@id": id, "name": id, "dataType": KINDS[kind], "source": {**source, **how}}
