"""The TOML file of a schedule: what it may hold, and that every fault is told before the first night."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.schedule import read_schedule
from mining import store
from mining.errors import InputError, UsageError
from mining.pairs import calibrator
from tests.flows.servers import ROOT

GOOD = 'catalogue = "list.csv"\nout = "mined"\nlang = "hi"\n'
MINE = '[mine]\ncron = "0 2 * * *"\n'
TRAIN = '[train]\ncron = "0 5 * * 0"\nmodels = "models"\n'
ALL = GOOD + MINE + TRAIN


@pytest.fixture
def schedule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A schedule that lacks nothing but a server."""
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    (tmp_path / "list.csv").write_text("audio,document\na.mp3,a.pdf\n")
    (tmp_path / "nightly.toml").write_text(ALL)
    return tmp_path / "nightly.toml"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('catalog = "list.csv"\n' + ALL, ["unknown setting 'catalog'"]),
        (ALL + "hours = 3\n", ["unknown setting 'train.hours'"]),
        ('out = "mined"\n', ["catalogue is missing"]),
        (GOOD + "[train]\n", ["train.cron is missing", "train.models is missing"]),
        (GOOD + "[discover]\n" + MINE, ["discover.source is missing"]),
        (ALL.replace('"list.csv"', "5"), ["catalogue is 5: input should be a valid string"]),
        ('workers = "two"\n' + ALL, ["workers is 'two': input should be a valid integer"]),
        ("workers = -1\n" + ALL, ["workers is -1: input should be greater than or equal to 0"]),
        ("min_confidence = true\n" + ALL, ["min_confidence is True: input should be a valid number"]),
        ('target_precision = "high"\n' + ALL, ["target_precision is 'high': input should be a valid number"]),
        ("target_precision = 95\n" + ALL, ["target_precision 95.0 is not a probability", "0 to 1"]),
        ("mine = 5\n" + GOOD, ["mine is 5"]),
        (ALL + "steps = 0\n", ["train.steps is 0: input should be greater than or equal to 1"]),
        (ALL.replace("0 2 * * *", "every night"), ["'every night' in UTC is no schedule", "five fields"]),
        (ALL.replace("0 2 * * *", "0 25 * * *"), ["'0 25 * * *' in UTC is no schedule"]),
        (GOOD + MINE + 'timezone = "Bharat"\n', ["'0 2 * * *' in Bharat is no schedule", "Asia/Kolkata"]),
        (ALL.replace('"hi"', '"xx"'), ["Unknown language 'xx'", "hi (Hindi)"]),
        ('strategy = "guess"\n' + ALL, ["'guess'", "needleman-wunsch"]),
        ('runner = "cloud"\n' + ALL, ["Unknown runner 'cloud'", "processes, threads, dask"]),
        ('runner = "dask"\n' + ALL, ['dask = "tcp://']),
        ('dask = "tcp://10.0.0.1:8786"\n' + ALL, ['runner = "dask"']),
    ],
)
def test_what_cannot_be(schedule: Path, shruti, text: str, told: list[str]) -> None:
    schedule.write_text(text)
    done = shruti("serve", schedule)
    assert done.exit_code == 2
    said = " ".join(done.stderr.split())
    for words in (*told, "nightly.toml: ", "See docs/archive.md"):
        assert words in said
    assert "Traceback" not in said and ".." not in said


