"""Rules for reading an endpoint's answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from crawler.endpoints.check import WrongEntry, check_name, constants_of, spellings_of
from crawler.endpoints.row_places import PATH, At, Block, Section

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
        known = {name for at in self.all_rows for name in constants_of(at.row)}
        for name in self.constants:
            check_name("constants", "constant of its rows", name, known)
        for at in self.all_rows:
            beside = {key for other in self.all_rows if other.path == at.path for key in spellings_of(other.row)}
            if at.when:
                check_name(f"{at.place}.when", "key that is read there", at.when.split(".")[0], beside)

    @cached_property
    def all_rows(self) -> tuple[At, ...]:
        """The rows of the entry and its blocks, in order."""
        return tuple(at for part in self.rows for at in (part.rows if isinstance(part, Block) else (part,)))

    @cached_property
    def has_listing(self) -> bool:
        """Return True if its responses hold ordered lists that are kept as seen."""
        return self.main_section is not None

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
        merged: dict[str, str] = {}
        for ignored in (*blocks, self.ignored):
            merged.update(ignored)
        return merged

    @cached_property
    def keys_elsewhere(self) -> frozenset[str]:
        """The keys of a body that rows below it read, or that are ignored."""
        paths = (*(at.path for at in self.all_rows), *self.all_ignored)
        return frozenset(path.split(".")[0].rstrip("[]{}") for path in paths if path)

    @property
    def is_list(self) -> bool:
        """Return True if the body is a list."""
        return any(at.path.startswith("[]") for at in self.all_rows)
