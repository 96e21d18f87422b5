"""Store each page in one transaction, after what an earlier run captured and did not store."""

from __future__ import annotations

import asyncio
import fcntl
import logging
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler

from crawler.archive.database.shared import AccountLock, patiently
from crawler.archive.rebuild import remove_leftovers
from crawler.archive.writing.store import Store
from crawler.capture.reader import Findings, read_replies
from crawler.capture.record import target_of
from crawler.capture.writer import OPEN, finish
from crawler.errors import ArchiveError, Collision, DoesNotFit, HeldError, NotRewritten, NotStored, Unreachable
from crawler.fetch.middleware import GateMiddleware
from crawler.fetch.rate_limiter import advisory_key
from crawler.fetch.run import archive_of
from crawler.forget.captures import clear_run
from crawler.model.page import Page
from crawler.parse import parse
from crawler.places import ROOT


def recover(store: Store, folder: Path) -> int:
    """Archive what runs of this archive left open below CAPTURE_DIR; return how many responses.

    A capture gets its final name once all its pages are stored, so this costs one look at the folder if no run
    died. Files of running crawls and of other archives are left alone. Also removes the leftovers of a killed rebuild.
    """
    remove_leftovers(store.engine)
    count = 0
    for path in sorted(folder.glob(f"*/*{OPEN}")):
        name = str(path.relative_to(folder)).removesuffix(OPEN)
        if not store.knows_crawl(path.name.partition(".")[0]):
            continue
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found = _archive(store, path, name)
            with suppress(NotRewritten):
                clear_run(store, folder, path, name)
            finish(path)
        except BlockingIOError:  # a running crawl has it, or another that recovers
            continue
        except OSError as error:
            logger.warning("Cannot archive %s: %s", path, error.strerror)
            continue
        except (ArchiveError, NotStored) as error:
            logger.error("Not archived yet: %s: %s", path, error)  # noqa: TRY400
            # Not `continue`: an archive that takes no page of this file takes none of the next.
            break
        if found:
            logger.info("Archived %d responses that a killed run had captured: %s", found, path)
        count += found
    return count


def _archive(store: Store, path: Path, name: str) -> int:
    """Archive the responses of a file that the archive does not have."""
    findings, count = Findings(), 0
    for reply, about in read_replies(path, name, findings):
        target = target_of(reply, about)
        if target is None or store.knows_reply(reply.observed_at):
            continue
        try:
            store.pages([parse(target, reply)])
        except (Collision, DoesNotFit) as error:
            logger.error("%s: not archived: %s", reply.url, error)  # noqa: TRY400
            continue
        count += 1
    for place in findings.damaged:
        logger.warning("Not archived, because it was cut short when its run died: %s", place)
    return count


logger = logging.getLogger(__name__)


class StorePipeline:
    """Upserts pages; items of other spiders pass untouched."""

    def __init__(self, crawler: Crawler) -> None:
        """Open the archive, made where it is empty. Raises ArchiveError."""
        self._crawler = crawler
        self._archive = archive_of(crawler)
        self._archive.prepare(crawler.settings["PIXIV_BASE_URL"])
        self._captures = Path(ROOT, crawler.settings["CAPTURE_DIR"])
        self._archive.take_over_list(self._captures)
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
        # An ArchiveError too, but none that ends the crawl: the next page may be stored.
        except Unreachable:
            raise
        except (ArchiveError, HeldError) as error:
            engine = self._crawler.engine
            if self._closing is None and engine is not None:  # the account is not this crawl's any more
                self._closing = asyncio.ensure_future(engine.close_spider_async(reason=str(error)))
            raise

    def _put(self, page: Page) -> Page:
        if self._lock is not None:
            # A server that restarts gives the lock away, and another crawl could take the account.
            self._lock.hold()
        return self._archive.store([page])[0]

    def close_spider(self) -> None:
        self._archive.leave_list(self._captures)
        if self._lock is not None:
            self._lock.close()
