"""Between Scrapy and the wire: keep every response, wait out throttling, add the session last."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from crawler.archive.database.shared import LONGEST_PAUSE, SharedPace
from crawler.capture.record import readable
from crawler.capture.writer import CaptureWriter
from crawler.clock import DIGITS, MOST_OFF, ahead, read_http_date
from crawler.errors import ArchiveError, ListError, NotRewritten, NotStored
from crawler.fetch.rate_limiter import Gate, Refusal
from crawler.fetch.route import NoWay, not_reached, obstacle
from crawler.fetch.run import Run, archive_of
from crawler.fetch.session import ANONYMOUS, session_of
from crawler.forget.captures import clear_run
from crawler.forget.suppressions import cleared_of
from crawler.model.page import Page
from crawler.model.run_summary import CANNOT_SAVE, WRONG_CLOCK
from crawler.places import ROOT
from crawler.site import site_of
from crawler.words import duration, status_in_words


class Disallowed(IgnoreRequest):
    """robots.txt forbids a request: it is not sent, now or later."""


class RobotsMiddleware(RobotsTxtMiddleware):
    """Unlike Scrapy's: where robots.txt cannot be read (500, no answer), nothing is requested."""

    _why: Refusal | None = None

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        if rp is None:
            raise self._why or Refusal("pixiv's rules for crawlers (robots.txt) cannot be read")
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            raise Disallowed("pixiv's rules for crawlers (robots.txt) forbid this page") from None

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        # A redirect is not followed: what it leads to is not known.
        if response.status >= 500 or response.status == 429 or 300 <= response.status < 400:
            said = status_in_words(response.status)
            raise Refusal(f"{said}: not even its rules for crawlers (robots.txt) can be read")
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        stands = obstacle(exc, self.crawler.settings)
        if stands:
            self._why = NoWay(stands)
        else:
            self._why = Refusal(str(exc) if isinstance(exc, Refusal) else not_reached(exc))
        super()._robots_error(exc, netloc)


NEVER_KEPT = "never_kept"
"""Marks the one request whose response holds a secret: the page with an action's token."""

logger = logging.getLogger(__name__)


class CaptureMiddleware:
    """Writes each response to the run's WARC file; adds it to request.meta["replies"].

    Undoes its content coding, in Scrapy's stead, as replay does.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._folder = Path(ROOT, crawler.settings["CAPTURE_DIR"])
        session = session_of(crawler)
        self._secret = session.cookie if session else b""
        self._writer: CaptureWriter | None = None
        self._unstored: set[int] = set()
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.item_scraped, signals.item_scraped)
        # What another pipeline drops is not wanted: no later run is to store it unasked.
        crawler.signals.connect(middleware.item_scraped, signals.item_dropped)
        crawler.signals.connect(middleware.spider_closed, signals.spider_closed)
        return middleware

    def item_scraped(self, item: Any) -> None:
        if isinstance(item, Page) and item.reply is not None:
            self._unstored.discard(item.reply.observed_at)

    async def process_response(self, request: Request, response: Response) -> Response:
        headers = [
            # latin-1 takes every byte, so a header of any coding is saved as it came.
            (name.decode("latin-1"), self._without_session(value).decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        ]
        if request.meta.get(NEVER_KEPT):
            return _plain(response, readable(response.body, headers)[0])
        # Before it is saved: rows dated tomorrow would win against all that is read today.
        self._check_clock(response)
        try:
            if self._writer is None:
                run = Run.of(self._crawler)
                self._writer = CaptureWriter(self._folder, run.crawl_id, run.about)
            reply = self._writer.keep(response.url, response.status, headers, response.body)
        except OSError as error:
            reason = error.strerror or str(error)
            logger.error("Responses cannot be saved in %s: %s", self._folder, reason)  # noqa: TRY400
            self._stop(CANNOT_SAVE)
            raise Refusal(f"the response could not be saved in {self._folder}: {reason}") from None
        if "target" in request.cb_kwargs:
            self._unstored.add(reply.observed_at)
        # A request that is sent again keeps its meta, and with it the responses it had before.
        request.meta["replies"] = [*request.meta.get("replies", ()), reply]
        return _plain(response, reply.body)

    def _without_session(self, value: bytes) -> bytes:
        """A header's value that does not say the session, as a redirect might."""
        return value.replace(self._secret, b"PHPSESSID") if self._secret else value

    def _check_clock(self, response: Response) -> None:
        """Raises Refusal where a moment taken now would be far from the true one."""
        off = ahead(response.headers.get("Date"), response.headers.get("Age"), time.time())
        if off is None or abs(off) <= MOST_OFF:
            return
        word = "ahead of" if off > 0 else "behind"
        message = f"this machine's clock is {duration(abs(off))} {word} the site's: set it"
        if self._closing is None:
            logger.error("Nothing is saved: %s", message)
        self._stop(WRONG_CLOCK)
        raise Refusal(message)

    def _stop(self, reason: str) -> None:
        """Ask nothing more of the site."""
        if self._closing is None:
            engine = self._crawler.engine
            assert engine is not None
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=reason))

    def spider_closed(self) -> None:
        if self._writer is not None:
            # A file gets its final name only once all its pages are stored; recovery reads the others.
            self._writer.close(is_stored=not self._unstored and self._is_cleared(self._writer))

    def _is_cleared(self, writer: CaptureWriter) -> bool:
        """Return True if the run's file holds nothing of what captures were cleared of."""
        writer.release()
        try:
            if not cleared_of(self._folder) or not writer.open_path.exists():
                return True
            store = archive_of(self._crawler).writer
            clear_run(store, self._folder, writer.open_path, writer.file)
        except (ArchiveError, ListError, NotRewritten, NotStored, OSError) as error:
            logger.error("The next run clears %s of what is forgotten: %s", writer.open_path, error)  # noqa: TRY400
            return False
        return True


