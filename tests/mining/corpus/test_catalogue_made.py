"""Catalogues made of trees, feeds and web indexes: what belongs together, and what is told to be left out."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from mining.corpus.catalogue.links import links
from mining.corpus.catalogue.pairing import Found, Rules
from mining.corpus.catalogue.pattern import Pattern, language_code
from mining.corpus.catalogue.source import find
from mining.errors import InputError, UsageError


def tree(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")
    return root


def rules(pattern: str = "", audio: str = "", document: str = "", language: str = "", **about: str) -> Rules:
    return Rules.of(pattern, audio, document, language, about)


def pairs(found: Found) -> list[tuple[str, str, str]]:
    return [(entry.id, entry.audio, entry.document) for entry in found.entries]


def test_the_same_name_in_the_same_folder(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "archive",
        "2024/'पटना' \"1\".MP3",
        "2024/'पटना' \"1\".pdf",
        "b.wav",
        "B.pdf",
        "c.pdf",
        "c.jpg",
        ".d.mp3",
        ".d.pdf",
    )
    tree(root, ".git/e.mp3", ".git/e.pdf", "x/f.mp3", "y/f.pdf", " g.flac", " g.txt")
    found = find(str(root), root / "list.csv", rules(language="hi", licence="CC0"), 0)
    assert pairs(found) == [
        ("2024-'पटना' \"1\"", "2024/'पटना' \"1\".MP3", "2024/'पटना' \"1\".pdf"),
        ("g", "./ g.flac", "./ g.txt"),
    ]
    assert {(entry.language, entry.named, *entry.about.items()) for entry in found.entries} == {("hi", True, ("licence", "CC0"))}
    assert found.left == {"audio_alone": ["b.wav", "x/f.mp3"], "document_alone": ["B.pdf", "c.pdf", "y/f.pdf"]}


def test_locations_are_relative_to_where_the_catalogue_lies(tmp_path: Path) -> None:
    root = tree(tmp_path / "archive", "2024/a.mp3", "2024/a.pdf")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "er")
    out = tmp_path / "link" / "list.csv"
    ((id, audio, _),) = pairs(find(root.as_uri(), out, rules(), 0))
    assert (id, audio) == ("2024-a", "../../archive/2024/a.mp3")
    assert (out.parent / audio).is_file()


def test_of_several_formats_one_is_taken(tmp_path: Path) -> None:
    root = tree(tmp_path, "a.mp3", "a.wav", "a.opus", "a.pdf", "a.txt")
    found = find(str(root), root / "list.csv", rules(), 0)
    assert pairs(found) == [("a", "a.wav", "a.pdf")]
    assert found.left == {"other_format": ["a.mp3", "a.opus", "a.txt"]}


def test_ids_that_would_be_the_same_are_made_different(tmp_path: Path) -> None:
    root = tree(tmp_path, "a/b-c.mp3", "a/b-c.pdf", "a-b/c.mp3", "a-b/c.pdf", "d.mp3", "d.pdf")
    ids = [entry.id for entry in find(str(root), root / "list.csv", rules(), 0).entries]
    assert len(set(ids)) == 3
    assert ids[2] == "d"
    assert all(id.startswith("a-b-c-") for id in ids[:2])


def test_patterns_pair_across_folders(tmp_path: Path) -> None:
    root = tree(tmp_path, "audio/20240131-patna-hi.mp3", "audio/20240131-all-india-hi.mp3", "audio/20241331-patna-hi.mp3")
    tree(root, "scripts/patna/31.01.2024 Hindi.pdf", "scripts/patna/01.02.2024 Hindi.pdf", "scripts/read me.txt")
    found = find(
        str(root),
        root / "list.csv",
        rules("", "{date:%Y%m%d}-{station}-{lang}", "scripts/{station}/{date:%d.%m.%Y} {lang}"),
        0,
    )
    (entry,) = found.entries
    assert (entry.audio, entry.document) == ("audio/20240131-patna-hi.mp3", "scripts/patna/31.01.2024 Hindi.pdf")
    assert (entry.language, dict(entry.about)) == ("hi", {"date": "2024-01-31", "station": "patna"})
    assert found.left == {
        "audio_alone": ["audio/20240131-all-india-hi.mp3"],
        "document_alone": ["scripts/patna/01.02.2024 Hindi.pdf"],
        "unmatched": ["audio/20241331-patna-hi.mp3", "scripts/read me.txt"],
    }


def test_a_script_may_serve_several_stations(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        "patna/0101.mp3",
        "delhi/0101.mp3",
        "patna/0102.mp3",
        "scripts/0101.pdf",
        "scripts/0102 a.pdf",
        "scripts/0102 b.pdf",
    )
    found = find(str(root), root / "list.csv", rules("", "{station}/{day}", "scripts/{day} {note}"), 0)
    assert found.entries == []
    found = find(str(root), root / "list.csv", rules("", "{station}/{day:%m%d}", "scripts/{day:%m%d}*"), 0)
    assert pairs(found) == [
        ("delhi-0101", "delhi/0101.mp3", "scripts/0101.pdf"),
        ("patna-0101", "patna/0101.mp3", "scripts/0101.pdf"),
    ]
    assert found.left == {"audio_alone": ["patna/0102.mp3"], "doubtful": ["scripts/0102 a.pdf", "scripts/0102 b.pdf"]}


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        ("{station}/{date}/{name}", "a/b/c", {"station": "a", "date": "b", "name": "c"}),
        ("{station}/{date}/{name}", "x/a/b/c", None),
        ("**/{name}-{lang}", "a/b/c-tam", {"name": "c", "language": "ta"}),
        ("**/{name}-{lang}", "c-xx", None),
        ("{name}_*", "a/b_c_d", {"name": "b"}),
        ("{a}/{a}-{b}", "x/x-y", {"a": "x", "b": "y"}),
        ("{a}/{a}-{b}", "x/z-y", None),
        ("{t:%Y%m%d_%H%M}", "20240229_0645", {"t": "2024-02-29T06:45"}),
        ("{t:%d-%b-%y}", "29-Feb-24", {"t": "2024-02-29"}),
        ("{t:%m%d}", "0229", {"t": "02-29"}),
        ("{t:%m%d}", "0230", None),
        ("{t:%H%M} {t:%H.%M}", "0645 06.45", {"t": "06:45"}),
        ("{t:%H%M} {t:%H.%M}", "0645 06.46", None),
        ("a+(b) {n}", "a+(b) क", {"n": "क"}),
    ],
)
def test_patterns(pattern: str, path: str, fields: dict[str, str] | None) -> None:
    assert Pattern(pattern).fields(path) == fields


@pytest.mark.parametrize(
    "wrong", ["{a", "a}", "abc", "{}", "{a b}", "{audio}", "{document_sha256}", "{d:xyz}", "{d:%q}", "{d:%}", "*"]
)
def test_patterns_that_are_none(wrong: str) -> None:
    with pytest.raises(UsageError):
        Pattern(wrong)


def test_patterns_that_do_not_go_together() -> None:
    with pytest.raises(UsageError, match="share no field"):
        rules("", "{a}", "{b}")
    with pytest.raises(UsageError, match="Give both"):
        rules("", "{a}", "")


def test_language_codes() -> None:
    assert [language_code(text) for text in ("hi", "Tamil", "tam", "en-IN", "HI_in", "", "klingon")] == [
        "hi",
        "ta",
        "ta",
        language_code("en"),
        "hi",
        "",
        "",
    ]


def test_a_tree_elsewhere() -> None:
    memory = fsspec.filesystem("memory")
    for name in ("अ 1.mp3", "अ 1.pdf", "b.mp3"):
        memory.pipe(f"/tree/2024/{name}", b"x")
    found = find("memory://tree/", Path("list.csv"), rules(), 0)
    assert pairs(found) == [("2024-अ 1", "memory://tree/2024/अ 1.mp3", "memory://tree/2024/अ 1.pdf")]
    assert found.left == {"audio_alone": ["2024/b.mp3"]}


RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="https://podcastindex.org/namespace/1.0"
 xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule">
<channel><title>आकाशवाणी पटना</title><language>hi-IN</language>
<creativeCommons:license>https://creativecommons.org/licenses/by/4.0/</creativeCommons:license>
<item><title>समाचार &amp; मौसम</title><pubDate>Wed, 31 Jan 2024 00:30:00 +0530</pubDate><itunes:author>सीता</itunes:author>
 <enclosure url="https://x.org/audio/one.mp3?x=1" type="audio/mpeg" length="1"/>
 <description>&lt;p&gt;The &lt;a href="https://x.org/scripts/one.pdf"&gt;script&lt;/a&gt;
 &lt;a href="https://x.org/about.html"&gt;us&lt;/a&gt;&lt;/p&gt;</description></item>
<item><title>two</title><enclosure url="https://x.org/get/two" type="audio/mpeg" length="1"/>
 <podcast:transcript url="https://x.org/scripts/two" type="text/plain"/></item>
<item><title>alone</title><enclosure url="https://x.org/audio/alone.mp3" type="audio/mpeg" length="1"/></item>
<item><title>several</title><enclosure url="https://x.org/audio/s.mp3" type="audio/mpeg" length="1"/>
 <description>&lt;a href="https://x.org/a.pdf"&gt;a&lt;/a&gt; &lt;a href="https://x.org/b.pdf"&gt;b&lt;/a&gt;</description></item>
<item><title>again</title><enclosure url="https://x.org/audio/one.mp3?x=1" type="audio/mpeg" length="1"/>
 <description>&lt;a href="https://x.org/scripts/other.pdf"&gt;a&lt;/a&gt;</description></item>
<item><title>no recording</title><link>https://x.org/post</link></item>
</channel></rss>
"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>S</title><entry><title>t</title><updated>2024-02-01T23:00:00+05:30</updated>
<rights>CC0</rights><link rel="enclosure" type="audio/ogg" href="a b.ogg"/>
<link rel="related" type="application/pdf" href="a.pdf"/>
</entry></feed>"""


