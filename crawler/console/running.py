"""Run a spider in this process, and say truly how it ended."""

from __future__ import annotations

import logging
import sys
from typing import Any

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import BaseSettings

from crawler.errors import ArchiveError, HeldError, NotStored
from crawler.extensions.outcome import OutcomeExtension
from crawler.model.run_summary import SPENT


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


def run_spider(process: Any, spider: str | type[Spider] | Crawler, **arguments: Any) -> Crawler:
    """Run a spider to its end in this process, and return its crawler. Raises what it raised.

    process: an AsyncCrawlerProcess, which runs once.
    """
    assert isinstance(process, AsyncCrawlerProcess)
    crawler = process.create_crawler(spider)
    task = process.crawl(crawler, **arguments)
    process.start()
    error = task.exception() if task.done() and not task.cancelled() else None
    if error is not None:
        raise error
    return crawler


def run_crawl(process: Any, spider: str | Crawler, **arguments: Any) -> int:
    """Crawl to the end, and print what it came to. Returns the exit status. Raises Unusable if it could not begin."""
    quiet_logs(process.settings)
    crawler = run_spider(process, spider, **arguments)
    outcome = crawler.get_extension(OutcomeExtension)
    summary = outcome.summary if outcome is not None else None
    if summary is None:
        sys.stderr.write(
            "INCOMPLETE: the crawl was stopped before it could sum up. Run the same command again:"
            " what was saved and not yet archived is archived then.\n"
        )
        return 1
    # Of a piece of a job's step the job says how far it is.
    if not (crawler.settings["TALLY_FILE"] and summary.reason == SPENT):
        sys.stderr.write(f"{summary.as_text()}\n")
    return summary.exit_status
