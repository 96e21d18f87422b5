"""One run of a spider: its id, its night, its archive, and what its captures say of it."""

from __future__ import annotations

import json
import platform
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from weakref import WeakKeyDictionary

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler

from crawler import __version__
from crawler.archive.archive import Archive
from crawler.clock import now, today
from crawler.endpoints.model import ANYONE, Asker
from crawler.fetch.session import Session

_archives: WeakKeyDictionary[Crawler, Archive] = WeakKeyDictionary()


def archive_of(crawler: Crawler) -> Archive:
    """The archive of a crawl, opened by who requests first. Raises ArchiveError for a wrong ARCHIVE_URL.

    Its connections are given back when the crawl has ended, after all that record its end.
    """
    archive = _archives.get(crawler)
    if archive is None:
        archive = _archives[crawler] = Archive(crawler.settings["ARCHIVE_URL"])
        crawler.signals.connect(archive.close, signals.engine_stopped)
    return archive


VERSIONS = {
    "pixiv-archive": __version__,
    "python": platform.python_version(),
    "scrapy": scrapy.__version__,
    "sqlalchemy": version("sqlalchemy"),
    "platform": sys.platform,
}


@dataclass(frozen=True)
class Run:
    """One run of a spider. night: the JST date it began, a part of nightly coverage."""

    crawl_id: str
    night: str
    spider: str
    arguments: Mapping[str, str]
    session: str
    account: str = ""
    asker: Asker = ANYONE

    @classmethod
    def begin(
        cls, spider: str, arguments: Mapping[str, str], session: Session | None = None, asker: Asker = ANYONE
    ) -> Run:
        """A new run, now."""
        begun = now()
        return cls(
            crawl_id=f"{begun:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
            night=f"{today(begun)}",
            spider=spider,
            arguments=dict(arguments),
            session="account" if session else "anonymous",
            account=session.owner if session else "",
            asker=asker,
        )

    @classmethod
    def of(cls, crawler: Crawler) -> Run:
        """The run of a crawler's spider; a foreign spider (scrapy shell, fetch) gets a new one."""
        run = getattr(crawler.spider, "run", None)
        if isinstance(run, Run):
            return run
        name = crawler.spider.name if crawler.spider else "none"
        return cls.begin(name, {})

    @property
    def about(self) -> dict[str, object]:
        """Description of the run, for the warcinfo record of its captures."""
        return {
            "crawl_id": self.crawl_id,
            "night": self.night,
            "spider": self.spider,
            "arguments": dict(self.arguments),
            "session": self.session,
            "account": self.account,
            "asker": self.asker.kind,
            "versions": VERSIONS,
        }

    def begun(self, at: int) -> dict[str, object]:
        """Its row of `crawls` when it begins, at a moment."""
        return {
            "crawl_id": self.crawl_id,
            "spider": self.spider,
            "arguments": json.dumps(dict(self.arguments), sort_keys=True),
            "versions": json.dumps(VERSIONS, sort_keys=True),
            "session": self.session,
            "started_at": at,
        }
