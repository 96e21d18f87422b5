"""What users can set, call and read is written down."""

from __future__ import annotations

import ast
import doctest
import re
from importlib import import_module
from pkgutil import walk_packages

import pytest
from scrapy.settings import default_settings

import crawler
from crawler import settings
from crawler.console.configuration import SETTINGS
from crawler.tables.metadata import METADATA
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLES = (ROOT / "docs/tables.md").read_text(encoding="utf-8")


def own_settings() -> list[str]:
    """The settings of crawler/settings.py that are not Scrapy's."""
    tree = ast.parse((ROOT / "crawler/settings.py").read_text(encoding="utf-8"))
    named = [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return [name for name in named if name.isupper() and not hasattr(default_settings, name)]


def commands() -> list[str]:
    """The sub-commands of `scrapy` that are the project's."""
    files = (ROOT / "crawler/commands").glob("*.py")
    return sorted(file.stem for file in files if "class Command(" in file.read_text("utf-8"))


CONFIGURATION = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", own_settings())
def test_every_setting_of_our_own_says_what_it_does(name: str) -> None:
    assert re.search(rf"^\| .*`{name}`.* \| .+ \| .+ \|", CONFIGURATION, re.MULTILINE)


def test_every_setting_of_scrapy_that_differs_has_its_reason() -> None:
    rows = CONFIGURATION.partition("## Scrapy's")[2].splitlines()
    assert not [row for row in rows if row.startswith("| `") and row.endswith("|  |")]


def test_a_setting_that_is_described_is_one() -> None:
    described = {name for one in SETTINGS for name in one.names}
    assert described >= {*own_settings()} - {"BOT_NAME"}
    assert {
        name for name in described & vars(settings).keys() if not hasattr(default_settings, name)
    } <= {*own_settings()}
    assert all(one.meaning for one in SETTINGS)


@pytest.mark.parametrize("name", commands())
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"./run scrapy {name}" in README


@pytest.mark.parametrize("name", METADATA.tables)
def test_every_table_and_column_is_in_the_tables(name: str) -> None:
    _, heading, rest = TABLES.partition(f"\n## {name}\n")
    assert heading
    section = rest.partition("\n## ")[0]
    for column in METADATA.tables[name].columns:
        assert re.search(rf"^\| {column.name}( \(key\))? \|", section, re.MULTILINE), column.name


def modules() -> list[str]:
    """The modules of the project, but the settings, which read the environment."""
    found = walk_packages(crawler.__path__, "crawler.")
    return [module.name for module in found if module.name != "crawler.settings"]


@pytest.mark.parametrize("name", modules())
def test_an_example_in_a_docstring_gives_what_it_shows(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.parametrize(
    "name",
    [
        "crawler.endpoints.row_places", "crawler.endpoints.paging", "crawler.parse.element",
        "crawler.parse.source", "crawler.tables.read", "crawler.archive.views",
    ],
)  # fmt: skip
def test_a_small_language_is_shown_by_example(name: str) -> None:
    assert doctest.testmod(import_module(name)).attempted
