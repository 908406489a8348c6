"""The log of verdicts: nothing that was said is ever lost, whoever writes at the same time and whatever breaks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from mining.corpus.review import verdicts
from mining.corpus.review.verdicts import Logs, Verdict
from mining.errors import EnvironmentProblem, InputError, UsageError

ONE = Verdict(
    pair="r-p00001", recording="r", text="आज बारिश", start=1.0, end=2.5, verdict="right", person="आशा", confidence=0.9,
    how="stratified", at="2026-01-02T03:04:05Z",
)  # fmt: skip

WRITER = """
import sys
from pathlib import Path
from mining.corpus.review import verdicts
out, person, name, number = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
for i in range(number):
    verdicts.add(out, verdicts.Verdict(pair=f"{name}-{i}", recording="r", text="आज " * 40, start=1.0, end=2.0, verdict="right",
        person=person, confidence=0.9, how="stratified", at="2026-01-02T03:04:05Z"))
"""


def writers(out: Path, jobs: list[tuple[str, str]], number: int) -> list[subprocess.Popen[str]]:
    """Processes that each add verdicts, started together."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen([sys.executable, "-c", WRITER, out, *job, str(number)], **pipes) for job in jobs]
    for process in started:
        process.stdout.readline()
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    return started


def test_what_is_added_is_read(tmp_path: Path) -> None:
    dragged = replace(ONE, pair="r-p00002", verdict="ends", new_start=0.4, seconds=3.5)
    verdicts.add(tmp_path, dragged)
    verdicts.add(tmp_path, ONE)
    assert verdicts.read(tmp_path) == [ONE, dragged]
    assert verdicts.read(tmp_path / "no run") == []
    lines = (tmp_path / "review" / "आशा.jsonl").read_text(encoding="utf8").splitlines()
    assert json.loads(lines[1]) == asdict(ONE), "one line a verdict, in plain JSON"


def test_the_last_verdict_stands_and_nothing_is_rewritten(tmp_path: Path) -> None:
    verdicts.add(tmp_path, ONE)
    before = (tmp_path / "review" / "आशा.jsonl").read_bytes()
    verdicts.add(tmp_path, replace(ONE, verdict="text"))
    assert [one.verdict for one in verdicts.read(tmp_path)] == ["text"]
    assert Logs(tmp_path).undo("आशा").verdict == "text"
    assert [one.verdict for one in verdicts.read(tmp_path)] == ["right"], "what was said before stands again"
    assert (tmp_path / "review" / "आशा.jsonl").read_bytes().startswith(before)


def test_undo_goes_back_one_by_one_and_touches_nobody_else(tmp_path: Path) -> None:
    second, other = replace(ONE, pair="r-p00002"), replace(ONE, person="B")
    for one in (ONE, second, other):
        verdicts.add(tmp_path, one)
    logs = Logs(tmp_path)
    assert [logs.undo("आशा") for _ in range(3)] == [second, ONE, None]
    assert logs.undo("nobody") is None
    assert verdicts.read(tmp_path) == [other]
    verdicts.add(tmp_path, ONE)
    assert verdicts.read(tmp_path) == [other, ONE]


def test_what_does_not_count_is_not_undone(tmp_path: Path) -> None:
    again, second = replace(ONE, text="कल"), replace(ONE, pair="r-p00002")
    for one in (second, ONE, again):
        verdicts.add(tmp_path, one)
    logs = Logs(tmp_path)
    assert logs.undo("आशा", lambda one: one.text == ONE.text) == second, "and not what was said before the pair had another text"
    assert logs.read() == [again]


def test_a_token_is_taken_once(tmp_path: Path) -> None:
    sent = replace(ONE, token="t1")
    verdicts.add(tmp_path, sent)
    logs = Logs(tmp_path)  # of a server that was started again
    logs.add(sent)
    assert logs.undo("आशा") == sent
    for late in (logs, Logs(tmp_path)):
        late.add(sent)
        assert late.read() == []
    logs.add(replace(sent, token="t2"))
    assert len(logs.read()) == 1


