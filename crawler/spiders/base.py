"""A spider of pages: one request is one page, stored or lost before the next is planned."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.fetch.run import Run
from crawler.model.page import Page
from crawler.model.run_summary import RunSummary


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
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error, signals.spider_error):
            crawler.signals.connect(spider.page_done, signal)
        return spider

    def tally(self) -> RunSummary:
        """How the targets of the run have ended so far."""
        raise NotImplementedError

    def page_done(self, item: Any = None) -> None:
        """Called when an item is stored or lost, or a callback fails (without an item)."""
        # Another pipeline may have made the page into something else: then it is done with, too.
        if isinstance(item, Page) and self.awaited is not None:
            if item.observed_at != self.awaited.observed_at:
                return  # of an earlier reply to the same request
            self.awaited = item  # as it is stored
        self._page_done.set()
