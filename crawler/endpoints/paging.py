"""Paging strategies: how the next page is requested, and whether there is one."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from crawler.endpoints.reply import is_there, step

Joined = Literal["total", "items", "cursor"]

MOST_PAGES = 5000
"""No list of the site is longer; one that claims to be would be followed for ever."""


class Paging(ABC):
    """Rules for requesting the pages of a list. Subclass it as a frozen dataclass; see `Numbered`.

    A page is a number above 0, whatever the site calls it; the first is 1. An entry names the paths of
    the body that say whether more follows, and `next` raises where they do not: a list that may go on is never
    taken for complete.
    """

    param: str | None
    """The parameter that names the page, which users may give to begin there; None: one page."""
    size: int
    """Least number of elements of a full page, as far as is known."""
    joined: ClassVar[Joined] = "total"
    """Proof that nothing slipped from page to page while a list was read.

    Its `total`, if it has one, `items` that two pages share, or a `cursor` (see evidence/walk.py).
    """
    ends_empty: bool = False
    """True if an empty body ends the list."""

    @abstractmethod
    def query(self, page: int, params: Mapping[str, str]) -> dict[str, str]:
        """The parameters that request a page."""

    @abstractmethod
    def page_of(self, query: Mapping[str, str], params: Mapping[str, str]) -> int | None:
        """The page that parameters request, or None where they make no sense."""

    @abstractmethod
    def next(self, body: Any, page: int, params: Mapping[str, str], held: int | None = None) -> int | None:
        """The page after this one, or None after the last.

        held: how many elements the page's list has; None: not known. Raises ValueError where the response
        does not say, or names a page that is no later.
        """

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the body that it reads: those that a strategy has of these."""
        return tuple(filter(None, (getattr(self, name, "") for name in ("more", "last", "total"))))

    @property
    def has_gaps(self) -> bool:
        """Return True if the site counts elements in its total and places that it does not show."""
        return False

    def repeats_from(self, total: int | None) -> int | None:
        """Return the number of pages before one that repeats the last is the end of the list.

        None: it never is, but a fault. total: as the site says.
        """
        return None

    def page_read(self, page: int, last_page: int | None) -> int:
        """The page that a response shows: where the site repeats its last one past the end, that."""
        return page


@dataclass(frozen=True)
class Single(Paging):
    """One page.

    >>> Single().next({}, 1, {}) is None
    True
    """

    param = None
    size = 1

    def query(self, page: int, params: Mapping[str, str]) -> dict[str, str]:
        return {}

    def page_of(self, query: Mapping[str, str], params: Mapping[str, str]) -> int | None:
        return 1

    def next(self, body: Any, page: int, params: Mapping[str, str], held: int | None = None) -> int | None:
        return None


