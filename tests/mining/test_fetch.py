"""Fetching from real servers on this machine: what fails for a while, what fails for good, and what lies about itself."""

from __future__ import annotations

import hashlib
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from mining import fetch as fetching
from mining.errors import EnvironmentProblem, InputError, Unreachable
from mining.fetch import copy_of, fetch, files_below, is_remote, local_path, read

BODY = bytes(range(256)) * 8000  # 2 MB: more than what sockets hold by themselves
SHA = hashlib.sha256(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Answers by the path that is asked for; `asked` counts how often each was."""

    asked: Counter[str]
    headers_seen: list[str]

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""

    def head(self, status: int = 200, length: int | None = len(BODY), **more: str) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked[path] += 1
        self.headers_seen.append(self.headers.get("Authorization", ""))
        word = path.rpartition("/")[2].partition(".")[0]
        if word == "busy" and self.asked[path] < 3:
            self.head(503, 0)
        elif word.isdecimal():
            self.head(int(word), 0)
        elif word == "moved":
            self.head(302, 0, Location="/there/whole.mp3")
        elif word in ("short", "broken"):
            self.head(length=len(BODY))
            self.wfile.write(BODY[:1000] if word == "short" or self.asked[path] == 1 else BODY)
        elif word == "announced":
            self.head(length=10**12)
        elif word == "endless":
            self.head(length=None)
            self.endless()
        elif word == "stalled":
            self.head()
            self.wfile.write(BODY[:1000])
            time.sleep(3)
        elif word == "wrong" and self.asked[path] == 1:
            self.head(length=5)
            self.wfile.write(b"other")
        else:
            self.head()
            self.wfile.write(BODY)

    def endless(self) -> None:
        try:
            while True:
                self.wfile.write(BODY)
        except OSError:
            pass  # the other has had enough


@pytest.fixture
def handler() -> type[Handler]:
    """A handler with counts of its own."""
    return type("Own", (Handler,), {"asked": Counter(), "headers_seen": []})


@pytest.fixture
def server(handler: type[Handler]) -> Iterator[str]:
    """The URL of a server that runs `handler`."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def nothing_in(folder: Path) -> bool:
    return not [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "name", ["06:45 news.mp3", "a::b.mp3", "/srv/http://x.mp3", "C:/x.mp3", "file:///srv/a.mp3", "s3:/a", "x"]
)
def test_local_names_are_no_urls(name: str) -> None:
    assert not is_remote(name)


@pytest.mark.parametrize("url", ["https://x.org/a.mp3", "s3://x/a.mp3", "zip://a.mp3::s3://x/y.zip", "memory://a"])
def test_urls_are(url: str) -> None:
    assert is_remote(url)


def test_a_local_file_stays_where_it_is(tmp_path: Path) -> None:
    odd = tmp_path / 'it\'s "उत्तर" 100%.mp3'
    odd.write_bytes(BODY)
    assert fetch(str(odd), tmp_path / "cache") == odd
    assert fetch(odd.as_uri(), tmp_path / "cache", sha256=SHA.upper()) == odd
    assert local_path(odd.as_uri()) == str(odd)
    with pytest.raises(InputError, match="SHA-256"):
        fetch(str(odd), tmp_path / "cache", sha256="0" * 64)
    assert odd.exists()
    assert not (tmp_path / "cache").exists()


def test_a_copy_is_made_once_and_dropped(server: str, handler: type[Handler], tmp_path: Path) -> None:
    url = f"{server}/2024/%E0%A4%AA%20a.MP3?key=1"
    path = fetch(url, tmp_path, sha256=SHA)
    assert path.read_bytes() == BODY
    assert (path.name, path.parent.name) == ("प a.MP3", hashlib.sha256(url.encode()).hexdigest()[:16])
    assert fetch(url, tmp_path, sha256=SHA) == path
    assert sum(handler.asked.values()) == 1
    path.write_bytes(b"damaged")
    assert fetch(url, tmp_path, sha256=SHA).read_bytes() == BODY
    copy_of(url, tmp_path).unlink()
    assert fetch(url, tmp_path, sha256=SHA).read_bytes() == BODY, "a copy that was dropped is fetched again"
    assert sum(handler.asked.values()) == 3


def test_names_are_safe_and_keep_their_suffix(tmp_path: Path) -> None:
    assert copy_of(f"https://x.org/{'क' * 200}.pdf", tmp_path).suffix == ".pdf"
    assert len(copy_of(f"https://x.org/{'क' * 200}.pdf", tmp_path).name.encode()) < 150
    assert copy_of("https://x.org/%2e%2e%2f%2fetc%2fpasswd", tmp_path).parent.parent == tmp_path
    assert copy_of("https://x.org/", tmp_path).name
    assert copy_of("memory://a/%20.mp3", tmp_path).name == "%20.mp3"


def test_what_passes_is_tried_again(server: str, handler: type[Handler], tmp_path: Path) -> None:
    assert fetch(f"{server}/busy.mp3", tmp_path, first_wait=0.01).read_bytes() == BODY
    assert handler.asked["/busy.mp3"] == 3
    assert fetch(f"{server}/broken.mp3", tmp_path, first_wait=0.01).read_bytes() == BODY
    assert handler.asked["/broken.mp3"] == 2


@pytest.mark.parametrize("name", ["500", "429", "short.mp3"])
def test_what_does_not_pass_in_time_is_unreachable(name: str, server: str, handler: type[Handler], tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="3 attempts"):
        fetch(f"{server}/{name}", tmp_path, attempts=3, first_wait=0.01)
    assert handler.asked[f"/{name}"] == 3
    assert nothing_in(tmp_path)


def test_waits_double(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(fetching.time, "sleep", waits.append)
    with pytest.raises(Unreachable):
        fetch(f"{server}/503", tmp_path)
    assert waits == [1, 2, 4]


@pytest.mark.parametrize(
    ("name", "told"), [("404", "no such file"), ("410", "no such file"), ("401", "credentials"), ("403", "credentials")]
)
def test_what_lasts_is_told_at_once(name: str, told: str, server: str, handler: type[Handler], tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        fetch(f"{server}/{name}", tmp_path)
    assert told in str(caught.value)
    assert handler.asked[f"/{name}"] == 1
    assert nothing_in(tmp_path)


@pytest.mark.parametrize("name", ["announced", "endless"])
def test_too_large(name: str, server: str, handler: type[Handler], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too large"):
        fetch(f"{server}/{name}", tmp_path, most_bytes=5_000_000)
    assert handler.asked[f"/{name}"] == 1
    assert nothing_in(tmp_path)


def test_a_wrong_checksum_gets_one_more_try(server: str, handler: type[Handler], tmp_path: Path) -> None:
    assert fetch(f"{server}/wrong.mp3", tmp_path, sha256=SHA).read_bytes() == BODY
    with pytest.raises(InputError, match="SHA-256"):
        fetch(f"{server}/whole.mp3", tmp_path, sha256="0" * 64)
    assert handler.asked["/whole.mp3"] == 2
    assert not copy_of(f"{server}/whole.mp3", tmp_path).exists()


def test_a_stalled_connection_ends(server: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable):
        fetch(f"{server}/stalled", tmp_path, attempts=2, first_wait=0.01, stall=0.3)
    assert time.monotonic() - began < 2.5
    assert nothing_in(tmp_path)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="2 attempts") as caught:
        fetch("http://user:secret@127.0.0.1:9/a.mp3", tmp_path, attempts=2, first_wait=0.01)
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_server(server: str, handler: type[Handler], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(EnvironmentProblem, match="cannot be written"):
        fetch(f"{server}/a.mp3", tmp_path / "cache")
    assert sum(handler.asked.values()) <= 1


def test_credentials_come_from_fsspecs_config(
    server: str, handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fsspec.config.conf, "http", {"client_kwargs": {"headers": {"Authorization": "Bearer x"}}})
    fetch(f"{server}/a.mp3", tmp_path)
    assert handler.headers_seen == ["Bearer x"]


def test_pages_are_read_with_the_place_they_moved_to(server: str) -> None:
    assert read(f"{server}/moved", 10**8) == (BODY, f"{server}/there/whole.mp3")
    with pytest.raises(InputError, match="too large"):
        read(f"{server}/endless", 10**6)


def test_other_protocols(tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe("/शाला/a b.mp3", BODY)
    assert fetch("memory://शाला/a b.mp3", tmp_path, sha256=SHA).read_bytes() == BODY
    assert files_below("memory://शाला") == ["a b.mp3"]
    with pytest.raises(InputError, match="no such file"):
        fetch("memory://शाला/b.mp3", tmp_path)
    with pytest.raises(InputError, match="too large"):
        fetch("memory://शाला/a b.mp3", tmp_path / "other", most_bytes=1000)
    with pytest.raises(InputError, match="folder"):
        fetch("memory://शाला", tmp_path)


def test_a_file_inside_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("2024/अ.mp3", BODY)
    location = f"zip://2024/अ.mp3::{(tmp_path / 'all.zip').as_uri()}"
    path = fetch(location, tmp_path / "cache", sha256=SHA)
    assert (path.name, path.read_bytes()) == ("अ.mp3", BODY)


def test_protocols_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="nope"):
        fetch("nope://x/a.mp3", tmp_path)
    monkeypatch.setitem(sys.modules, "s3fs", None)  # as if it were not installed
    with pytest.raises(EnvironmentProblem, match=r"pip install -c constraints.txt '.\[remote\]'"):
        fetch("s3://x/a.mp3", tmp_path)
