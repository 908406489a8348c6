"""Catalogues: read row by row from every format, with every bad row told at once."""

from __future__ import annotations

import datetime
import json
import os
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import fsspec
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from mining.corpus.catalogue import Entry, check_catalogue, read_catalogue
from mining.corpus.catalogue.locations import default_id, joined
from mining.corpus.catalogue.write import write_catalogue
from mining.errors import InputError, UsageError
from mining.names import MOST_BYTES, safe_name

SHA = "ab" * 32


def write(tmp_path: Path, text: str, name: str = "archive.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf8")
    return path


def faults(path: object) -> str:
    with pytest.raises(InputError) as caught:
        check_catalogue(path)
    with pytest.raises(InputError):
        list(read_catalogue(path))
    return caught.value.message


def test_locations_are_relative_to_the_catalogue(tmp_path: Path) -> None:
    text = 'station,audio,document,language,x\n Patna ,a.mp3,"a, b.pdf",hi,\nDelhi,/far/b.mp3,ब.pdf,,\n,s3://x/c.mp3,file:///far/c%20d.pdf,,\n'
    path = write(tmp_path, text)
    assert list(read_catalogue(path)) == [
        Entry("a", f"{tmp_path}/a.mp3", f"{tmp_path}/a, b.pdf", "hi", about={"station": "Patna"}),
        Entry("far-b", "/far/b.mp3", f"{tmp_path}/ब.pdf", about={"station": "Delhi"}),
        Entry("c", "s3://x/c.mp3", "/far/c d.pdf"),
    ]
    assert check_catalogue(path) == 3


def test_a_relative_catalogue_keeps_locations_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", "audio,document\n2024/a.mp3,../b.pdf\n")
    monkeypatch.chdir(tmp_path)
    (entry,) = read_catalogue("sub/archive.csv")
    assert (entry.id, entry.audio, entry.document) == ("2024-a", "sub/2024/a.mp3", "sub/../b.pdf")
    assert not entry.named


def test_all_columns(tmp_path: Path) -> None:
    columns = "id,audio,document,language,audio_sha256,document_sha256,speaker,date,licence"
    path = write(tmp_path, f"\ufeff{columns}\n../पटना 'x',a.mp3,a.pdf,hi,{SHA.upper()},{SHA},S,2024,CC0\n")
    (entry,) = read_catalogue(path)
    assert (entry.id, entry.named) == ("-पटना 'x'", True)
    assert entry.audio_sha256 == entry.document_sha256 == SHA
    assert list(entry.about.items()) == [("date", "2024"), ("licence", "CC0"), ("speaker", "S")]
    assert hash(entry)


def same_in_every_format(tmp_path: Path) -> Iterable[Path]:
    rows = [
        {"id": "1", "audio": 'a\t"1",\n.mp3', "document": "a.pdf", "language": "hi", "title": 'समाचार, "आज"'},
        {"id": "2", "audio": "s3://x/b.mp3", "document": "b.pdf", "language": "", "title": ""},
    ]
    entries = [
        Entry(row["id"], row["audio"], row["document"], row["language"], about={"title": row["title"]}, named=True)
        for row in rows
    ]
    for suffix in ("csv", "tsv", "jsonl", "ndjson", "parquet"):
        path = tmp_path / f"archive.{suffix}"
        write_catalogue(path, reversed(entries))
        first = path.read_bytes()
        write_catalogue(path, entries)
        assert path.read_bytes() == first
        yield path


def test_every_format_says_the_same(tmp_path: Path) -> None:
    paths = list(same_in_every_format(tmp_path))
    expected = [
        Entry("1", f'{tmp_path}/a\t"1",\n.mp3', f"{tmp_path}/a.pdf", "hi", about={"title": 'समाचार, "आज"'}, named=True),
        Entry("2", "s3://x/b.mp3", f"{tmp_path}/b.pdf", named=True),
    ]
    for path in paths:
        assert list(read_catalogue(path)) == expected
        assert check_catalogue(str(path)) == 2


def test_values_of_json_and_parquet_become_texts(tmp_path: Path) -> None:
    row = {"id": 7, "audio": "a.mp3", "document": "a.pdf", "year": 2024, "live": True, "rate": 0.5, "tags": ["x"], "none": None}
    about = {"live": "true", "rate": "0.5", "year": "2024"}
    (entry,) = read_catalogue(write(tmp_path, json.dumps(row) + "\n\n", "a.jsonl"))
    assert (entry.id, entry.about) == ("7", about)
    row["day"], row["bytes"] = datetime.date(2024, 1, 31), b"x"
    row["station"] = "Patna"
    table = arrow.Table.from_pylist([row])
    coded = table.set_column(table.schema.get_field_index("station"), "station", table["station"].dictionary_encode())
    parquet.write_table(coded, tmp_path / "a.parquet")
    (entry,) = read_catalogue(tmp_path / "a.parquet")
    assert (entry.id, entry.about) == ("7", {"day": "2024-01-31", **about, "station": "Patna"} | {})
    assert list(entry.about) == sorted(entry.about)


