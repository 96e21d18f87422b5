"""Crawls of a moving site without a network: the real spider, parse and archive, request by request."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import time_machine
from scrapy import Request
from scrapy.http import TextResponse
from scrapy.utils.test import get_crawler
from sqlalchemy import Engine

from crawler.archive.writing.store import Store
from crawler.capture.record import digest, moment
from crawler.endpoints import FAMILIES
from crawler.model.page import Page, Reply
from crawler.model.run_summary import RunSummary
from crawler.spiders.family import FamilySpider
from standin.moving import Moving

NOWHERE = "http://127.0.0.1:9"
NOT_FOUND = {"error": True, "message": "", "body": []}
SPIDERS = {name: type(name, (FamilySpider,), {"name": name}) for name in FAMILIES}


@dataclass
class Crawled:
    """What a crawl came to. pages: in the order in which they were stored."""

    tally: RunSummary
    targets: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        """Whether it would end with 0."""
        return not self.tally.failed and not self.tally.left

    @property
    def is_unsure(self) -> bool:
        """Whether it says that it cannot know."""
        return any("cannot know" in problem for problem in self.tally.problems)


@contextmanager
def nights_later(nights: int) -> Iterator[None]:
    """So many nights from now."""
    with time_machine.travel(datetime.now(UTC) + timedelta(days=nights), tick=True):
        yield


def crawl(site: Moving, engine: Engine, family: str, arguments: Mapping[str, str]) -> Crawled:
    """Crawl a moving site into an archive."""
    settings = {
        "ARCHIVE_URL": engine.url.render_as_string(hide_password=False),
        "PIXIV_BASE_URL": NOWHERE,
        "PIXIV_LANG": "ja",
        "ALLOW_R18": True,
        "ARCHIVE_PATIENCE": 0,
    }
    crawler = get_crawler(SPIDERS[family], settings)
    spider = SPIDERS[family].from_crawler(crawler, **arguments)
    assert isinstance(spider, FamilySpider)
    return asyncio.run(_drive(spider, site, engine))


async def _drive(spider: FamilySpider, site: Moving, engine: Engine) -> Crawled:
    store = Store(engine)
    done = Crawled(spider.tally())
    last = 0
    try:
        async for thing in spider.start():
            told = iter([thing])
            if isinstance(thing, Request):
                last = max(last + 1, int(time.time() * 1000))
                done.targets.append(thing.url)
                told = _answer(spider, site, thing, last)
            for page in told:
                assert isinstance(page, Page)
                store.pages([page])
                done.pages.append(page)
                spider.page_done(page)
    finally:
        store.close()
        spider.archive.close()
    done.tally = spider.tally()
    return done


def _answer(spider: FamilySpider, site: Moving, request: Request, at: int) -> Iterator[Page]:
    address = urlsplit(request.url)
    root = site.answer(f"{address.path}?{address.query}")
    status = 404 if root is None else 200
    body = json.dumps(NOT_FOUND if root is None else root).encode()
    seal = digest(request.url, status, body)
    reply = Reply(
        url=request.url,
        status=status,
        body=body,
        observed_at=moment(at, seal),
        digest=seal,
        content_type="application/json",
        crawl_id=spider.run.crawl_id,
        has_session=spider.session is not None,
    )
    request.meta["replies"] = [reply]
    response = TextResponse(request.url, status=status, body=body, request=request)
    yield from spider.parse(response, **request.cb_kwargs)
