"""The public names of `align`, from their signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from typing import Any

import align

_SECTIONS = ("Args", "Attributes", "Returns", "Raises")
_NOTE = "Note"
_ENTRY = re.compile(r"^(?:    )?(\*?\w[\w., *()]*?): (.*)$")


def page() -> str:
    """All public names, functions before types, as Markdown."""
    public = [(name, getattr(align, name)) for name in align.__all__]
    functions = [_function(name, thing) for name, thing in public if not inspect.isclass(thing)]
    types = [_class(name, thing) for name, thing in public if inspect.isclass(thing)]
    return "\n".join(["## Functions\n", *functions, "## Types\n", *types])


def _function(name: str, function: Any, level: int = 3) -> str:
    return f"{'#' * level} {name}\n\n{_signature(name, function)}\n{_prose(function)}\n"


def _class(name: str, kind: Any) -> str:
    own = [(key, value) for key, value in vars(kind).items() if not key.startswith("_")]
    methods = [(key, getattr(kind, key)) for key, value in own if callable(value) or isinstance(value, classmethod)]
    told = [_function(f"{name}.{key}", method, 4) for key, method in methods if inspect.getdoc(method)]
    return "\n".join([_function(name, kind), *told])


def _signature(name: str, thing: Any) -> str:
    """The call, an argument a line where it is long."""
    signature = inspect.signature(thing)
    name = name.split(".")[-1]
    inside = [_parameter(one) for one in _listed(signature)]
    told = "" if signature.return_annotation in (inspect.Signature.empty, "None", None) else _plain(signature.return_annotation)
    end = f" -> {told}" if told else ""
    line = f"{name}({', '.join(inside)}){end}"
    text = line if len(line) <= 88 else f"{name}(\n" + "".join(f"    {one},\n" for one in inside) + f"){end}"
    return f"```python\n{text}\n```\n"


def _listed(signature: inspect.Signature) -> list[Any]:
    """The parameters without `self`, with the star in front of those that only have names."""
    listed: list[Any] = []
    for one in signature.parameters.values():
        if one.kind is one.KEYWORD_ONLY and "*" not in listed:
            listed.append("*")
        listed += [one] if one.name != "self" else []
    return listed


def _parameter(one: Any) -> str:
    if one == "*":
        return one
    told = f"{one.name}: {_plain(one.annotation)}"
    if one.default is one.empty:
        return told
    whole = not hasattr(one.default, "__dataclass_fields__")
    return f"{told} = {one.default!r}" if whole else f"{told} = {type(one.default).__name__}()"


def _plain(annotation: Any) -> str:
    """An annotation without the modules that its names are from."""
    return re.sub(r"\b(numpy|np|typing|collections\.abc|align\.\w+)\.", "", inspect.formatannotation(annotation)).strip("'")


def _prose(thing: Any) -> str:
    """A docstring as Markdown: its sections as lists, its examples as code."""
    lines: list[str] = []
    for block in (inspect.getdoc(thing) or "").split("\n\n"):
        head, _, rest = block.partition("\n")
        if head.rstrip(":") in _SECTIONS and head.endswith(":"):
            lines += [f"*{head}*\n", " ".join(rest.split()) + "\n" if head == "Returns:" else _entries(rest)]
        elif block.startswith(">>>"):
            lines += ["```pycon", block, "```", ""]
        elif head == f"{_NOTE}:":
            lines += [f"*{head}* " + " ".join(rest.split()), ""]
        else:
            lines += [block, ""]
    return "\n".join(lines)


def _entries(text: str) -> str:
    """The entries of a section, each a point of a list."""
    points: list[str] = []
    for line in re.sub(r"(\S) {3,}(?=\w+:)", r"\1\n    ", text).splitlines():
        entry = _ENTRY.match(line)
        if entry and not line.startswith("        "):
            points.append(f"- `{entry[1].strip()}`: {entry[2]}")
        elif points and line.startswith("        "):
            points[-1] += f" {line.strip()}"
        else:
            points.append(f"- {line.strip()}")
    return "\n".join(points) + "\n"
