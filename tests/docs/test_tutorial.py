"""Every command of docs/tutorial.md, in its order, as a reader types them; and what the page says that they print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf8")
WAITS = {"review"}
"""Verbs that serve a page until they are stopped; they have tests of their own."""


def steps() -> list[tuple[str, str]]:
    """Each command with the output that stands below it, before the next; "" where there is none."""
    parts = re.split(r"^    (shruti .*)$", TEXT, flags=re.M)[1:]
    shown = [re.search(r"^```\w+\n(.*?)^```", part, re.S | re.M) for part in parts[1::2]]
    return [(command, found[1] if found else "") for command, found in zip(parts[::2], shown, strict=True)]


def bare(text: str) -> list[str]:
    """Lines as words alone: without borders, and without what depends on the width of the screen."""
    return [" ".join(re.sub("[│┃]", " ", line).split()) for line in text.splitlines() if line.strip()]


def run(command: str, folder: Path) -> str:
    environment = {**os.environ, "COLUMNS": "160", "NO_COLOR": "1"}
    arguments = [sys.executable, "-P", "-m", "flows.cli", *shlex.split(command)[1:]]
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr[-2000:])
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_tutorial_runs_and_prints_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "mining").symlink_to(ROOT / "mining")  # the sample's files are named from the checkout
    for command, shown in steps():
        if command.split()[1] in WAITS:
            continue
        printed = "\n".join(bare(run(command, tmp_path)))
        exact = [line for line in bare(shown) if " ... " not in line and ".json" not in line and "mined/" not in line]
        assert [line for line in exact if line not in printed] == [], command
    assert (tmp_path / "better" / "model.safetensors").is_file()
    assert (tmp_path / "set-nemo" / "train_manifest.json").is_file()
