"""Catalogues: read in order, with every bad row told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from mining.corpus.catalogue import Entry, read_catalogue
from mining.errors import InputError


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "archive.csv"
    path.write_text(text, encoding="utf8")
    return path


def test_paths_are_relative_to_the_catalogue(tmp_path: Path) -> None:
    path = write(tmp_path, 'station,audio,document,language\nPatna,a.mp3,"a, b.pdf",hi\nDelhi,/far/b.mp3,ब.pdf,\n')
    assert read_catalogue(path) == [
        Entry(tmp_path / "a.mp3", tmp_path / "a, b.pdf", "hi"),
        Entry(Path("/far/b.mp3"), tmp_path / "ब.pdf", ""),
    ]


def test_a_catalogue_may_lack_languages(tmp_path: Path) -> None:
    assert read_catalogue(write(tmp_path, "\ufeffaudio,document\na.mp3,b.pdf\n")) == [
        Entry(tmp_path / "a.mp3", tmp_path / "b.pdf")
    ]


def test_a_catalogue_names_recordings(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names no recording"):
        read_catalogue(write(tmp_path, "audio,document\n\n"))


def test_all_bad_rows_are_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "audio,document,language\na.mp3,a.pdf,hi\n,b.pdf,hi\nc.mp3,,xx\na.mp3,d.pdf,hi\n")
    with pytest.raises(InputError) as caught:
        read_catalogue(path)
    for told in ("line 3: no audio", "line 4: no document", "line 4: unknown language 'xx'", "line 5: a.mp3 again, after line 2"):
        assert told in caught.value.message


def test_many_bad_rows_are_counted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="and 80 more"):
        read_catalogue(write(tmp_path, "audio,document\n" + ",x.pdf\n" * 100))


@pytest.mark.parametrize("text", ["audio,text\na,b\n", "", "audio;document\na;b\n"])
def test_missing_columns(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column document"):
        read_catalogue(write(tmp_path, text))


def test_unreadable_catalogues(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_catalogue(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"audio,document\n\xff\xfe,b\n")
    with pytest.raises(InputError, match="cannot be read"):
        read_catalogue(tmp_path / "bytes.csv")


def test_a_fault_names_the_line_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "archive.csv"
    path.write_text('audio,document,language\na.mp3,"a\n.pdf",hi\n\n./a.mp3,b.pdf,hi\n,c.pdf,hi\n', encoding="utf8")
    with pytest.raises(InputError, match=r"line 5: \./a\.mp3 again, after line 3; line 6: no audio"):
        read_catalogue(path)
