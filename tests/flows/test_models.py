"""shruti compose and seed, through the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mining import store


def test_compose_turns_any_dial(texts: Path, tmp_path: Path, shruti) -> None:
    result = shruti(
        "compose", texts, "-o", tmp_path, "--preset", "clean", "--layer", "good", "--name", "short", "--audio-format", "wav",
        "--dial", "sentences=3", "--dial", "pause=[0.4, 0.5]", "--dial", "quality.dpi=100", "--dial", "font=Serif", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)
    assert made == {
        "audio": str(tmp_path / "short.wav"),
        "document": str(tmp_path / "short.pdf"),
        "gold": str(tmp_path / "short.gold.json"),
    }
    assert len(store.read_json(Path(made["gold"]))["spoken"]) == 3


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--preset", "nothing"), "radio"),
        (("--dial", "loudness=3"), "loudness_spread"),
        (("--dial", "quality.ink=3"), "dpi"),
        (("--dial", "unprinted"), "NAME=VALUE"),
        (("--dial", "unprinted=2"), "from 0 to 1"),
    ],
)
def test_compose_tells_what_there_is(flags: tuple[str, str], told: str, texts: Path, tmp_path: Path, shruti) -> None:
    result = shruti("compose", texts, "-o", tmp_path, *flags)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_seed_needs_a_voice_and_enough_text(texts: Path, tmp_path: Path, shruti) -> None:
    voiceless = shruti("seed", "xx", "--text", texts, "-o", tmp_path / "model")
    assert voiceless.exit_code == 2
    assert "no voice 'xx'" in voiceless.stderr and "hi" in voiceless.stderr
    for language, usable in (("hi", "8 usable sentences of hi"), ("sa", "8 usable sentences of sa")):
        short = shruti("seed", language, "--text", texts, "-o", tmp_path / "model")
        assert short.exit_code == 3
        assert usable in short.stderr
    assert shruti("seed", "hi", "--text", tmp_path / "none.txt", "-o", tmp_path / "model").exit_code == 3


@pytest.mark.parametrize(
    ("languages", "given", "told"),
    [
        (("hi", "ml"), ("a.txt",), "names no language that is seeded"),
        (("hi", "ml"), ("hi=a.txt",), "no text of ml"),
        (("hi",), ("ta=a.txt",), "--text 'ta=a.txt' names no language"),
    ],
)
def test_each_language_of_a_seed_has_its_text(
    languages: tuple[str, ...], given: tuple[str, ...], told: str, texts: Path, tmp_path: Path, shruti
) -> None:
    files = [text.replace("a.txt", str(texts)) for text in given]
    result = shruti("seed", *languages, *(part for text in files for part in ("--text", text)), "-o", tmp_path / "model")
    assert result.exit_code == 2
    assert told.replace("a.txt", str(texts)) in result.stderr
