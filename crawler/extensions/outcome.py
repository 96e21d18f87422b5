"""Truthful ends of crawls: record the run, sum it up, decide the exit status."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.archive.archive import Archive
from crawler.errors import ArchiveError, ListError, NotStored
from crawler.extensions.run_outcome import RunOutcome
from crawler.fetch.middleware import GateMiddleware
from crawler.fetch.run import Run
from crawler.fetch.shared_archive import archive_of
from crawler.model.page import Page
from crawler.places import ROOT
from crawler.spiders.base import Tally

logger = logging.getLogger(__name__)


class OutcomeExtension:
    """Counts pages; when the spider closes, `summary` and `exit_status` say how it went."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._outcome = RunOutcome()
        self._closing: asyncio.Future[None] | None = None
        self._run: Run | None = None
        self.summary = ""
        self.exit_status: int | None = None
        self.is_session_refused = False
        self.reason = ""
        """Why the run ended: `finished`, Scrapy's reason, or the spider's own."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        connect = crawler.signals.connect
        connect(extension.spider_opened, signals.spider_opened)
        connect(extension.item_scraped, signals.item_scraped)
        connect(extension.lost, signals.item_error)
        connect(extension.dropped, signals.item_dropped)
        connect(extension.lost, signals.spider_error)
        connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        run = getattr(spider, "run", None)
        if isinstance(run, Run):
            self._run = run
            self._record(lambda archive: archive.begin_crawl(run.begun(time.time_ns())))

    def item_scraped(self, item: Any) -> None:
        if isinstance(item, Page):
            self._outcome.stored(item)

    def dropped(self) -> None:
        self._outcome.dropped()

    def lost(self) -> None:
        if self._outcome.lost() and self._crawler.engine is not None:
            # An archive that takes no page will not take the next: the site is left alone.
            self._closing = asyncio.ensure_future(
                self._crawler.engine.close_spider_async(reason="the archive takes no pages")
            )

    def spider_closed(self, spider: Spider, reason: str) -> None:
        run, tally = self._run, getattr(spider, "tally", None)
        if run is None or tally is None:
            return
        found: Tally = tally()
        reason = getattr(spider, "ended_for", "") or reason
        self.reason = reason
        failures = self._outcome.failures(reason, found)
        self.summary = self._outcome.summary(found, failures)
        self.exit_status = 1 if failures else 0
        self.is_session_refused = self._outcome.is_session_dead
        # Where who starts crawls from Python looks.
        self._crawler.stats.set_value("archive/exit_status", self.exit_status)
        self._crawler.stats.set_value("archive/summary", self.summary)
        self._leave_figures(found, failures, reason)
        end = self._outcome.end(failures)
        captures = Path(ROOT, self._crawler.settings["CAPTURE_DIR"])
        self._record(lambda archive: archive.end_crawl(run.crawl_id, end))
        self._record(lambda archive: archive.save_state(captures))

    def _leave_figures(self, tally: Tally, failures: list[str], reason: str) -> None:
        name = self._crawler.settings["TALLY_FILE"]
        if name:
            gate = self._crawler.get_downloader_middleware(GateMiddleware)
            figures = {
                **self._outcome.figures(tally, failures), "reason": reason,
                "requests": gate.gate.sent if gate is not None else 0,
            }  # fmt: skip
            text = json.dumps(figures)
            try:
                Path(name).write_text(text, encoding="utf-8")
            except OSError as error:
                logger.error("The figures of this run are not in %s: %s", name, error.strerror)  # noqa: TRY400

    def _record(self, write: Callable[[Archive], None]) -> None:
        try:
            write(archive_of(self._crawler))
        except (ArchiveError, ListError, NotStored, OSError) as error:
            logger.error("This run is not recorded: %s", error)  # noqa: TRY400
