"""What MkDocs does with the pages: fills in what is generated from the code, and brings in what lies outside docs/.

A page such as docs/commands.md holds a mark, `<!-- generated: verbs -->`. On the site the text of that generator stands in
its place; on a code host the rest of the page tells where to find it. So nothing that is generated is kept, or can go stale.

Links lead out of docs/ as they do on a code host: `../align/README.md`. Texts that are linked so become pages of the site, and
code becomes a file of it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import api
import cells
import settings
import verbs
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
DOCS = "docs"

GENERATED: dict[str, Callable[[], str]] = {
    "verbs": verbs.page,
    "settings": settings.dataclasses,
    "schedule": settings.schedule,
    "api": api.page,
}
"""Mark to what stands in its place."""

GUESTS = {
    "align/README.md": "align.md",
    "notebooks/README.md": "notebooks.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
"""Texts of the checkout that become pages, and how they are called there."""

RENAMED = GUESTS | {f"notebooks/{path.name}": cells.page(path) for path in cells.found()}
"""The same and the notebooks, which become pages by way of `cells.made`."""

_MARK = re.compile(r"<!-- generated: (\w+) -->")
_LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?(?=\))")


def on_config(config: Any) -> Any:
    """Put the notebooks there are into the navigation, below the page that lists them."""
    section = next(part["Notebooks"] for part in config.nav if "Notebooks" in part)
    section += [{cells.title(path): cells.page(path)} for path in cells.found()]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the guests, and every file outside docs/ that a page links."""
    for source, name in GUESTS.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf8")))
    for name, content in (one for path in cells.found() for one in cells.made(path)):
        files.append(File.generated(config, name, content=content))
    for path in sorted(set().union(*(_linked(file) for file in files.documentation_pages()))):
        files.append(File.generated(config, _place(path), content=_content(path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Fill in what is generated, and turn links out of docs/ into links within the site."""
    filled = _MARK.sub(lambda mark: GENERATED[mark[1]](), markdown)
    return _LINK.sub(lambda link: _within(link[1], page.file.src_uri) + (link[2] or ""), filled)


def _home(uri: str) -> Path:
    """Where in the checkout the text of a page lies."""
    guests = {name: source for source, name in RENAMED.items()}
    return ROOT / guests.get(uri, f"{DOCS}/{uri}")


def _target(link: str, uri: str) -> Path | None:
    """What a link of the page `uri` is about, a package's module in place of its folder; None where it leads nowhere."""
    path = (_home(uri).parent / link).resolve()
    module = path / "__init__.py"
    path = module if module.is_file() else path
    return path if path.exists() and path.is_relative_to(ROOT) else None


def _linked(file: Any) -> set[Path]:
    """The files outside docs/ that a page links, but for those that are pages themselves."""
    targets = {_target(link[1], file.src_uri) for link in _LINK.finditer(file.content_string)} - {None}
    return {path for path in targets if path and not path.is_relative_to(ROOT / DOCS) and _uri(path) not in RENAMED}


def _within(link: str, uri: str) -> str:
    """A link of the page `uri`, as it must be on the site."""
    path = _target(link, uri)
    if path is None:
        return link  # MkDocs says what is wrong with it
    if path.is_relative_to(ROOT / DOCS):
        name = path.relative_to(ROOT / DOCS).as_posix()
    else:
        name = RENAMED.get(_uri(path)) or _place(path)
    return posixpath.relpath(name, posixpath.dirname(uri) or ".")


def _content(path: Path) -> str:
    """A file's text; of a folder, what is in it."""
    if path.is_dir():
        return "\n".join(sorted(_uri(one) for one in path.iterdir() if not one.name.startswith((".", "__")))) + "\n"
    return path.read_text(encoding="utf8")


def _uri(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _place(path: Path) -> str:
    """Where code stands on the site: under a name that a browser shows as text."""
    return f"code/{_uri(path)}.txt"
