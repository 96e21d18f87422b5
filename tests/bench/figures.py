"""A figure: two sides measured in turns, or one value, with its bar and its aim."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """What was measured. value: the median; spread: the least and the greatest of all turns.

    bar, aim: what it must and should reach; None: nothing was asked. is_least: whether more is better.
    note: what it is made of.
    """

    name: str
    value: float
    spread: tuple[float, float]
    bar: float | None = None
    aim: float | None = None
    is_least: bool = True
    note: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether the bar is not reached."""
        if self.bar is None:
            return False
        return self.value < self.bar if self.is_least else self.value > self.bar

    def as_json(self) -> dict[str, Any]:
        """The figure as the JSON file has it."""
        return {
            "name": self.name,
            "value": self.value,
            "least": self.spread[0],
            "greatest": self.spread[1],
            "bar": self.bar,
            "aim": self.aim,
            "is_missed": self.is_missed,
            "note": self.note,
        }


def in_turns(sides: Sequence[Callable[[], float]], rounds: int) -> list[list[float]]:
    """The seconds of each side, measured one after the other, round by round."""
    taken: list[list[float]] = [[] for _ in sides]
    for turn in range(rounds):
        # Every other round begins with the other side: what warms up falls on both.
        order = range(len(sides)) if turn % 2 == 0 else reversed(range(len(sides)))
        for place in order:
            gc.collect()  # each side answers for its own rubbish alone
            taken[place].append(sides[place]())
    return taken


def ratio(name: str, of: Sequence[float], to: Sequence[float], **more: Any) -> Figure:
    """The ratio of two sides, turn by turn."""
    each = [one / other for one, other in zip(of, to, strict=True)]
    return Figure(name, median(each), (min(each), max(each)), **more)


def table(figures: Sequence[Figure]) -> Table:
    """The figures with their bars beside."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("figure", "reached", "spread", "bar", "aim", ""):
        made.add_column(heading, justify="left" if heading == "figure" else "right")
    for one in figures:
        made.add_row(
            one.name,
            f"{one.value:.2f}",
            f"{one.spread[0]:.2f} to {one.spread[1]:.2f}",
            "" if one.bar is None else f"{one.bar:g}",
            "" if one.aim is None else f"{one.aim:g}",
            "MISSED" if one.is_missed else "",
        )
        if one.note:
            made.add_row(f"  {one.note}", "", "", "", "", "")
    return made


def show(figures: Sequence[Figure]) -> None:
    """Print the figures."""
    Console(width=110).print(table(figures))