def test_a_log_that_somebody_changes_is_read_anew(tmp_path: Path) -> None:
    for one in (replace(ONE, verdict="skip"), replace(ONE, pair="r-p00002")):
        verdicts.add(tmp_path, one)
    path = tmp_path / "review" / "आशा.jsonl"
    logs, whole = Logs(tmp_path), path.read_bytes()
    assert [one.verdict for one in logs.read()] == ["skip", "right"]
    path.write_bytes(whole.replace(b"skip", b"text"))  # in its place, and as long as before
    assert [one.verdict for one in logs.read()] == ["text", "right"]
    path.write_bytes(b"\n" + whole)
    assert [one.verdict for one in logs.read()] == ["skip", "right"]
    path.unlink()
    assert logs.read() == []


def test_what_was_read_is_not_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs, read, loads = Logs(tmp_path), [], json.loads
    for number in range(20):
        logs.add(replace(ONE, pair=f"r-p{number}"))
    found = logs.read()
    monkeypatch.setattr(json, "loads", lambda line: read.append(line) or loads(line))
    assert logs.read() is found
    verdicts.add(tmp_path, ONE)  # by another process
    assert len(logs.read()) == 21
    logs.undo("आशा")
    assert logs.read() == found
    assert len([line for line in read if line]) == 2


@pytest.mark.parametrize("step", [1, 7, 100, 450])
def test_a_log_that_grows_in_any_pieces_is_the_same(tmp_path: Path, step: int) -> None:
    other = replace(ONE, pair="r-p00002")
    for act in (lambda: verdicts.add(tmp_path, ONE), lambda: verdicts.add(tmp_path, other), lambda: Logs(tmp_path).undo("आशा")):
        act()
    path = tmp_path / "review" / "आशा.jsonl"
    whole = path.read_bytes()
    logs = Logs(tmp_path)
    for length in (*range(0, len(whole), step), len(whole)):
        with path.open("r+b") as file:
            file.write(whole[:length])
            file.truncate()
        logs.read()
    assert logs.read() == [ONE]
    path.write_bytes(whole[: whole.index(b"\n")])  # put back from a copy
    assert logs.read() == [ONE]
    logs.add(other)
    assert logs.read() == Logs(tmp_path).read() == [ONE, other]


def test_processes_lose_nothing(tmp_path: Path) -> None:
    """Two people, one of them in two windows."""
    started = writers(tmp_path, [("Asha", "a"), ("Asha", "b"), ("Ravi", "a")], 60)
    reads = 0
    while any(process.poll() is None for process in started):
        verdicts.read(tmp_path)  # a page that looks on meets no half of a line
        reads += 1
    assert [process.wait() for process in started] == [0, 0, 0] and reads
    wanted = {("Asha", f"{name}-{i}") for name in "ab" for i in range(60)} | {("Ravi", f"a-{i}") for i in range(60)}
    assert {(one.person, one.pair) for one in verdicts.read(tmp_path)} == wanted


def test_a_process_that_is_killed_takes_nothing_with_it(tmp_path: Path) -> None:
    verdicts.add(tmp_path, ONE)
    (process,) = writers(tmp_path, [("आशा", "killed")], 100_000)
    path = tmp_path / "review" / "आशा.jsonl"
    while path.read_bytes().count(b"\n") < 20:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    verdicts.add(tmp_path, replace(ONE, pair="after"))
    found = {one.pair for one in verdicts.read(tmp_path)}
    assert {ONE.pair, "after", *(f"killed-{i}" for i in range(18))} <= found


