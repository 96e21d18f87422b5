"""Searches past the page cap: a period is halved until each part can be shown whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from crawler.endpoints.params import today
from crawler.items.page import Ask

PAGE = 60
ANONYMOUS_PAGES = 10
"""How far a search is shown where the reply does not say."""


def is_beyond(total: int, last_page: int | None) -> bool:
    """Whether a search has more works than its pages show."""
    return total > (last_page or ANONYMOUS_PAGES) * PAGE


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
