"""How commands show things to a person: tables, safe text, times."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.cells import cell_len
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
    given = [list(row) for row in rows]
    listed = [[shown(value) for value in row] for row in given]
    made = Table(
        box=box.SIMPLE_HEAD if is_terminal else None,
        header_style="bold",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    is_number = [
        {type(row[place]) for row in given} - {type(None)} in ({int}, {float}, {int, float})
        for place in range(len(headings))
    ]
    room = _fitting(headings, listed, is_number, console.width) if is_terminal else None
    for place, heading in enumerate(headings):
        made.add_column(
            heading, justify="right" if is_number[place] else "left", overflow="ellipsis" if room else "fold",
            no_wrap=room is not None, max_width=room[place] if room else None,
        )  # fmt: skip
    for row in listed:
        made.add_row(*map(Text, row))
    if is_terminal:
        console.print(made)
        return
    plain = Console(width=WIDTH, color_system=None, force_terminal=False)
    with plain.capture() as captured:
        plain.print(made)
    for line in captured.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")


LEAST = 8
"""Characters that a column of text keeps: less says nothing."""


def _fitting(
    headings: Sequence[str], rows: Sequence[Sequence[str]], is_number: Sequence[bool], width: int
) -> list[int]:
    """The width of each column, so that a table fits: long texts are cut, numbers and short ones are not."""
    wanted = [
        max([cell_len(heading), *(cell_len(row[place]) for row in rows)])
        for place, heading in enumerate(headings)
    ]
    room = list(wanted)
    left = width - 2 * len(headings)
    while sum(room) > left:
        longest = max(
            (place for place in range(len(room)) if not is_number[place]),
            key=lambda at: room[at],
            default=None,
        )
        if longest is None or room[longest] <= LEAST:
            break  # no text is left to cut: the terminal is too narrow for the numbers
        room[longest] -= 1
    return room
