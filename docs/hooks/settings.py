"""Every setting, from the code: the dataclasses of mining/config.py, and the models of a schedule in flows/schedule.py."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic_core import PydanticUndefined

import flows.schedule
import mining.config


def dataclasses() -> str:
    """A table for every stage: name, default, and the comment that stands behind the field."""
    return "\n".join(_table(node, _comments(mining.config)) for node in _classes(mining.config))


def schedule() -> str:
    """A table for every part of a schedule's TOML file."""
    tables = [("", flows.schedule.Schedule), ("discover", flows.schedule.Discover)]
    tables += [("mine", flows.schedule.When), ("train", flows.schedule.Train)]
    return "\n".join(_toml(name, model) for name, model in tables)


def _classes(module: ModuleType) -> list[ast.ClassDef]:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf8"))
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def _comments(module: ModuleType) -> dict[int, str]:
    """Line to the comment at its end."""
    source = Path(str(module.__file__)).read_text(encoding="utf8")
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}


def _table(node: ast.ClassDef, comments: dict[int, str]) -> str:
    rows = [_field(part, comments) for part in node.body if isinstance(part, ast.AnnAssign)]
    purpose = (ast.get_docstring(node) or "").splitlines()[0]
    return f"### {node.name}\n\n{purpose}\n\n| field | default | |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _field(part: ast.AnnAssign, comments: dict[int, str]) -> str:
    default = ast.unparse(part.value) if part.value else ""
    if "default_factory" in default:
        default = default.split("default_factory=")[1].rstrip(")")
    name = f"{ast.unparse(part.target)}"
    return f"| `{name}` | `{default}` | {_cell(comments.get(part.lineno, ''))} |"


def _toml(name: str, model: Any) -> str:
    title = f"[{name}]" if name else "The file"
    purpose = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    tables = {"discover", "mine", "train"}
    rows = [_key(key, about) for key, about in model.model_fields.items() if key not in tables]
    return f"### {title}\n\n{purpose}\n\n| key | type | default |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _key(name: str, about: Any) -> str:
    kind = getattr(about.annotation, "__name__", str(about.annotation)) if about.annotation else ""
    if not isinstance(about.annotation, type):
        kind = str(about.annotation)
    default = about.get_default(call_default_factory=True)
    told = "must be there" if default is PydanticUndefined else "" if default is None else f"`{default!r}`"
    return f"| `{name}` | {_cell(kind.replace(' | None', ''))} | {told} |"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
