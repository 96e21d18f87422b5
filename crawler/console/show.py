"""How commands show things to a person: tables, safe text, times."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.extensions.words import clean

WIDTH = 1000  # of a file or pipe, where nothing is cut


def shown(value: Any) -> str:
    """A value as a person reads it; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return clean(str(value))


def _records(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows too wide for the terminal, a line a value."""
    widest = max(map(len, headings))
    for row in rows:
        for heading, value in zip(headings, row, strict=True):
            sys.stdout.write(f"{heading:<{widest}}  {shown(value)}\n")
        sys.stdout.write("\n")


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


class Showing:
    """A command that prints for a person: what could not be printed is no success."""

    _status = 0

    @property
    def exitcode(self) -> int:
        """The exit status, which Scrapy sets and reads at the end."""
        sys.stdout.flush()
        is_cut = isinstance(sys.stdout, Output) and sys.stdout.has_failed
        return self._status or int(is_cut)

    @exitcode.setter
    def exitcode(self, status: int) -> None:
        self._status = status


def utf8_output() -> None:
    """Print UTF-8 whatever the terminal's encoding: it is for another program."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")


def end_with_reader() -> None:
    """End in silence when the reader of a pipe goes away.

    Only for commands that print and do nothing else: a socket that breaks would end them as well.
    """
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """Print a table: framed on a terminal, aligned text elsewhere; numbers to the right."""
    console = Console(file=sys.stdout)
    if title:
        console.print(Text(clean(title), style="bold"), soft_wrap=True)
    is_terminal = console.is_terminal
    listed = [list(row) for row in rows]
    made = Table(
        box=box.SIMPLE_HEAD if is_terminal else None,
        header_style="bold",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for place, heading in enumerate(headings):
        values = [row[place] for row in listed if row[place] is not None]
        is_number = bool(values) and all(type(value) in (int, float) for value in values)
        made.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in listed:
        made.add_row(*(Text(shown(value)) for value in row))
    if is_terminal and made.__rich_measure__(
        console, console.options.update(width=WIDTH)
    ).maximum <= (console.width):
        console.print(made)
        return
    if is_terminal:
        _records(headings, listed)
        return
    plain = Console(width=WIDTH, color_system=None, force_terminal=False)
    with plain.capture() as captured:
        plain.print(made)
    for line in captured.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")