def test_a_podcast(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(RSS, encoding="utf8")
    found = find(str(tmp_path / "feed.xml"), tmp_path / "list.csv", rules(), 0)
    assert pairs(found) == [
        ("audio-one", "https://x.org/audio/one.mp3?x=1", "https://x.org/scripts/one.pdf"),
        ("get-two", "https://x.org/get/two", "https://x.org/scripts/two"),
    ]
    first = found.entries[0]
    assert first.language == "hi"
    assert dict(first.about) == {
        "author": "सीता",
        "date": "2024-01-31",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "station": "आकाशवाणी पटना",
        "title": "समाचार & मौसम",
    }
    assert found.left == {
        "audio_alone": ["https://x.org/audio/alone.mp3", "https://x.org/audio/s.mp3"],
        "doubtful": ["a.pdf", "b.pdf", "https://x.org/audio/one.mp3?x=1"],
    }


def test_an_atom_feed_beside_its_files(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "a.atom").write_text(ATOM)
    (entry,) = find(str(tmp_path / "feeds" / "a.atom"), tmp_path / "list.csv", rules(language="ta"), 0).entries
    assert (entry.id, entry.audio, entry.document, entry.language) == ("a b", "feeds/a b.ogg", "feeds/a.pdf", "ta")
    assert dict(entry.about) == {"date": "2024-02-01", "licence": "CC0", "station": "S", "title": "t"}


def test_what_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        find(str(tmp_path / "none"), tmp_path / "list.csv", rules(), 0)
    (tmp_path / "text").write_text("no page")
    with pytest.raises(InputError, match="no folder, no feed and no page"):
        find(str(tmp_path / "text"), tmp_path / "list.csv", rules(), 0)
    (tmp_path / "feed.xml").write_text("<rss><channel>")
    assert find(str(tmp_path / "feed.xml"), tmp_path / "list.csv", rules(), 0).entries == []
    with pytest.raises(UsageError, match="patterns out"):
        find(str(tmp_path / "feed.xml"), tmp_path / "list.csv", rules("{a}"), 0)


def test_links() -> None:
    page = '<base href="/b/"><a href="x.mp3#t=1">x</a><A HREF=" x.mp3 "><audio src="../y.ogg"><a name="n"><a href="http://[half">'
    assert links(page, "https://x.org/a/") == ["https://x.org/b/", "https://x.org/b/x.mp3", "https://x.org/y.ogg"]


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, as Apache and others do, without telling."""

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The URL of a server of a folder, and the folder."""
    root = tmp_path / "site"
    root.mkdir()
    running = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", root
    running.shutdown()
    thread.join()
    running.server_close()


def test_a_web_index(site: tuple[str, Path], tmp_path: Path) -> None:
    url, root = site
    tree(root, "radio/अ #1.mp3", "radio/अ #1.pdf", "radio/2024/b.mp3", "radio/2024/b.pdf", "radio/2024/jan/c.mp3", "other/d.mp3")
    out = tmp_path / "list.csv"
    found = find(f"{url}/radio", out, rules(), 0)  # without its slash: the server moves it
    quoted = f"{url}/radio/%E0%A4%85%20%231"
    assert pairs(found) == [("अ #1", f"{quoted}.mp3", f"{quoted}.pdf")]
    found = find(f"{url}/radio/", out, rules(), 1)
    assert [entry.id for entry in found.entries] == ["2024-b", "अ #1"]
    assert found.left == {}
    found = find(f"{url}/radio/", out, rules(), 9)
    assert found.left == {"audio_alone": ["2024/jan/c.mp3"]}
    patterned = find(f"{url}/radio/", out, rules("{year:%Y}/{name}"), 9)
    assert [dict(entry.about) for entry in patterned.entries] == [{"name": "b", "year": "2024"}]


def test_a_page_of_links_to_other_folders(site: tuple[str, Path], tmp_path: Path) -> None:
    url, root = site
    tree(root, "x")
    (root / "index.html").write_text(
        '<a href="audio/a.mp3">a</a><a href="pdf/a.pdf">a</a><a href="gone/">g</a><a href="pdf/b.pdf">b</a>'
    )
    found = find(f"{url}/index.html", tmp_path / "list.csv", rules(), 1)
    assert pairs(found) == [("audio-a", f"{url}/audio/a.mp3", f"{url}/pdf/a.pdf")]
    assert found.left["document_alone"] == ["pdf/b.pdf"]
    assert "gone/: there is no such file" in found.left["unreadable"][0]
    shutil.copy(root / "index.html", tmp_path / "saved.html")
    assert pairs(find(str(tmp_path / "saved.html"), tmp_path / "list.csv", rules(), 0)) == [
        ("audio-a", "audio/a.mp3", "pdf/a.pdf")
    ]
