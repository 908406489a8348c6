"""The wheel: it holds everything that a run needs, and runs the demo from an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("align", "mining", "flows")
NEEDED = ("pyproject.toml", "README.md", "LICENSE", "NOTICE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the sources, so that no build folder is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in ROOMS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in NEEDED:
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", source / "dist", source]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (built,) = (source / "dist").glob("shruti-*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_every_file(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(ROOMS)}
    there = {str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()}
    assert {name for name in there if "__pycache__" not in name} == held


@pytest.mark.slow
def test_the_wheel_runs_the_demo_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    zipfile.ZipFile(wheel).extractall(installed)
    empty.mkdir()
    environment = os.environ | {"PYTHONPATH": str(installed), "COLUMNS": "200"}
    where = subprocess.run(
        [sys.executable, "-c", "import mining; print(mining.__file__)"],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(installed)), "the checkout must not stand in for the wheel"
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "demo"], cwd=empty, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "precision" in done.stdout
    assert [path.name for path in empty.iterdir()] == ["shruti-demo-1"]
    assert (empty / "shruti-demo-1" / "report.html").is_file()
