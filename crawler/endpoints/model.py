"""The vocabulary in which endpoints are described; see CONTRIBUTING.md for how to add one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote, unquote

from crawler.endpoints.params import BadArgument, Param
from crawler.items.page import Outcome
from crawler.items.row import Row

Login = Literal["no", "yes", "own"]

MOST_PAGES = 5000
"""No list of the site is longer; one that claims to be would be followed for ever."""


@dataclass(frozen=True)
class At:
    """Rows of a class at a path of the body.

    path: keys joined by dots; `[]` after a list, `{}` after a map; "" is the body itself.
    """

    row: type[Row]
    path: str = ""
    optional: bool = False
    """Whether elements without the row's key are simply no rows."""
    only: tuple[str, ...] = ()
    """The columns to read besides key and constants, where a spelling means something else here."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to read besides key and constants; empty: all."""
        return self.only


@dataclass(frozen=True)
class Section(At):
    """An ordered list of a listing: its name and the column that its ids fill."""

    name: str = ""
    of: Literal["artwork_id", "novel_id", "user_id", "request_id"] = "artwork_id"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.of,)


@dataclass(frozen=True)
class Block:
    """A part that several replies share: its rows and the paths it ignores, with reasons."""

    rows: tuple[At, ...]
    ignored: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Single:
    """One page."""

    def query(self, page: int) -> dict[str, str]:
        """The parameters that ask for a page."""
        return {}

    def page_of(self, query: Mapping[str, str]) -> int | None:
        """The page that parameters ask for, or None where they make no sense."""
        return 1

    def next(self, body: Any, page: int) -> int | None:
        """The page after this one, or None after the last.

        Raises ValueError where the reply does not tell, or tells a page that is no later.
        """
        return None

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the body that it reads."""
        return ()

    @property
    def param(self) -> str | None:
        """The parameter that holds the page's number."""
        return None


@dataclass(frozen=True)
class Numbered(Single):
    """Pages 1, 2, 3 …; `more` is the path that tells the next page's number, or true or false."""

    name: str = "p"
    more: str = ""

    def query(self, page: int) -> dict[str, str]:
        return {self.name: str(page)}

    def page_of(self, query: Mapping[str, str]) -> int | None:
        return _page(query.get(self.name, "1"))

    def next(self, body: Any, page: int) -> int | None:
        told = _told(body, self.more)
        if told is False:
            return None
        after = page + 1 if told is True else told
        if not isinstance(after, int) or not page < after <= MOST_PAGES:
            raise ValueError(f"{self.more} is {told!r} on page {page}")
        return after

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.more,)

    @property
    def param(self) -> str | None:
        return self.name


