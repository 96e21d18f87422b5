"""Paging strategies: how the next page is asked for, and whether there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_PAGES = 5000
"""No list of the site is longer; one that claims to be would be followed for ever."""


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
