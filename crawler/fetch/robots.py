"""robots.txt is obeyed, and where it cannot be had nothing is requested (RFC 9309, 2.3.1.4)."""

from __future__ import annotations

import time

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from crawler.fetch.rate_limiter import Refusal
from crawler.fetch.route import NoWay, not_reached, obstacle

FRESH = 3600.0
"""Seconds for which a robots.txt is obeyed before it is requested again."""
KNOWN: dict[str, tuple[float, RobotParser]] = {}
"""What this process has read of each site, and when."""


class Disallowed(IgnoreRequest):
    """robots.txt forbids a request: it is not sent, now or later."""


class RobotsMiddleware(RobotsTxtMiddleware):
    """Unlike Scrapy's: where robots.txt cannot be read (500, no answer), nothing is requested."""

    _why: Refusal | None = None

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # A worker makes many crawls: what they all obey is requested once an hour.
        fresh = time.monotonic() - FRESH
        self._parsers.update({site: parser for site, (at, parser) in KNOWN.items() if at > fresh})

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        if rp is None:
            raise self._why or Refusal("robots.txt cannot be had, and without it nothing is requested")
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            raise Disallowed("robots.txt forbids it") from None

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        # A redirect is not followed: what it leads to is not known.
        if response.status >= 500 or response.status == 429 or 300 <= response.status < 400:
            raise Refusal(f"robots.txt answers {response.status}")
        await super()._parse_robots(response, netloc, request)
        parser = self._parsers[netloc]
        if isinstance(parser, RobotParser):
            KNOWN[netloc] = time.monotonic(), parser

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        stands = obstacle(exc, self.crawler.settings)
        if stands:
            self._why = NoWay(stands)
        else:
            text = f"{exc}: robots.txt cannot be had, and without it nothing is requested"
            self._why = Refusal(text if isinstance(exc, Refusal) else not_reached(exc))
        super()._robots_error(exc, netloc)
