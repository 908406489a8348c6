"""Progress: how fast and how long still, by a clock of the test; live on a real terminal, and lines in a log."""

from __future__ import annotations

import fcntl
import inspect
import io
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from flows import display, screen
from flows.commands import evaluate, finetune, iterate, models, read, run, stages
from flows.counts import Counts
from flows.display import Display
from flows.pace import Stage

ROOT = Path(__file__).parent.parent.parent
SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
SHRUTI = [sys.executable, "-m", "flows.cli"]


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def stage_told(*told: tuple[float, int, float]) -> Stage:
    """A stage of 100 that was told (time, done, seconds of audio)."""
    stage = Stage("match")
    for now, done, audio in told:
        stage.tell(now, done, 100, audio=audio)
    return stage


def test_rate_and_time_left() -> None:
    stage = stage_told((10.0, 0, 0.0), (20.0, 25, 120.0))
    assert stage.rate(20.0) == pytest.approx(12.0), "120 seconds of sound in 10"
    assert stage.left(20.0) == pytest.approx(30.0), "75 at 2.5 a second"
    assert stage.left(25.0) == pytest.approx(25.0), "it counts down where nothing is told"
    assert stage.left(99.0) is None, "it takes longer than was thought, and nobody knows how long"
    assert stage.words(99.0) == ["25%", "89 s", "1.3 x real time"]
    assert stage.words(20.0) == ["25%", "30 s left", "12 x real time"]


def test_nothing_is_said_before_it_is_known() -> None:
    stage = Stage("match")
    assert (stage.words(5.0), stage.left(5.0), stage.rate(5.0)) == ([], None, None)
    stage.tell(10.0, 0, 100)
    assert (stage.left(13.0), stage.rate(13.0)) == (None, None)
    assert stage.words(13.0) == ["3.0 s"], "how long it has been at it"
    stage.tell(14.0, 0, 100, audio=0.0)
    assert stage.words(14.0) == ["4.0 s"]


def test_the_pace_is_that_of_the_later_half() -> None:
    jumped = stage_told((0.0, 0, 0.0), (10.0, 60, 0.0), (20.0, 61, 0.0), (30.0, 62, 0.0))
    assert jumped.left(30.0) == pytest.approx(380.0), "it went on where it was, and one in ten seconds is its pace"
    slow_at_first = stage_told((0.0, 0, 0.0), (30.0, 1, 0.0), (40.0, 21, 0.0), (60.0, 61, 0.0))
    assert slow_at_first.left(60.0) == pytest.approx(20.0, abs=0.6)


def test_a_stage_that_is_told_very_often_remembers_little() -> None:
    stage = Stage("export")
    for number in range(10_000):
        stage.tell(number / 1000, number, 10_000)
    assert len(stage._marks) < 15
    assert stage.left(9.999) == pytest.approx(0.0, abs=0.01)


def test_the_end_of_a_stage() -> None:
    stage = stage_told((10.0, 0, 0.0), (20.0, 50, 60.0))
    stage.tell(25.0, 1, 1, audio=120.0)
    assert not stage.going
    assert stage.words(99.0) == ["15 s", "8.0 x real time"], "the time that it took stands still"
    again = stage_told((10.0, 0, 0.0), (20.0, 50, 0.0))
    again.stop(30.0)
    assert again.words(99.0) == ["50%", "stopped after 20 s"]
    before = Stage("split")
    before.tell(10.0, 1, 1)
    assert before.words(99.0) == ["done before"]


def test_the_next_recording_begins_a_stage_again() -> None:
    stage = stage_told((10.0, 0, 0.0), (20.0, 100, 60.0), (30.0, 0, 0.0), (32.0, 50, 30.0))
    assert stage.going
    assert stage.rate(32.0) == pytest.approx(15.0)
    broken_off = stage_told((10.0, 0, 0.0), (20.0, 50, 60.0), (30.0, 0, 0.0))
    assert broken_off.lasted(31.0) == pytest.approx(1.0)