def test_a_remote_catalogue(tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe("/radio/list.csv", "audio,document\n2024/अ 1%.mp3,../d.pdf\n".encode())
    (entry,) = read_catalogue("memory://radio/list.csv")
    assert (entry.id, entry.audio, entry.document) == ("2024-अ 1%", "memory://radio/2024/अ 1%.mp3", "memory://radio/d.pdf")
    assert check_catalogue("memory://radio/list.csv") == 1
    with pytest.raises(InputError, match="no such file"):
        check_catalogue("memory://radio/none.csv")


@pytest.mark.parametrize(
    ("catalogue", "location", "whole"),
    [
        ("https://x.org/a/list.csv?key=1#b", "b/अ #1?.mp3", "https://x.org/a/b/%E0%A4%85%20%231%3F.mp3"),
        ("https://x.org/list.csv", "../../b.mp3", "https://x.org/b.mp3"),
        ("https://x.org/list.csv", "https://y.org/b%20c.mp3?d=1", "https://y.org/b%20c.mp3?d=1"),
        ("s3://bucket/x//list.csv", "./y/../b #1.mp3", "s3://bucket/x//b #1.mp3"),
        ("zip://x/list.csv::s3://bucket/all.zip", "b.mp3", "zip://x/b.mp3::s3://bucket/all.zip"),
        ("file:///srv/list.csv", "b.mp3", "/srv/b.mp3"),
        ("list.csv", "06:45.mp3", "06:45.mp3"),
    ],
)
def test_joined(catalogue: str, location: str, whole: str) -> None:
    assert joined(catalogue, location) == whole


@pytest.mark.parametrize(
    ("catalogue", "location", "id"),
    [
        ("list.csv", "a.b.mp3", "a.b"),
        ("list.csv", "bulletin 2024.01.31", "bulletin 2024.01.31"),
        ("list.csv", './x/../2024/पटना\'s "a".mp3', '2024-पटना\'s "a"'),
        ("list.csv", "../.hidden.mp3", "hidden"),
        ("/srv/archive/list.csv", "/srv/archive/2024/a.mp3", "2024-a"),
        ("/srv/archive/list.csv", "/srv/archives/a.mp3", "srv-archives-a"),
        ("list.csv", os.path.abspath("2024/a.mp3"), "2024-a"),
        ("s3://x/y/list.csv", "2024/a.mp3", "2024-a"),
        ("list.csv", "s3://bucket/2024/a%20b.mp3", "2024-a%20b"),
        ("list.csv", "https://x.org/2024/a%2Fb.mp3?sig=1/2", "2024-a-b"),
        ("list.csv", "zip://2024/a.mp3::s3://x/y.zip", "2024-a"),
    ],
)
def test_default_ids(catalogue: str, location: str, id: str) -> None:
    assert default_id(catalogue, location) == id


def test_safe_names() -> None:
    assert safe_name(" ..a/b\\c\n\x00\u2028d ") == "a-b-c---d"
    long = safe_name("क" * 300)
    assert MOST_BYTES < len(long.encode()) < MOST_BYTES + 10
    assert long != safe_name("क" * 301)
    assert safe_name("/") == "-"
    assert safe_name("..") and safe_name("")
    assert safe_name("..") != safe_name("")


def test_a_catalogue_names_recordings(tmp_path: Path) -> None:
    path = write(tmp_path, "audio,document\n\n")
    with pytest.raises(InputError, match="names no recording"):
        check_catalogue(path)
    with pytest.raises(InputError, match="names no recording"):
        check_catalogue(write(tmp_path, "\n", "a.jsonl"))
    assert list(read_catalogue(path)) == []


def test_all_bad_rows_are_told_at_once(tmp_path: Path) -> None:
    rows = ["a.mp3,a.pdf,hi,", ",b.pdf,hi,", "c.mp3,,xx,", "./a.mp3,d.pdf,hi,", f"e.mp3,e.pdf,,{SHA[1:]}", "f.mp3,f, g.pdf,hi,,"]
    told = faults(write(tmp_path, "audio,document,language,audio_sha256\n" + "\n".join(rows) + "\n"))
    assert told.startswith(str(tmp_path))
    assert told.split(".csv: ")[1].split("; ") == [
        "line 3: no audio",
        "line 4: no document",
        "line 4: unknown language 'xx'",
        "line 5: id 'a' again, after line 2",
        f"line 6: audio_sha256 '{SHA[1:]}' is not 64 hex digits",
        "line 7: unknown language 'g.pdf'",
        "line 7: audio_sha256 'hi' is not 64 hex digits.",
    ]


def test_ids_are_compared_as_folders_would_be(tmp_path: Path) -> None:
    text = "id,audio,document\na/b,1.mp3,x\na-b,2.mp3,x\n,3.mp3,x\n3,4.mp3,x\na/b,5.mp3,x\nc,1.mp3,x\n"
    with pytest.raises(InputError) as caught:
        check_catalogue(write(tmp_path, text))
    told = ["line 3: id 'a-b' again, after line 2", "line 5: id '3' again, after line 4", "line 6: id 'a-b' again, after line 2"]
    assert caught.value.message.split(".csv: ")[1] == "; ".join(told) + "."
    assert "column id" in caught.value.advice


def test_many_bad_rows_are_counted(tmp_path: Path) -> None:
    told = faults(write(tmp_path, "audio,document\n" + ",x.pdf\n" * 100))
    assert "and 80 more" in told
    assert told.count("no audio") == 20
    repeated = write(tmp_path, "audio,document\n" + "a.mp3,x.pdf\n" * 50 + ",x.pdf\n" * 3)
    with pytest.raises(InputError, match=r"line 3: id 'a' again.* and 32 more"):
        check_catalogue(repeated)


def test_a_comma_without_quotes(tmp_path: Path) -> None:
    assert "line 2: 4 cells for 3 columns" in faults(write(tmp_path, "audio,document,title\na.mp3,a.pdf,one, two\n"))
    assert check_catalogue(write(tmp_path, "audio,document,title\na.mp3,a.pdf,one,\nb.mp3,b.pdf\n")) == 2


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1]", "no JSON object"),
        ('{"audio": "a"}', "no document"),
        ('{"audio": {"path": "a"}, "document": "b"}', "audio is no text"),
        ('{"audio": "a\\ud800", "document": "b"}', "half a character"),
        ('{"audio": "a\\u0000", "document": "b"}', "zero byte"),
    ],
)
def test_bad_lines_of_json(line: str, fault: str, tmp_path: Path) -> None:
    told = faults(write(tmp_path, f'{{"audio": "x", "document": "y"}}\n{line}\n', "a.jsonl"))
    assert f"line 2: {fault}" in told or (fault in told and "line 2: " in told)


