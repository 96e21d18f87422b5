"""`./run` of a checkout and `pixiv-archive` of an installation: the project's commands, and Scrapy's."""

from __future__ import annotations

import atexit
import gc
import os
import re
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill
from typing import Any

from crawler.console.command import Command
from crawler.errors import Unusable
from crawler.places import IS_CHECKOUT, PACKAGE, command, page
from crawler.setting_defaults import from_environment
from crawler.streams import end_quietly_when_interrupted, open_streams
from crawler.words import clean

OPTION = re.compile(r"--?[A-Za-z][^ ]*$")
OVERVIEW = """\
An archive of pixiv's public metadata that grows every night and is read with SQL.

Crawl
  {run} crawl rankings -a mode=daily        the newest daily ranking: 10 requests, 20 s
  {run} job run nightly                     what is new since last night (job list, job plan)
  {run} job install nightly                 run it every night
  {run} track add tag 原神                  what the nightly job follows
  {run} status                              what is archived, missing, changed (status doctor)

Read
  {run} sql top-artists --param most=10     a query, or SQL of your own; alone: all queries
  {run} report                              a page of charts
  {run} browse                              tables and queries in a browser
  {run} export var/release                  Parquet and DuckDB, to share and cite

Maintain
  {run} replay                              the archive again, from the saved responses
  {run} forget user 9153585                 remove a person or a work, for good
  {run} backup var/copy.db                  a checked copy while the archive is in use
  {run} upgrade                             after an update of the project
  {run} worker                              several machines ({many_machines})
  {run} act bookmark --artwork 100412238    one action with your own account
  {run} parse URL                           what one response becomes

{run} COMMAND -h says more; settings are in {settings}. Scrapy's own commands (list, shell, settings, fetch …) work too."""
CHECKOUT = """

Develop
  ./run demo | test | lint | docs | bench   see CONTRIBUTING.md"""


def main() -> None:
    """Run the command that the arguments name, and exit with its status."""
    # A start makes half a million objects that stay. The collector would walk them again and again, and once more
    # before the process ends: a sixth of the time that a command takes to answer.
    gc.set_threshold(500_000, 20, 20)
    atexit.register(gc.freeze)
    open_streams()
    end_quietly_when_interrupted()
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "crawler.settings")
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(
            OVERVIEW.format(
                run=command(), many_machines=page("howto/many-machines.md"), settings=page("reference/settings.md")
            )
            + (CHECKOUT if IS_CHECKOUT else "")
        )
        sys.exit(0)
    name = arguments[0]
    if name in own_commands():
        sys.exit(run(name, arguments[1:]))
    if name not in scrapy_commands():
        near = get_close_matches(name, own_commands(), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        sys.stderr.write(f'No command "{clean(name)}".{hint} All of them: {command()}\n')
        sys.exit(2)
    from scrapy.cmdline import execute

    execute(["pixiv-archive", *arguments])


def own_commands() -> list[str]:
    """Return the names of the project's commands."""
    return _modules_of(PACKAGE / "commands")


def scrapy_commands() -> list[str]:
    """Return the names of Scrapy's commands, without importing it."""
    found = find_spec("scrapy")
    assert found is not None
    assert found.origin is not None
    return _modules_of(Path(found.origin).with_name("commands"))


def _modules_of(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.glob("[!_]*.py"))


def run(name: str, arguments: list[str]) -> int:
    """Run a command of the project as Scrapy's command line would; returns its exit status."""
    made: Any = import_module(f"crawler.commands.{name}").Command()
    is_scrapys = not isinstance(made, Command)
    if is_scrapys:
        from scrapy.utils.project import get_project_settings

        made.settings = get_project_settings()
        made.settings.setdict(made.default_settings, priority="command")
    else:
        made.settings = from_environment()
    parser = ArgumentParser(
        prog=command(name),
        usage=f"{command(name)} {made.syntax()}",
        description=fill(made.long_desc(), 100),
        formatter_class=RawDescriptionHelpFormatter,
        conflict_handler="resolve",
    )
    if {"-h", "--help"} & {*arguments}:  # what it lists takes imports
        shown = "\n".join(f"  {command(one)}" for one in made.examples)
        choices = made.choices() if hasattr(made, "choices") else ""
        parser.epilog = f"{choices}Examples:\n{shown}"
    made.add_options(parser)
    opts, args = parser.parse_known_args(arguments)
    # A text with a blank is SQL, and -3 a number: argparse takes neither for an option.
    if unknown := next((one for one in args if OPTION.match(one)), None):
        parser.error(f"{unknown}: no such option")
    try:
        made.process_options(args, opts)
        if is_scrapys:
            from scrapy.crawler import AsyncCrawlerProcess

            made.crawler_process = AsyncCrawlerProcess(made.settings)
        made.run(args, opts)
    # Options are refused before `run`, which catches for itself; Scrapy's own commands catch nothing.
    except Unusable as error:
        sys.stderr.write(f"{clean(str(error))}\n")
        return error.exit_status
    return int(made.exitcode)


if __name__ == "__main__":
    main()