def test_what_is_said_of_an_archive() -> None:
    clock = Clock()
    counts = Counts(12, begun=clock(), clock=clock)
    assert counts.words() == ["0 of 12"]
    counts.skipped = 2
    counts.mined, counts.failed, counts.worked, counts.seconds = 4, 1, 5, 5400.0
    clock.now += 300
    told = ["7 of 12", "1 failed", "5 min left", "18 x real time", "1.5 h heard", "2 done before"]
    assert counts.words() == told


def rows() -> list[display.Row]:
    """One row of every kind, at time 60."""
    clock = Clock()
    clock.now = 60.0
    counts = Counts(12_345, begun=0.0, clock=clock)
    counts.mined, counts.failed, counts.worked, counts.seconds = 400, 12, 412, 54_000.0
    train = Stage("a stage with a name that is much too long")
    train.tell(0.0, 0, 1000)
    train.tell(30.0, 250, 1000, told="step 250 of 1,000, loss 1.23")
    done, begun = stage_told((0.0, 0, 0.0), (20.0, 100, 600.0)), stage_told((50.0, 0, 0.0))
    return [display.Recordings(counts), train, done, begun, Stage("report")]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("colour", [True, False])
def test_no_row_is_wider_than_the_screen(width: int, colour: bool) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=colour, no_color=not colour)
    console.print(display.table(rows(), width, 60.0))
    lines = re.sub(r"\x1b\[[\d;]*m", "", console.file.getvalue()).splitlines()
    assert len(lines) == len(rows())
    assert max(cell_len(line) for line in lines) <= width
    if width >= 40:
        assert all(row.words(60.0)[0] in line for row, line in zip(rows(), lines, strict=True) if row.begun is not None)
    if width == 80:
        assert lines[2].rstrip().endswith("20 s, 30 x real time")


def test_what_is_said_goes_before_the_bar() -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(display.table(rows()[:1], 80, 60.0))
    told = "recordings 412 of 12,345, 12 failed, 29 min left, 900 x real time, 15 h heard"
    assert console.file.getvalue().rstrip() == told


def test_a_low_screen_shows_what_goes_on() -> None:
    shown = Display([f"stage {number}" for number in range(20)], console=Console(file=io.StringIO()), live=False)
    for number in range(10):
        shown(f"stage {number}", 0, 1)
        shown(f"stage {number}", 1, 1)
    shown("stage 10", 0, 1)
    assert [row.name for row in shown._that_fit(5)] == ["stage 7", "stage 8", "stage 9", "stage 10"]
    assert len(shown._that_fit(24)) == 20


def logged(work: Callable[[Display, Clock], None]) -> list[str]:
    """What a log holds after some work, which moves the clock."""
    clock, file = Clock(), io.StringIO()
    with Display(["segment", "match"], console=Console(file=file, width=40, soft_wrap=True), live=False, clock=clock) as shown:
        work(shown, clock)
    assert "\x1b" not in file.getvalue()
    return file.getvalue().splitlines()


def test_a_log_has_a_line_when_a_stage_begins_and_ends_and_one_a_minute() -> None:
    def work(shown: Display, clock: Clock) -> None:
        shown("segment", 1, 1)
        shown("match", 0, 1)
        for number in range(300):
            clock.now += 1
            shown("match", number + 1, 301, audio=12.0 * (number + 1))
        shown("match", 1, 1, audio=3600.0)
        clock.now += 100
        shown("match", 1, 1)  # what is said twice is not printed twice

    lines = logged(work)
    assert lines == [
        "segment done before",
        "match begins",
        "match 19%, 4 min left, 12 x real time",
        "match 39%, 3 min left, 12 x real time",
        "match 59%, 2 min left, 12 x real time",
        "match 79%, 61 s left, 12 x real time",
        "match 99%, 1 s left, 12 x real time",
        "match 5 min, 12 x real time",
    ]


