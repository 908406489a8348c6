"""Every verb of `shruti`, from the command itself: what it does, its arguments, its options and their defaults."""

from __future__ import annotations

import re
from typing import Any

import typer.main

from flows.cli import app


def page() -> str:
    """All verbs by their groups, as Markdown."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    groups: dict[str, list[str]] = {}
    for name, command in commands.items():
        groups.setdefault(str(command.rich_help_panel), []).extend(_verb(f"shruti {name}", command))
    return "\n".join(f"## {group}\n\n" + "\n".join(lines) for group, lines in groups.items())


def _verb(name: str, command: Any) -> list[str]:
    """A verb, and what it is made of where it has verbs of its own."""
    purpose, _, example = (command.help or "").partition("Example: ")
    lines = [f"### {name}\n", _linked(purpose.strip()) + "\n"]
    lines += [f"    {one}" for one in re.findall("`([^`]+)`", example)] + [""]
    if children := getattr(command, "commands", None):
        return lines + [line for child, below in children.items() for line in _verb(f"{name} {child}", below)]
    return lines + [line for line in _tables(command) if line] + [""]


def _linked(text: str) -> str:
    """A text with links for the pages that it names."""
    return re.sub(r"\bdocs/(\w+\.md)", r"[\1](\1)", text)


def _tables(command: Any) -> list[str]:
    rows = [(parameter, _row(parameter)) for parameter in command.params]
    arguments = [row for parameter, row in rows if not parameter.opts[0].startswith("-")]
    options = [row for parameter, row in rows if parameter.opts[0].startswith("-")]
    told: list[str] = []
    for title, found in (("argument", arguments), ("option", options)):
        if found:
            told += [f"| {title} | | default |\n|---|---|---|\n" + "\n".join(found) + "\n"]
    return told


def _row(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    if not names[0].startswith("-"):
        names = [(parameter.metavar or parameter.name).upper()]
    elif parameter.metavar:
        names[-1] += f" {parameter.metavar}"
    text = _linked(parameter.help or "").replace("|", r"\|")
    cells = ", ".join(f"`{name}`".replace("|", r"\|") for name in names)
    return f"| {cells} | {text} | {_default(parameter)} |"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "must be given"
    if parameter.default in (None, "", [], (), False):
        return ""
    if parameter.default is True:
        return f"`{parameter.opts[0]}`"
    return f"`{parameter.default}`"
