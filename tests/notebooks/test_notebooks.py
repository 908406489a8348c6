"""Notebooks say what is so: every one runs, shows what it is kept with, and defines nothing of its own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from rapidfuzz.distance import Levenshtein

from mining import store
from mining.corpus.review import verdicts
from mining.corpus.rows import read_pairs
from tests.notebooks import running

MOST_BYTES = 1_000_000  # of all together: pictures stay small, sound is left out
MOST_LINES = 15  # of a cell: one idea
NEAR, SHARE = 0.05, 0.02  # figures may differ by so much and that share: another processor adds up in another order
SAME = 0.98  # of the letters of a text: there it may hear one otherwise
LOOP = "04-a-better-model.ipynb"
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")

every = pytest.mark.parametrize("path", running.PATHS, ids=lambda path: path.stem)


def _code(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def _alike(old: str, new: str) -> bool:
    """Whether two texts have the same words, but for a letter in fifty, and figures near each other."""
    figures = list(zip(NUMBER.findall(old), NUMBER.findall(new), strict=False))
    near = all(abs(float(a) - float(b)) <= NEAR + SHARE * abs(float(a)) for a, b in figures)
    words = (" ".join(NUMBER.sub("#", text).split()) for text in (old, new))
    return near and Levenshtein.normalized_similarity(*words) >= SAME


@pytest.mark.parametrize(
    ("new", "alike"),
    [
        ("kept 21 of 23, precision 0.91", True),
        ("kept 21 of 23, precision 0.93", True),
        ("kept 20 of 23, precision 0.91", False),
        ("kept 21 of 23, precision 0.71", False),
        ("lost 21 of 23, precision 0.91", False),
    ],
)
def test_texts_are_held_against_those_that_are_kept(new: str, alike: bool) -> None:
    assert _alike("kept 21 of 23, precision 0.91", new) == alike


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where notebooks run: the later ones find what the earlier ones mined."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No notebook may ask a model hub; and pictures are drawn as the notebook server draws them."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("MPLBACKEND", "SHRUTI_OUT"):
        monkeypatch.delenv(name, raising=False)


def test_there_are_four() -> None:
    assert [path.name[:2] for path in running.PATHS] == ["01", "02", "03", "04"]


@pytest.mark.slow
@every
def test_a_notebook_runs_and_shows_what_it_is_kept_with(path: Path, folder: Path) -> None:
    kept = nbformat.read(path, as_version=4)
    there = sorted(running.FOLDER.iterdir())
    shown = running.kept(running.run(path, folder))  # its last cell asserts what it claims
    assert sorted(running.FOLDER.iterdir()) == there, "a notebook writes where it runs, and nowhere else"
    if path.name != LOOP:  # a training depends on how many threads add up
        for old, new in zip(running.written(kept), running.written(shown), strict=True):
            assert _alike(old, new), f"{path.name} shows\n{new}\nand is kept with\n{old}\nRun tests/notebooks/running.py"
    assert [len(cell.get("outputs", ())) for cell in kept.cells] == [len(cell.get("outputs", ())) for cell in shown.cells]


@pytest.mark.slow
def test_verdicts_of_a_run_are_drawn(folder: Path, run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With SHRUTI_OUT, notebook 03 draws what people said of that run's pairs, here four times over and one of them wrong."""
    rows = [{**row, "id": f"{row['id']}-{copy}"} for copy in range(4) for row in read_pairs(run)]
    judged = tmp_path / "judged"
    store.write_rows(judged / "pairs.jsonl", rows)
    for number, row in enumerate(rows):
        about = {name: row[name] for name in ("recording", "text", "start", "end", "confidence")}
        said = {"verdict": "right" if number else "text", "how": "stratified", "at": "2026-01-01T00:00:00+00:00"}
        verdicts.add(judged, verdicts.Verdict(pair=row["id"], person="Asha", **said, **about))
    monkeypatch.setenv("SHRUTI_OUT", str(judged))
    shown = running.run(running.FOLDER / "03-choosing-a-threshold.ipynb", folder)
    assert len(rows) >= 20, "enough to be drawn"
    assert f"{len(rows)} kept pairs are judged, {len(rows) - 1} of them right\n" in running.written(shown)
    assert not any("Too few to draw" in text for text in running.written(shown))


@every
def test_a_notebook_defines_nothing(path: Path) -> None:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    assert not [node for cell in _code(path) for node in ast.walk(ast.parse(cell.source)) if isinstance(node, kinds)]


@every
def test_cells_are_short_and_said(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].cell_type == "markdown" and cells[0].source.startswith("# ")
    assert all(len(cell.source.splitlines()) <= MOST_LINES for cell in cells if cell.cell_type == "code")
    for figure in (cell for cell in cells if cell.cell_type == "code" and "plt.subplots" in cell.source):
        assert "set" in figure.source and ("label=" in figure.source or "title" in figure.source), "a figure says what it shows"


@every
def test_the_last_cell_holds_the_notebook_to_its_claims(path: Path) -> None:
    last = _code(path)[-1]
    assert last.metadata.get("tags") == ["checks"]
    assert sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(last.source))) >= 4


@every
def test_a_notebook_runs_anywhere(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    said = "\n".join([cell.source for cell in notebook.cells] + running.written(notebook))
    assert not re.search(r"(?<![\w.:/<])/(?:home|root|tmp|usr|work|mnt|opt|var|Users)\b", said), "an absolute path"
    assert "http://" not in said and "Warning" not in said


@every
def test_a_notebook_is_kept_as_one_run_from_top_to_bottom_left_it(path: Path) -> None:
    cells = _code(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert all(output.get("name", "stdout") == "stdout" for output in outputs), "nothing was complained of"
    assert all("text/html" not in output.get("data", {}) for output in outputs), "sound is left out"
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_all_together_are_small() -> None:
    assert sum(path.stat().st_size for path in running.PATHS) < MOST_BYTES
