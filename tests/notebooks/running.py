"""Notebooks run as a reader runs them, and written as they are kept: with text and pictures, without sound.

python tests/notebooks/running.py            runs all of them, and writes what came out into notebooks/
python tests/notebooks/running.py 01 03      only these
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
SOUND = "(sound: run this notebook to hear it)"


def run(path: Path, folder: Path, seconds: int = 600) -> nbformat.NotebookNode:
    """A notebook with what its cells gave; whatever it writes, it writes into `folder`.

    Raises:
        CellExecutionError: a cell failed.
        CellTimeoutError: a cell took longer than `seconds`.
    """
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=seconds, kernel_name="python3", resources=where, coalesce_streams=True)
    client.execute()
    return notebook


def kept(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook as it is kept: no sound, no times, and no more than one picture and one text an output."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "<audio" in str(data.get("text/html", "")):
                data.clear()
                data["text/plain"] = SOUND
            if "image/png" in data:
                data.pop("text/plain", None)  # says how large the figure is, and no more
    language = notebook.metadata.get("language_info", {}).get("name", "python")
    notebook.metadata.language_info = {"name": language}  # else the version of whoever ran it last
    return notebook


def written(notebook: nbformat.NotebookNode) -> list[str]:
    """The texts that a notebook shows, an output each, in order."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            texts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return [text for text in texts if text.strip()]


def main(names: list[str]) -> None:
    """Run the notebooks whose names begin as given, or all, and keep what came out."""
    chosen = [path for path in PATHS if not names or path.name.startswith(tuple(names))]
    with tempfile.TemporaryDirectory() as folder:
        for path in chosen:
            nbformat.write(kept(run(path, Path(folder))), path)
            print(path.name, f"{path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
