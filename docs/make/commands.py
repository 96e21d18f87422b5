"""Make docs/reference/commands.md from the commands."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any

from scrapy.settings import Settings

FILE = Path(__file__).parents[1] / "reference/commands.md"
FOLDER = FILE.parents[2] / "crawler/commands"
HEAD = """# Commands

Made from `crawler/commands/` by `./run docs`; do not edit.

In a checkout each is `./run NAME …`, installed as a package `pixiv-archive NAME …`; `scrapy NAME …` works too. Scrapy's own (`list`, `settings`, `shell`, `fetch`,
`check` …) are there too, with Scrapy's options (`-s NAME=VALUE`, `-L LEVEL`). Exit status: 0 done, 1 something is still due or not well, 2 it
could not begin, and says why.
"""


def render() -> str:
    """Every command with its options."""
    parts = [HEAD]
    for file in sorted(FOLDER.glob("[!_]*.py")):
        parts += shown(file.stem, import_module(f"crawler.commands.{file.stem}").Command())
    return "\n".join(parts) + "\n"


def shown(name: str, command: Any) -> Iterable[str]:
    """One command."""
    yield from (f"## {name}", "", f"`./run {name} {command.syntax()}`".replace(" `", "`"), "")
    yield from (f"{command.short_desc().rstrip('.')}. {cleandoc(type(command).__doc__ or '')}", "")
    parser = argparse.ArgumentParser(add_help=False)
    command.settings = Settings()
    command.add_options(parser)
    own = [
        action
        for group in parser._action_groups  # noqa: SLF001  # argparse has no other way to read it
        if group.title != "Global Options"
        for action in group._group_actions  # noqa: SLF001
        if action.help and action.help != argparse.SUPPRESS
    ]
    if own:
        yield from ("| option | |", "|---|---|")
        for action in own:
            value = f" {action.metavar or action.dest.upper()}" if action.nargs != 0 else ""
            yield f"| `{', '.join(action.option_strings)}{value}` | {action.help} |".replace("%%", "%")
        yield ""
    yield from ("```sh", *(f"./run {one}" for one in command.examples), "```", "")