def test_a_line_that_was_cut_off_costs_that_line_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for one in (ONE, replace(ONE, pair="lost")):
        verdicts.add(tmp_path, one)
    path = tmp_path / "review" / "आशा.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for length in (*range(first, len(whole), 5), len(whole) - 1):  # amid a letter of three bytes, too
        path.write_bytes(whole[:length])
        assert ONE.pair in {one.pair for one in verdicts.read(tmp_path)}
        verdicts.add(tmp_path, replace(ONE, pair="next"))
        assert {ONE.pair, "next"} <= {one.pair for one in verdicts.read(tmp_path)}
    assert "line 2: is no JSON, and is left out" in caplog.text


WRONG = (
    {"verdict": "perhaps"}, {"pair": ["r"]}, {"pair": 1}, {"person": 5}, {"person": []}, {"recording": 5}, {"recording": ["r"]},
    {"how": None}, {"start": None}, {"seconds": 10**400}, {"token": 1}, {"at": None},
)  # fmt: skip


@pytest.mark.parametrize("wrong", ['{"pair": "r-p00001"}', "[]", "5", *(json.dumps(asdict(ONE) | change) for change in WRONG)])
def test_a_line_that_is_no_verdict_is_told_until_it_is_mended(tmp_path: Path, wrong: str) -> None:
    verdicts.add(tmp_path, ONE)
    path = tmp_path / "review" / "आशा.jsonl"
    whole = path.read_text(encoding="utf8")
    logs = Logs(tmp_path)
    path.write_text(f"{whole}{wrong}\n", encoding="utf8")
    for _ in range(2):
        with pytest.raises(InputError, match="line 2: is no verdict"):
            logs.read()
    path.write_text(whole, encoding="utf8")
    assert logs.read() == [ONE]


def test_what_is_no_log_is_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    verdicts.add(tmp_path, ONE)
    (tmp_path / "review" / "folder.jsonl").mkdir()
    (tmp_path / "review" / "deep.jsonl").write_text("[" * 100_000 + "\n")
    assert verdicts.read(tmp_path) == [ONE]
    assert "deep.jsonl, line 1: is no JSON" in caplog.text


def test_fields_of_another_version_are_passed_over(tmp_path: Path) -> None:
    verdicts.add(tmp_path, ONE)
    path = tmp_path / "review" / "आशा.jsonl"
    path.write_text(json.dumps(asdict(ONE) | {"mood": "good"}) + "\n", encoding="utf8")
    assert verdicts.read(tmp_path) == [ONE]


@pytest.mark.parametrize("change", [{"verdict": "perhaps"}, {"how": "guessed"}, {"start": float("nan")}, {"new_end": "5"}])
def test_what_is_no_verdict_cannot_be_made(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="verdict on r-p00001"):
        replace(ONE, **change)


def test_names_become_files_of_one_folder() -> None:
    assert verdicts.check_person("  आशा   देवी ") == "आशा देवी"
    assert verdicts.check_person("Jose\u0301") == "José"
    assert verdicts.check_person("श्री\u200dधर") == "श्री\u200dधर"
    unseen = ("\u200b", "\u200d", "Ash\u202ea", "Ash\u200ba", None, 5)
    for name in (*unseen, "", "  ", ".", "..", "../../etc/passwd", "a/b", "a\\b", "a\0b", "x" * 61, ".hidden", "what?"):
        with pytest.raises(UsageError):
            verdicts.check_person(name)


def test_a_name_that_is_none_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        verdicts.add(tmp_path, replace(ONE, person="../x"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "review").write_text("in the way")
    with pytest.raises(EnvironmentProblem) as caught:
        verdicts.add(tmp_path, ONE)
    assert caught.value.advice == "Make it writable, or choose another folder."  # `shruti review` has no -o


def test_a_verdict_is_about_what_was_shown() -> None:
    row = {"id": ONE.pair, "text": ONE.text, "start": 1.0, "end": 2.5}
    assert verdicts.fits(ONE, row)
    assert verdicts.fits(ONE, row | {"start": 0.9, "end": 2.6})
    assert not verdicts.fits(ONE, row | {"end": 2.61})
    assert not verdicts.fits(ONE, row | {"text": "आज"})
    assert not verdicts.fits(ONE, row | {"id": "other"})
