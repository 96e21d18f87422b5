"""robots.txt is obeyed, and where it cannot be had nothing is requested (RFC 9309, 2.3.1.4)."""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from crawler.request.gate import Refusal
from crawler.request.route import NoWay, obstacle


class Disallowed(IgnoreRequest):
    """robots.txt forbids a request: it is not sent, now or later."""


class RobotsMiddleware(RobotsTxtMiddleware):
    """Unlike Scrapy's: where robots.txt cannot be read (500, no answer), nothing is requested."""

    _why: Refusal | None = None

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        if rp is None:
            raise self._why or Refusal("robots.txt cannot be had, and without it nothing is asked")
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            raise Disallowed("robots.txt forbids it") from None

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        # A redirect is not followed: what it leads to is not known.
        if response.status >= 500 or response.status == 429 or 300 <= response.status < 400:
            raise Refusal(f"robots.txt answers {response.status}")
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        stands = obstacle(exc, self.crawler.settings)
        if stands:
            self._why = NoWay(stands)
        else:
            reason = str(exc) if isinstance(exc, Refusal) else type(exc).__name__
            self._why = Refusal(
                f"robots.txt cannot be had ({reason}), and without it nothing is asked"
            )
        super()._robots_error(exc, netloc)
