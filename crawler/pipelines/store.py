"""Store each page in one transaction."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler

from crawler.archive.engine import create, prepare
from crawler.archive.lock import AccountLock
from crawler.archive.store import Store
from crawler.items.page import Page
from crawler.request.gate import advisory_key
from crawler.request.middleware import GateMiddleware


class StorePipeline:
    """Upserts pages; items of other spiders pass untouched."""

    def __init__(self, crawler: Crawler) -> None:
        """Open the archive, made where it is empty. Raises ArchiveError."""
        self._crawler = crawler
        self._engine = create(crawler.settings["ARCHIVE_URL"])
        prepare(self._engine)
        self._store = Store(self._engine)
        self._lock: AccountLock | None = None
        # A few milliseconds on SQLite, where a thread costs more; PostgreSQL may wait on others.
        self._in_thread = self._engine.dialect.name == "postgresql"

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        gate = self._crawler.get_downloader_middleware(GateMiddleware)
        if gate is not None:
            key = advisory_key(self._crawler.settings["PIXIV_BASE_URL"], gate.gate.account)
            self._lock = AccountLock(self._engine, key)

    async def process_item(self, item: Any) -> Any:
        page = ItemAdapter(item).item
        if isinstance(page, Page):
            if self._in_thread:
                await asyncio.to_thread(self._store.page, page)
            else:
                self._store.page(page)
        return item

    def close_spider(self) -> None:
        self._store.close()
        if self._lock is not None:
            self._lock.close()
        self._engine.dispose()
