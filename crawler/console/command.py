"""The base of the project's commands."""

from __future__ import annotations

import argparse
import io
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from textwrap import fill
from typing import TYPE_CHECKING, Any, ClassVar, cast

from crawler.errors import BadArgument, Unusable
from crawler.words import clean

if TYPE_CHECKING:
    from scrapy.settings import Settings


class Command(ABC):
    """A command that prints for a person. Subclass it, name its options, and write `show`.

    It has every method that Scrapy's command line calls (crawler/settings.py registers it there), but
    imports no Scrapy: most commands start in less time without. What a command needs it imports in its
    methods. `Unusable` ends it with one line and exit status 2, and so does output that could not be printed,
    with 1.
    """

    requires_project = True
    requires_crawler_process = False
    default_settings: dict[str, Any] = {}  # noqa: RUF012  # as Scrapy declares it
    usage = ""
    """The arguments, as the usage line shows them."""
    summary: str
    """Description of the command, in a line."""
    flags: ClassVar[Mapping[str, str]] = {}
    """Options without a value, with their help."""
    examples: tuple[str, ...] = ()
    """Commands that work as they are, without the program's name: shown by `-h` and in the reference."""
    settings: Any
    """Values by name: a dict, or Scrapy's Settings where Scrapy started the command."""
    given: dict[str, str]
    _status = 0

    def syntax(self) -> str:
        """Return the arguments, as the usage line shows them."""
        return self.usage

    def short_desc(self) -> str:
        """Return what the command does, in a line."""
        return self.summary

    def long_desc(self) -> str:
        """Return what `-h` says of the command."""
        return self.short_desc()

    def choices(self) -> str:
        """Return what the arguments may name, for `-h`; "" for nothing."""
        return ""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what every command takes."""
        group = parser.add_argument_group(title="Global Options")
        group.add_argument(
            "-s", "--set", action="append", default=[], metavar="NAME=VALUE", help="set a setting (repeat for several)"
        )
        group.add_argument("-L", "--loglevel", metavar="LEVEL", help="log level, as DEBUG")
        parser.set_defaults(profile=None)  # Scrapy's command line looks for it
        for name, text in self.flags.items():
            parser.add_argument(name, action="store_true", help=text)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Put what the options set among the settings. Raises BadArgument."""
        if bad := next((text for text in opts.set if "=" not in text), None):
            raise BadArgument(f"-s {bad}: give NAME=VALUE")
        self.given = dict(text.split("=", 1) for text in opts.set)
        if "ARCHIVE_URL" in self.given:
            from crawler.archive.database.engine import refuse_shown_password  # noqa: PLC0415  # for those alone who set it

            refuse_shown_password(self.given["ARCHIVE_URL"])
        if opts.loglevel:
            self.given["LOG_LEVEL"] = opts.loglevel
        if isinstance(self.settings, dict):
            self.settings |= self.given
        else:
            self.settings.setdict(self.given, priority="cmdline")

    @property
    def scrapy_settings(self) -> Settings:
        """Scrapy's settings, for what crawls: half a second of imports that other commands save."""
        if isinstance(self.settings, dict):
            from scrapy.utils.project import get_project_settings  # noqa: PLC0415  # heavy

            self.settings = get_project_settings()
            self.settings.setdict(self.given, priority="cmdline")
        return cast("Settings", self.settings)

    @abstractmethod
    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        """Do what is requested; returns the exit status. Raises Unusable."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do it, and take note of the exit status."""
        prepare_output()
        try:
            self.exitcode = self.show(args, opts)
        except Unusable as error:
            # Not as a UsageError, above which Scrapy prints the usage as if the command were mistyped.
            sys.stderr.write(f"{clean(str(error))}\n")
            self.exitcode = error.exit_status

    @property
    def exitcode(self) -> int:
        """The exit status, which Scrapy reads at the end."""
        # First: what is still buffered may be what cannot be written.
        sys.stdout.flush()
        is_cut = isinstance(sys.stdout, Output) and sys.stdout.has_failed
        return self._status or int(is_cut)

    @exitcode.setter
    def exitcode(self, status: int) -> None:
        self._status = status


def listed(title: str, members: Mapping[str, Iterable[str]]) -> str:
    """Return names by what they belong to, as `-h` shows them."""
    lines = [
        fill(
            f"{name}: {', '.join(several)}", 100, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
        for name, several in members.items()
    ]
    return "\n".join((f"{title}:", *lines, "", ""))


class Output(io.TextIOWrapper):
    """Standard output that may be full or closed: that is said once, and the work goes on."""

    has_failed = False

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        # The descriptor itself: the interpreter flushes it once more at its end, and would fail again.
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        if not self.has_failed:
            self.has_failed = True
            sys.stderr.write(f"standard output: {error.strerror}: what follows is not shown\n")


def prepare_output() -> None:
    """Make printing safe: no character stops it, and no disk that is full."""
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="replace")
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and not isinstance(out, Output):
        encoding, is_terminal = out.encoding, out.line_buffering
        sys.stdout = Output(out.detach(), encoding=encoding, errors="replace", line_buffering=is_terminal)
