"""An archive in which all that can be wrong with a recording is: the others are mined, each broken one told with its reason."""

from __future__ import annotations

import http.server
import json
import threading
from functools import partial
from pathlib import Path

import pytest

from benchmarks.archive import make
from benchmarks.archive.kinds import KINDS, ODD, odd
from mining import store
from tests.flows import archives, servers


@pytest.mark.slow
def test_thirty_recordings_of_which_every_kind_is_broken(tmp_path: Path, server: dict[str, str]) -> None:
    good = make.recordings(tmp_path, 30 - len(KINDS) - 1, 8.0, ("text",))
    rows, reasons = [*good, odd(tmp_path, good[0])], {}
    for place, (kind, (broken, reason)) in enumerate(KINDS.items()):
        row = broken(tmp_path, f"broken {kind}", good[place])
        rows.insert(2 * place, row)
        reasons[str(tmp_path / row[0])] = reason
    catalogue, out = make.catalogue(tmp_path / "archive.csv", rows), tmp_path / "out"
    said = archives.end(archives.start(catalogue, out, server, "--workers", "2", "--json"), 5, within=240)
    figures = json.loads(said[said.index("{\n") : said.rindex("}") + 1])
    failures = store.read_rows(out / "failures.jsonl")
    assert {row["audio"]: row["reason"] for row in failures} == reasons
    assert all(Path(row["audio"]).name in row["message"] or Path(row["document"]).name in row["message"] for row in failures)
    assert not [row for row in failures if "Traceback" in row["message"] or "Error:" in row["message"]]
    assert figures["tried"] == 30
    mined = {row["audio"] for row in store.read_rows(out / "pairs.jsonl")}
    assert mined == {str(tmp_path / audio) for audio, _ in good} | {str(tmp_path / f"{ODD}.flac")}
    told = json.loads(archives.end(archives.start(catalogue, out, server, "--status", "--json"), 0))
    assert (told["failed"], told["left"]) == (len(KINDS), 0)
    assert sum(told["reasons"].values()) == len(KINDS)


@pytest.mark.slow
def test_it_gives_up_where_nothing_works_for_want_of_a_program(tmp_path: Path, server: dict[str, str]) -> None:
    (tmp_path / "tessdata").mkdir()
    catalogue, out = archives.archive(tmp_path / "archive", 8, 8.0, ("scan",)), tmp_path / "out"
    lacking = server | {"TESSDATA_PREFIX": str(tmp_path / "tessdata")}
    gone = archives.start(catalogue, out, lacking, "--runner", "threads", change="archive.IN_A_ROW = 3")
    assert "apt-get install tesseract-ocr-hin" in archives.end(gone, 6)
    assert [row["reason"] for row in store.read_rows(out / "failures.jsonl")] == ["environment"] * 3
    archives.end(archives.start(catalogue, out, server, "--runner", "threads"), 0)
    assert store.read_rows(out / "failures.jsonl") == [], "tried again, though nothing of them has changed"


@pytest.mark.slow
@pytest.mark.parametrize("keep", [False, True], ids=["dropped", "kept"])
def test_a_server_that_is_away_and_comes_back(keep: bool, tmp_path: Path, server: dict[str, str]) -> None:
    """What could not be fetched is tried again at the end; copies go once they are used."""
    (tmp_path / "archive").mkdir()
    rows, port = make.recordings(tmp_path / "archive", 2, 8.0, ("text",)), servers.free_port()
    remote = [tuple(f"http://127.0.0.1:{port}/{name}" for name in row) for row in rows[:1]]
    catalogue, out = make.catalogue(tmp_path / "archive" / "archive.csv", [*remote, rows[1]]), tmp_path / "out"  # type: ignore[list-item]
    change = (
        "archive.AGAIN = (0.5, 2.0, 4.0, 8.0, 16.0)\nfrom mining import fetch\nfetch.fetch.__kwdefaults__['first_wait'] = 0.1"
    )
    flags = ("--runner", "threads", *(["--keep-fetched"] if keep else []))
    mining = archives.start(catalogue, out, server, *flags, change=change)
    archives.wait_for(lambda: "unreachable" in "".join(path.read_text() for path in out.glob("ledger/*/*.json")), mining)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "archive")
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        archives.end(mining, 0)
        web.shutdown()
    assert archives.done(out) == 2
    assert store.read_rows(out / "failures.jsonl") == []
    copies = sorted(path.name for path in (out / "fetched").rglob("*") if path.is_file())
    assert copies == (sorted(rows[0]) if keep else [])
    archives.end(archives.start(catalogue, out, server, "--runner", "threads"), 0)  # and the server is not asked again


@pytest.mark.slow
def test_a_server_that_stays_away_stops_no_other(tmp_path: Path, server: dict[str, str]) -> None:
    (tmp_path / "archive").mkdir()
    rows, port = make.recordings(tmp_path / "archive", 1, 8.0, ("text",)), servers.free_port()
    remote = [(f"http://127.0.0.1:{port}/{number}.flac", f"http://127.0.0.1:{port}/{number}.txt") for number in range(4)]
    catalogue, out = make.catalogue(tmp_path / "archive" / "archive.csv", [*remote, *rows]), tmp_path / "out"  # type: ignore[list-item]
    change = "archive.AGAIN = ()\narchive.IN_A_ROW = 2\nfrom mining import fetch\nfetch.fetch.__kwdefaults__['first_wait'] = 0.01"
    archives.end(archives.start(catalogue, out, server, "--runner", "threads", change=change), 5)
    failures = store.read_rows(out / "failures.jsonl")
    assert [row["reason"] for row in failures] == ["unreachable"] * 4
    assert sum("not asked again" in row["message"] for row in failures) == 2
    assert store.read_rows(out / "pairs.jsonl"), "the local one is mined"