def _plain(response: Response, body: bytes) -> Response:
    """A response with its body without a content coding."""
    if "Content-Encoding" not in response.headers:
        return response
    headers = response.headers.copy()
    del headers["Content-Encoding"]
    return response.replace(body=body, headers=headers)


MOST_GIVEN_UP = 2
"""Requests given up one after the other, after which the site is believed to refuse all: the run ends."""
LASTING = 3600
"""Seconds that all runs wait then."""
LONGEST_WAIT = 1800
"""Seconds that a run waits at most in a pause that pixiv requests. If the pause is longer, the run ends."""


class GateMiddleware:
    """Owns the rate limiter; turns 429 and 503 into a pause of everything and the same request again."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.session = session_of(crawler)
        self.gate = Gate(settings, self.session, self._shared_pace(crawler))
        self._crawler = crawler
        self._pause = settings.getfloat("THROTTLE_PAUSE")
        self._pause_max = settings.getfloat("THROTTLE_PAUSE_MAX")
        self._times = settings.getint("THROTTLE_TIMES")
        self._given_up = 0
        paused_until = self.gate.paused_until
        self.refused_until = paused_until if paused_until > time.time() + LONGEST_WAIT else 0.0
        """Until when no run sends anything, where the site refuses every request; seconds since 1970."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.gate.close, signals.engine_stopped)
        return middleware

    def _shared_pace(self, crawler: Crawler) -> SharedPace | None:
        """The pace of all machines on the archive: of the site, unless the user keeps accounts apart."""
        settings = crawler.settings
        is_apart = settings.getbool("GATE_PER_ACCOUNT")
        account = (self.session.account if self.session else ANONYMOUS) if is_apart else ""
        return archive_of(crawler).shared_pace(site_of(settings["PIXIV_BASE_URL"]), account)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        if response.status not in (429, 503):
            self._given_up = 0
            return response
        times = request.meta.get("throttled", 0) + 1
        stats = self._crawler.stats
        assert stats is not None
        stats.inc_value("gate/throttled")
        requested = retry_after(response)
        seconds = requested or min(self._pause * 2 ** (times - 1), self._pause_max)
        is_long = (requested or 0) > LONGEST_WAIT
        if times > self._times or is_long:
            # Without robots.txt nothing else is requested either.
            is_end = is_long or request.url.endswith("/robots.txt")
            self._given_up += MOST_GIVEN_UP if is_end else 1
            if self._given_up >= MOST_GIVEN_UP:
                seconds = max(seconds, LASTING)
                self.refused_until = time.time() + seconds
            self.gate.pause(seconds)
            logger.warning(
                "pixiv asks to slow down (%d), %d times in a row: %s is given up", response.status, times, request.url
            )
            return response
        self.gate.pause(seconds)
        logger.warning(
            "pixiv asks to slow down (%d): waiting %d s, then going on (%d of %d)",
            response.status,
            math.ceil(seconds),
            times,
            self._times,
        )
        again = request.copy()
        # The request was seen before, and the duplicate filter would drop it.
        again.dont_filter = True
        again.priority += 100
        again.meta["throttled"] = times
        return again


def retry_after(response: Response) -> float | None:
    """Seconds that Retry-After requests, as a number or a date; None without one."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isdecimal():
        return min(float(value[: DIGITS + 1]), LONGEST_PAUSE)
    until = read_http_date(response.headers.get("Retry-After"))
    return None if until is None else max(until - time.time(), 0.0)


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SessionDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's own, behind the rate limiter; adds the session where no log or capture sees it."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # Twisted would send again by itself after a reset on a reused connection.
        self._pool.retryAutomatically = False
        self._base = urlsplit(crawler.settings["PIXIV_BASE_URL"])

    async def download_request(self, request: Request) -> Response:
        owner = self._crawler.get_downloader_middleware(GateMiddleware)
        assert owner is not None, "the rate limiter is part of DOWNLOADER_MIDDLEWARES"
        address = urlsplit(request.url)
        # Whatever led here, no request and no session leaves for another host.
        if (address.scheme, address.netloc) != (self._base.scheme, self._base.netloc):
            raise Refusal(f"{address.netloc} is not {self._base.netloc}")
        # At the last point before the wire: the gap counts from when the request may really leave.
        await owner.gate.wait(lambda: not self._crawler.crawling)
        # Over TLS, or on this machine: nobody on the way can read it.
        is_private = address.scheme == "https" or address.hostname in LOOPBACK
        if owner.session is not None and is_private:
            if address.scheme == "http" and request.meta.get("proxy"):
                raise Refusal("the session would go to the proxy in clear text")
            # A copy: the original goes on to logs, captures and retries, which must never hold the cookie.
            request = request.copy()
            request.headers[b"Cookie"] = b"PHPSESSID=" + owner.session.cookie
        return await super().download_request(request)
