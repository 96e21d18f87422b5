"""Dated rankings: which day is the newest, as the site says when none is named."""

from __future__ import annotations

from crawler.endpoints import ENDPOINTS
from crawler.items.ask import Ask
from crawler.items.page import Page


def is_latest(ask: Ask) -> bool:
    """Whether the site is to say which day its newest is."""
    return ENDPOINTS[ask.endpoint].is_dated and not ask.params.get("date")


class NewestDays:
    """The newest day of each ranking (mode and content), as far as this run has learned it."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, str], str] = {}

    def learn(self, requested: Ask, page: Page) -> None:
        """Take over what a reply to `latest` says."""
        if is_latest(requested) and page.outcome.is_read:
            self._days[_ranking_of(page.ask)] = page.ask.params["date"]

    def is_to_come(self, ask: Ask) -> bool:
        """Whether a day is later than the newest that the site named."""
        newest = self._days.get(_ranking_of(ask))
        return newest is not None and ask.params.get("date", "") > newest


def _ranking_of(ask: Ask) -> tuple[str, str]:
    return ask.params.get("mode", ""), ask.params.get("content", "")
