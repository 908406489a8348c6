"""The notebooks as pages: their texts, their cells, and what came out of these when they were last run."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


def found() -> list[Path]:
    """The notebooks, in their order."""
    return sorted(FOLDER.glob("*.ipynb"))


def page(path: Path) -> str:
    """How the page of a notebook is called."""
    return f"notebook-{path.stem}.md"


def title(path: Path) -> str:
    """What a notebook is called in the navigation: its name without its number."""
    return path.stem.split("-", 1)[1].replace("-", " ").capitalize()


def made(path: Path) -> Iterator[tuple[str, str | bytes]]:
    """The files that a notebook becomes: its page, and its pictures."""
    text: list[str] = []
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf8"))["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            text.append(source)
            continue
        text.append(f"```python\n{source}\n```")
        for place, output in enumerate(cell["outputs"]):
            data = output.get("data", {})
            if "image/png" in data:
                name = f"notebook-{path.stem}-{number}-{place}.png"
                yield name, base64.b64decode("".join(data["image/png"]))
                text.append(f"![What the cell above draws]({name})")
            elif printed := _printed(output, data):
                text.append(f"```text\n{printed}\n```")
    yield page(path), "\n\n".join(text) + "\n"


def _printed(output: dict[str, Any], data: dict[str, Any]) -> str:
    """What a cell printed, or how its last value is shown; nothing of sound and other objects."""
    printed = "".join(output.get("text", data.get("text/plain", "")))
    return "" if printed.startswith("<") else printed.rstrip()
