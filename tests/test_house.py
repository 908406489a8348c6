"""The rules of the house: which room may import which, what a command may load, how long things may be."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from flows.cli import app
from mining.records import REASONS

ROOT = Path(__file__).parent.parent
ROOMS = ("align", "mining", "flows")
BELOW = {"align": set(), "mining": {"align"}, "flows": {"align", "mining"}}
HEAVY = {"torch", "transformers", "prefect", "pdfplumber", "pypdfium2", "pydub", "pytesseract", "numba", "scipy", "silero_vad"}
MOST_LINES, MOST_FUNCTION_LINES, MEDIAN_FUNCTION_LINES = 400, 60, 15

MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def _imports(tree: ast.AST) -> set[str]:
    """The top-level packages that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def _functions(tree: ast.AST) -> list[tuple[str, int]]:
    """Name and lines of code of every function, without its docstring: that may be as long as it must."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node) is not None
            text = node.body[0].end_lineno - node.body[0].lineno + 1 if documented else 0
            found.append((node.name, node.end_lineno - node.lineno + 1 - text))
    return found


def _loaded_by(code: str) -> set[str]:
    """The top-level modules in sys.modules after some code has run in a fresh interpreter."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    forbidden = set(ROOMS) - {room} - BELOW[room]
    assert not _imports(ast.parse(path.read_text(encoding="utf8"))) & forbidden


@pytest.mark.parametrize("path", sorted((ROOT / "align").rglob("*.py")), ids=lambda path: path.name)
def test_align_imports_numpy_numba_and_the_standard_library(path: Path) -> None:
    assert _imports(ast.parse(path.read_text(encoding="utf8"))) <= {"align", "numpy", "numba"} | set(sys.stdlib_module_names)


def test_importing_align_loads_nothing_heavy() -> None:
    bare = _loaded_by("import numpy, numba")
    assert _loaded_by("import align") - bare - set(sys.stdlib_module_names) == {"align"}


def test_help_loads_nothing_heavy() -> None:
    loaded = _loaded_by(
        "import sys\nsys.argv = ['shruti', '--help']\nfrom flows.cli import main\ntry: main()\nexcept SystemExit: pass"
    )
    assert "flows" in loaded
    assert not loaded & HEAVY


def test_align_command_does_not_import_prefect() -> None:
    loaded = _loaded_by(
        "import sys\nsys.argv = ['shruti', 'align', 'no.wav', 'no.txt', '-o', '/nonexistent/out', '--lang', 'hi']\n"
        "from flows.cli import main\ntry: main()\nexcept SystemExit: pass"
    )
    assert "mining" in loaded
    assert "prefect" not in loaded


@pytest.mark.parametrize("package", sorted(HEAVY - {"numba", "scipy"}))
def test_heavy_packages_have_few_doors(package: str) -> None:
    doors = [path for path in MODULES if package in _imports(ast.parse(path.read_text(encoding="utf8")))]
    most = {"torch": 12, "prefect": 8}.get(package, 3)
    assert len(doors) <= most, [str(path.relative_to(ROOT)) for path in doors]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf8")
    assert len(text.splitlines()) < MOST_LINES
    assert not [(name, lines) for name, lines in _functions(ast.parse(text)) if lines > MOST_FUNCTION_LINES]


def test_the_median_function_is_short() -> None:
    lines = sorted(lines for path in MODULES for _, lines in _functions(ast.parse(path.read_text(encoding="utf8"))))
    assert lines[len(lines) // 2] < MEDIAN_FUNCTION_LINES


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_folder_of_modules_is_a_package(folder: Path) -> None:
    assert (folder / "__init__.py").is_file(), "else the wheel leaves it out"


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    wanted = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    here = [name for name in wanted if "python_version >=" not in name]
    assert {re.match(r"[\w.-]+", name)[0].lower() for name in here} <= pinned


def test_there_is_no_utils() -> None:
    assert not [path for path in MODULES if "util" in path.stem or "helper" in path.stem]


def _public(tree: ast.Module) -> list[ast.AST]:
    kinds = ast.FunctionDef | ast.ClassDef
    return [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_public_names_are_documented(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf8"))
    assert not tree.body or ast.get_docstring(tree)
    assert not [node.name for node in _public(tree) if not ast.get_docstring(node)]


def _verbs() -> dict[str, typer.main.TyperCommand]:
    return dict(typer.main.get_command(app).commands)


@pytest.mark.parametrize("verb", sorted(_verbs()))
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    result = CliRunner().invoke(app, [verb, "--help"])
    assert result.exit_code == 0
    assert f"Example: shruti {verb}" in " ".join(result.output.split())


@pytest.mark.parametrize("verb", sorted(_verbs()))
def test_every_verb_stands_in_the_readme(verb: str) -> None:
    assert f"`shruti {verb}" in (ROOT / "README.md").read_text(encoding="utf8")


def _written_commands() -> list[str]:
    """Every `shruti VERB ...` in a code block of the documents."""
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    lines = [
        line.strip() for path in documents for line in path.read_text(encoding="utf8").splitlines() if line.startswith("    ")
    ]
    return sorted({line.removeprefix(".venv/bin/") for line in lines if re.match(r"(\.venv/bin/)?shruti [a-z]", line)})


@pytest.mark.parametrize("line", _written_commands())
def test_documented_commands_exist(line: str) -> None:
    words = line.split("#")[0].split("|")[0].split()[1:]
    command = _verbs()[words[0]]
    if words[0] == "evaluate":
        command = command.commands[words[1]]
    known = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("-") and not word.startswith("--dial=")} <= known


def test_flags_mean_the_same_everywhere() -> None:
    meanings: dict[str, set[str]] = {}
    for command in _verbs().values():
        for parameter in command.params:
            for flag in {"--lang", "--model", "--json", "--recording"} & set(parameter.opts):
                meanings.setdefault(flag, set()).add(parameter.help)
    assert meanings
    assert all(len(texts) == 1 for texts in meanings.values()), meanings


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_is_documented(reason: str) -> None:
    assert f"`{reason}`" in (ROOT / "docs" / "files.md").read_text(encoding="utf8")
