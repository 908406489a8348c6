"""The server of the page: what it answers, what it refuses, and that two people lose nothing."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from mining import store
from mining.corpus.review import app
from mining.corpus.review.app import application
from mining.corpus.review.desk import HOLD, Desk
from mining.corpus.review.excerpt import Sounds
from mining.corpus.review.queue import Queue
from mining.errors import EnvironmentProblem, InputError, UsageError
from tests.mining.corpus.review.conftest import EVIL, Serving
from tests.mining.corpus.review.judging import JSON, as_sent, log, served


def test_a_verdict_is_in_the_log_when_it_is_answered(documented: Path) -> None:
    client = served(documented)
    pair = client.get("/api/next", params={"person": "Asha", "tab": "1"}).json()["id"]
    row = next(row for row in store.read_rows(documented / "pairs.jsonl") if row["id"] == pair)
    answer = client.post("/api/verdicts", json=as_sent(pair, verdict="ends", new_start=row["start"] - 0.2, new_end=row["end"]))
    assert answer.status_code == 201
    assert answer.json()["judged"] == 1
    (written,) = log(documented)
    assert written["pair"] == pair
    assert (written["text"], written["start"], written["end"]) == (row["text"], row["start"], row["end"])
    assert written["verdict"] == "ends"
    assert written["new_start"] == pytest.approx(row["start"] - 0.2)
    assert written["new_end"] is None  # it was left where it was
    assert written["how"] == "stratified"
    assert written["seconds"] == 4.2
    assert client.get("/api/said", params={"person": "Asha"}).json() == {pair: "ends"}
    assert client.get("/api/said", params={"person": "Bina"}).json() == {}


def test_what_is_sent_twice_is_written_once(documented: Path) -> None:
    client = served(documented)
    pair = client.get("/api/pairs").json()["rows"][0][0]
    for _ in range(2):
        assert client.post("/api/verdicts", json=as_sent(pair, token="t1")).status_code == 201
    assert len(log(documented)) == 1


def test_undo_takes_back_one_verdict_after_the_other(documented: Path) -> None:
    client = served(documented)
    first, second = [row[0] for row in client.get("/api/pairs").json()["rows"][:2]]
    for pair in (first, second):
        client.post("/api/verdicts", json=as_sent(pair))
    taken = [client.post("/api/undo", json={"person": "Asha"}).json() for _ in range(3)]
    assert [one["pair"] for one in taken] == [second, first, None]
    assert [one["summary"]["judged"] for one in taken] == [1, 0, 0]


def test_what_is_sent_again_after_a_restart_stays_undone(documented: Path) -> None:
    pair = served(documented).get("/api/pairs").json()["rows"][0][0]
    served(documented).post("/api/verdicts", json=as_sent(pair, token="t1"))
    assert served(documented).post("/api/undo", json={"person": "Asha"}).json()["pair"] == pair
    assert served(documented).post("/api/verdicts", json=as_sent(pair, token="t1")).json()["judged"] == 0
    assert [row["verdict"] for row in log(documented)] == ["right", "undone"]


def test_of_two_verdicts_the_first_stands_when_the_second_is_undone(documented: Path) -> None:
    client = served(documented)
    pair = client.get("/api/pairs").json()["rows"][0][0]
    for verdict in ("right", "text"):
        client.post("/api/verdicts", json=as_sent(pair, verdict=verdict))
    taken = [client.post("/api/undo", json={"person": "Asha"}).json() for _ in range(2)]
    assert [(one["pair"], one["said"]) for one in taken] == [(pair, "right"), (pair, None)]


def test_undo_leaves_what_the_run_no_longer_has(documented: Path) -> None:
    first, *others, last = rows = store.read_rows(documented / "pairs.jsonl")
    for row in rows:
        served(documented).post("/api/verdicts", json=as_sent(row["id"]))
    store.write_rows(documented / "pairs.jsonl", [first, *({**row, "text": "कल"} for row in others)])
    taken = [served(documented).post("/api/undo", json={"person": "Asha"}).json()["pair"] for _ in range(2)]
    assert taken == [first["id"], None]
    store.write_rows(documented / "pairs.jsonl", [last])
    assert served(documented).get("/api/said", params={"person": " Asha"}).json() == {last["id"]: "right"}


def test_a_pair_has_all_that_the_page_shows(documented: Path) -> None:
    client = served(documented)
    rows = store.read_rows(documented / "pairs.jsonl")
    shown = client.get(f"/api/pair/{rows[1]['id']}").json()
    assert [word for *_, word in shown["words"]] == rows[1]["text"].split()
    assert "".join(heard for kind, text, heard in shown["pieces"]) == rows[1]["heard"]
    assert (shown["before"]["id"], shown["after"]["id"]) == (rows[0]["id"], rows[2]["id"])
    assert client.get(f"/api/pair/{rows[0]['id']}").json()["before"] is None
    assert client.get(f"/api/pair/{rows[4]['id']}").json()["before"] is None  # another recording
    sound = client.get(shown["sound"]["url"])
    assert sound.headers["content-type"] == "audio/wav"
    assert float(sound.headers["excerpt-start"]) == shown["sound"]["start"] == 1.5
    image = client.get(shown["place"]["pages"][0]["image"])
    assert image.headers["content-type"] == "image/jpeg"


def test_names_may_hold_what_addresses_may_not(fabricate: Callable[..., Path], serving: Serving) -> None:
    out = fabricate(1, stem="खबर #1? 50%25 & 'x'")
    address = serving(out)
    for row in store.read_rows(out / "pairs.jsonl"):
        shown = json.load(urlopen(f"{address}api/pair/{quote(row['id'], safe='')}"))
        assert shown["id"] == row["id"]
        assert urlopen(address + shown["sound"]["url"][1:]).read(4) == b"RIFF"


def test_a_recording_or_document_that_has_gone_breaks_nothing_else(documented: Path) -> None:
    row = store.read_rows(documented / "pairs.jsonl")[0]
    for gone in (row["audio"], row["document"]):
        Path(gone).unlink()
    client = served(documented)
    shown = client.get(f"/api/pair/{row['id']}").json()
    assert "is not there any more" in shown["sound"]["note"]
    assert "is not there any more" in shown["place"]["note"]
    assert client.get(shown["sound"]["url"]).status_code == 200  # its clip
    (store.Recording(documented / "recordings" / row["recording"]).path("clips") / f"{row['id']}.flac").unlink()
    shown = client.get(f"/api/pair/{row['id']}").json()
    assert shown["sound"]["url"] == ""
    assert client.get(f"/sound/{row['id']}.wav").status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/api/pair/none", 404, "There is no pair 'none'"),
        ("/sound/none.wav", 404, "There is no pair 'none'"),
        ("/page/none/1.jpg", 404, "There is no pair 'none'"),
        ("/api/next?person=&tab=1", 400, "cannot be a person's name"),
        ("/api/next?person=..%2Fx&tab=1", 400, "cannot be a person's name"),
    ],
)
def test_a_wrong_request_is_told_in_a_sentence(run: Path, path: str, status: int, told: str) -> None:
    answer = served(run).get(path)
    assert answer.status_code == status
    assert told in answer.json()["error"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"verdict": "wonderful"}, 400),
        ({"how": "by chance"}, 400),
        ({"person": "../../x"}, 400),
        ({"new_start": "soon"}, 400),
        ({"new_end": 1e999}, 400),
        ({"seconds": float("nan")}, 400),
        ({"seconds": 10**400}, 400),
        ({"person": None}, 400),
        ({"token": ["t1"]}, 400),
        ({"pair": "none"}, 404),
    ],
)
def test_what_is_no_verdict_is_not_written(run: Path, change: dict[str, Any], status: int) -> None:
    client = served(run)
    pair = client.get("/api/pairs").json()["rows"][0][0]
    answer = client.post("/api/verdicts", content=json.dumps(as_sent(pair) | change), headers=JSON)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]
    assert not (run / "review").exists() or not list((run / "review").glob("*.jsonl"))


@pytest.mark.parametrize("content", ["", "[]", "{", '"x"', "[" * 99_000])
def test_what_is_no_object_is_refused(run: Path, content: str) -> None:
    assert served(run).post("/api/verdicts", content=content, headers=JSON).status_code == 400


def test_two_people_are_given_different_pairs(documented: Path) -> None:
    client = served(documented)
    ask = [client.get("/api/next", params={"person": name, "tab": name}).json()["id"] for name in ("Asha", "Bina") * 4]
    assert len(set(ask)) == len(ask) == 8
    last = client.get("/api/next", params={"person": "Asha", "tab": "Asha"}).json()
    assert (last["id"], last["held"]) == (None, 4)


def test_what_all_are_to_judge_comes_before_the_others_when_the_first_has(large: Path) -> None:
    desk = Desk(large, "stratified", False)
    shared = Queue(desk.rows).shared
    order = [desk.next("Asha", "a") for _ in range(40)]
    wanted = [pair for pair in order if pair in shared]
    assert wanted
    for pair in order:
        desk.add(as_sent(str(pair)))
    assert [desk.next("Bina", "b") for _ in wanted] == wanted
    taken = desk.undo("Asha", "a")
    assert taken is not None and taken.pair == order[-1]
    assert desk.next("Bina", "b") != taken.pair  # Asha has it on the screen again


def test_a_full_disk_is_told(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = served(run)
    pair = client.get("/api/pairs").json()["rows"][0][0]

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answer = client.post("/api/verdicts", json=as_sent(pair))
    assert answer.status_code == 500
    assert "No space left on device" in answer.json()["error"]


def test_while_a_log_is_damaged_the_page_is_to_ask_again(run: Path) -> None:
    client = served(run)
    first, second = (row[0] for row in client.get("/api/pairs").json()["rows"][:2])
    client.post("/api/verdicts", json=as_sent(first, token="t1"))
    path = run / "review" / "Asha.jsonl"
    whole = path.read_text(encoding="utf8")
    path.write_text(f"[]\n{whole}", encoding="utf8")
    answer = client.post("/api/verdicts", json=as_sent(second, token="t2"))
    assert (answer.status_code, "line 1: is no verdict" in answer.json()["error"]) == (500, True)
    path.write_text(whole, encoding="utf8")
    assert client.post("/api/verdicts", json=as_sent(second, token="t2")).json()["judged"] == 2


def test_a_reloaded_tab_is_given_its_pairs_again(documented: Path) -> None:
    client = served(documented)
    ask = {"person": "Asha", "tab": "1"}
    first = [client.get("/api/next", params=ask).json()["id"] for _ in range(3)]
    again = [client.get("/api/next", params=ask | {"fresh": "1"}).json()["id"], client.get("/api/next", params=ask).json()["id"]]
    assert again == first[:2]


def test_what_a_closed_tab_held_comes_before_others_after_a_while(documented: Path) -> None:
    now = [0.0]
    desk = Desk(documented, "stratified", False, clock=lambda: now[0])
    first = desk.next("Asha", "a")
    assert desk.next("Bina", "b") != first
    now[0] = HOLD - 1
    desk.present("b")
    assert desk.held("b") == 1
    now[0] = HOLD + 1
    assert desk.held("b") == 0
    assert desk.next("Bina", "b") == first


def test_two_people_who_judge_at_once_lose_nothing(large: Path) -> None:
    client, wrong = served(large), []

    def judge(person: str) -> None:
        for _ in range(25):
            pair = client.get("/api/next", params={"person": person, "tab": person}).json()["id"]
            answer = client.post("/api/verdicts", json=as_sent(pair, person))
            if answer.status_code != 201:
                wrong.append(answer.text)

    people = ("Asha", "Bina", "Chitra")
    threads = [threading.Thread(target=judge, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    said = {person: {row["pair"] for row in log(large, person)} for person in people}
    assert [len(said[person]) for person in people] == [25, 25, 25]
    assert client.get("/api/summary").json()["people"] == dict.fromkeys(people, 25)


def test_a_long_decoding_holds_up_nobody(run: Path, serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    go, began = threading.Event(), threading.Event()

    def slowly(self: Sounds, row: dict[str, Any]) -> bytes:
        began.set()
        assert go.wait(60)
        return b"sound"

    monkeypatch.setattr(Sounds, "wav", slowly)
    address, pair = serving(run), store.read_rows(run / "pairs.jsonl")[0]["id"]
    sound: list[bytes] = []
    waiting = threading.Thread(target=lambda: sound.append(urlopen(f"{address}sound/{pair}.wav").read()))
    waiting.start()
    assert began.wait(60)
    assert json.load(urlopen(f"{address}api/summary"))["judged"] == 0
    assert sound == []
    go.set()
    waiting.join(60)
    assert sound == [b"sound"]


def test_texts_with_markup_travel_as_text(evil: Path) -> None:
    client = served(evil)
    answer = client.get("/api/pairs")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["rows"][0][6] == EVIL


def test_there_must_be_something_to_judge(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the folder of a run"):
        application(tmp_path)
    store.write_rows(run / "pairs.jsonl", [])
    with pytest.raises(UsageError, match="no pair to judge"):
        application(run)


def test_a_port_that_is_taken_is_told(run: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentProblem) as caught:
            app.serve(run, port=port, open_browser=False)
    assert f"Port {port} is taken." in str(caught.value)
    assert "--port" in str(caught.value)


@pytest.mark.parametrize(
    ("how", "told"), [({"port": 70_000}, "--port is 70000"), ({"host": "no.such.host.invalid"}, "--host is")]
)
def test_an_address_that_cannot_be_is_told(run: Path, how: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        app.serve(run, open_browser=False, **how)


def test_ctrl_c_ends_it_quietly(run: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from mining.corpus.review.app import serve\n"
        "serve(Path(sys.argv[1]), port=0, host='0.0.0.0', open_browser=False, tell=lambda line: print(line, flush=True))\n"
        "print('ended')"
    )
    command = [sys.executable, "-c", code, str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None and process.stderr is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        port = int(first.split("127.0.0.1:")[1].split("/")[0])
        assert "Everybody in the network" in second
        with socket.create_connection(("127.0.0.1", port)) as talk:
            talk.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert talk.recv(20).startswith(b"HTTP/1.1 200")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stdout.read() == "ended\n"
        assert process.stderr.read() == ""
