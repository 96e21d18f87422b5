"""Show things to a person: tables, safe text, times."""

from __future__ import annotations

import io
import re
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.words import clean

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
    console = Console(file=sys.stdout, emoji=False, markup=False)
    if title:
        console.print(Text(clean(title), style="bold"), soft_wrap=True)
    is_terminal = console.is_terminal
    given = [list(row) for row in rows]
    listed = [[shown(value) for value in row] for row in given]
    # What is cut of a number or a date would be read as another one.
    is_fixed = [
        {type(row[place]) for row in given} - {type(None)} in ({int}, {float}, {int, float})
        or (any(row[place] for row in listed) and all(_DAY.match(row[place]) for row in listed))
        for place in range(len(headings))
    ]
    shown_headings = list(headings)
    room = None
    if is_terminal and _width(headings, listed) > console.width:
        # A long heading takes several lines before any text is cut.
        shown_headings = [heading.replace("_", "_\u200b") for heading in headings]
        room = _fitting(
            [max(heading.split("_"), key=len) + "_" for heading in headings], listed, is_fixed, console.width
        )
    made = Table(
        box=box.SIMPLE_HEAD if is_terminal else None,
        header_style="bold",
        pad_edge=False,
        padding=(0, 1 if room else 2, 0, 0),
    )
    for place, heading in enumerate(shown_headings):
        is_number = is_fixed[place] and not any(_DAY.match(row[place]) for row in listed if row[place])
        made.add_column(
            _broken(heading, room[place]) if room else heading,
            justify="right" if is_number else "left",
            overflow="ellipsis" if room else "fold",
            no_wrap=room is not None,
            width=room[place] if room else None,
        )
    for row in listed:
        made.add_row(*map(Text, row))
    if is_terminal:
        # Where numbers and dates alone are wider, the terminal breaks the lines: nothing is cut.
        needed = sum(room) + BETWEEN * len(room) + 1 if room else 0
        Console(file=sys.stdout, width=max(console.width, needed), height=100, emoji=False, markup=False).print(made)
        return
    plain = Console(width=WIDTH, color_system=None, force_terminal=False, emoji=False, markup=False)
    with plain.capture() as captured:
        plain.print(made)
    for line in captured.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")


BETWEEN = 2
"""Characters that a column takes besides its own, in a table that is made narrow."""
LEAST = 6
"""Characters that a column of text keeps: less says nothing."""
_DAY = re.compile(r"$|\d{4}-\d{2}-\d{2}")


def _width(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """The width of a table in which nothing is cut."""
    return 1 + sum(
        3 + max([cell_len(heading), *(cell_len(row[place]) for row in rows)]) for place, heading in enumerate(headings)
    )


def _broken(heading: str, width: int) -> str:
    r"""A heading in lines of a width, broken at its underscores.

    >>> _broken("bookmarks_per_\u200b100_\u200bviews", 14)
    'bookmarks_per_\n100_views'
    """
    lines = [""]
    for part in heading.split("\u200b"):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _fitting(headings: Sequence[str], rows: Sequence[Sequence[str]], is_fixed: Sequence[bool], width: int) -> list[int]:
    """The width of each column, so that a table fits: long texts are cut, numbers and dates are not.

    headings: of each the longest part, which is not cut either.
    """
    least = [len(heading) for heading in headings]
    room = [max([least[place], *(cell_len(row[place]) for row in rows)]) for place in range(len(headings))]
    while sum(room) + BETWEEN * len(room) + 1 > width:
        longest = max(
            (place for place in range(len(room)) if not is_fixed[place] and room[place] > max(LEAST, least[place])),
            key=lambda at: room[at],
            default=None,
        )
        if longest is None:
            break  # no text is left to cut: a terminal that is too narrow breaks the lines
        room[longest] -= 1
    return room
