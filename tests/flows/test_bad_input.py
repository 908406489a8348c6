"""Everything that can be wrong with what the user gives: one clear message, the right exit code, no traceback."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from mining import steps, store
from mining.compose import compose, preset
from mining.errors import EnvironmentProblem

ROOT = Path(__file__).parents[2]


def write_wav(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(2 * int(seconds * 16000)))
    return path


def write_pdf(path: Path, *objects: str, trailer: str = "") -> Path:
    """A PDF of the given objects, the first of which is its catalogue."""
    body, offsets = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj {text} endobj\n".encode("latin1")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    path.write_bytes(
        body + f"{head}trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer}>>\nstartxref\n{len(body)}\n%%EOF\n".encode()
    )
    return path


CATALOGUE = "<< /Type /Catalog /Pages 2 0 R >>"
PAGES = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
PAGE = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F {FONT} >> >> >>"


def page_of(text: str) -> str:
    stream = f"BT /F 14 Tf 40 700 Td ({text}) Tj ET"
    return f"<< /Length {len(stream)} >> stream\n{stream}\nendstream"


def encrypted_pdf(path: Path) -> Path:
    """A PDF whose password is not the empty one: /U fits no password that could be tried."""
    secret = f"<< /Filter /Standard /V 1 /R 2 /O <{'11' * 32}> /U <{'22' * 32}> /P -4 >>"
    return write_pdf(
        path, CATALOGUE, PAGES, PAGE, page_of("secret"), secret, trailer=f"/Encrypt 5 0 R /ID [<{'33' * 16}> <{'33' * 16}>] "
    )


@pytest.fixture
def broken(tmp_path: Path, bulletin) -> dict[str, Path]:
    """A file for every way in which a recording or a document can be unusable."""
    made = {
        name: tmp_path / name for name in ("empty.mp3", "text.mp3", "cut.flac", "empty.pdf", "text.pdf", "cut.pdf", "latin.txt")
    }
    made["empty.mp3"].write_bytes(b"")
    made["text.mp3"].write_text("This is no recording at all. " * 100)
    sound = bulletin.audio.read_bytes()
    made["cut.flac"].write_bytes(sound[: len(sound) // 2])
    made["empty.pdf"].write_bytes(b"")
    made["text.pdf"].write_text("This is no PDF at all. " * 100)
    made["latin.txt"].write_text("This document is in English, every word of it.\n" * 5)
    whole = write_pdf(tmp_path / "latin.pdf", CATALOGUE, PAGES, PAGE, page_of("Nothing but English here"))
    made["cut.pdf"].write_bytes(whole.read_bytes()[:300])
    return made | {
        "short.wav": write_wav(tmp_path / "short.wav", 0.2),
        "latin.pdf": whole,
        "locked.pdf": encrypted_pdf(tmp_path / "locked.pdf"),
        "missing.wav": tmp_path / "missing.wav",
        "missing.pdf": tmp_path / "missing.pdf",
    }


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("empty.mp3", "empty"),
        ("text.mp3", "not audio"),
        ("cut.flac", "truncated"),
        ("short.wav", "0.20 s"),
        ("missing.wav", "missing.wav"),
    ],
)
def test_unusable_recordings(name: str, told: str, broken, bulletin, model: str, tmp_path: Path, shruti) -> None:
    out = tmp_path / "out"
    result = shruti("align", broken[name], bulletin.document, "-o", out, "--lang", "hi", "--model", model)
    assert result.exit_code == 3
    assert told in result.stderr
    (failure,) = store.read_rows(out / "failures.jsonl")
    assert (failure["audio"], failure["reason"]) == (str(broken[name]), "unusable_input")
    assert "Traceback" not in failure["message"]
    assert (out / "pairs.jsonl").read_bytes() == b""
    assert (out / "rejected.jsonl").read_bytes() == b""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("empty.pdf", "empty"),
        ("text.pdf", "not a PDF"),
        ("cut.pdf", "truncated"),
        ("locked.pdf", "encrypted"),
        ("latin.pdf", "no text in Hindi"),
        ("latin.txt", "no text in Hindi"),
    ],
)
def test_unusable_documents(name: str, told: str, broken, bulletin, model: str, run: Path, tmp_path: Path, shruti) -> None:
    out = shutil.copytree(run, tmp_path / "out")  # the recording was heard there already, which saves time
    result = shruti("align", bulletin.audio, broken[name], "-o", out, "--lang", "hi", "--model", model)
    assert result.exit_code == 3
    assert told in result.stderr
    assert [failure["document"] for failure in store.read_rows(out / "failures.jsonl")] == [str(broken[name])]
    assert str(broken[name]) in (out / "report.html").read_text(encoding="utf8")
    if name.startswith("latin"):  # it was taken for the recording's document, and read
        assert (out / "pairs.jsonl").read_bytes() == b""
        assert not (out / "manifests").exists()
    else:
        assert (out / "pairs.jsonl").read_bytes() == (run / "pairs.jsonl").read_bytes()


def test_a_missing_document_changes_nothing(broken, bulletin, model: str, run: Path, tmp_path: Path, shruti) -> None:
    out = shutil.copytree(run, tmp_path / "out")
    result = shruti("align", bulletin.audio, broken["missing.pdf"], "-o", out, "--lang", "hi", "--model", model)
    assert result.exit_code == 3
    assert "missing.pdf" in result.stderr
    assert (out / "pairs.jsonl").read_bytes() == (run / "pairs.jsonl").read_bytes()


def test_silence_mines_nothing(bulletin, model: str, tmp_path: Path, shruti) -> None:
    silent, out = write_wav(tmp_path / "silent.wav", 5.0), tmp_path / "out"
    result = shruti("align", silent, bulletin.document, "-o", out, "--lang", "hi", "--model", model)
    assert result.exit_code == 4
    assert (out / "pairs.jsonl").read_bytes() == b""
    coverage = store.read_json(store.recordings(out)[0].path("coverage.json"))
    assert coverage["audio"] == [[0.0, 5.0, "no_speech"]]


@pytest.mark.parametrize("strategy", ["hybrid", "iterative-ctc", "needleman-wunsch"])
def test_an_unrelated_document_gives_no_pairs(
    strategy: str, bulletin, unrelated: Path, model: str, tmp_path: Path, shruti
) -> None:
    out = tmp_path / "out"
    result = shruti("align", bulletin.audio, unrelated, "-o", out, "--lang", "hi", "--model", model, "--strategy", strategy)
    assert result.exit_code == 4
    assert (out / "pairs.jsonl").read_bytes() == b""
    assert (out / "report.html").is_file()
    assert not (out / "manifests").exists()


def test_a_failure_is_forgotten_once_it_goes_well(bulletin, broken, model: str, run: Path, tmp_path: Path, shruti) -> None:
    out = shutil.copytree(run, tmp_path / "out")
    changing = tmp_path / "document.txt"
    shutil.copy(broken["latin.txt"], changing)
    assert shruti("align", bulletin.audio, changing, "-o", out, "--lang", "hi", "--model", model).exit_code == 3
    assert len(store.read_rows(out / "failures.jsonl")) == 1
    shutil.copy(bulletin.document, changing)
    assert shruti("align", bulletin.audio, changing, "-o", out, "--lang", "hi", "--model", model).exit_code == 0
    assert store.read_rows(out / "failures.jsonl") == []
    assert len(store.read_rows(out / "pairs.jsonl")) == len(store.read_rows(run / "pairs.jsonl"))


@pytest.mark.parametrize(
    ("flag", "value", "listed"),
    [
        ("--lang", "klingon", "hi (Hindi)"),
        ("--lang", "", "hi (Hindi)"),  # Devanagari does not tell
        ("--model", "nothing-like-this", "hi"),
        ("--strategy", "guess", "needleman-wunsch"),
        ("--device", "abacus", "cpu"),
        ("--min-confidence", "2", "0 to 1"),
    ],
)
def test_unknown_values_are_told_with_what_there_is(
    flag: str, value: str, listed: str, bulletin, model: str, tmp_path: Path, shruti
) -> None:
    flags = {"--lang": "hi", "--model": model, flag: value}
    arguments = [part for pair in flags.items() for part in pair]
    result = shruti("align", bulletin.audio, bulletin.document, "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert listed in result.stderr
    assert not (tmp_path / "out" / "pairs.jsonl").exists()


@pytest.mark.parametrize(("device", "code"), [("banana", 2), ("cuda:99", 6)])
def test_a_device_that_is_not_there_is_told_before_any_work(device: str, code: int, run: Path, tmp_path: Path, shruti) -> None:
    out = shutil.copytree(run, tmp_path / "out")
    (tmp_path / "archive.csv").write_text("audio,document\na.mp3,a.pdf\n")
    for verb in (("align", "a.mp3", "a.pdf", "-o", out), ("mine", tmp_path / "archive.csv", "-o", out), ("transcribe", out)):
        result = shruti(*verb, "--device", device)
        assert result.exit_code == code
        assert device in result.stderr
    assert (store.recordings(out)[0].path("recording.json")).read_bytes() == (
        store.recordings(run)[0].path("recording.json")
    ).read_bytes()


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/full/file"), 6, "Make room"),
        (OSError(errno.EMFILE, "Too many open files"), 6, "Too many open files"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/gone/file"), 3, "/gone/file"),
    ],
)
def test_errors_of_the_system_are_one_sentence(
    error: OSError, code: int, told: str, run: Path, shruti, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(out: Path) -> None:
        raise error

    monkeypatch.setattr(steps, "report", fail)
    result = shruti("report", run)
    assert result.exit_code == code
    assert told in result.stderr


def test_a_full_disk_is_told_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=f"{tmp_path}.*Make room"), store.writing(tmp_path / "file"):
        Path("/dev/full").write_text("nothing fits on it")
    assert not list(tmp_path.iterdir())


def test_an_output_folder_that_cannot_be_made(bulletin, model: str, tmp_path: Path, shruti) -> None:
    (tmp_path / "file").write_text("in the way")
    result = shruti("align", bulletin.audio, bulletin.document, "-o", tmp_path / "file" / "out", "--lang", "hi", "--model", model)
    assert result.exit_code == 6
    assert "cannot be written" in result.stderr
    assert "-o" in result.stderr


def test_missing_tesseract_data_is_told_with_the_command_that_installs_it(
    bulletin, model: str, texts: Path, tmp_path: Path
) -> None:
    scan = compose(texts, tmp_path / "scan", preset("clean", sentences=3, layer="scan"))
    (tmp_path / "tessdata").mkdir()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "flows.cli",
            "align",
            scan.audio,
            scan.pdf,
            "-o",
            tmp_path / "out",
            "--lang",
            "hi",
            "--model",
            model,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"TESSDATA_PREFIX": str(tmp_path / "tessdata")},
    )
    assert done.returncode == 6, done.stderr
    assert "apt-get install tesseract-ocr-hin" in done.stderr
    assert "Traceback" not in done.stderr


def test_evaluate_asks_for_one_recording(run: Path, bulletin, tmp_path: Path, shruti) -> None:
    rows = store.read_rows(run / "pairs.jsonl")
    store.write_rows(tmp_path / "pairs.jsonl", [*rows, {**rows[0], "recording": "another-00000000"}])
    result = shruti("evaluate", "pairs", tmp_path / "pairs.jsonl", bulletin.gold)
    assert result.exit_code == 2
    assert "another-00000000" in result.stderr
    assert shruti("evaluate", "pairs", run, tmp_path / "no.json").exit_code == 3