def test_of_many_recordings_a_log_tells_how_many_are_done() -> None:
    def work(shown: Display, clock: Clock) -> None:
        for number in range(1000):
            shown("recordings", number, 1000, audio=30.0 * number, failed=number // 100)
            shown("segment", 0, 1)
            clock.now += 1
            shown("segment", 1, 1)
        shown("recordings", 1000, 1000, audio=30_000.0, failed=10)

    lines = logged(work)
    assert lines[0] == "recordings begins"
    assert lines[-1] == "recordings 17 min, 10 failed, 30 x real time"
    assert lines[8] == "recordings 48%, 9 min left, 4 failed, 30 x real time"
    assert len(lines) == 2 + 1000 // 60
    assert not [line for line in lines if "segment" in line]


def test_an_archive_in_a_log() -> None:
    def work(shown: Display, clock: Clock) -> None:
        counts = Counts(100, begun=clock(), clock=clock)
        with shown.recordings(counts):
            for _ in range(90):
                clock.now += 2
                counts.mined, counts.worked, counts.seconds = counts.mined + 1, counts.worked + 1, counts.seconds + 120
                counts.tell()
        assert not counts.watchers

    assert logged(work) == [
        "recordings 0 of 100",
        "recordings 30 of 100, 2 min left, 60 x real time, 1.0 h heard",
        "recordings 60 of 100, 80 s left, 60 x real time, 2.0 h heard",
        "recordings 90 of 100, 20 s left, 60 x real time, 3.0 h heard",
        "recordings 90 of 100, stopped after 3 min, 60 x real time, 3.0 h heard",
    ]


def test_an_error_is_no_end() -> None:
    def work(shown: Display, clock: Clock) -> None:
        with pytest.raises(KeyboardInterrupt), shown, shown.stage("match"):
            raise KeyboardInterrupt

    assert logged(work) == ["match begins", "match stopped after 0.0 s"]


def test_there_is_one_display() -> None:
    with Display(console=Console(file=io.StringIO()), live=False) as outer:
        with Display(live=True) as inner:
            assert inner is outer
        assert len(display._OPEN) == 1
        inner("train", 0, 1)
    assert not display._OPEN
    assert [row.name for row in outer._rows.values()] == ["train"]


def test_a_log_in_colours_is_still_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not display.is_live(Console(file=io.StringIO()))


def test_notes_and_bars_share_a_console() -> None:
    assert Display(live=False)._console is screen.STDERR


LONG = {
    run: ("demo", "align"),
    stages: ("_again",),
    read: ("report", "export"),
    evaluate: ("evaluate_model",),
    models: ("seed", "compose"),
    finetune: ("_tune",),
    iterate: ("iterate",),
}


@pytest.mark.parametrize("module", LONG, ids=lambda module: module.__name__)
def test_every_long_verb_shows_how_far_it_is(module: object) -> None:
    for name in LONG[module]:
        assert re.search(r"with .*\bDisplay\(", inspect.getsource(getattr(module, name)))


@dataclass
class Seen:
    """What a command left: its exit code, what a terminal got, and its stdout."""

    code: int
    screen: str
    stdout: str

    @property
    def text(self) -> str:
        """What the terminal got, without its control sequences."""
        return re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", self.screen)


def on_a_terminal(*arguments: object, columns: int = 80, interrupt: str = "", **environment: str) -> Seen:
    """Run the command on a pseudo-terminal; press Ctrl-C there once it has shown a text that matches `interrupt`."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    dropped = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    process = subprocess.Popen(
        [*SHRUTI, *(str(argument) for argument in arguments)],
        stdin=its, stderr=its, stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True,
        env=kept | {"TERM": "xterm-256color", "SHRUTI_CORES": "1"} | environment,
    )  # fmt: skip
    os.close(its)
    got, waits = b"", bool(interrupt)
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # what Linux says when the other end is closed
            break
        got += part
        if waits and re.search(interrupt.encode(), got):
            waits = False
            process.send_signal(signal.SIGINT)
    os.close(ours)
    stdout = process.stdout.read().decode() if process.stdout else ""
    return Seen(process.wait(timeout=60), got.decode(), stdout)


@pytest.fixture
def out(run_of_bulletin: Path, tmp_path: Path) -> Path:
    """A copy of a finished run."""
    return shutil.copytree(run_of_bulletin, tmp_path / "out")


@pytest.fixture(scope="module")
def run_of_bulletin(request: pytest.FixtureRequest) -> Path:
    """The run of conftest, by a name that the module `run` does not hide."""
    return request.getfixturevalue("run")


@pytest.mark.parametrize(("columns", "environment"), [(80, {}), (40, {"NO_COLOR": "1"})])
def test_a_stage_is_live_on_a_terminal(out: Path, columns: int, environment: dict[str, str]) -> None:
    seen = on_a_terminal("segment", out, "--threshold", "0.6", columns=columns, **environment)
    assert seen.code == 0, seen.screen
    assert re.search(r"segment .*\d s, [\d.,]+ x real time", seen.text)
    assert seen.screen.count(HIDE_CURSOR) == 1
    assert seen.screen.rindex(SHOW_CURSOR) > seen.screen.rindex(HIDE_CURSOR)
    frames = re.split(r"[\r\n]+", seen.text[: seen.text.index("What follows")])
    assert max(cell_len(frame) for frame in frames) <= columns
    assert bool(re.search(r"\x1b\[[\d;]*3\d[;m]", seen.screen)) == (not environment), "colours where they are wanted"
    assert "segment done" in seen.stdout and "\x1b" not in seen.stdout


def test_a_terminal_that_cannot_move_its_cursor_is_a_log(out: Path) -> None:
    seen = on_a_terminal("split", out, "--min-words", "4", TERM="dumb")
    assert seen.text.splitlines()[:1] == ["split begins"]
    assert "\x1b[?" not in seen.screen


def test_ctrl_c_leaves_the_terminal_as_it_was(bulletin, model: str, tmp_path: Path) -> None:
    command = ("align", bulletin.audio, bulletin.document, "-o", tmp_path / "out", "--lang", "hi", "--model", model)
    seen = on_a_terminal(*command, interrupt="x real time")
    assert seen.code == 130, seen.screen
    assert "stopped after" in seen.text
    assert seen.screen.rindex(SHOW_CURSOR) > seen.screen.rindex(HIDE_CURSOR)
    assert "Interrupted" in seen.text[seen.text.rindex("stopped after") :]


def test_in_a_pipe_there_are_lines_only(bulletin, model: str, tmp_path: Path) -> None:
    command = ("align", bulletin.audio, bulletin.document, "-o", tmp_path / "out", "--lang", "hi", "--model", model, "--json")
    begun = time.monotonic()
    done = subprocess.run(
        [*SHRUTI, *(str(part) for part in command)], capture_output=True, text=True, cwd=ROOT, check=False,
        env={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"} | {"SHRUTI_CORES": "1"},
    )  # fmt: skip
    minutes = (time.monotonic() - begun) / 60
    assert done.returncode == 0, done.stderr
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", done.stderr)
    lines = [line for line in done.stderr.splitlines() if line.split(" ")[0] in run.STAGES]
    for stage in run.STAGES:
        assert f"{stage} begins" in lines
        assert re.search(rf"^{stage} \d.* (s|min)\b", "\n".join(lines), re.M), stage
    for stage in ("segment", "transcribe", "match"):
        assert re.search(rf"^{stage} .* x real time$", "\n".join(lines), re.M), stage
    assert len(lines) <= 2 * len(run.STAGES) + minutes + 1
    assert done.stdout.startswith("{") and done.stdout.rstrip().endswith("}")