def test_parquet_whose_columns_are_no_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.Table.from_pylist([{"audio": {"bytes": b"x", "path": "a"}, "document": "b"}]), path)
    assert "the column audio holds struct" in faults(path)
    parquet.write_table(arrow.Table.from_pylist([{"audio": "a"}]), path)
    assert "no column document" in faults(path)
    parquet.write_table(arrow.Table.from_pylist([{"audio": "a", "document": "b"}, {"audio": None, "document": "b"}]), path)
    assert "row 2: no audio" in faults(path)
    path.write_bytes(b"PAR1 no parquet")
    assert "cannot be read as Parquet" in faults(path)


@pytest.mark.parametrize("text", ["audio,text\na,b\n", "", "audio;document\na;b\n"])
def test_missing_columns(text: str, tmp_path: Path) -> None:
    assert "no column document" in faults(write(tmp_path, text))


def test_a_column_that_comes_twice(tmp_path: Path) -> None:
    assert "column audio twice" in faults(write(tmp_path, "audio,document,audio\na,b,c\n"))


def test_unreadable_catalogues(tmp_path: Path) -> None:
    for suffix in ("csv", "tsv", "jsonl", "parquet"):
        assert "cannot be read" in faults(tmp_path / f"none.{suffix}")
        (tmp_path / f"bytes.{suffix}").write_bytes(b"audio,document\n\xff\xfe,b\n")
        assert "cannot be read" in faults(tmp_path / f"bytes.{suffix}") or suffix == "tsv"
    with pytest.raises(UsageError, match="like no catalogue"):
        check_catalogue(write(tmp_path, "audio,document\na,b\n", "archive.xlsx"))


def test_a_fault_names_the_line_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, 'audio,document,language\na.mp3,"a\n.pdf",hi\n\n./a.mp3,b.pdf,hi\n,c.pdf,hi\n')
    assert "line 5: id 'a' again, after line 3; line 6: no audio" in faults(path)


@pytest.mark.parametrize(("suffix", "count"), [("csv", 100_000), ("jsonl", 20_000), ("parquet", 20_000)])
def test_memory_does_not_grow_with_the_rows(suffix: str, count: int, tmp_path: Path) -> None:
    audio = [f"2024/station-{number % 7}/bulletin-{number:07}.mp3" for number in range(count)]
    path = tmp_path / f"long.{suffix}"
    if suffix == "parquet":
        parquet.write_table(arrow.table({"audio": audio, "document": audio}), path)
    else:
        line = '{{"audio": "{0}", "document": "{0}"}}\n' if suffix == "jsonl" else "{0},{0}\n"
        path.write_text(("" if suffix == "jsonl" else "audio,document\n") + "".join(line.format(name) for name in audio))
    del audio
    list(zip(range(2), read_catalogue(path), strict=False))  # what is imported on the way is no row
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_catalogue(path)) == count
        _, reading = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        assert check_catalogue(path) == count
        _, checking = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reading < 1_000_000
    assert checking < 1_000_000 + 4 * 8 * count  # the hashes, the same sorted, and what that takes
