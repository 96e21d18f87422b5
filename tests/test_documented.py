"""What users can set, call and read is written down."""

from __future__ import annotations

import doctest
import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import crawler
from crawler.setting_defaults import SETTINGS
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


CONFIGURATION = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")


def test_every_setting_of_scrapy_that_differs_has_its_reason() -> None:
    rows = CONFIGURATION.partition("## Scrapy's")[2].splitlines()
    assert not [row for row in rows if row.startswith("| `") and row.endswith("|  |")]


def test_a_setting_says_what_it_does_and_is_read_somewhere() -> None:
    sources = [
        file.read_text(encoding="utf-8")
        for file in (ROOT / "crawler").rglob("*.py")
        if file.name != "setting_defaults.py"
    ]
    used = "".join(sources)
    assert [one.name for one in SETTINGS if not one.meaning] == []
    # Patterns, and what urllib reads.
    of_others = {"PIXIV_PHPSESSID_NAME", "PIXIV_PHPSESSID_FILE", "https_proxy", "no_proxy"}
    assert [one.name for one in SETTINGS if f'"{one.name}"' not in used and one.name not in of_others] == []


def test_every_page_is_linked_and_every_link_leads_somewhere() -> None:
    pages = {*(ROOT / "docs").rglob("*.md")} - {ROOT / "docs/index.md"}
    linked: set[Path] = set()
    for file in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(
            r"\]\(([^)#\s]+)(?:#[^)]*)?\)|srcset=\"([^\"]+)\"|src=\"([^\"]+)\"", file.read_text("utf-8")
        ):
            address = next(filter(None, target))
            if "://" not in address:
                assert (file.parent / address).exists(), f"{file.name}: {address}"
                linked.add((file.parent / address).resolve())
    assert pages <= linked, pages - linked


def modules() -> list[str]:
    """The modules of the project, but the settings, which read the environment."""
    found = walk_packages(crawler.__path__, "crawler.")
    return [module.name for module in found if module.name != "crawler.settings"]


def test_an_example_in_a_docstring_gives_what_it_shows(subtests: pytest.Subtests) -> None:
    for name in modules():
        with subtests.test(name=name):
            assert doctest.testmod(import_module(name)).failed == 0


def test_every_setting_that_says_so_can_be_set_in_the_environment() -> None:
    """In a process of its own: the settings read the environment when they are imported."""
    settable = [one for one in SETTINGS if one.where == "environment or -s"]
    values = {one.name: f"/of/{one.name}" for one in settable}
    values |= {one.name: f"{float(one.default) + 7:g}" for one in settable if re.fullmatch(r"\d+", one.default)}
    values |= {"PIXIV_LANG": "ko", "LOG_LEVEL": "ERROR", "REPLAY_PROCESSES": "3", "ADDONS": '{"mine.AddOn": 100}'}
    read = "import json, sys, crawler.settings as s; print(json.dumps({n: getattr(s, n) for n in sys.argv[1:]}))"
    done = subprocess.run(
        [sys.executable, "-c", read, *values],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **values},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == values
    assert [one.name for one in settable if values[one.name] == one.default] == []
