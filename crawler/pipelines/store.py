"""Store each page in one transaction."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler

from crawler.archive.database.account_lock import AccountLock
from crawler.archive.database.patience import patiently
from crawler.errors import ArchiveError, HeldError, ListError, Unreachable
from crawler.fetch.middleware import GateMiddleware
from crawler.fetch.rate_limiter import advisory_key
from crawler.fetch.shared_archive import archive_of
from crawler.forget.list_file import read_list, write_list
from crawler.model.page import Page
from crawler.pipelines.recovery import recover
from crawler.places import ROOT

logger = logging.getLogger(__name__)


class StorePipeline:
    """Upserts pages; items of other spiders pass untouched."""

    def __init__(self, crawler: Crawler) -> None:
        """Open the archive, made where it is empty. Raises ArchiveError."""
        self._crawler = crawler
        self._archive = archive_of(crawler)
        self._archive.prepare(crawler.settings["PIXIV_BASE_URL"])
        self._captures = Path(ROOT, crawler.settings["CAPTURE_DIR"])
        try:
            self._archive.take_over(read_list(self._captures))
        except ListError as error:
            raise ArchiveError(str(error)) from None
        self._lock: AccountLock | None = None
        self._closing: asyncio.Future[None] | None = None
        self._patience = crawler.settings.getfloat("ARCHIVE_PATIENCE")
        # A few milliseconds on SQLite, where a thread costs more; PostgreSQL may wait on others.
        self._in_thread = self._archive.is_on_server

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        gate = self._crawler.get_downloader_middleware(GateMiddleware)
        if gate is not None:
            key = advisory_key(self._crawler.settings["PIXIV_BASE_URL"], gate.gate.account)
            self._lock = self._archive.account_lock(key)
            try:
                recover(self._archive.writer, self._captures)
            except BaseException:
                self._lock.close()  # a spider that is not opened is never closed
                raise

    async def process_item(self, item: Any) -> Any:
        """Return a page as it is stored: without what is forgotten."""
        page = ItemAdapter(item).item
        if not isinstance(page, Page):
            return item
        if self._in_thread:
            return await self._store_patiently(page)
        return self._archive.store([page])[0]

    async def _store_patiently(self, page: Page) -> Page:
        """Store a page in a server's archive, which may be restarted meanwhile."""
        try:
            return await patiently(
                lambda: asyncio.to_thread(self._put, page), self._patience, lambda: not self._crawler.crawling
            )
        except Unreachable:
            raise
        except (ArchiveError, HeldError) as error:
            self._stop(str(error))
            raise

    def _put(self, page: Page) -> Page:
        if self._lock is not None:
            self._lock.hold()
        return self._archive.store([page])[0]

    def _stop(self, reason: str) -> None:
        """Ask nothing more of the site: the account is not this crawl's any more."""
        engine = self._crawler.engine
        if self._closing is None and engine is not None:
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=reason))

    def close_spider(self) -> None:
        try:
            # What pages of this run showed to belong to somebody goes with the captures too.
            write_list(self._captures, self._archive.forgotten_list())
        except (ArchiveError, ListError, OSError) as error:
            logger.error("The list of what is forgotten is not beside the captures: %s", error)  # noqa: TRY400
        if self._lock is not None:
            self._lock.close()
