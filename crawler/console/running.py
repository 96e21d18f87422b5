"""Run a crawler and say truly how it ended."""

from __future__ import annotations

import logging
import sys
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import BaseSettings

from crawler.errors import ArchiveError, HeldError, NotStored, Unusable
from crawler.extensions.outcome import OutcomeExtension
from crawler.spiders.family import SPENT


def _without_traceback(record: logging.LogRecord) -> bool:
    """A site that does not answer is no bug: its one line is enough."""
    record.exc_info = None
    return True


def _without_traceback_of_the_database(record: logging.LogRecord) -> bool:
    """A full disk is no bug either."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, (ArchiveError, HeldError, NotStored)):
        record.exc_info = None
        text = record.getMessage().partition("\n")[0]
        record.msg, record.args = text if str(error) in text else f"{text}: {error}", ()
    return True


def quiet_logs(settings: BaseSettings) -> None:
    """Let the logs say what happens, without what is no bug and what is known."""
    logging.getLogger("scrapy.downloadermiddlewares.robotstxt").addFilter(_without_traceback)
    for name in ("scrapy.core.scraper", "scrapy.core.engine", "scrapy.utils.signal"):
        logging.getLogger(name).addFilter(_without_traceback_of_the_database)
    if settings["LOG_LEVEL"] == "INFO":
        # What is enabled and set is known; what happens is what a night's log is for.
        for name in ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)


def run_crawler(process: Any, crawler: Crawler, **arguments: Any) -> int:
    """Crawl to the end. Returns the exit status: 0 complete, 1 incomplete, 2 cannot begin."""
    assert isinstance(process, AsyncCrawlerProcess)
    quiet_logs(crawler.settings)
    task = process.crawl(crawler, **arguments)
    process.start()
    error = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(error, Unusable):
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    if error is not None:
        raise error
    outcome = crawler.get_extension(OutcomeExtension)
    if outcome is None or outcome.exit_status is None:
        sys.stderr.write(
            "INCOMPLETE: the crawl was stopped before it could sum up. Run the same command again:"
            " what was kept and not yet archived is archived then.\n"
        )
        return 1
    # Of a piece of a job's step the job says how far it is.
    if not (crawler.settings["TALLY_FILE"] and outcome.reason == SPENT):
        sys.stderr.write(outcome.summary + "\n")
    return outcome.exit_status