def test_all_faults_are_told_at_once(schedule: Path) -> None:
    schedule.write_text(
        'out = 5\nlang = "xx"\nrunner = "cloud"\nhaste = true\n[mine]\ncron = "now"\n[train]\ncron = "0 5 * * 0"\n'
    )
    with pytest.raises(UsageError) as error:
        read_schedule(schedule)
    for words in ("catalogue is missing", "out is 5", "'xx'", "'cloud'", "'haste'", "'now'", "train.models is missing"):
        assert words in error.value.message
    assert error.value.message.count("; ") >= 6


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        (GOOD, 2, "has neither a table [mine] nor [train]"),
        (ALL.replace('lang = "hi"\n', ""), 2, "[train] needs to know what to begin with"),
        ('device = "tpu"\n' + ALL, 2, "Unknown device 'tpu'"),
        ('model = "no/such/model"\n' + ALL, 2, "Unknown model"),
        (ALL.replace('"hi"', '"sa"'), 2, "Sanskrit has no default model"),
        (ALL.replace("list.csv", "none.csv"), 3, "none.csv"),
        (GOOD + '[discover]\nsource = "nowhere"\n' + MINE, 3, "nowhere: is not there"),
        (GOOD + '[discover]\nsource = "."\npattern = "{date"\n' + MINE, 2, "{date"),
        (GOOD + '[discover]\nsource = "."\naudio_pattern = "{day}"\n' + MINE, 2, "One pattern is given"),
        (GOOD.replace("list.csv", "list.xls") + '[discover]\nsource = "."\n' + MINE, 2, "list.xls"),
        (GOOD.replace("list.csv", "s3://b/list.csv") + '[discover]\nsource = "."\n' + MINE, 2, "cannot be written"),
        ('calibrator = "none.json"\n' + ALL, 3, "none.json: there is no such calibrator"),
        (ALL, 6, "prefect server start"),
        (GOOD + '[discover]\nsource = "."\n' + MINE, 6, "PREFECT_API_URL"),
    ],
)
def test_what_cannot_work(schedule: Path, shruti, text: str, code: int, told: str) -> None:
    schedule.write_text(text)
    done = shruti("serve", schedule)
    assert done.exit_code == code, done.stderr
    assert told in " ".join(done.stderr.split())


@pytest.mark.parametrize("data", [b"catalogue: list.csv\n", b"\xff\xfe", b"out = 'a'\nout = 'b'\n", None])
def test_what_is_no_toml(schedule: Path, shruti, data: bytes | None) -> None:
    schedule.write_bytes(data) if data is not None else schedule.unlink()
    done = shruti("serve", schedule)
    assert done.exit_code == 3
    assert "cannot be read as TOML" in done.stderr and "docs/archive.md" in done.stderr


def test_a_folder_is_no_schedule(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read as TOML"):
        read_schedule(tmp_path)


def test_relative_paths_count_from_the_folder_of_the_file(schedule: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = schedule.parent
    monkeypatch.chdir("/")
    (folder / "mine").mkdir()
    (folder / "mine" / "config.json").write_text("{}")
    schedule.write_text('model = "mine"\n' + ALL + '[discover]\nsource = "tonight"\n')
    found = read_schedule(schedule)
    assert found.discover and found.discover.source == str(folder / "tonight")
    assert (found.mining()["catalogue"], found.mining()["out"]) == (str(folder / "list.csv"), str(folder / "mined"))
    assert found.mining()["config"]["transcribe"]["model"] == str(folder / "mine")
    assert found.training() == {
        "out": str(folder / "mined"),
        "models": str(folder / "models"),
        "model": str(folder / "mine"),
        "new_hours": 10.0,
        "steps": None,
    }


def test_remote_and_absolute_places_and_names_of_models_stay(schedule: Path) -> None:
    text = ALL.replace("list.csv", "https://example.org/list.csv").replace('"mined"', '"/data/mined"') + "new_hours = 2\n"
    schedule.write_text('model = "hi"\n' + text)
    found = read_schedule(schedule)
    assert (found.catalogue, found.out, found.model) == ("https://example.org/list.csv", "/data/mined", "hi")
    assert found.training()["new_hours"] == 2.0


def test_a_calibrator_goes_along(schedule: Path) -> None:
    stored = store.read_json(calibrator.PATH)
    store.write_json(schedule.parent / "learnt.json", stored)
    schedule.write_text('calibrator = "learnt.json"\n' + ALL)
    assert read_schedule(schedule).mining()["config"]["filter"]["calibrator"] == stored


def test_training_needs_its_table(schedule: Path) -> None:
    schedule.write_text(GOOD + MINE)
    with pytest.raises(UsageError, match=re.escape("[train]")):
        read_schedule(schedule).training()


def test_the_documented_schedule_is_one(schedule: Path) -> None:
    text = (ROOT / "docs" / "archive.md").read_text(encoding="utf8")
    block = text[text.index('    catalogue = "') :].split("\n\n\n")[0]
    lines = []
    for line in block.splitlines():
        if line and not line.startswith("    "):
            break
        lines.append(line[4:])
    schedule.write_text("\n".join(lines), encoding="utf8")
    found = read_schedule(schedule)
    assert found.mine and found.train and found.discover and found.mine.timezone == "Asia/Kolkata"
