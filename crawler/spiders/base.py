"""A spider of pages: one request is one page, stored or lost before the next is planned."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.fetch.run import Run
from crawler.model.page import Page
from crawler.model.reply import Outcome

ARCHIVED = "archived"
BOUNDED = "bounded"
WORDS: Mapping[str, str] = {
    Outcome.COMPLETE: "complete",
    Outcome.PARTIAL: "partial (rows rejected)",
    BOUNDED: "bounded (more follows)",
    ARCHIVED: "archived before",
    Outcome.NOT_YET: "not there yet",
    Outcome.ABSENT: "absent",
    Outcome.FORBIDDEN: "forbidden",
    Outcome.NEEDS_SESSION: "needing a session",
    Outcome.FAILED: "failed",
}


@dataclass(frozen=True)
class Tally:
    """What a run came to. left: targets still due; outcomes: targets by how they ended.

    cause: why most of the failed targets failed. unread: what was kept and cannot be read. advice: what helps, where running again does not.
    """

    headline: str
    failed: int = 0
    left: int = 0
    unread: int = 0
    advice: str = ""
    cause: str = ""
    problems: tuple[str, ...] = ()
    outcomes: Mapping[str, int] = field(default_factory=dict)


class PageByPage(Spider):
    """A spider whose start() can wait until the page it has yielded is stored or lost."""

    run: Run

    def __init__(self, **arguments: str) -> None:
        super().__init__()
        self.arguments = arguments
        self.awaited: Page | None = None
        self._page_done = asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        # One request is one page, stored or lost: whatever happens to it, the next may be planned.
        for signal in (
            signals.item_scraped, signals.item_dropped, signals.item_error, signals.spider_error,
        ):  # fmt: skip
            crawler.signals.connect(spider.page_done, signal)
        return spider

    def tally(self) -> Tally:
        """How the run went so far."""
        raise NotImplementedError

    def page_done(self, item: Any = None) -> None:
        """Called when an item is stored or lost, or a callback fails (without an item)."""
        # Another pipeline may have made the page into something else: then it is done with, too.
        if isinstance(item, Page) and self.awaited is not None:
            if item.observed_at != self.awaited.observed_at:
                return  # of an earlier reply to the same request
            self.awaited = item  # as it is stored
        self._page_done.set()
