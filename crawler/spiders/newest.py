"""Dated rankings: which day is the newest, as the site says when none is named."""

from __future__ import annotations

from crawler.endpoints import ENDPOINTS
from crawler.model.page import Page
from crawler.model.target import Target


def is_latest(target: Target) -> bool:
    """Whether the site is to say which day its newest is."""
    return ENDPOINTS[target.endpoint].is_dated and not target.params.get("date")


class NewestDays:
    """The newest day of each ranking (mode and content), as far as this run has learned it."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, str], str] = {}

    def learn(self, requested: Target, page: Page) -> None:
        """Take over what a reply to `latest` says."""
        if is_latest(requested) and page.outcome.is_read:
            self._days[_ranking_of(page.target)] = page.target.params["date"]

    def is_to_come(self, target: Target) -> bool:
        """Whether a day is later than the newest that the site named."""
        newest = self._days.get(_ranking_of(target))
        return newest is not None and target.params.get("date", "") > newest


def _ranking_of(target: Target) -> tuple[str, str]:
    return target.params.get("mode", ""), target.params.get("content", "")
