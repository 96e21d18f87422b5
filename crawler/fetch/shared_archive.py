"""The archive, opened once for all parts of a crawl."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.archive.archive import Archive

_archives: WeakKeyDictionary[Crawler, Archive] = WeakKeyDictionary()


def close_archive(crawler: Crawler) -> None:
    """Give the connections of a crawl back, where it ended before its engine began."""
    archive = _archives.pop(crawler, None)
    if archive is not None:
        archive.close()


def archive_of(crawler: Crawler) -> Archive:
    """The archive of a crawl, opened by who requests first. Raises ArchiveError for a wrong ARCHIVE_URL.

    Its connections are given back when the crawl has ended, after all that record its end.
    """
    archive = _archives.get(crawler)
    if archive is None:
        archive = _archives[crawler] = Archive(crawler.settings["ARCHIVE_URL"])
        crawler.signals.connect(archive.close, signals.engine_stopped)
    return archive
