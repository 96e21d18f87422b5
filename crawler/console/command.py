"""What the project's commands have in common."""

from __future__ import annotations

import argparse
import io
import os
import sys

from scrapy.commands import ScrapyCommand

from crawler.errors import Unusable
from crawler.extensions.words import clean


class Command(ScrapyCommand):
    """A command that prints for a person. Subclass it, name its options, and write `show`.

    What a command needs it imports in its methods: Scrapy loads every command at each start. What
    cannot be used (`Unusable`) ends it with one line and exit status 2, and what could not be
    printed is no success.
    """

    requires_project = True
    requires_crawler_process = False
    _status = 0

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        """Do what is requested; returns the exit status. Raises Unusable."""
        raise NotImplementedError

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
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
        sys.stdout.flush()
        is_cut = isinstance(sys.stdout, Output) and sys.stdout.has_failed
        return self._status or int(is_cut)

    @exitcode.setter
    def exitcode(self, status: int) -> None:
        self._status = status


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
        sys.stdout = Output(
            out.detach(), encoding=encoding, errors="replace", line_buffering=is_terminal
        )
