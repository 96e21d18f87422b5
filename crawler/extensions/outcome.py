"""Truthful ends of crawls: count pages, record the run, sum it up, decide the exit status."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler.archive.archive import Archive
from crawler.archive.database.engine import place_of
from crawler.endpoints import ENDPOINTS
from crawler.errors import ArchiveError, ListError, NotStored
from crawler.fetch.middleware import GateMiddleware
from crawler.fetch.run import Run, archive_of
from crawler.model.page import Page
from crawler.model.run_summary import FINISHED, TAKES_NO_PAGES, RunSummary
from crawler.places import ROOT, command
from crawler.spiders.family import SESSION_CHECK
from crawler.words import clean, counted

CAUSE_LENGTH = 200
MOST_LOST = 3
"""Pages lost one after the other, after which an archive takes none."""


class RunCounts:
    """The pages of a run so far. Begins when it is made."""

    def __init__(self) -> None:
        self._responses = self._rows = self._rejected = 0
        self._lost = self._lost_in_a_row = self._dropped = 0
        self._unfit = self._omitted = 0
        self._lost_for = ""
        self._is_all_captured = True
        self._is_session_refused = self._has_served = False
        self._begun = time.monotonic()

    def stored(self, page: Page) -> None:
        """Count a page that is in the archive."""
        self._lost_in_a_row = 0
        self._unfit += bool(page.lost)
        self._omitted += page.omitted
        # An error body with status 200 is pixiv's trouble: where it fails everything, it fails the check as well.
        is_refusal = page.is_session_refused and page.reply is not None and page.reply.status != HTTPStatus.OK
        self._is_session_refused |= is_refusal and page.target.endpoint == SESSION_CHECK
        endpoint = ENDPOINTS[page.target.endpoint]
        is_served = page.outcome.is_read and endpoint.policy.wants_session(page.target.params)
        self._has_served |= is_served and page.reply is not None and page.reply.has_session
        self._responses += page.reply is not None
        self._rejected += len(page.refused)
        self._rows += sum(map(len, page.rows.values()))

    def dropped(self) -> None:
        """Count a page that another pipeline has dropped."""
        self._dropped += 1

    def lost(self, why: str = "", *, is_for_its_data: bool = False, is_captured: bool = True) -> bool:
        """Count a page that is not stored. Return True if the archive seems to take no page any more.

        is_for_its_data: it was refused for what it holds, and the next may fit. is_captured: its response is saved.
        """
        self._lost += 1
        self._is_all_captured &= is_captured
        self._lost_for = why
        if is_for_its_data:
            return False
        self._lost_in_a_row += 1
        # Not `>=`: the crawl is closed once.
        return self._lost_in_a_row == MOST_LOST

    def sum_up(
        self, ended: RunSummary, reason: str, *, archive: str, requests: int = 0, disallowed: int = 0
    ) -> RunSummary:
        """Summarize the run. ended: its spider's part of the summary. reason: why it ended. archive: ARCHIVE_URL."""
        session = "refused" if self._is_session_refused else ""
        rejected = (
            f"{counted(self._rejected, 'row')} of {self._rejected + self._rows:,} rejected" if self._unfit else ""
        )
        cause = clean(self._lost_for or ended.cause or rejected)[:CAUSE_LENGTH]
        summary = replace(
            ended,
            cause=cause,
            reason=reason,
            session="served" if self._has_served else session,
            requests=requests,
            disallowed=disallowed,
            archive=place_of(archive) if archive else "",
            responses=self._responses,
            rows=self._rows,
            rejected=self._rejected,
            omitted=self._omitted,
            unfit=self._unfit,
            seconds=time.monotonic() - self._begun,
        )
        return replace(summary, failures=tuple(self._failures(summary)))

    def _failures(self, summary: RunSummary) -> list[str]:
        """Return the reasons why the run is no success."""
        failures = []
        if self._lost:
            why = f": {summary.cause}" if summary.cause else ""
            what_then = "the captures have them: the next run archives them" if self._is_all_captured else "still due"
            failures.append(f"{counted(self._lost, 'page')} not stored{why} ({what_then})")
        if self._dropped:
            failures.append(f"{counted(self._dropped, 'page')} dropped by another pipeline: not stored, still due")
        if summary.is_session_refused:
            failures.append("the session that was given does not serve")
        if self._unfit:
            failures.append(
                f"{counted(self._unfit, 'page')} with rejected rows or columns: see {command('status dead')},"
                f" and after a fix {command('replay --dead')}"
            )
        failed = summary.failed - self._lost
        if failed > 0:
            cause = f": {summary.cause}" if summary.cause and not self._lost else ""
            failures.append(f"{failed:,} failed{cause}")
        if summary.unread:
            failures.append(f"{counted(summary.unread, 'record')} could not be read (named above)")
        if summary.left > 0:
            failures.append(f"stopped early ({summary.reason}), {counted(summary.left, 'target')} left")
        elif summary.reason != FINISHED and not failures:
            failures.append(f"stopped: {summary.reason}")
        return failures


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
            self._record(lambda archive: archive.writer.begin_crawl(run.begun(time.time_ns())))

    def item_scraped(self, item: Any) -> None:
        if isinstance(item, Page):
            self._counts.stored(item)

    def dropped(self) -> None:
        self._counts.dropped()

    def lost(self, failure: Failure, item: Any = None) -> None:
        is_captured = not isinstance(item, Page) or item.reply is not None  # without an item a callback failed
        if self._counts.lost(str(failure.value), is_captured=is_captured) and self._crawler.engine is not None:
            # An archive that takes no page will not take the next: the site is left alone.
            self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason=TAKES_NO_PAGES))

    def spider_closed(self, spider: Spider, reason: str) -> None:
        run, tally = self._run, getattr(spider, "tally", None)
        if run is None or tally is None:
            return
        gate = self._crawler.get_downloader_middleware(GateMiddleware)
        stats = self._crawler.stats
        assert stats is not None
        summary = self._counts.sum_up(
            tally(),
            getattr(spider, "ended_for", "") or reason,
            archive=self._crawler.settings["ARCHIVE_URL"],
            requests=gate.gate.sent if gate is not None else 0,
            disallowed=stats.get_value("robotstxt/forbidden", 0),
        )
        self.summary = summary
        # Where who starts crawls from Python looks.
        stats.set_value("archive/exit_status", summary.exit_status)
        stats.set_value("archive/summary", summary.as_text())
        leave_summary(self._crawler.settings, summary)
        captures = Path(ROOT, self._crawler.settings["CAPTURE_DIR"])
        self._record(lambda archive: archive.writer.end_crawl(run.crawl_id, summary.as_row()))
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
