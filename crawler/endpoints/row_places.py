"""Places of an endpoint's rows in its response."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crawler.endpoints.check import WrongEntry, check_name, columns_of
from crawler.tables.row import Row

STEP = r"[^.\[\]{}]*(\[\]|\{\})*"
PATH = re.compile(rf"({STEP}(\.{STEP})*)?")


@dataclass(frozen=True)
class At:
    """Rows of a class at a path of the body.

    path: keys joined by dots; `[]` after a list, `{}` after a map; "" is the body itself.
    Raises WrongEntry for columns that the class does not have.
    """

    row: type[Row]
    path: str = ""
    optional: bool = False
    """True if elements without the row's key are simply no rows."""
    only: tuple[str, ...] = ()
    """The columns to read besides key and constants, where a spelling means something else here."""
    without: tuple[str, ...] = ()
    """Columns that this response never contains, though the class reads them elsewhere: instead of `only`."""
    when: str = ""
    """A key without which (or with null) an element is no row of this class."""
    given: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Columns that the request contains instead of the reply: column to parameter."""
    fixed: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Columns that are the same for all rows here: column to value."""
    is_null_empty: bool = False
    """True if null in the place of the list says that it is empty."""
    owners_at: str = ""
    """Path of the owners whose sets a map lists: those that it leaves out are empty."""
    part_if: tuple[str, ...] = ()
    """Parameters that narrow a list: where one is sent, the list holds no set in full."""

    def __post_init__(self) -> None:
        if not PATH.fullmatch(self.path):
            raise WrongEntry(f"{self.place}: no path; keys joined by dots, [] and {{}} behind them")
        columns = columns_of(self.row)
        for part, names in (
            ("only", self.only),
            ("without", self.without),
            ("given", self.given),
            ("fixed", self.fixed),
        ):
            for name in names:
                check_name(f"{self.place}.{part}", "column", name, columns)
        if self.without:
            object.__setattr__(self, "only", tuple(sorted(columns - {*self.without})))

    @property
    def place(self) -> str:
        """Name in errors: `At(User, "comments[]")`."""
        return f'{type(self).__name__}({self.row.__name__}, "{self.path}")'


@dataclass(frozen=True)
class Section(At):
    """An ordered list of a listing: its name and the column that its ids fill.

    also: further columns, as `label`, `url`, `score`, `detail` (the element as it came).
    details: a map beside the list, by id, that holds more on each (spelled `@details.…`).
    """

    name: str = ""
    of: str = "artwork_id"
    also: tuple[str, ...] = ()
    details: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "only", (self.of, *self.also))
        super().__post_init__()


@dataclass(frozen=True)
class Block:
    """A part that several responses share: its rows and the paths it ignores, with reasons."""

    rows: tuple[At, ...]
    ignored: Mapping[str, str] = field(default_factory=dict)


def steps(path: str) -> Iterator[tuple[str, str]]:
    """A row path as (key, container) pairs; a container in a container has no key.

    >>> list(steps("a.b[]"))
    [('a', ''), ('b', '[]')]
    >>> list(steps("a{}{}"))
    [('a', '{}'), ('', '{}')]
    """
    for part in path.split(".") if path else ():
        key = part.rstrip("[]{}")
        containers = re.findall(r"\[\]|\{\}", part)
        yield key, containers[0] if containers else ""
        for container in containers[1:]:
            yield "", container
