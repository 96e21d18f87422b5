"""Rules for reading an endpoint's responses. They check themselves: a misspelt name is refused at import."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from crawler.tables.read import Sentinel
from crawler.tables.row import Row, fields_of

ABSENT: Final = Sentinel.ABSENT


def step(value: Any, path: str) -> Any:
    """The value at a dotted path of objects; None where there is none.

    >>> step({"page": {"total": 7}}, "page.total"), step({"page": []}, "page.total")
    (7, None)
    """
    found = descend(value, path.split(".") if path else ())
    return None if found is ABSENT else found


def is_there(value: Any, path: str) -> bool:
    """Return True if the dotted path leads to a value, null included.

    >>> is_there({"next": None}, "next"), is_there({}, "next")
    (True, False)
    """
    return descend(value, path.split(".") if path else ()) is not ABSENT


def descend(value: Any, way: Iterable[str | int]) -> Any:
    """The value at the end of a way of keys through objects, ABSENT for none."""
    for key in way:
        if not isinstance(value, dict) or key not in value:
            return ABSENT
        value = value[key]
    return value


class WrongEntry(TypeError):
    """An entry names something that is not there; the text says where, and the nearest name."""


def check_name(place: str, kind: str, name: str, known: Collection[str]) -> None:
    """Raises WrongEntry for a name that is none of the known ones.

    place: where it stands, as `artwork: At(User, "comments[]").only`; kind: what it names.
    """
    if name in known:
        return
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
    raise WrongEntry(f"{place}: no {kind} {name!r}; {hint}")


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
        columns = fields_of(self.row)
        for part in ("only", "without", "given", "fixed"):
            for name in getattr(self, part):
                check_name(f"{self.place}.{part}", "column", name, columns)
        if self.without:
            object.__setattr__(self, "only", tuple(sorted(columns.keys() - {*self.without})))

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
        # Before At checks them: a misspelt column of a section is refused too.
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
        for container in re.findall(r"\[\]|\{\}", part) or [""]:
            yield key, container
            key = ""


HELD = re.compile(r"(.*?)(|\[\+?\]|\{\+?\}|\?)")


@dataclass(frozen=True)
class ReplySpec:
    """Rules for reading an answer, and for recognising one.

    holds: paths without which a response is no answer: `[]` behind one where a list must be there, `{}`
        for a map (PHP's [] is an empty one), `[+]` and `{+}` for one that is not empty, `?` for a
        key that may be null; plain paths lead to a value that is not null.
    brings: paths that a response is requested besides, also through the elements of a list: where no
        element has one the response is read, and the run says that facts are lost.
    body: where the facts are, "body" in pixiv's envelope, "" where there is none.
    echoes: body path to the parameter that it must repeat (`paging.param` for the page).
    constants: facts of the page, from (body, params).
    answers: the parameter of a batch of ids, each of which is a key of the answer, or left out.
    total: path of a list's total; 0 is not believed at once, for a throttled site says so too.
    zeros: further totals that are 0 as well where nothing was found.
    newest_first: whether new elements come on top, by parameters; else a total proves nothing of a
        list that moves (see evidence/walk.py).
    ignored: body paths that are not stored, with the reason; all below them is ignored too.
    """

    rows: tuple[At | Block, ...]
    holds: tuple[str, ...]
    brings: tuple[str, ...] = ()
    body: str = "body"
    echoes: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Callable[[Any, Mapping[str, str]], Any]] = field(default_factory=dict)
    answers: str | None = None
    total: str | None = None
    zeros: tuple[str, ...] = ()
    newest_first: Callable[[Mapping[str, str]], bool] = lambda params: True
    ignored: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in self.holds:
            if not PATH.fullmatch(path.replace("+", "").rstrip("?")):
                raise WrongEntry(f"holds: {path!r} is no path with one of [] {{}} [+] {{+}} ? behind it")
        known = {field.constant for at in self.all_rows for field in fields_of(at.row).values() if field.constant}
        for name in self.constants:
            check_name("constants", "constant of its rows", name, known)
        for at in (at for at in self.all_rows if at.when):
            fields = (one for other in self.all_rows if other.path == at.path for one in fields_of(other.row).values())
            beside = {name.rstrip("?").split(".")[0] for one in fields for name in one.names}
            check_name(f"{at.place}.when", "key that is read there", at.when.split(".")[0], beside)

    @cached_property
    def all_rows(self) -> tuple[At, ...]:
        """The rows of the entry and its blocks, in order."""
        return tuple(at for part in self.rows for at in (part.rows if isinstance(part, Block) else (part,)))

    @cached_property
    def main_section(self) -> Section | None:
        """The first of its sections: of a list with pages, what they list."""
        return next((at for at in self.all_rows if isinstance(at, Section)), None)

    @cached_property
    def must_hold(self) -> tuple[tuple[str, str], ...]:
        """The paths of `holds` without their marks, each with its mark."""
        found = (HELD.fullmatch(path) for path in self.holds)
        return tuple((match[1], match[2]) for match in found if match)

    @cached_property
    def all_ignored(self) -> dict[str, str]:
        """The ignored paths of the entry and its blocks."""
        blocks = (part.ignored for part in self.rows if isinstance(part, Block))
        return {path: reason for ignored in (*blocks, self.ignored) for path, reason in ignored.items()}

    @cached_property
    def keys_elsewhere(self) -> frozenset[str]:
        """The keys of a body that rows below it read, or that are ignored."""
        paths = (*(at.path for at in self.all_rows), *self.all_ignored)
        return frozenset(path.split(".")[0].rstrip("[]{}") for path in paths if path)

    @property
    def is_list(self) -> bool:
        """Return True if the body is a list."""
        return any(at.path.startswith("[]") for at in self.all_rows)