@dataclass(frozen=True)
class Numbered(Paging):
    """Pages by number, from 1.

    >>> Numbered(last="lastPage").next({"lastPage": 3}, 2, {})
    3

    more: the path of the next page's number, or of true or false.
    last: instead, the path of the last page's number, or of whether this is the last.
    total, size: where `last` is missing, it follows from these; size: what a page holds at least
    where it is full.
    past_end: what the site answers past the last page, where that is known: then one more is requested
    for after a last page that is full, for totals are off by a few.
    caps: numbers of pages after which the site shows no more, whatever the total.
    repeats_at_end: whether it may repeat a page at its end though it says that more follows.
    ends_empty: whether an empty body ends the list, without a word of more.
    """

    param: str = "p"
    more: str = ""
    last: str = ""
    total: str = ""
    size: int = 60
    past_end: Literal["", "empty", "last"] = ""
    caps: tuple[int, ...] = ()
    repeats_at_end: bool = False
    ends_empty: bool = False

    def query(self, page: int, params: Mapping[str, str]) -> dict[str, str]:
        return {self.param: str(page)}

    def page_of(self, query: Mapping[str, str], params: Mapping[str, str]) -> int | None:
        text = query.get(self.param, "1")
        is_page = re.fullmatch(r"[0-9]{1,9}", text) and 0 < int(text) <= MOST_PAGES
        return int(text) if is_page else None

    @property
    def shown(self) -> int:
        """Number of pages that are shown to everyone, if `last` is missing; 0: all."""
        return min(self.caps, default=0)

    def next(self, body: Any, page: int, params: Mapping[str, str], held: int | None = None) -> int | None:
        if self.ends_empty and not body:
            return None
        value = self._next_of(body, page)
        if value is False:
            is_full = held is not None and held >= self.size
            is_requested = is_full and self.past_end and self._is_last(body, page)
            return page + 1 if is_requested and page < MOST_PAGES else None
        after = page + 1 if value is True else value
        if not isinstance(after, int) or not page < after <= MOST_PAGES:
            raise ValueError(f"{self.paths[0]} is {value!r} on page {page}")
        return after

    def _is_last(self, body: Any, page: int) -> bool:
        """Return True if a page is the last for want of more, not of the site's showing them."""
        last = step(body, self.last)
        return page not in self.caps and (last is None or page <= last)

    def page_read(self, page: int, last_page: int | None) -> int:
        return min(page, last_page or page) if self.past_end == "last" else page

    def _next_of(self, body: Any, page: int) -> Any:
        if not self.last:
            return _needed(body, self.more)
        if self.total and not is_there(body, self.last):
            last: Any = -(-_integer(body, self.total) // self.size)
        else:
            last = _needed(body, self.last)
        # Before the check for int: True is one.
        if isinstance(last, bool):
            return not last
        if not isinstance(last, int):
            raise ValueError(f"{self.last} is {last!r}")
        return page < min(last, MOST_PAGES)

    def repeats_from(self, total: int | None) -> int | None:
        if self.repeats_at_end:
            return 1
        if not self.shown:
            return None
        return self.shown if total is None else min(-(-total // self.size), self.shown)


@dataclass(frozen=True)
class Offset(Paging):
    """Pages of `limit` (a parameter, else `size`) by offset.

    A page is the place of its first element, from 1. Each page begins with the last element of the one before, which shows that nothing slipped. What
    a page holds is the step, not what was requested: the site may give fewer.

    more: the path of true or false, or of a total.
    least: places that a page covers at least, however few elements it shows; 0: as many as it shows. Lists of users
    count accounts that have left, so pages are short or empty wherever these stood. The list ends where a page
    covers the total.

    >>> Offset(size=24, more="total").next({"total": 100}, 1, {}, held=24)
    24
    >>> gaps = Offset(size=100, more="total", least=24)
    >>> gaps.next({"total": 3522}, 3466, {}, held=0), gaps.next({"total": 3522}, 3500, {}, held=0)
    (3489, None)
    """

    joined = "items"
    param = "offset"

    size: int
    more: str
    least: int = 0

    def query(self, page: int, params: Mapping[str, str]) -> dict[str, str]:
        return {"offset": str(page - 1), "limit": str(self._size(params))}

    def page_of(self, query: Mapping[str, str], params: Mapping[str, str]) -> int | None:
        offset = query.get("offset", "0")
        return int(offset) + 1 if re.fullmatch(r"[0-9]{1,9}", offset) else None

    def next(self, body: Any, page: int, params: Mapping[str, str], held: int | None = None) -> int | None:
        value = _needed(body, self.more)
        size = self._size(params)
        held = size if held is None else held
        # A page covers no more places than were requested, and users may request fewer than `least`.
        covered = max(held, min(self.least, size))
        if isinstance(value, bool):
            is_last = not value
        else:
            end = page - 1 + covered
            # A full last page requests one more: totals are off by a few.
            is_last = _integer(body, self.more) <= end and held < size
        if is_last:
            return None
        if page > MOST_PAGES * size:
            raise ValueError(f"{self.more} is {value!r} at place {page}")
        # One place back, so that the pages share an element; one on at least, or an empty page would repeat.
        return page + max(covered - 1, 1)

    @property
    def has_gaps(self) -> bool:
        return self.least > 0

    def _size(self, params: Mapping[str, str]) -> int:
        return int(params.get("limit") or self.size)


@dataclass(frozen=True)
class Cursor(Paging):
    """Pages named by the last id of the one before. Page 1 is the first; others are their cursor.

    more: the path of the next cursor, 0 after the last.

    >>> Cursor("lastId", more="lastId").next({"lastId": 812}, 1, {})
    812
    """

    joined = "cursor"
    size = 1

    param: str
    more: str

    def query(self, page: int, params: Mapping[str, str]) -> dict[str, str]:
        return {self.param: "0" if page == 1 else str(page)}

    def page_of(self, query: Mapping[str, str], params: Mapping[str, str]) -> int | None:
        text = query.get(self.param, "0")
        # Cursor 0 requests the first page, whose number is 1.
        return int(text) or 1 if re.fullmatch(r"[0-9]{1,18}", text) else None

    def next(self, body: Any, page: int, params: Mapping[str, str], held: int | None = None) -> int | None:
        after = _integer(body, self.more)
        if after == 0:
            return None
        # Cursors fall from page to page; 1 is only the name of the first, and no cursor.
        if after < 1 or (page != 1 and after >= page):
            raise ValueError(f"{self.more} is {after}, no earlier than {page}")
        return after


def _needed(body: Any, path: str) -> Any:
    if not is_there(body, path):
        raise ValueError(f"{path} is missing: no way to know whether more follows")
    value = step(body, path)
    if value is None:
        raise ValueError(f"{path} is null: no way to know whether more follows")
    return value


def _integer(body: Any, path: str) -> int:
    """A whole number, also as text."""
    value = _needed(body, path)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,18}", str(value)):
        raise ValueError(f"{path} is {value!r}, no number")
    return int(value)
