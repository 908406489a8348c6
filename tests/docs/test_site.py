"""The site of docs/: it builds without a warning, needs no network, leads to every page, and tells all that the code has."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer.main

import align
from flows import schedule
from flows.cli import INTERRUPTED, app
from mining import config, errors

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
VERBS = dict(typer.main.get_command(app).commands)
OTHERS = {"--no-feats", "--nthreads", "--pool", "--utt-list"}
"""Flags of other programs that the pages name: of Kaldi, dask and prefect."""


@dataclass
class Page:
    """What a built page holds: where it leads, what it loads, and the places that can be linked."""

    links: list[str]
    resources: list[str]
    navigation: list[str]
    ids: set[str]
    text: str


class Reader(HTMLParser):
    """Takes a built page apart."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page([], [], [], set(), "")
        self.deep = 0  # in how many <nav> we are

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.deep += tag == "nav"
        self.page.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.page.links.append(values["href"])
            if self.deep:
                self.page.navigation.append(values["href"])
        elif tag == "link":
            self.page.resources.append(values.get("href", ""))
        self.page.resources += [values[name] for name in ("src", "srcset", "poster", "data") if name in values and tag != "a"]

    def handle_endtag(self, tag: str) -> None:
        self.deep -= tag == "nav"

    def handle_data(self, data: str) -> None:
        self.page.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    pytest.importorskip("material", reason="mkdocs-material is not installed: pip install -c constraints.txt -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    """Every page by its name."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        reader = Reader()
        reader.feed(path.read_text(encoding="utf8"))
        found[path.relative_to(site).as_posix()] = reader.page
    return found


def is_outside(link: str) -> bool:
    return bool(re.match(r"[a-z]+:|//", link)) and not link.startswith("data:")


def test_every_page_is_in_the_navigation(pages: dict[str, Page]) -> None:
    reached = {link.partition("#")[0] for link in pages["index.html"].navigation}
    assert set(pages) - {"404.html", "index.html"} <= reached
    assert {f"{path.stem}.html" for path in PAGES} <= set(pages)
    assert {f"notebook-{path.stem}.html" for path in (ROOT / "notebooks").glob("*.ipynb")} <= set(pages)


def test_nothing_is_fetched_from_elsewhere(site: Path, pages: dict[str, Page]) -> None:
    assert not {name: outside for name, page in pages.items() if (outside := [one for one in page.resources if is_outside(one)])}
    for path in site.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", path.read_text(encoding="utf8")), path


def test_links_and_anchors_lead_somewhere(site: Path, pages: dict[str, Page]) -> None:
    dead = []
    for name, page in pages.items():
        for link in page.links + page.resources:
            path, _, anchor = unquote(link).partition("#")
            if is_outside(link) or name == "404.html" or not link:
                continue
            target = (site / name).parent / path if path else site / name
            there = target.resolve()
            uri = there.relative_to(site.resolve()).as_posix()
            if not there.exists() or (anchor and uri in pages and anchor not in pages[uri].ids):
                dead.append((name, link))
    assert not dead


def test_whatever_is_generated_has_been(site: Path) -> None:
    marked = [path for path in PAGES if "<!-- generated:" in path.read_text(encoding="utf8")]
    assert {path.stem for path in marked} == {"commands", "configuration", "api"}
    for path in marked:
        assert "<!-- generated" not in (site / f"{path.stem}.html").read_text(encoding="utf8")


def code(site: Path, name: str) -> set[str]:
    """All that a page sets as code, word by word."""
    shown = re.findall(r"<code[^>]*>(.*?)</code>", (site / name).read_text(encoding="utf8"), re.S)
    return {word for one in shown for word in html.unescape(re.sub("<[^>]+>", "", one)).split()}


def commands() -> dict[str, typer.main.TyperCommand]:
    """Every command that takes flags, by what it is called."""
    found = {}
    for name, command in VERBS.items():
        children = getattr(command, "commands", None) or {"": command}
        found |= {f"{name} {child}".strip(): below for child, below in children.items()}
    return found


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_verb_is_told_with_all_that_it_takes(site: Path, pages: dict[str, Page], name: str) -> None:
    section = f"shruti-{name.replace(' ', '-')}"
    assert section in pages["commands.html"].ids
    told = (site / "commands.html").read_text(encoding="utf8").split(f'id="{section}"')[1].split("<h3")[0]
    flags = [flag for one in commands()[name].params for flag in (*one.opts, *one.secondary_opts) if flag.startswith("-")]
    assert [flag for flag in flags if not re.search(rf"<code>{re.escape(flag)}[ <]", told)] == []


def test_every_setting_is_told(site: Path) -> None:
    parts = [config.Config, *(type(getattr(config.Config(), name)) for name in config.Config.__slots__ if name != "language")]
    named = {name for part in parts for name in part.__slots__}
    keys = {key for part in (schedule.Schedule, schedule.Discover, schedule.Train) for key in part.model_fields}
    assert len(parts) == len(config.Config.__slots__) and "target_precision" in named
    assert named | keys - {"discover", "mine", "train"} <= code(site, "configuration.html")


def test_every_public_name_of_align_is_told(pages: dict[str, Page]) -> None:
    assert {name.lower() for name in align.__all__} <= pages["api.html"].ids


def test_the_exit_codes_are_those_of_the_program() -> None:
    told = re.findall(r"^\| (\d+) \|", (ROOT / "docs" / "commands.md").read_text(encoding="utf8"), re.M)
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert {int(one) for one in told} == codes | {INTERRUPTED}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_name_no_flag_that_there_is_not(path: Path) -> None:
    text = path.read_text(encoding="utf8")
    inline = [part for part in re.findall(r"`[^`\n]*`", text) if not part.startswith("`python ")]
    fenced = [line for block in re.findall(r"^```.*?^```", text, re.S | re.M) for line in block.splitlines() if "shruti " in line]
    flags = {flag for part in inline + fenced for flag in re.findall(r"(?<![\w-])--[a-z][\w-]*", part)}
    known = {flag for command in commands().values() for one in command.params for flag in (*one.opts, *one.secondary_opts)}
    assert not flags - known - OTHERS - {"--help"}


def test_the_search_knows_the_pages(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text(encoding="utf8")
    assert "needleman_wunsch" in index and "tutorial.html" in index
