"""Searches past the page cap: a period is halved until each part can be shown whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from crawler.archive.following import reach
from crawler.endpoints import ENDPOINTS
from crawler.endpoints.paging import Numbered
from crawler.endpoints.params import today
from crawler.items.page import Ask

MAY_VANISH = 0.01
"""The share of works that may be deleted between one request and the next."""


def is_windowed(ask: Ask) -> bool:
    """Whether a period is among the parameters of its endpoint."""
    return "scd" in ask.params


def is_beyond(ask: Ask, total: int, last_page: int | None) -> bool:
    """Whether a search has more works than its pages show."""
    return total > shown(ask, last_page)


def shown(ask: Ask, last_page: int | None) -> int:
    """How many works the pages of a search show. last_page: as the reply tells it, if it does."""
    paging = ENDPOINTS[ask.endpoint].paging
    assert isinstance(paging, Numbered), "searches have pages by number"
    return (last_page or paging.shown) * paging.size


def halves(ask: Ask) -> list[Ask]:
    """The windows of a search with a period, overlapping by a day; none of a single day."""
    if not ask.params.get("scd"):
        return []
    first = date.fromisoformat(ask.params["scd"])
    last = date.fromisoformat(ask.params["ecd"]) if ask.params.get("ecd") else today()
    days = (last - first).days
    if days < 1:
        return []
    middle = first + timedelta(days=days // 2)
    # Of two days there is no middle: they are asked for one by one.
    second = middle if days > 1 else last
    return [
        replace(ask, page=1, params={**ask.params, "scd": f"{begin}", "ecd": f"{end}"})
        for begin, end in ((first, middle), (second, last))
    ]


def is_short(total: int, parts: Sequence[tuple[int, int | None] | None]) -> bool:
    """Whether windows tell fewer works than the whole: more than may vanish in between."""
    return sum(of for of, _ in filter(None, parts)) < total * (1 - MAY_VANISH)


@dataclass(frozen=True)
class Split:
    """A search that was halved: how many works it has, and its windows."""

    ask: Ask
    total: int
    parts: list[Ask]


class Splits:
    """The searches of a run that were halved."""

    def __init__(self) -> None:
        self._made: list[Split] = []
        self.doubted: set[str] = set()

    def of(self, connection: Any, ask: Ask) -> tuple[list[Ask], str]:
        """The windows that follow from a search; else what it cannot show, "" for nothing."""
        told = reach(connection, ask)
        if told is None or not is_beyond(ask, *told):
            return [], ""
        total, last_page = told
        parts = halves(ask)
        if parts:
            self._made.append(Split(ask, total, parts))
            known = [reach(connection, part) for part in parts]
            if is_short(total, known):
                # One that tells nothing may be throttled: its zeros, however many, are no truth.
                self.doubted |= {
                    part.key for part, told in zip(parts, known, strict=True) if told is None
                }
            return parts, ""
        hint = "" if ask.params["scd"] else ": give scd and ecd to have all"
        return [], f"{ask.key}: of {total:,} works the site shows {shown(ask, last_page):,}{hint}"

    def short(self, connection: Any) -> list[str]:
        """Searches whose windows tell fewer works than the whole: their zeros are no truth."""
        problems = []
        for split in self._made:
            told = [reach(connection, part) for part in split.parts]
            if is_short(split.total, told):
                found = sum(total for total, _ in filter(None, told))
                problems.append(
                    f"failed: {split.ask.key}: its windows tell {found:,} of {split.total:,} works"
                )
        return problems
