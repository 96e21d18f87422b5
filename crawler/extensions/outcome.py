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
from scrapy.settings import BaseSettings

from crawler.archive.archive import Archive
from crawler.errors import ArchiveError, ListError, NotStored
from crawler.extensions.run_counts import RunCounts
from crawler.fetch.middleware import GateMiddleware
from crawler.fetch.run import Run
from crawler.fetch.shared_archive import archive_of
from crawler.model.page import Page
from crawler.model.run_summary import RunSummary
from crawler.places import ROOT

logger = logging.getLogger(__name__)


class OutcomeExtension:
    """Counts pages; when the spider closes, `summary` says what the run came to: None before."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._counts = RunCounts()
        self._closing: asyncio.Future[None] | None = None
        self._run: Run | None = None
        self.summary: RunSummary | None = None

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
            self._counts.stored(item)

    def dropped(self) -> None:
        self._counts.dropped()

    def lost(self) -> None:
        if self._counts.lost() and self._crawler.engine is not None:
            # An archive that takes no page will not take the next: the site is left alone.
            self._closing = asyncio.ensure_future(
                self._crawler.engine.close_spider_async(reason="the archive takes no pages")
            )

    def spider_closed(self, spider: Spider, reason: str) -> None:
        run, tally = self._run, getattr(spider, "tally", None)
        if run is None or tally is None:
            return
        gate = self._crawler.get_downloader_middleware(GateMiddleware)
        summary = self._counts.sum_up(
            tally(),
            getattr(spider, "ended_for", "") or reason,
            gate.gate.sent if gate is not None else 0,
            self._crawler.settings["ARCHIVE_URL"],
        )
        self.summary = summary
        # Where who starts crawls from Python looks.
        self._crawler.stats.set_value("archive/exit_status", summary.exit_status)
        self._crawler.stats.set_value("archive/summary", summary.as_text())
        leave_summary(self._crawler.settings, summary)
        captures = Path(ROOT, self._crawler.settings["CAPTURE_DIR"])
        self._record(lambda archive: archive.end_crawl(run.crawl_id, summary.as_row()))
        self._record(lambda archive: archive.save_state(captures))

    def _record(self, write: Callable[[Archive], None]) -> None:
        try:
            write(archive_of(self._crawler))
        except (ArchiveError, ListError, NotStored, OSError) as error:
            logger.error("This run is not recorded: %s", error)  # noqa: TRY400


def leave_summary(settings: BaseSettings, summary: RunSummary) -> None:
    """Write a summary to TALLY_FILE, if it is set: for the job or worker that started the crawl."""
    name = settings["TALLY_FILE"]
    if name:
        try:
            Path(name).write_text(json.dumps(vars(summary)), encoding="utf-8")
        except OSError as error:
            logger.error("The figures of this run are not in %s: %s", name, error.strerror)  # noqa: TRY400
