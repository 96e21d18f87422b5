"""How commands show things to a person: tables, safe text, times."""

from __future__ import annotations

import io
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