@dataclass(frozen=True)
class Offset(Single):
    """Pages of `size` by offset and limit; `more` is the path of true or false, or of a total."""

    size: int
    more: str

    def query(self, page: int) -> dict[str, str]:
        return {"offset": str((page - 1) * self.size), "limit": str(self.size)}

    def page_of(self, query: Mapping[str, str]) -> int | None:
        offset = query.get("offset", "0")
        if not re.fullmatch(r"[0-9]{1,9}", offset) or int(offset) % self.size:
            return None
        return _page(str(int(offset) // self.size + 1))

    def next(self, body: Any, page: int) -> int | None:
        told = _told(body, self.more)
        is_last = not told if isinstance(told, bool) else told <= page * self.size
        if not is_last and page == MOST_PAGES:
            raise ValueError(f"{self.more} is {told!r} on page {page}")
        return None if is_last else page + 1

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.more,)


def _page(text: str) -> int | None:
    """A page's number, or None where it makes no sense."""
    is_one = re.fullmatch(r"[0-9]{1,9}", text) and 0 < int(text) <= MOST_PAGES
    return int(text) if is_one else None


def _told(body: Any, path: str) -> Any:
    if not is_there(body, path):
        raise ValueError(f"{path} is missing: no way to tell whether more follows")
    told = step(body, path)
    if told is None:
        raise ValueError(f"{path} is null: no way to tell whether more follows")
    return told


@dataclass(frozen=True)
class Endpoint:
    """One documented endpoint.

    path: with `{name}` for parameters that are part of it; query: what is always sent.
    body: where the facts are, "body" in pixiv's envelope, "" where there is none.
    login: whether a session is needed; needs_login: for which parameters, where not for all.
    constants: facts of the whole page, from (body, params).
    echoes: body path to the parameter that it must repeat (`paging.param` for the page).
    check: raises ValueError for parameters that are valid alone and not together.
    changes: "nightly" where the same request tells something new every night, else "never".
    on_missing: what a 404 means: the thing is absent, or a ranking may not be there yet.
    due: path of the list that must not be empty; None: an empty answer is normal.
    ignored: body paths that are not stored, with the reason; all below them is ignored too.
    """

    name: str
    path: str
    rows: tuple[At | Block, ...]
    params: Mapping[str, Param] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    paging: Single = field(default_factory=Single)
    body: str = "body"
    login: Login = "no"
    needs_login: Callable[[Mapping[str, str]], bool] | None = None
    constants: Mapping[str, Callable[[Any, Mapping[str, str]], Any]] = field(default_factory=dict)
    echoes: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Mapping[str, str]], None] | None = None
    changes: Literal["never", "nightly"] = "nightly"
    on_missing: Outcome = Outcome.ABSENT
    due: str | None = None
    ignored: Mapping[str, str] = field(default_factory=dict)

    def wants_session(self, params: Mapping[str, str]) -> bool:
        """Whether these parameters are answered to a session only."""
        return self.login != "no" or (self.needs_login is not None and self.needs_login(params))

    def night_of(self, params: Mapping[str, str], night: str) -> str:
        """The night that is part of an ask's coverage; "" where the answer is for ever.

        What is left to the site (`latest`) is another question every night.
        """
        is_lasting = self.changes == "never" and all(params.get(name) for name in self.params)
        return "" if is_lasting else night

    @cached_property
    def all_rows(self) -> tuple[At, ...]:
        """The rows of the entry and its blocks, in order."""
        return tuple(
            at for part in self.rows for at in (part.rows if isinstance(part, Block) else (part,))
        )

    @cached_property
    def all_ignored(self) -> dict[str, str]:
        """The ignored paths of the entry and its blocks."""
        blocks = (part.ignored for part in self.rows if isinstance(part, Block))
        merged: dict[str, str] = {}
        for ignored in (*blocks, self.ignored):
            merged.update(ignored)
        return merged

    def url_path(self, params: Mapping[str, str]) -> str:
        """The path with its parameters filled in and fully percent-encoded."""
        filled = {name: quote(value, safe="") for name, value in params.items()}
        return self.path.format_map(filled)

    def match(self, path: str, query: Mapping[str, str]) -> tuple[dict[str, str], int] | None:
        """The parameters and page of an address of this endpoint, or None for another's."""
        found = self._pattern.fullmatch(path)
        if not found or any(query.get(name) != value for name, value in self.query.items()):
            return None
        given = {name: unquote(value) for name, value in found.groupdict().items()}
        given |= {name: query[name] for name in self.params if name in query}
        page = self.paging.page_of(query)
        try:
            return (self.complete(given), page) if page is not None else None
        except BadArgument:
            return None

    def complete(self, given: Mapping[str, str]) -> dict[str, str]:
        """One value for every parameter, those not given as the site takes them.

        Raises BadArgument for a value that is not valid, or missing and needed.
        """
        params = {}
        for name, param in self.params.items():
            text = given.get(name) or param.default(allow_r18=True)
            values = param.parse(name, text or "", allow_r18=True)
            if len(values) != 1:
                raise BadArgument(f"{name}={text}: one value is needed here")
            params[name] = values[0]
        if self.check:
            self.check(params)
        return params

    @property
    def is_list(self) -> bool:
        """Whether the body is a list."""
        return any(at.path.startswith("[]") for at in self.all_rows)

    @cached_property
    def path_params(self) -> frozenset[str]:
        """The names of the parameters that are part of the path."""
        return frozenset(re.findall(r"\{(\w+)\}", self.path))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.path)
        texts = [
            f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part)
            for place, part in enumerate(parts)
        ]
        return re.compile("".join(texts))


_MISSING = object()


def step(value: Any, path: str) -> Any:
    """The value at a dotted path of objects; None where there is none."""
    found = _descend(value, path)
    return None if found is _MISSING else found


def is_there(value: Any, path: str) -> bool:
    """Whether the dotted path leads to a value, null included."""
    return _descend(value, path) is not _MISSING


def _descend(value: Any, path: str) -> Any:
    for key in path.split(".") if path else ():
        if not isinstance(value, dict) or key not in value:
            return _MISSING
        value = value[key]
    return value


def steps(path: str) -> Iterator[tuple[str, str]]:
    """A row path as (key, container) pairs: `a.b[]` gives ("a", ""), ("b", "[]").

    A container in a container has no key: `a{}{}` gives ("a", "{}"), ("", "{}").
    """
    for part in path.split(".") if path else ():
        key = part.rstrip("[]{}")
        containers = re.findall(r"\[\]|\{\}", part)
        yield key, containers[0] if containers else ""
        for container in containers[1:]:
            yield "", container
